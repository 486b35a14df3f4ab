"""The state of a group in a few points, chosen by rules from its figures. Plain Python.

A rule says nothing where its figures are hidden or missing. Faces find the words: here stand the kind of a
point, the figure that it is about, and numbers. Changes are never called more than they are: what is not
clear is counted as “no clear change”.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Protocol

from scorecards.domain.groups import ItemCounts
from scorecards.domain.movement import Panel, Verdict, against_printed


class Cell(Protocol):
    """One figure of a group, as `queries.reading` gives it; without counts it is hidden."""

    @property
    def item(self) -> str: ...

    @property
    def counts(self) -> ItemCounts | None: ...

    @property
    def shows_percentages(self) -> bool: ...


class Kind(StrEnum):
    """What a point says."""

    RESPONSE = "response"
    MOST = "most"
    LEAST = "least"
    GAP = "gap"
    HIDDEN = "hidden"
    MOVED = "moved"
    PRINTED = "printed"


@dataclass(frozen=True)
class Point:
    """One sentence to be: `n` decides its plural; `cell` is the figure that it is about, if any."""

    kind: Kind
    n: int
    params: Mapping[str, int] = field(default_factory=dict)
    cell: Cell | None = None


@dataclass(frozen=True)
class Verdicts:
    """How many figures were compared, and how many of them rose or fell clearly."""

    n: int
    rose: int
    fell: int

    @property
    def n_clear(self) -> int:
        return self.rose + self.fell


def points(
    cells: Sequence[Cell],
    *,
    n_counted: int,
    n_group: int,
    moved: Verdicts | None = None,
    printed: Verdicts | None = None,
) -> list[Point]:
    """Return the points in short: who answered, the extremes, and what changed; at most seven."""
    found = [Point(Kind.RESPONSE, n_group, {"n": n_counted, "asked": n_group})]
    answered = [cell for cell in cells if cell.counts and cell.counts.n_answered]
    # Few answers make large shares: where any cell has ten answers, the others lead nothing.
    telling = [cell for cell in answered if cell.shows_percentages] or answered
    if len({_share(cell.counts) for cell in telling if cell.counts}) > 1:  # where all stand alike, none leads
        found.append(_about(Kind.MOST, _first(telling, lambda counts: -_share(counts))))
        found.append(_about(Kind.LEAST, _first(telling, _share)))
    gaps = [cell for cell in telling if cell.shows_percentages and cell.counts and cell.counts.paper_gap]
    if gaps:
        found.append(_about(Kind.GAP, _first(gaps, lambda counts: -(counts.paper_gap or 0))))
    hidden = sum(cell.counts is None for cell in cells)
    if hidden and len(found) > 1:
        found.append(Point(Kind.HIDDEN, hidden, {"all": len(cells)}))
    for kind, verdicts in ((Kind.MOVED, moved), (Kind.PRINTED, printed)):
        if verdicts and verdicts.n:
            found.append(Point(kind, verdicts.n, {"rose": verdicts.rose, "fell": verdicts.fell}))
    return found


def verdicts_of_panels(panels: Sequence[Panel]) -> Verdicts:
    """Count the changes on matched panels in which anybody answers."""
    told = [panel for panel in panels if panel.verdict]
    clear = [panel.delta_has for panel in told if panel.verdict is Verdict.CLEAR]
    return Verdicts(len(told), sum(delta > 0 for delta in clear), sum(delta < 0 for delta in clear))


def verdicts_on_printed(pairs: Sequence[tuple[ItemCounts, Fraction]]) -> Verdicts:
    """Count the changes against printed shares."""
    told = [found for counts, printed in pairs if (found := against_printed(counts, printed))]
    clear = [found.points for found in told if found.verdict is Verdict.CLEAR]
    return Verdicts(len(told), sum(points > 0 for points in clear), sum(points < 0 for points in clear))


def _about(kind: Kind, cell: Cell) -> Point:
    return Point(kind, 1, cell=cell)


def _first(cells: Sequence[Cell], place: Callable[[ItemCounts], Fraction | int]) -> Cell:
    """The cell that comes first by `place`; among equals the one that comes first in the framework."""
    return min(cells, key=lambda cell: place(cell.counts) if cell.counts else 0)


def _share(counts: ItemCounts) -> Fraction:
    return counts.share_has or Fraction(0)
