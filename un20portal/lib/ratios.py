"""Exact ratios, rounded once, half to even, when they are shown. Plain Python, no floats."""

from fractions import Fraction


def share(part: int, whole: int) -> Fraction | None:
    """Return 100·part/whole as an exact fraction, or None when there is nothing to divide by."""
    return Fraction(100 * part, whole) if whole else None


def one_decimal(value: Fraction | None) -> str | None:
    """Return `value` with one decimal as text ("75.0"), half to even; None stays None."""
    if value is None:
        return None
    tenths = round(value * 10)  # round() of a Fraction is exact, half to even
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}"


def whole_per_cent(value: Fraction) -> int:
    """Return `value` as a whole number, half to even."""
    return round(value)
