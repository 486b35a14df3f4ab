"""Numbers and terms as they stand inside the formulas of receipts. Plain Python."""

from collections.abc import Iterable
from fractions import Fraction


def truth(holds: bool) -> str:
    """How a condition ends."""
    return "true" if holds else "false"


def within(value: Fraction | int | None) -> str:
    """An exact number among others: what is no plain one stands in brackets."""
    text = str(value)
    return text if text.isdigit() else f"({text})"


def added_up(terms: Iterable[object]) -> str:
    return " + ".join(map(str, terms)) or "0"


def in_a_row(terms: Iterable[object]) -> str:
    return ", ".join(map(str, terms))


def in_halves(value: Fraction) -> str:
    """A whole number, or one and a half, as it is shown: "4", "4.5"."""
    return str(value) if value.denominator == 1 else f"{value.numerator // 2}.5"


def place_of(percent: int, n: int) -> str:
    """The place of a percentile among `n` sorted values (type 7), the lowest being 1: in hundredths."""
    hundredths = 100 + percent * (n - 1)
    return f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".")
