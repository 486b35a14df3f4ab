"""What next: the smallest sets of rises by which one sheet reaches a goal. Plain Python, integers only.

A goal asks a least level of some items, or lets one choose of which (“four of seven are operating”). Of two
ways to a goal the smaller one takes fewer levels in sum, then fewer items, then items that come first in the
framework. Levels come packed, as in `scorecards.domain.scoring`; what is not applicable is never asked for.

What is not answered is not 0. How far it is to a level nobody knows, so it is counted as the most it can be:
all levels from 0 on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.scoring import ADVANCED_NEEDS, ADVANCED_OPERATING, HAS_FROM, OPERATES_FROM, ItemShape

SHOWN = 3  # ways to one goal that are shown


@dataclass(frozen=True)
class Rise:
    """One item that rises from a level (None: it is not answered) to another one."""

    item: str
    before: int | None
    after: int

    @property
    def levels(self) -> int:
        """How many levels that takes, at most."""
        return self.after - (self.before or 0)


Way = tuple[Rise, ...]  # in framework order; an empty one: the goal is reached


@dataclass(frozen=True)
class Ways:
    """The smallest ways to one goal: the first few of the `n` that take equally few levels."""

    shown: tuple[Way, ...]
    n: int

    @property
    def is_reached(self) -> bool:
        return not self.shown[0]

    @property
    def levels(self) -> int:
        """How many levels each of them takes in sum."""
        return sum(rise.levels for rise in self.shown[0])


def reach_targets(items: Sequence[ItemShape], levels: Sequence[int], targets: Mapping[str, int]) -> Way:
    """Return the one smallest way to a unit's own targets, which are by item code."""
    return _rises(items, levels, targets)


def lift_foundation(items: Sequence[ItemShape], levels: Sequence[int], *, highest_level: int) -> Way | None:
    """Return the one smallest way by which every applicable item reaches the next level.

    Its items are those that hold the foundation where it is. None at the highest level, and where nothing
    is applicable.
    """
    applicable = [level for level in levels if level != NA_BYTE]
    if not applicable:
        return None
    foundation = 0 if MISSING_BYTE in applicable else min(applicable)
    if foundation >= highest_level:
        return None
    return _rises(items, levels, {item.code: foundation + 1 for item in items})


def become_advanced(items: Sequence[ItemShape], levels: Sequence[int]) -> Ways | None:
    """Return the smallest ways by which a capability is advanced (§2); None where it cannot become it.

    Whatever is operating already counts, so the choice is which others operate, too.
    """
    said = {item: level for item, level in zip(items, levels, strict=True) if level != NA_BYTE}
    needed = {item.code: HAS_FROM for item in said if item.enabler in ADVANCED_NEEDS}
    if len(said) < ADVANCED_OPERATING or len(needed) < len(ADVANCED_NEEDS):
        return None
    others = [item.code for item, level in said.items() if level == MISSING_BYTE or level < OPERATES_FROM]
    short = max(ADVANCED_OPERATING - (len(said) - len(others)), 0)
    return _smallest(
        [
            _rises(items, levels, needed | dict.fromkeys(chosen, OPERATES_FROM))
            for chosen in combinations(others, short)
        ],
        [item.code for item in items],
    )


def _rises(items: Sequence[ItemShape], levels: Sequence[int], least: Mapping[str, int]) -> Way:
    """What has to rise so that every applicable item of `least` is answered with this level or above."""
    return tuple(
        Rise(item.code, None if level == MISSING_BYTE else level, least[item.code])
        for item, level in zip(items, levels, strict=True)
        if item.code in least and level != NA_BYTE and (level == MISSING_BYTE or level < least[item.code])
    )


def _smallest(ways: Sequence[Way], codes: Sequence[str]) -> Ways:
    def size(way: Way) -> int:
        return sum(rise.levels for rise in way)

    fewest = min(size(way) for way in ways)
    equal = [way for way in ways if size(way) == fewest]
    equal.sort(key=lambda way: (len(way), [codes.index(rise.item) for rise in way]))
    return Ways(tuple(equal[:SHOWN]), len(equal))
