"""Reckoning the steps of a receipt anew, apart from the portal."""

import re
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from un20portal.lib.ratios import one_decimal


def reckoned(filled: str) -> Fraction:
    """The exact value of a formula filled in with numbers."""
    assert re.fullmatch(r"[0-9 ()+*/.·-]+", filled), filled
    exact = re.sub(r"\d+(\.\d+)?", r"Fraction('\g<0>')", filled.replace("·", "*"))
    return Fraction(eval(exact, {"Fraction": Fraction}))  # noqa: S307 - only numbers and signs


def calculated(filled: str) -> str | None:
    """The same with one decimal, as receipts write it."""
    return one_decimal(reckoned(filled))


def powers_reckoned(filled: str) -> Decimal:
    """The value of a formula with powers, to some thirty digits."""
    assert re.fullmatch(r"[0-9 ()+*/.·^-]+", filled), filled
    text = re.sub(r"\d+(\.\d+)?", r"Decimal('\g<0>')", filled.replace("·", "*").replace("^", "**"))
    with localcontext(Context(prec=34)):
        return Decimal(eval(text, {"Decimal": Decimal}))  # noqa: S307 - only numbers and signs
