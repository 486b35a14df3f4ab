"""The workbook of everything in a cycle: asked for, written as an errand, removed after some days.

A workbook is written to a scratch folder first, then stored, and only then does a row name it: whatever fails
in between leaves nothing that anybody could download.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files import File
from django.db import transaction
from django.utils import translation

from entities.models import User
from quintet import access
from quintet.models import UNDER_WAY, Assessment, Cycle, CycleExport, ExportState, Item
from quintet.models.evidence import evidence_storage
from quintet.queries.exports import CHUNK, EXPORT, Everything, everything
from un20portal.lib.errors import NotAllowed, Unavailable, WrongState
from un20portal.lib.errors import marked as _
from un20portal.outbox import services as outbox

FOLDER = "exports"  # in the storage of evidence
KEPT = timedelta(days=3)
ORPHANED_AFTER = timedelta(days=1)  # until then its row may still be on the way
MOST_ROWS = 1_048_575  # of a sheet of a workbook, below its headings
BROKEN = _(
    "Something went wrong while the workbook was written, and nothing of it was kept. Ask for it again. "
    "If it fails again, tell those who run the portal: the reason is in its log."
)
# (file to write, what is in it, what to tell after each unit)
Writer = Callable[[Path, Everything, Callable[[int], None]], None]
logger = logging.getLogger(__name__)


@transaction.atomic
def ask_for_export(*, cycle: Cycle, language: str, by: User, at: datetime) -> CycleExport:
    """Owe the workbook of all sheets of the cycle that count, or return the one that is under way.

    Raises NotAllowed; WrongState while nothing was submitted, and for more than one workbook can hold.
    """
    if not access.can_export_everything(by):
        raise NotAllowed(_("Only the task force exports a whole cycle."))
    Cycle.objects.select_for_update(no_key=True).get(pk=cycle.pk)  # who asks at the same moment comes after
    if running := CycleExport.objects.filter(cycle=cycle, state__in=UNDER_WAY).first():
        return running
    units = Assessment.objects.filter(cycle=cycle).counted().count()
    if not units:
        raise WrongState(_("Nothing has been submitted in this cycle yet: there is nothing to export."))
    if units * Item.objects.filter(framework=cycle.framework_id).count() > MOST_ROWS:
        raise WrongState(_("The cycle has more answers than one workbook can hold."))
    export = CycleExport.objects.create(cycle=cycle, language=language, units_total=units, by=by, at=at)
    outbox.put(EXPORT, {"export_id": export.pk}, at=at)
    return export


def write_export(*, export_id: int, at: datetime, write: Writer) -> None:
    """Write the workbook with `write`, store it, and say in its row that it is ready, or why not.

    Run again after a worker was killed in the middle, it begins anew; a finished one is left as it is.
    """
    export = CycleExport.objects.select_related("cycle__framework", "by").filter(pk=export_id).first()
    if export is None or not export.is_under_way:
        return
    name = f"{FOLDER}/{secrets.token_hex(16)}"
    try:
        sha256 = _write(export, name, write)
    except Exception as error:  # whatever it was, somebody waits for a word and can ask again
        logger.exception("the export %s could not be written", export_id)
        reason = error.message if isinstance(error, Unavailable) else BROKEN
        _note(export_id, state=ExportState.FAILED, error=reason, finished_at=at)
    else:
        _note(export_id, state=ExportState.DONE, file=name, sha256=sha256, finished_at=at)


def sweep_exports(*, at: datetime) -> list[str]:
    """Let old workbooks expire, and remove the stored files that no row names; return their names."""
    old = CycleExport.objects.filter(state=ExportState.DONE, finished_at__lt=at - KEPT)
    old.update(state=ExportState.EXPIRED, file="")
    storage = evidence_storage()
    stored = _stored_names()  # before the rows: a file that comes later is not judged
    known = set(CycleExport.objects.exclude(file="").values_list("file", flat=True))
    orphans = [
        name for name in sorted(stored - known) if storage.get_modified_time(name) < at - ORPHANED_AFTER
    ]
    for name in orphans:
        storage.delete(name)
    return orphans


def _write(export: CycleExport, name: str, write: Writer) -> str:
    """Write the workbook and store it as `name`; return its SHA-256."""
    content = everything(export)
    _note(export.pk, state=ExportState.RUNNING, units_done=0, units_total=len(content.sheets))

    def tell(done: int) -> None:
        if done % CHUNK == 0:
            _note(export.pk, units_done=done)

    with TemporaryDirectory(prefix="un20-export-") as folder, translation.override(export.language):
        path = Path(folder) / "everything.xlsx"
        write(path, content, tell)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            _store(name, File(file))
    _note(export.pk, units_done=len(content.sheets))
    return digest


def _note(export_id: int, **changes: object) -> None:
    """Change the row as long as it is under way: a second run that comes too late changes nothing."""
    CycleExport.objects.filter(pk=export_id, state__in=UNDER_WAY).update(**changes)


def _store(name: str, file: "File[bytes]") -> None:
    try:
        evidence_storage().save(name, file)
    except Exception as error:  # a full disk, a bucket that is away: each storage has errors of its own
        _take_back(name)
        message = _("The finished workbook could not be stored. Ask for it again in a few minutes.")
        raise Unavailable(message) from error


def _take_back(name: str) -> None:
    """Remove what may have been stored by halves; a storage that is away keeps it until the daily sweep."""
    try:
        evidence_storage().delete(name)
    except Exception:  # each storage has errors of its own
        logger.exception("a part of an export may still be in the storage: the daily sweep removes it")


def _stored_names() -> set[str]:
    try:
        return {f"{FOLDER}/{name}" for name in evidence_storage().listdir(FOLDER)[1]}
    except FileNotFoundError:  # a folder is made with its first file
        return set()
