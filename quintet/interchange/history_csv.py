"""The life of a sheet as CSV: one row per event, safe to open in a spreadsheet program."""

import json
from collections.abc import Iterable, Iterator

from entities.queries import called
from quintet.models import AnswerRevision, EvidenceChange, Transition
from quintet.queries.history import HistoryLine
from un20portal.lib.csv_rows import BOM, csv_row

VALUES = ("state", "claimed", "na_reason", "comment", "na_decision", "accepted", "accepted_reason")
COLUMNS = (
    "at", "person", "item", "kind", "action", "outcome", "channel", "origin", "version",
    *(f"{name}_{side}" for name in VALUES for side in ("from", "to")),
    "status_from", "status_to", "step_comment", "document",
)  # fmt: skip


def history_csv(lines: Iterable[HistoryLine]) -> Iterator[str]:
    """Yield the file piece by piece: the columns, then one row per event."""
    yield BOM + csv_row(COLUMNS)
    for line in lines:
        cells = _cells(line)
        yield csv_row([cells.get(column) for column in COLUMNS])


def _cells(line: HistoryLine) -> dict[str, object]:
    event = line.entry.event
    cells: dict[str, object] = {
        "at": event.at.isoformat(),
        "person": called(event.by) if event.by else None,
        "kind": line.entry.kind,
    }
    if isinstance(event, Transition):
        comment = event.comment if line.entry.shows_comment else None
        statuses = {"status_from": event.from_status, "status_to": event.to_status}
        return {**cells, **statuses, "action": event.action, "step_comment": comment}
    cells |= {"item": event.item.code, "channel": event.channel}
    if isinstance(event, EvidenceChange):
        document = json.dumps(event.document, ensure_ascii=False, sort_keys=True)
        return {**cells, "action": event.action, "document": document}
    return {**cells, **_write(event, line.before)}


def _write(event: AnswerRevision, before: AnswerRevision | None) -> dict[str, object]:
    cells: dict[str, object] = {
        "outcome": event.outcome,
        "origin": event.origin,
        "version": event.version,
    }
    for name in VALUES:
        cells[f"{name}_from"] = getattr(before, name, None)
        cells[f"{name}_to"] = getattr(event, name)
    return cells
