"""How numbers and times are written in the reader's language."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.template.defaultfilters import floatformat
from django.utils.translation import override

from un20portal.lib.languages import (
    clock,
    in_per_cent,
    isolated,
    joined,
    whole_number,
    with_decimal_mark,
    with_minus,
)


@pytest.mark.parametrize(
    ("language", "whole", "exact"),
    [
        ("en", "67%", "67.5%"),
        ("ar", "67%", "67.5%"),
        ("zh-hans", "67%", "67.5%"),
        ("fr", "67\xa0%", "67,5\xa0%"),
        ("ru", "67\xa0%", "67,5\xa0%"),
        ("es", "67\xa0%", "67,5\xa0%"),
    ],
)
def test_per_cents_are_written_as_each_language_does(language: str, whole: str, exact: str) -> None:
    with override(language):
        assert (in_per_cent(67), in_per_cent(Decimal("67.5"))) == (whole, exact)


@pytest.mark.parametrize(
    ("language", "mark"), [("en", "."), ("ar", "."), ("zh-hans", "."), ("fr", ","), ("ru", ","), ("es", ",")]
)
def test_decimals_are_written_in_one_way_in_each_language(language: str, mark: str) -> None:
    with override(language):
        written = f"-66{mark}5"
        assert (floatformat("-66.5", 1), with_decimal_mark("-66.5")) == (written, written)
        assert with_decimal_mark("index[6.25] = 1, 2.") == f"index[6{mark}25] = 1, 2."
        assert mark in in_per_cent(Decimal("67.5"))


def test_times_name_the_zone_of_the_portal() -> None:
    abroad = datetime(2026, 10, 1, 11, 30, tzinfo=timezone(timedelta(hours=2)))
    assert clock(abroad) == clock(abroad.astimezone(UTC)) == "09:30 UTC"


@pytest.mark.parametrize(
    ("language", "written"), [("en", "12,345"), ("fr", "12\u202f345"), ("ru", "12\xa0345"), ("es", "12.345")]
)
def test_thousands_stand_apart_from_five_digits_on(language: str, written: str) -> None:
    with override(language):
        assert [whole_number(9999), whole_number(12345)] == ["9999", written]


def test_a_negative_number_has_a_minus_and_no_hyphen() -> None:
    assert [with_minus("-3.0"), with_minus("+3.0"), with_minus("0.0")] == ["\u22123.0", "+3.0", "0.0"]


def test_sentences_are_joined_as_the_language_does() -> None:
    with override("zh-hans"):
        assert joined(["一。", "二。"]) == "一。二。"
    with override("ru"):
        assert joined(["Один.", "Два."]) == "Один. Два."


def test_a_name_keeps_apart_from_other_latin_words_inside_arabic_alone() -> None:
    with override("ar"):
        assert isolated("Quintet 2026") == "\u2068Quintet 2026\u2069"
    with override("fr"):
        assert isolated("Quintet 2026") == "Quintet 2026"
