"""Method un20-1 §2: the figures of one unit in one dimension. Plain Python, integers only.

Levels come packed: 0…L, 254 not applicable, 255 missing (see `quintet.domain.packing`).
The method in words: `scorecards/README.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from quintet.domain.packing import MISSING_BYTE, NA_BYTE

METHOD = "un20-1"
HAS_FROM, OPERATES_FROM = 2, 3
ADVANCED_OPERATING = 4
ADVANCED_NEEDS = ("STR", "LED", "TRN")


@dataclass(frozen=True)
class ItemShape:
    """What the engine knows of an item: its code, positive integer weight, and enabler ("" in culture)."""

    code: str
    weight: int = 1
    enabler: str = ""


@dataclass(frozen=True)
class UnitFigures:
    """The figures of one unit × dimension × basis; every sum is an integer."""

    applicable: int
    answered: int
    weight_applicable: int
    weight_answered: int
    points: int
    is_rated: bool
    has: int
    operates: int
    foundation: int | None
    is_advanced: bool | None

    @property
    def paper_gap(self) -> int:
        """How many items are in place without operating."""
        return self.has - self.operates

    def index(self, highest_level: int) -> Fraction | None:
        """Return the index 0…100 as an exact fraction; None unless the dimension is rated."""
        if not self.is_rated:
            return None
        return exact_index(self.points, self.weight_answered, highest_level)


def exact_index(points: int, weight_answered: int, highest_level: int) -> Fraction:
    """Return the index 0…100 of a rated sheet."""
    return Fraction(100 * points, highest_level * weight_answered)


def score_dimension(items: Sequence[ItemShape], levels: Sequence[int], *, highest_level: int) -> UnitFigures:
    """Return the figures of one dimension: `levels[i]` is the packed level of `items[i]`."""
    applicable = [(item, level) for item, level in zip(items, levels, strict=True) if level != NA_BYTE]
    answered = [(item, level) for item, level in applicable if level != MISSING_BYTE]
    weight_applicable = sum(item.weight for item, _level in applicable)
    weight_answered = sum(item.weight for item, _level in answered)
    return UnitFigures(
        applicable=len(applicable),
        answered=len(answered),
        weight_applicable=weight_applicable,
        weight_answered=weight_answered,
        points=sum(item.weight * level for item, level in answered),
        is_rated=weight_applicable > 0 and 3 * weight_answered >= 2 * weight_applicable,
        has=sum(level >= HAS_FROM for _item, level in answered),
        operates=sum(level >= OPERATES_FROM for _item, level in answered),
        foundation=_foundation([level for _item, level in applicable], highest_level),
        is_advanced=_advanced(answered) if any(item.enabler for item in items) else None,
    )


def _foundation(levels: Sequence[int], highest_level: int) -> int | None:
    """The largest k such that every applicable item is answered with level ≥ k; None without items."""
    if not levels:
        return None
    if MISSING_BYTE in levels:
        return 0
    return min(*levels, highest_level)


def _advanced(answered: Sequence[tuple[ItemShape, int]]) -> bool:
    operating = sum(level >= OPERATES_FROM for _item, level in answered)
    in_place = {item.enabler for item, level in answered if level >= HAS_FROM}
    return operating >= ADVANCED_OPERATING and in_place.issuperset(ADVANCED_NEEDS)
