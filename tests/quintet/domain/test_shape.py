"""What a dimension has to be so that its figures can be counted."""

import pytest

from quintet.domain.shape import flaws

FITS = [(16_383, "STR"), (0, "LED"), (0, ""), (0, "")]


def test_nothing_is_said_of_a_dimension_that_can_be_counted() -> None:
    assert list(flaws(FITS, highest_level=4)) == []
    assert list(flaws([], highest_level=4)) == []


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ([*FITS, (1, "")], "weights × highest level add up to 65536, more than 65535"),
        ([(1, "")] * 256, "there are 256, more than 255"),
        ([(1, "STR"), (1, "LED"), (2, "STR")], "enabler STR is there 2 times"),
    ],
)
def test_says_why_one_cannot(items: list[tuple[int, str]], found: str) -> None:
    assert list(flaws(items, highest_level=4)) == [found]
