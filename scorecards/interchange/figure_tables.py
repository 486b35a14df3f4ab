"""The numbers of a figure as CSV (RFC 4180): one row for each mark, and on every row where it comes from.

UTF-8 with a byte order mark, as all CSV files of the portal: spreadsheet programs take it for the language of
the machine without one. Names of columns and codes are those of the API; ratios have one decimal and are
there below ten answers, too, as in the API: the counts stand beside them.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from quintet.domain.answers import ANSWERED, NA, UNANSWERED
from scorecards.domain.checked import CHECKS, EVIDENCE, is_hidden, shown_part
from scorecards.domain.movement import Verdict
from scorecards.queries.sources import Source
from un20portal.lib.csv_rows import BOM, csv_row
from un20portal.lib.ratios import one_decimal

if TYPE_CHECKING:
    from scorecards.queries.checked import Checked
    from scorecards.queries.contrasts import Contrast, ItemContrast, UnitsContrast
    from scorecards.queries.culture import Lever
    from scorecards.queries.entity_sheet import AreaMap
    from scorecards.queries.entity_sheet import Cell as LevelCell
    from scorecards.queries.movement import Movement
    from scorecards.queries.quality import Gaps
    from scorecards.queries.reading import Baseline, ItemFigure
    from scorecards.queries.regions import RegionRow
    from scorecards.queries.seen_sheets import Said
    from scorecards.queries.uncertainty import AreaIntervals

ITEM = ("item", "dimension", "enabler", "question")
COUNTS = ("n_group", "n_na", "n_missing", "n_answered", "has", "operates")
RATIOS = ("share_has", "share_operates", "paper_gap")
PRINTED = ("baseline_2023", "baseline_operator", "baseline_year", "baseline_comparability")
ITEMS = (
    *("group", "basis", *ITEM, "suppressed", "carried_from"),
    *(*COUNTS, *RATIOS, "bounds_low", "bounds_high", *PRINTED),
)
SOURCE = ("figure", "cycle", "version", "published_at", "sha256", "synthetic", "source")
Cell = object
Table = tuple[Sequence[str], Iterable[Sequence[Cell]]]


def figure_csv(table: Table, *, title: str, source: Source) -> str:
    """Return a table as a file, with its title and its source as columns at the end of each row."""
    columns, rows = table
    told = told_of(source, title)
    lines = (csv_row([*row, *told]) for row in rows)
    return BOM + csv_row([*columns, *SOURCE]) + "".join(lines)


def told_of(source: Source, title: str) -> list[Cell]:
    """What every row says of where it comes from."""
    figures, at = source.figures, source.published_at
    return [
        title,
        figures.cycle.code,
        figures.version,
        at and at.isoformat(),
        figures.sha256,
        _flag(figures.cycle.is_demo),
        gettext("UN 2.0 portal") if at else gettext("UN 2.0 portal, not published"),
    ]


def items_table(rows: Sequence["ItemFigure"], *, group: str) -> Table:
    """Items of one group, as `items` of the API."""
    return ITEMS, (_item(row, group) for row in rows)


def _item(row: "ItemFigure", group: str) -> list[Cell]:
    return [group, row.basis, *item_cells(row)]


def item_cells(row: "ItemFigure") -> list[Cell]:
    """One item of a group: what it is, what of it is hidden, its counts, shares, bounds, printed value."""
    low, high = row.bounds_has or (None, None)
    printed = row.baseline if not row.is_suppressed else None
    return [
        *_described(row),
        _flag(row.is_suppressed),
        row.carried_from,
        row.n_group,
        *(getattr(row, name) for name in COUNTS[1:]),
        *(number(getattr(row, name)) for name in RATIOS),
        number(low),
        number(high),
        *(_printed(printed) if printed else [None] * len(PRINTED)),
    ]


def _printed(baseline: "Baseline") -> list[Cell]:
    """A value as it was printed before: of which year, and whether it measured the same."""
    return [Decimal(baseline.value), baseline.operator, baseline.year, baseline.comparability]


MOVED = ("n_panel", "rose", "same", "fell", "has_before", "has_after", "delta_has", "delta_points", "verdict")


def movement_table(movement: "Movement", items: Iterable[Any]) -> Table:
    """The matched panels of items, as `movement` of the API."""
    columns = ("from", "group", "basis", *ITEM, "relation", "suppressed", *MOVED)
    return columns, (_moved(row, movement) for row in items)


def _moved(row: Any, movement: "Movement") -> list[Cell]:
    values = [getattr(row.panel, name, None) for name in MOVED]
    told = [_plain(value) for value in values]
    chosen = [movement.before.cycle.code, movement.group, movement.basis]
    return [*chosen, *_described(row), row.relation.value, _flag(row.is_suppressed), *told]


LYING = ("n_group", "n_rated", "mean", "median", "q1", "q3")
DIFFERENCE = ("difference_points", "verdict")


def comparison_table(contrast: "Contrast", *, basis: str) -> Table:
    """Dimensions of several groups, as `dimensions` of the API, and how far each is from the first."""
    columns = ("dimension", "group", "basis", "suppressed", "carried_from", *LYING, *DIFFERENCE)
    rows = [
        [row.dimension, cell.group, basis, *_lying(cell.figure), *_difference(cell.difference)]
        for row in contrast.dimensions
        for cell in row.cells
    ]
    return columns, rows


def compared_items_table(items: Iterable["ItemContrast"]) -> Table:
    """Items of several groups, as `items` of the API, and the difference in place from the first group."""
    columns = (*ITEMS, *DIFFERENCE)
    rows = [
        [*_item(cell.figure, cell.group), *_difference(cell.difference)]
        for item in items
        for cell in item.cells
    ]
    return columns, rows


def units_table(contrast: "UnitsContrast", *, basis: str) -> Table:
    """Dimensions of several units, as `entities` of the API, and how far each lies from the first unit."""
    columns = (
        "dimension",
        "entity",
        "basis",
        "applicable",
        "answered",
        "has",
        "operates",
        "foundation",
        "index",
    )
    rows = [
        [code, one.unit.code, basis, *_of_unit(one.entry), number(one.index), number(one.points)]
        for code, figures in contrast.dimensions
        for one in figures
    ]
    return (*columns, "difference_points"), rows


def _lying(row: Any) -> list[Cell]:
    numbers = (number(getattr(row, name)) for name in LYING[2:])
    return [_flag(row.is_suppressed), row.carried_from, row.n_group, row.n_rated, *numbers]


def _difference(found: Any) -> list[Cell]:
    return [number(found.points), _plain(found.verdict)] if found else [None, None]


def _of_unit(entry: Mapping[str, Any] | None) -> list[Cell]:
    names = ("applicable", "answered", "has", "operates", "foundation")
    return [entry and entry[name] for name in names]


def uncertainty_table(areas: Iterable["AreaIntervals"]) -> Table:
    """Intervals of the mean of each group, as `uncertainty` of the API, but for means of fewer than ten.

    How many units are rated stands nowhere beside them, so that nobody could be careful.
    """
    columns = (
        "area",
        "group",
        "suppressed",
        "n_group",
        "n_counted_accepted",
        "n_counted_claimed",
        "p5",
        "p50",
        "p95",
        "accepted",
        "claimed",
    )
    return columns, (_interval(area.area, row) for area in areas for row in area.groups)


def _interval(area: str, row: Any) -> list[Cell]:
    counted: Mapping[str, int] = row.n_counted or {}
    ends = [row.interval and getattr(row.interval, name) for name in ("p5", "p50", "p95")]
    texts = [*ends, row.accepted, row.claimed] if row.shows_mean else [None] * 5
    numbers = [None if text is None else Decimal(text) for text in texts]
    sheets = [counted.get("accepted"), counted.get("claimed")]
    return [area, row.group, _flag(row.is_suppressed), row.n_group, *sheets, *numbers]


def regions_table(regions: Iterable["RegionRow"], *, basis: str) -> Table:
    """How many enablers of each capability the country team in the middle of a region has in place."""
    columns = ("group", "basis", "dimension", "suppressed", "n_group", "n_counted", "median", "n_items")
    rows = [
        [
            *(row.code, basis, cell.dimension, _flag(cell.is_suppressed), row.n_group, cell.n_counted),
            *(number(cell.median), None if cell.is_suppressed else cell.n_items),
        ]
        for row in regions
        for cell in row.cells
    ]
    return columns, rows


def missing_table(gaps: Iterable["Gaps"], *, group: str, n_group: int, basis: str) -> Table:
    """The answers that each dimension lacks, of the items that are not hidden."""
    told = ("n_asked", "n_missing", "share_missing", "n_na")
    columns = ("group", "basis", "dimension", "suppressed", "n_group", "n_suppressed_items", *told)
    return columns, (
        [
            *(group, basis, row.dimension, _flag(not row.n_asked), n_group, row.n_hidden),
            *([_plain(getattr(row, name)) for name in told] if row.n_asked else [None] * len(told)),
        ]
        for row in gaps
    )


def checks_table(checked: "Checked") -> Table:
    """What checks found of each item, and which of its levels lack evidence; empty where a part is hidden."""
    parts = {"checks": CHECKS, "evidence": EVIDENCE}
    columns = ("row", "item", *(f"{part}_suppressed" for part in parts), "carried_from", *CHECKS, *EVIDENCE)
    return columns, (
        [
            *(row.row, item),
            *(_flag(is_hidden(entry, part)) for part in parts),
            entry.get("carried_from"),
            *((shown_part(entry, part) or {}).get(name) for part, names in parts.items() for name in names),
        ]
        for row in checked.rows
        for item, entry in row.items.items()
    )


def levers_table(levers: Iterable["Lever"], *, group: str, n_group: int, basis: str) -> Table:
    """What all answers to the indicators of a lever add up to; empty where one is hidden or has few."""
    summed = ("n_answered", "has", "operates", "share_has", "share_operates")
    columns = ("group", "basis", "dimension", "suppressed", "n_group", "n_items", *summed)
    return columns, (
        [
            *(group, basis, row.code, _flag(row.is_suppressed), n_group, len(row.rows)),
            *(_plain(getattr(row.total, name, None)) for name in summed),
        ]
        for row in levers
    )


def levels_table(entity: str, maps: Iterable["AreaMap"], *, basis: str) -> Table:
    """The levels of one unit as its reader sees them; the other basis stands where it says another one."""
    columns = (
        *("entity", "basis", "area", *ITEM, "open", "state", "level"),
        *("other_basis_state", "other_basis_level", "target"),
    )
    cells = [(area.area, cell) for area in maps for row in area.rows for cell in row.cells if cell]
    return columns, ([entity, basis, area, *_level_cells(cell)] for area, cell in cells)


def _level_cells(cell: "LevelCell") -> list[Cell]:
    item = cell.item
    described = [item.code, item.dimension.code, item.enabler, item.question, _flag(cell.is_open)]
    if not cell.is_open:
        return [*described, *[None] * 5]
    other = _state_and_level(cell.other) if cell.differs else (None, None)
    return [*described, *_state_and_level(cell.said), *other, cell.target]


def _state_and_level(said: "Said") -> tuple[str, int | None]:
    if isinstance(said, int):
        return ANSWERED, said
    return (UNANSWERED if said is None else NA), None


def _described(row: Any) -> list[Cell]:
    return [row.item, row.dimension, row.enabler, row.question]


def number(value: Fraction | None) -> Decimal | None:
    """A ratio with one decimal, half to even, as a number."""
    text = one_decimal(value)
    return None if text is None else Decimal(text)


def _plain(value: Any) -> Cell:
    """A ratio as a number, a verdict by its name in the API, all else as it is."""
    if isinstance(value, Verdict):
        return value.name.lower()
    return number(value) if isinstance(value, Fraction) else value


def _flag(value: bool) -> str:
    return str(value).lower()
