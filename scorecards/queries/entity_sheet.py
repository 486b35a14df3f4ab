"""A unit's sheet as a map of levels, what holds its foundations, and where it stands without names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entities.models import Entity
from quintet.models import Area, Dimension, Item
from scorecards.domain.derivations import exact
from scorecards.domain.groups import COUNTRY_TEAMS
from scorecards.domain.positions import Quarter, position_in
from scorecards.domain.rises import lift_foundation
from scorecards.queries.reading import Figures, group_names
from scorecards.queries.seen_sheets import Said, SeenSheet, other_basis
from scorecards.queries.units import UnitEntry


@dataclass(frozen=True)
class Cell:
    """One item on the map: what the basis says of it, and the other one where it differs."""

    item: Item
    is_open: bool
    said: Said = None
    other: Said = None
    differs: bool = False
    target: int | None = None

    @property
    def text(self) -> str:
        """What the framework says of the level; "" without one."""
        return str(self.item.level_texts[self.said]) if isinstance(self.said, int) else ""

    @property
    def shade(self) -> str:
        """How the cell is marked: its level, missing, not applicable, or closed."""
        if not self.is_open:
            return "closed"
        return "missing" if self.said is None else str(self.said)


@dataclass(frozen=True)
class MapRow:
    """One dimension: its cells, one for each column; None where it asks nothing there."""

    dimension: Dimension
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class AreaMap:
    """The levels of one area. Columns are enablers, or the numbers of the questions."""

    area: str
    columns: Sequence[str]
    rows: Sequence[MapRow]

    @property
    def name(self) -> str:
        return str(Area(self.area).label)

    @property
    def has_enablers(self) -> bool:
        return not self.columns[0].isdigit()


@dataclass(frozen=True)
class Foundation:
    """The level that all items of a dimension reach (None: nothing is applicable), and those that hold it."""

    dimension: Dimension
    level: int | None
    unanswered: Sequence[Item]
    lowest: Sequence[Item]


@dataclass(frozen=True)
class Position:
    """The quarter of a unit in a dimension of its group; None where it is not told."""

    dimension: str
    n_rated: int | None
    quarter: Quarter | None


@dataclass(frozen=True)
class Standing:
    """Where a unit stands in its group, without names."""

    group: str
    name: str
    positions: Sequence[Position]


def level_maps(sheet: SeenSheet, *, basis: str) -> list[AreaMap]:
    """The levels by area; none where the reader sees no level, or the sheet does not count on the basis."""
    said = sheet.said(basis)
    if said is None or sheet.seen == set():
        return []
    others = sheet.said(other_basis(basis)) or said
    areas: dict[str, dict[Dimension, list[Cell]]] = {}
    for dimension, items in sheet.by_dimension.items():
        cells = [_cell(sheet, item, said, others) for item in items]
        areas.setdefault(dimension.area, {})[dimension] = cells
    return [_area(area, rows) for area, rows in areas.items()]


def foundations(sheet: SeenSheet, *, basis: str) -> list[Foundation]:
    """What holds each dimension where it is, for those who see all levels; for others there is nothing."""
    levels, said = sheet.sheets[basis], sheet.said(basis)
    if levels is None or said is None or not sheet.sees_all:
        return []
    return [
        _foundation(sheet, dimension, items, levels, said) for dimension, items in sheet.by_dimension.items()
    ]


def standing_of(figures: Figures, entry: UnitEntry, *, basis: str) -> Standing | None:
    """The quarter of the unit in each dimension of its type (`domain.positions`): published figures alone.

    None of provisional figures, whose quartiles are not published.
    """
    if figures.is_provisional:
        return None
    group = _group_of(figures, entry.entity)
    cells = figures.groups[group][basis]["dimensions"] if group in figures.groups else {}
    positions = [_position(row, cells.get(row["dimension"], {})) for row in entry.dimensions]
    return Standing(group, group_names().get(group, group), positions)


def _cell(sheet: SeenSheet, item: Item, said: Mapping[str, Said], others: Mapping[str, Said]) -> Cell:
    if sheet.seen is not None and item.pk not in sheet.seen:
        return Cell(item, is_open=False)
    level, other = said[item.code], others[item.code]
    return Cell(item, True, level, other, level != other, sheet.targets.get(item.code))


def _area(area: str, rows: Mapping[Dimension, Sequence[Cell]]) -> AreaMap:
    placed = {
        dimension: {cell.item.enabler or str(place): cell for place, cell in enumerate(cells, 1)}
        for dimension, cells in rows.items()
    }
    columns = list(dict.fromkeys(column for cells in placed.values() for column in cells))
    return AreaMap(
        area,
        columns,
        [MapRow(dimension, [cells.get(column) for column in columns]) for dimension, cells in placed.items()],
    )


def _foundation(
    sheet: SeenSheet, dimension: Dimension, items: Sequence[Item], levels: bytes, said: Mapping[str, Said]
) -> Foundation:
    shapes, here = sheet.shape.dimensions[dimension.code], levels[sheet.shape.places[dimension.code]]
    way = lift_foundation(shapes, here, highest_level=sheet.shape.highest_level)
    if way is None:  # the highest level, or nothing is applicable
        is_asked = any(isinstance(said[item.code], int) for item in items)
        return Foundation(dimension, sheet.shape.highest_level if is_asked else None, [], [])
    by_code = {item.code: item for item in items}
    return Foundation(
        dimension,
        way[0].after - 1,
        [by_code[rise.item] for rise in way if rise.before is None],
        [by_code[rise.item] for rise in way if rise.before is not None],
    )


def _group_of(figures: Figures, unit: Entity) -> str:
    """The group of the unit's type, the one it was in when the figures were made; country teams are one."""
    groups: Sequence[str] = figures.document["units"][unit.code]["groups"]
    return next((code for code in groups if code.startswith("type:")), COUNTRY_TEAMS)


def _position(row: Mapping[str, object], cell: Mapping[str, object]) -> Position:
    index = row["index"]
    quarter = position_in(cell, exact(index) if index else None)
    n_rated = cell.get("n_rated")
    return Position(str(row["dimension"]), n_rated if isinstance(n_rated, int) else None, quarter)
