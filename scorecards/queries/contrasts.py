"""Groups beside each other, and units that let the reader read their figures: how far they differ.

All that is shown stands in the published figures; a difference is of two cells that are shown. In the order
in which they are asked for, never by size: no ranking follows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

from entities.models import Entity
from scorecards.domain.derivations import exact
from scorecards.domain.groups import COUNTRY_TEAMS, PERCENTAGES_FROM
from scorecards.domain.movement import Verdict, judge
from scorecards.domain.overlaps import Overlap, overlap
from scorecards.queries.reading import (
    Figures,
    GroupChoice,
    ItemFigure,
    default_group,
    dimension_entries,
    group_choices,
    item_figures,
)
from scorecards.queries.units import UnitEntry, unit_entries

Figure = TypeVar("Figure")
MOST = 4  # groups or units beside each other
QUARTILES = ("q1", "median", "q3", "mean")


@dataclass(frozen=True)
class Difference:
    """How many points one lies above the first, and how many units of the smaller one that is."""

    points: Fraction
    entities: Fraction

    @property
    def verdict(self) -> Verdict:
        """Clear from 3 entities and 5 points on, as a movement is."""
        return judge(self.entities, self.points)


def difference(
    first: Fraction | None, other: Fraction | None, sizes: tuple[int | None, int | None]
) -> Difference | None:
    """Return the difference of two shares or indices of so many units; None where one of them is missing."""
    if first is None or other is None:
        return None
    points = other - first
    return Difference(points, points * min(size or 0 for size in sizes) / 100)


@dataclass(frozen=True)
class DimensionFigure:
    """How a group stands in one dimension; figures are None when it is suppressed, or nobody is rated."""

    dimension: str
    n_group: int
    n_rated: int | None
    mean: Fraction | None
    median: Fraction | None
    q1: Fraction | None
    q3: Fraction | None
    is_suppressed: bool
    carried_from: int | None

    @property
    def shows_mean(self) -> bool:
        """Below ten rated units a page says that there are few, no index of them."""
        return (self.n_rated or 0) >= PERCENTAGES_FROM


@dataclass(frozen=True)
class Cell(Generic[Figure]):
    """One group's figure; `difference` from the first group's, where there is one to speak of."""

    group: str
    name: str
    figure: Figure
    difference: Difference | None


@dataclass(frozen=True)
class ItemContrast:
    """One item in several groups."""

    item: str
    dimension: str
    enabler: str
    label: str
    question: str
    cells: Sequence[Cell[ItemFigure]]


@dataclass(frozen=True)
class DimensionContrast:
    """One dimension in several groups, and its items."""

    dimension: str
    cells: Sequence[Cell[DimensionFigure]]
    items: Sequence[ItemContrast]


@dataclass(frozen=True)
class SharedUnits:
    """Two groups that count the same units, or may."""

    first: str
    second: str
    overlap: Overlap


@dataclass(frozen=True)
class Contrast:
    """Groups beside each other, in the order in which they were asked for."""

    groups: Sequence[GroupChoice]
    dimensions: Sequence[DimensionContrast]
    shared: Sequence[SharedUnits]


def usual_groups(figures: Figures) -> list[str]:
    """The groups that are compared when none is asked for: entities and country teams, if there are both."""
    usual = dict.fromkeys([default_group(figures), COUNTRY_TEAMS])
    return [code for code in usual if code in figures.sizes]


def beside(figures: Figures, group: str) -> str:
    """A group to compare another one with; "" where there is none."""
    return next((code for code in usual_groups(figures) if code != group), "")


def contrast(figures: Figures, groups: Sequence[str], *, basis: str) -> Contrast:
    """Put groups of these figures beside each other on one basis."""
    known = {choice.code: choice for choice in group_choices(figures)}
    choices = [known[code] for code in groups]
    rows = [item_figures(figures, group=code, basis=basis) for code in groups]
    items = [_item(choices, found) for found in zip(*rows, strict=True)]
    entries = [dimension_entries(figures, group=code, basis=basis) for code in groups]
    return Contrast(
        choices,
        [
            DimensionContrast(
                found[0]["dimension"],
                _dimension_cells(choices, [_dimension(entry) for entry in found]),
                [item for item in items if item.dimension == found[0]["dimension"]],
            )
            for found in zip(*entries, strict=True)
        ],
        list(_shared(choices)),
    )


def _item(choices: Sequence[GroupChoice], rows: Sequence[ItemFigure]) -> ItemContrast:
    first, cells = rows[0], []
    for choice, row in zip(choices, rows, strict=True):
        is_said = row is not first and row.shows_percentages and first.shows_percentages
        sizes = (first.n_answered, row.n_answered)
        found = difference(first.share_has, row.share_has, sizes) if is_said else None
        cells.append(Cell(choice.code, choice.name, row, found))
    return ItemContrast(first.item, first.dimension, first.enabler, first.label, first.question, cells)


def _dimension_cells(
    choices: Sequence[GroupChoice], found: Sequence[DimensionFigure]
) -> list[Cell[DimensionFigure]]:
    first, cells = found[0], []
    for choice, row in zip(choices, found, strict=True):
        is_said = row is not first and row.shows_mean and first.shows_mean
        apart = difference(first.mean, row.mean, (first.n_rated, row.n_rated)) if is_said else None
        cells.append(Cell(choice.code, choice.name, row, apart))
    return cells


def _dimension(entry: Mapping[str, Any]) -> DimensionFigure:
    told = {name: entry.get(name) and exact(entry[name]) for name in QUARTILES}
    return DimensionFigure(
        entry["dimension"],
        entry["n_group"],
        entry.get("n_rated"),
        is_suppressed=bool(entry.get("suppressed")),
        carried_from=entry.get("carried_from"),
        **told,
    )


def _shared(choices: Sequence[GroupChoice]) -> Iterator[SharedUnits]:
    for place, first in enumerate(choices):
        for second in choices[place + 1 :]:
            found = overlap(first.code, second.code)
            if found is Overlap.SECOND_CONTAINS:
                yield SharedUnits(second.name, first.name, Overlap.FIRST_CONTAINS)
            elif found is not Overlap.APART:
                yield SharedUnits(first.name, second.name, found)


# --- units ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class UnitFigure:
    """One unit in one dimension, and how many points its index lies above the first unit's."""

    unit: Entity
    entry: Mapping[str, Any] | None
    index: Fraction | None
    points: Fraction | None


@dataclass(frozen=True)
class UnitsContrast:
    """Units beside each other: their figures per dimension, never an answer."""

    entries: Sequence[UnitEntry]
    dimensions: Sequence[tuple[str, Sequence[UnitFigure]]]


def contrast_units(
    figures: Figures, units: Sequence[Entity], dimensions: Sequence[str], *, basis: str
) -> UnitsContrast:
    """Put units whose figures the reader may see beside each other on one basis."""
    entries = unit_entries(figures, units, basis=basis)
    held = [{entry["dimension"]: entry for entry in found.dimensions} for found in entries]
    rows = []
    for code in dimensions:
        found = [_unit(unit, entry.get(code)) for unit, entry in zip(units, held, strict=True)]
        rows.append((code, [_beside(found[0], one) for one in found]))
    return UnitsContrast(entries, rows)


def _unit(unit: Entity, entry: Mapping[str, Any] | None) -> UnitFigure:
    index = None if entry is None or entry["index"] is None else exact(entry["index"])
    return UnitFigure(unit, entry, index, None)


def _beside(first: UnitFigure, other: UnitFigure) -> UnitFigure:
    if other is first or first.index is None or other.index is None:
        return other
    return UnitFigure(other.unit, other.entry, other.index, other.index - first.index)
