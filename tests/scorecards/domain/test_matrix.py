"""The matrix says what the scalar method says, to the last byte."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecards.domain import matrix
from scorecards.domain.figures import score_sheet
from scorecards.domain.packed import RECORD, pack_figures, unpack_figures
from tests.scorecards.domain.frameworks import SHEETS, WEIGHTED

MANY = st.lists(st.tuples(SHEETS, st.integers(0, 3)), min_size=1, max_size=20)


class TestRecords:
    @given(MANY)
    def test_are_those_of_one_sheet_after_the_other(self, sheets: Sequence[tuple[bytes, int]]) -> None:
        levels = matrix.read_levels(b"".join(sheet for sheet, _kind in sheets), WEIGHTED)
        records = matrix.score_matrix(levels, WEIGHTED)
        assert [record.tobytes() for record in records] == [
            pack_figures(score_sheet(sheet, WEIGHTED).values()) for sheet, _kind in sheets
        ]

    @given(SHEETS)
    def test_say_what_was_packed(self, sheet: bytes) -> None:
        figures = list(score_sheet(sheet, WEIGHTED).values())
        assert unpack_figures(pack_figures(figures)) == figures

    def test_have_one_layout(self) -> None:
        assert matrix.RECORD.itemsize == RECORD.size

    def test_of_a_sheet_of_another_framework_are_refused(self) -> None:
        with pytest.raises(ValueError, match="reshape"):
            matrix.read_levels(b"\x01\x02", WEIGHTED)


class TestTallies:
    @given(MANY)
    def test_are_those_of_one_sheet_after_the_other(self, sheets: Sequence[tuple[bytes, int]]) -> None:
        levels = matrix.read_levels(b"".join(sheet for sheet, _kind in sheets), WEIGHTED)
        records = matrix.score_matrix(levels, WEIGHTED)
        kinds = np.array([kind for _sheet, kind in sheets])
        expected = [WEIGHTED.empty_tally() for _kind in range(4)]
        for sheet, kind in sheets:
            expected[kind].add(sheet, list(score_sheet(sheet, WEIGHTED).values()))
        assert matrix.tally_kinds(levels, records, kinds, n_kinds=4, framework=WEIGHTED) == expected

    @pytest.mark.parametrize("table", [1, matrix.TABLE])
    def test_count_by_sorting_what_is_too_long_for_a_table(
        self, table: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(matrix, "TABLE", table)
        found = matrix._occurrences(np.array([7, 3, 7, 7]))
        assert list(found) == [(3, 1), (7, 3)]

    def test_of_more_rows_than_fit_at_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(5)
        levels = rng.choice(np.array([0, 1, 2, 3, 4, 254, 255], dtype=np.uint8), (50, len(WEIGHTED.items)))
        kinds = rng.integers(0, 2, 50)

        def count() -> tuple[bytes, list[object]]:
            records = matrix.score_matrix(levels, WEIGHTED)
            tallies = matrix.tally_kinds(levels, records, kinds, n_kinds=2, framework=WEIGHTED)
            return records.tobytes(), [*tallies]

        whole = count()
        monkeypatch.setattr(matrix, "ROWS", 7)
        assert count() == whole
