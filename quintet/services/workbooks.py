"""Filled workbooks: kept until a person has read what they would change, then written as a whole or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from entities.models import User
from quintet import access
from quintet.domain import differences
from quintet.domain.differences import Choice, Difference
from quintet.domain.workbooks import FilledBook, FilledRow, Passport, is_same_text, storable
from quintet.models import Assessment, UploadStatus, WorkbookUpload
from quintet.queries import sheets
from quintet.queries.workbooks import ItemDifference, differences_of, locked_of
from quintet.services.answering import record_answer
from quintet.services.locking import lock_sheet
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, StaleVersion, WrongState
from un20portal.lib.errors import marked as _

WAITS = timedelta(days=3)
MOST_ERRORS = 20
NOTHING_READ = _("No workbook was read.")
TOO_OFTEN = _("You have uploaded many workbooks within an hour: wait a while, then upload the next one.")


@dataclass(frozen=True)
class Applied:
    """What came of a confirmed workbook: answers written, texts of it that gave way, rows left out."""

    written: int
    kept: int
    left_out: int


def require_may_upload(*, assessment: Assessment, by: User) -> None:
    """Raise NotAllowed or WrongState: who and when come before what is in the file."""
    items = access.answerable_items(by, assessment)
    if items is not None and not items:
        raise NotAllowed(_("You may read this assessment but not answer its items."))
    assessment.require_editable()


@transaction.atomic
def keep_upload(
    *, assessment: Assessment, book: FilledBook, file_name: str, by: User, at: datetime
) -> WorkbookUpload:
    """Keep the rows of a filled workbook until `by` confirms or discards them; write nothing else.

    It takes the place of the one that waits. Rows of items that are not this person's are kept without their
    text. Raises NotAllowed, WrongState, or InvalidInput when the workbook is of another assessment or
    framework, or when a locked text was edited.
    """
    require_may_upload(assessment=assessment, by=by)
    _require_same_assessment(book.passport, assessment)
    items = {item.code: item for item in sheets.items_of(assessment)}
    if unknown := [row for row in book.rows if row.item not in items]:
        message = _("The framework has no item %(item)s.")
        errors = [FieldError(row.cell, "unknown_item", message, {"item": row.item}) for row in unknown]
        raise InvalidInput(_("The workbook is of another questionnaire."), errors=errors[:MOST_ERRORS])
    expected = {code: locked_of(item) for code, item in items.items()}
    if edited := [row for row in book.rows if not _is_untouched(row, expected[row.item])]:
        message = _("The question or a level text of %(item)s was changed.")
        errors = [FieldError(row.cell, "edited", message, {"item": row.item}) for row in edited]
        raise InvalidInput(
            _("Questions were changed in the workbook: nobody can tell what was answered. Take a fresh one."),
            errors=errors[:MOST_ERRORS],
        )
    mine = access.answerable_items(by, assessment)
    lock_sheet(assessment)
    earlier = WorkbookUpload.objects.filter(assessment=assessment, by=by, status=UploadStatus.WAITING)
    earlier.update(status=UploadStatus.DISCARDED, rows=[])
    return WorkbookUpload.objects.create(
        assessment=assessment,
        file_name=storable(file_name)[-200:],
        sha256=book.sha256,
        rows=[_kept(row, is_mine=mine is None or items[row.item].pk in mine) for row in book.rows],
        by=by,
        at=at,
    )


def _require_same_assessment(passport: Passport, assessment: Assessment) -> None:
    cycle, framework = assessment.cycle, assessment.cycle.framework
    of_it = {"entity": passport.entity, "cycle": passport.cycle}
    if passport.cycle != cycle.code:
        raise InvalidInput(
            _("This workbook is of cycle %(cycle)s, this assessment is not. Download the one of this page."),
            of_it,
        )
    if passport.assessment != assessment.pk:
        raise InvalidInput(
            _("This workbook is of %(entity)s in cycle %(cycle)s. Upload it on the page of that assessment."),
            of_it,
        )
    if (passport.framework, passport.framework_version) != (framework.slug, framework.version):
        raise InvalidInput(
            _("The questionnaire has changed since this workbook was downloaded. Download it again."), of_it
        )


def _is_untouched(row: FilledRow, expected: Sequence[str]) -> bool:
    return len(row.locked) == len(expected) and all(map(is_same_text, row.locked, expected))


def _kept(row: FilledRow, *, is_mine: bool) -> dict[str, Any]:
    return row.stored() if is_mine else {"item": row.item, "cell": row.cell, "ignored": True}


def apply_upload(
    *,
    upload: WorkbookUpload,
    choices: Mapping[str, Choice],
    leave_out_refused: bool,
    by: User,
    at: datetime,
) -> Applied:
    """Write all that the workbook changes, in one transaction, or nothing.

    `choices` says for each conflict (by item code) whose text stays; the text that gives way is kept as a
    revision. Raises WrongState when it was confirmed before or the sheet is closed, InvalidInput for refused
    rows that are not left out on purpose and for conflicts without a choice, StaleVersion when a conflict
    has changed since it was shown, NotAllowed when an item is no longer this person's.
    """
    with transaction.atomic():
        sheet = lock_sheet(upload.assessment)
        locked = _waiting(upload, sheet)
        sheet.require_editable()
        found = differences_of(locked, by)
        _require_decided([one.difference for one in found], choices, leave_out_refused=leave_out_refused)
        outcomes = [_write(sheet, one, choices, locked.file_name, by, at) for one in found]
        # what was written is in the history of the answers: the rows are not kept a second time
        locked.status, locked.applied_at, locked.rows = UploadStatus.APPLIED, at, []
        locked.save(update_fields=["status", "applied_at", "rows"])
        upload.status = locked.status
        left_out = sum(one.kind == differences.REFUSED for one in found)
        return Applied(outcomes.count("written"), outcomes.count("kept"), left_out)


@transaction.atomic
def discard_upload(*, upload: WorkbookUpload) -> None:
    """Forget what the workbook holds; the sheet stays as it is. Discarding twice is harmless."""
    sheet = lock_sheet(upload.assessment)
    locked = _waiting(upload, sheet)
    locked.status, locked.rows = UploadStatus.DISCARDED, []
    locked.save(update_fields=["status", "rows"])
    upload.status = locked.status


def forget_waiting_uploads(*, at: datetime) -> int:
    """Delete uploads that nobody confirmed for days: they hold draft texts. Return how many."""
    count, _by_model = WorkbookUpload.objects.filter(status=UploadStatus.WAITING, at__lt=at - WAITS).delete()
    return count


def _waiting(upload: WorkbookUpload, sheet: Assessment) -> WorkbookUpload:
    """Return the upload, locked, with the locked sheet; raise WrongState unless it waits."""
    locked = WorkbookUpload.objects.select_for_update().get(pk=upload.pk)
    if locked.status != UploadStatus.WAITING:
        raise WrongState(_("This workbook was confirmed or discarded already: nothing was changed again."))
    locked.assessment = sheet
    return locked


def _require_decided(
    found: Sequence[Difference], choices: Mapping[str, Choice], *, leave_out_refused: bool
) -> None:
    nothing = _("Nothing was written yet.")
    if refused := [one for one in found if one.kind == differences.REFUSED and not leave_out_refused]:
        errors = [
            FieldError(one.cell, error.code, error.message, error.params)
            for one in refused
            for error in one.errors
        ]
        raise InvalidInput(nothing, errors=errors)
    if taken := [one for one in found if one.kind == differences.IGNORED and not _was_ignored(one)]:
        message = _("%(item)s is no longer yours to answer. Nothing was written.")
        raise NotAllowed(message, {"item": taken[0].item})
    open_ones, outdated = differences.undecided(found, choices)
    if open_ones:
        message = _("Somebody changed %(item)s on the portal meanwhile: choose which text stays.")
        errors = [FieldError(one.cell, "conflict", message, {"item": one.item}) for one in open_ones]
        raise InvalidInput(nothing, errors=errors)
    if outdated:
        message = _("%(item)s has changed again since you chose. Look at it and choose once more.")
        errors = [FieldError(one.cell, "conflict", message, {"item": one.item}) for one in outdated]
        raise StaleVersion(nothing, errors=errors)


def _was_ignored(one: Difference) -> bool:
    return bool(one.raw and one.raw.get("ignored"))


def _write(
    sheet: Assessment,
    one: ItemDifference,
    choices: Mapping[str, Choice],
    origin: str,
    by: User,
    at: datetime,
) -> str:
    """Write one item by the same door as the form; say what became of it."""
    found = one.difference
    is_conflict = one.kind == differences.CONFLICT
    if found.raw is None or not (is_conflict or one.kind in (differences.NEW, differences.CHANGED)):
        return "left"
    gives_way = is_conflict and choices[found.item].keep == differences.THEIRS
    version = found.base_version if gives_way else found.now.version
    try:
        record_answer(
            assessment=sheet,
            item=one.item,
            raw=found.raw,
            version=version,
            by=by,
            at=at,
            channel="workbook",
            origin=origin,
        )
    except StaleVersion:
        if not gives_way:
            raise
        return "kept"  # a write in an old version changes nothing and leaves its text as a revision
    return "written"
