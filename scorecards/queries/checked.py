"""What checks found and which evidence is missing: read from frozen sheets, and from what is published."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quintet.models import ENABLER_NAMES, Area, Framework, Item, Snapshot
from scorecards.domain.checked import Entry, Questions, Sheets, Sums, Told, sums_of, told
from scorecards.domain.published import Version
from scorecards.domain.statements import Statement
from scorecards.models import Scorecard
from scorecards.queries.publications import published_document

CHUNK = 500  # sheets that are held in memory at a time


@dataclass(frozen=True)
class CheckedRow:
    """An enabler over all capabilities, or the culture: its items, and what is shown of them added up."""

    row: str
    items: Mapping[str, Entry]
    evidence_from: int | None  # the lowest level that needs evidence; None: none is asked for

    @property
    def name(self) -> str:
        """The enabler, or an area without enablers, in the reader's language."""
        return str(Area(self.row).label if self.row in Area else ENABLER_NAMES.get(self.row, self.row))

    @cached_property
    def sums(self) -> Sums:
        return sums_of(list(self.items.values()))


@dataclass(frozen=True)
class Checked:
    """What a version says of checks and evidence, of the whole system."""

    items: Mapping[str, Entry]
    rows: Sequence[CheckedRow]
    evidence_from: Mapping[str, int]  # by area the lowest level that needs evidence

    @property
    def statements(self) -> list[Statement]:
        """The same in words."""
        return told(list(self.items.values()))


def checked_of(document: Mapping[str, Any], framework: Framework) -> Checked | None:
    """What the bytes of a version say; None where it is not recorded, and for provisional figures."""
    if (said := document.get("quality")) is None:
        return None
    rows: dict[tuple[str, int | None], dict[str, Entry]] = {}
    for code, enabler, area in _items(framework):
        rows.setdefault((_row(enabler, area), said["evidence_from"].get(area)), {})[code] = said["items"][
            code
        ]
    return Checked(
        said["items"],
        [CheckedRow(row, items, lowest) for (row, lowest), items in rows.items()],
        said["evidence_from"],
    )


def rows_in(framework: Framework) -> set[str]:
    """The rows that checks of a framework have: its enablers, and the areas whose items have none."""
    return {_row(enabler, area) for _code, enabler, area in _items(framework)}


def _row(enabler: str, area: str) -> str:
    return area if area == Area.CULTURE else enabler or area


def questions_of(framework: Framework, evidence_from: Mapping[str, int]) -> Questions:
    """The items of a framework with their areas, and which levels need evidence."""
    return Questions({code: area for code, _enabler, area in _items(framework)}, evidence_from)


def _items(framework: Framework) -> Iterator[tuple[str, str, str]]:
    items = Item.objects.filter(framework=framework).in_order()
    yield from items.values_list("code", "enabler", "dimension__area")


def frozen_answers(snapshots: Sequence[int]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """What these frozen sheets answer, one after the other: they may be very many."""
    for start in range(0, len(snapshots), CHUNK):
        frozen = Snapshot.objects.filter(pk__in=snapshots[start : start + CHUNK]).order_by("pk")
        for payload in frozen.values_list("payload", flat=True):
            yield json.loads(payload)["answers"]


def told_by(scorecard: Scorecard, version: Version, *, is_of_cycle: bool) -> Told | None:
    """What a published version tells of checks; None where it says nothing of them."""
    document = published_document(scorecard.sha256)
    if (said := document.get("quality")) is None:
        return None
    sheets = Sheets.of(version.release.units, version.codes)
    return Told(document["version"], is_of_cycle, said, sheets)
