"""Reading for the workbook of everything: what goes into it from frozen sheets, and the ones asked for."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db.models import Max, QuerySet

from quintet.models import Cycle, CycleExport, ExportState, Item, Snapshot, Status
from quintet.models.evidence import evidence_storage
from quintet.queries.monitoring import latest_counted, reading_order
from un20portal.lib.errors import NotFound, Unavailable, WrongState
from un20portal.lib.errors import marked as _

EXPORT = "quintet.export"  # the errand by which a workbook is written
CHUNK = 20  # sheets read at a time: what is held in memory, and one step of the progress
Entry = Mapping[str, Any]  # one item as a snapshot keeps it
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FrozenSheet:
    """One sheet that counts: its latest snapshot without the payload, and when it was handed in."""

    snapshot: Snapshot
    submitted_at: datetime | None

    @property
    def validated_at(self) -> datetime | None:
        return self.snapshot.at if self.snapshot.status == Status.VALIDATED else None


@dataclass(frozen=True)
class Everything:
    """What was submitted or validated in a cycle when it was asked for; later steps do not change it."""

    export: CycleExport
    n_asked: int
    sheets: Sequence[FrozenSheet]
    items: Sequence[Item]

    @property
    def has_demo_data(self) -> bool:
        sheets = (sheet.snapshot.assessment for sheet in self.sheets)
        return self.export.cycle.is_demo or any(sheet.is_demo for sheet in sheets)

    def read(self) -> Iterator[tuple[FrozenSheet, Sequence[Entry]]]:
        """Yield every sheet with its items in framework order; one query for each chunk."""
        for start in range(0, len(self.sheets), CHUNK):
            chunk = self.sheets[start : start + CHUNK]
            payloads = dict(
                Snapshot.objects.filter(pk__in=[sheet.snapshot.pk for sheet in chunk])
                .order_by()
                .values_list("pk", "payload")
            )
            for sheet in chunk:
                yield sheet, json.loads(payloads[sheet.snapshot.pk])["answers"]


def everything(export: CycleExport) -> Everything:
    """Gather what the workbook is to hold: entities before country teams, in reading order."""
    cycle = export.cycle
    latest = latest_counted(cycle).select_related("assessment__entity__region")
    handed_in = Snapshot.objects.filter(assessment__cycle=cycle, status=Status.SUBMITTED).order_by()
    days = dict(handed_in.values("assessment").annotate(last=Max("at")).values_list("assessment", "last"))
    snapshots = sorted(latest, key=lambda snapshot: reading_order(snapshot.assessment))
    return Everything(
        export=export,
        n_asked=cycle.assessments.count(),
        sheets=[FrozenSheet(snapshot, days.get(snapshot.assessment_id)) for snapshot in snapshots],
        items=list(Item.objects.filter(framework=cycle.framework_id).select_related("dimension").in_order()),
    )


def exports_of(cycle: Cycle) -> QuerySet[CycleExport]:
    """The workbooks that were asked for in a cycle, the newest first, with those who asked."""
    return cycle.exports.select_related("by").prefetch_related("by__memberships__entity")


def open_export(export: CycleExport) -> "File[bytes]":
    """Open a finished workbook.

    Raises WrongState before it is ready, NotFound after its file was removed, Unavailable when the storage
    does not answer.
    """
    gone = _("The file of this workbook has been removed: ask for a new one.")
    if export.state == ExportState.EXPIRED:
        raise NotFound(gone)
    if export.state != ExportState.DONE:
        raise WrongState(_("This workbook is not ready."))
    try:
        return evidence_storage().open(export.file.name or "")
    except FileNotFoundError:
        raise NotFound(gone) from None
    except Exception as error:  # a bucket that is away: each storage has errors of its own
        logger.exception("the workbook of an export could not be opened")
        raise Unavailable(_("Files cannot be read at the moment: try again in a few minutes.")) from error
