"""The completion of a cycle as rows of a table: one row per unit, settled items per dimension."""

from collections.abc import Iterable, Iterator, Sequence

from quintet.models import Dimension
from quintet.queries.completion import UnitRow
from un20portal.lib.csv_rows import BOM, csv_row

COLUMNS = (
    "cycle", "synthetic", "unit", "acronym", "type", "region",
    "status", "due_on", "late", "last_activity_on", "settled", "total",
)  # fmt: skip


def completion_lines(rows: Iterable[UnitRow], dimensions: Sequence[Dimension]) -> Iterator[str]:
    """Yield the lines of the CSV: settled items in all, then of each dimension."""
    totals = [dimension.total for dimension in dimensions]  # type: ignore[attr-defined]  # annotated
    yield BOM + csv_row([*COLUMNS, *(dimension.code for dimension in dimensions)])
    for row in rows:
        yield csv_row([*_facts(row), row.settled, sum(totals), *row.settled_in])


def _facts(row: UnitRow) -> list[object]:
    sheet = row.sheet
    return [
        sheet.cycle.code,
        str(sheet.is_demo).lower(),
        sheet.entity.code,
        sheet.entity.acronym,
        sheet.entity.type,
        sheet.entity.region_id or "",
        sheet.status,
        sheet.due_on.isoformat(),
        str(row.is_late).lower(),
        row.last_activity.date().isoformat() if row.last_activity else "",
    ]
