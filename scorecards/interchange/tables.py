"""Published group figures as rows of a table: one row per group, basis and item."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

COLUMNS = (
    "cycle",
    "version",
    "synthetic",
    "group",
    "basis",
    "item",
    "suppressed",
    "carried_from",
    "n_group",
    "n_na",
    "n_missing",
    "n_answered",
    "has",
    "operates",
    "share_has",
    "share_operates",
    "paper_gap",
)
FIGURES_FROM = COLUMNS.index("carried_from")


def scorecard_csv(payload: str) -> str:
    """Return the item figures of the canonical bytes as CSV text; a suppressed cell has empty figures."""
    document = json.loads(payload)
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    head = [document["cycle"]["code"], document["version"], str(document["cycle"]["synthetic"]).lower()]
    for group, basis, item, cell in _cells(document["groups"]):
        figures = [_plain(cell.get(column)) for column in COLUMNS[FIGURES_FROM:]]
        hidden = str(bool(cell.get("suppressed"))).lower()
        writer.writerow([*head, group, basis, item, hidden, *figures])
    return text.getvalue()


def _cells(groups: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for group, bases in groups.items():
        for basis, figures in bases.items():
            for item, cell in figures["items"].items():
                yield group, basis, item, cell


def _plain(value: object) -> object:
    if value is None:
        return ""
    return value[2] if isinstance(value, list) else value
