"""Canonical JSON and exact rounding."""

from fractions import Fraction

import pytest

from un20portal.lib.canonical import canonical_json, sha256
from un20portal.lib.ratios import one_decimal, share, two_decimals, whole_per_cent


class TestCanonicalJson:
    def test_keys_are_sorted_and_white_space_is_gone(self) -> None:
        assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'

    @pytest.mark.parametrize("content", [1.5, {"a": [0.1]}, [float("nan")]])
    def test_refuses_floats(self, content: object) -> None:
        with pytest.raises(TypeError):
            canonical_json(content)

    def test_refuses_keys_that_are_not_text(self) -> None:
        with pytest.raises(TypeError):
            canonical_json({1: "a"})

    def test_hash_of_the_empty_document(self) -> None:
        assert sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class TestRatios:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (Fraction(1, 200), "0.00"),
            (Fraction(3, 200), "0.02"),
            (Fraction(-7, 8), "-0.88"),
            (Fraction(1), "1.00"),
        ],
    )
    def test_two_decimals_are_rounded_half_to_even(self, value: Fraction, text: str) -> None:
        assert two_decimals(value) == text
        assert two_decimals(None) is None

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (Fraction(1, 20), "0.0"),
            (Fraction(3, 20), "0.2"),
            (Fraction(1, 4), "0.2"),
            (Fraction(-25, 100), "-0.2"),
            (Fraction(2100, 28), "75.0"),
            (Fraction(1200, 28), "42.9"),
            (Fraction(100), "100.0"),
        ],
    )
    def test_one_decimal_half_to_even(self, value: Fraction, text: str) -> None:
        assert one_decimal(value) == text

    def test_nothing_to_divide_by_is_none_not_zero(self) -> None:
        assert share(0, 0) is None
        assert one_decimal(None) is None

    def test_whole_per_cent_half_to_even(self) -> None:
        assert [whole_per_cent(Fraction(n, 2)) for n in (1, 3, 5)] == [0, 2, 2]
