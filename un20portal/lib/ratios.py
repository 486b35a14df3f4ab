"""Exact ratios, rounded once, half to even, when they are shown. Plain Python, no floats."""

from fractions import Fraction


def share(part: int, whole: int) -> Fraction | None:
    """Return 100·part/whole as an exact fraction, or None when there is nothing to divide by."""
    return Fraction(100 * part, whole) if whole else None


def one_decimal(value: Fraction | None) -> str | None:
    """Return `value` with one decimal as text ("75.0"), half to even; None stays None."""
    return None if value is None else _written(value, 1)


def two_decimals(value: Fraction | None) -> str | None:
    """Return `value` with two decimals as text ("0.87"), half to even; None stays None."""
    return None if value is None else _written(value, 2)


def _written(value: Fraction, decimals: int) -> str:
    one = 10**decimals
    parts = round(value * one)  # round() of a Fraction is exact, half to even
    sign = "-" if parts < 0 else ""
    return f"{sign}{abs(parts) // one}.{abs(parts) % one:0{decimals}}"


def whole_per_cent(value: Fraction) -> int:
    """Return `value` as a whole number, half to even."""
    return round(value)
