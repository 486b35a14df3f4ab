"""Cells of CSV files: as they were written, and never a formula."""

from decimal import Decimal

import pytest

from tests.formulas import HOSTILE
from un20portal.lib.csv_rows import csv_row, safe_cell


class TestACell:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_is_never_a_formula(self, text: str) -> None:
        assert safe_cell(text) == f"'{text}"

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (None, ""),
            (3, "3"),
            ("a=b", "a=b"),
            ("– none", "– none"),
            ("", ""),
            (-3, "-3"),
            (Decimal("-8.0"), "-8.0"),
        ],
    )
    def test_is_otherwise_what_was_written(self, value: object, text: str) -> None:
        assert safe_cell(value) == text

    def test_of_a_row_is_quoted_and_safe(self) -> None:
        assert csv_row(["=1", 'a "b"', None]) == '"\'=1","a ""b""",""\r\n'
