"""Method un20-1 §5: what moved between two cycles, on the units that answered in both. Plain Python, exact.

How a figure of the full sample changed, and why, is in `scorecards/domain/bridge.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from quintet.domain.crosswalk import Crosswalk, identity
from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.groups import ItemCounts, count_item
from scorecards.domain.scoring import HAS_FROM
from un20portal.lib.ratios import share

CLEAR_ENTITIES, CLEAR_POINTS = 3, 5

Sheet = bytes | None  # packed levels; None: does not count
Pair = tuple[Sheet, Sheet]  # the sheets of one unit before and after; None, too, for a unit outside the group


class Verdict(StrEnum):
    """Whether a change is large enough to be called one."""

    CLEAR = "clear"
    NO_CLEAR_CHANGE = "no clear change"


def judge(entities: Fraction, points: Fraction) -> Verdict:
    """Return `clear` only from 3 entities and 5 percentage points on, up or down."""
    is_clear = abs(entities) >= CLEAR_ENTITIES and abs(points) >= CLEAR_POINTS
    return Verdict.CLEAR if is_clear else Verdict.NO_CLEAR_CHANGE


@dataclass(frozen=True)
class CycleSheets:
    """What one group says in one cycle on one basis: sheets by unit code, None where one does not count."""

    framework: FrameworkShape
    sheets: Mapping[str, Sheet]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The item codes in framework order, the order of the packed levels."""
        return tuple(item.code for item in self.framework.items)


@dataclass(frozen=True)
class Comparison:
    """Two cycles of one group and basis, and how their items belong together.

    Raises ValueError where the crosswalk is not that of the frameworks, or joins items whose scales differ.
    """

    before: CycleSheets
    after: CycleSheets
    crosswalk: Crosswalk

    def __post_init__(self) -> None:
        if (self.crosswalk.before, self.crosswalk.after) != (self.before.codes, self.after.codes):
            raise ValueError("The crosswalk names other items than the frameworks of the two cycles.")
        highest = [cycle.framework.highest_level for cycle in self.cycles]
        if self.crosswalk.joined and highest[0] != highest[1]:
            raise ValueError(f"Equal items need one scale, not 0…{highest[0]} and 0…{highest[1]}.")

    @property
    def cycles(self) -> tuple[CycleSheets, CycleSheets]:
        return self.before, self.after

    @cached_property
    def pairs(self) -> dict[str, Pair]:
        """The sheets before and after of every unit of the group in either cycle."""
        codes = dict.fromkeys([*self.before.sheets, *self.after.sheets])
        return {code: (self.before.sheets.get(code), self.after.sheets.get(code)) for code in codes}


def compare(before: CycleSheets, after: CycleSheets, crosswalk: Crosswalk | None = None) -> Comparison:
    """Return the comparison of two cycles; without a crosswalk they are of one framework version."""
    return Comparison(before, after, crosswalk or identity(before.codes))


@dataclass(frozen=True)
class Panel:
    """One item in two cycles on the matched panel: the units that answer it in both.

    It is `rose` + `same` + `fell` of them, of which `has_before` and `has_after` are at level 2 or above.
    `newly_answered` units answer now and did not before, whatever the reason (joined, counts now, left it
    open, not applicable); `no_longer_answered` the other way round.
    """

    rose: int
    same: int
    fell: int
    has_before: int
    has_after: int
    newly_answered: int
    no_longer_answered: int

    @property
    def n_panel(self) -> int:
        return self.rose + self.same + self.fell

    @property
    def delta_has(self) -> int:
        """By how many entities of the panel more are at level 2 or above than before."""
        return self.has_after - self.has_before

    @property
    def delta_points(self) -> Fraction | None:
        """The same in percentage points of the panel; None without a panel."""
        return share(self.delta_has, self.n_panel)

    @property
    def verdict(self) -> Verdict | None:
        """Whether the panel moved clearly; None without a panel."""
        points = self.delta_points
        return None if points is None else judge(Fraction(self.delta_has), points)

    def back(self) -> "Panel":
        """The same from the cycle after to the one before."""
        return Panel(
            rose=self.fell,
            same=self.same,
            fell=self.rose,
            has_before=self.has_after,
            has_after=self.has_before,
            newly_answered=self.no_longer_answered,
            no_longer_answered=self.newly_answered,
        )


@dataclass(frozen=True)
class ItemMovement(Panel):
    """The matched panel, and the full samples beside it: `before` and `after` count each cycle's group."""

    before: ItemCounts
    after: ItemCounts


def item_movements(comparison: Comparison) -> dict[str, ItemMovement]:
    """Return by its code after the movement of every item that is equal in both cycles.

    All others have none: `comparison.crosswalk.breaks` says why.
    """
    return {code: _movement(comparison, *places) for code, places in comparison.crosswalk.joined.items()}


def _movement(comparison: Comparison, at_before: int, at_after: int) -> ItemMovement:
    levels = [(_level(old, at_before), _level(new, at_after)) for old, new in comparison.pairs.values()]
    panel = [(old, new) for old, new in levels if is_answer(old) and is_answer(new)]
    return ItemMovement(
        rose=sum(new > old for old, new in panel),
        same=sum(new == old for old, new in panel),
        fell=sum(new < old for old, new in panel),
        has_before=sum(old >= HAS_FROM for old, _new in panel),
        has_after=sum(new >= HAS_FROM for _old, new in panel),
        newly_answered=sum(is_answer(new) for _old, new in levels) - len(panel),
        no_longer_answered=sum(is_answer(old) for old, _new in levels) - len(panel),
        before=_counts(comparison.before, at_before),
        after=_counts(comparison.after, at_after),
    )


def is_answer(level: int) -> bool:
    """Whether a packed level is one, neither missing nor not applicable."""
    return level not in (MISSING_BYTE, NA_BYTE)


def _level(sheet: Sheet, position: int) -> int:
    return MISSING_BYTE if sheet is None else sheet[position]


def _counts(cycle: CycleSheets, position: int) -> ItemCounts:
    levels = (_level(sheet, position) for sheet in cycle.sheets.values())
    return count_item(levels, highest_level=cycle.framework.highest_level)


@dataclass(frozen=True)
class AgainstPrinted:
    """A share beside one that was printed without its number of entities: points, and entities of today's."""

    points: Fraction
    entities: Fraction

    @property
    def verdict(self) -> Verdict:
        return judge(self.entities, self.points)


def against_printed(counts: ItemCounts, printed: Fraction) -> AgainstPrinted | None:
    """Return how `share_has` differs from a printed per cent (the marks of 2023); None when nobody answers.

    There is no panel: the points are turned into entities by the number that answers today, points · n ÷ 100.
    """
    if counts.share_has is None:
        return None
    points = counts.share_has - printed
    return AgainstPrinted(points, points * counts.n_answered / 100)
