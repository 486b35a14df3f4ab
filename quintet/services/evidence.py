"""What the levels of a sheet rest on: attaching, using again, changing and removing documents.

A file is stored before its row, and only the daily sweep takes away one that may ever have had a row: whether
the next sheet is just carrying it over, or a broken connection saved the row after all, is known later.
"""

import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Sum

from entities.models import Entity, User
from quintet import access
from quintet.domain.evidence import (
    MOST_DOCUMENTS,
    MOST_ITEMS,
    CheckedFile,
    Details,
    document_address,
    require_sound,
    require_web_address,
)
from quintet.models import (
    Assessment,
    Evidence,
    EvidenceAction,
    EvidenceChange,
    EvidenceKind,
    EvidenceUse,
    Item,
    Snapshot,
)
from quintet.models.evidence import evidence_storage
from quintet.queries.evidence import document_entry, stored_names
from quintet.services.answering import require_may_answer
from quintet.services.locking import lock_entity, lock_sheet
from un20portal.lib.errors import DomainError, FieldError, InvalidInput, NotAllowed, NotFound, Unavailable
from un20portal.lib.errors import marked as _

BATCH = 2000
logger = logging.getLogger(__name__)
ORPHANED_AFTER = timedelta(days=1)  # until then its row may still be on the way
STORED_NAME = 32  # hexadecimal digits; nothing else in the storage is ours to remove


@dataclass(frozen=True)
class Swept:
    """What the sweep found: stored files that no row knew of, and rows whose file is gone."""

    removed: list[str]
    lost: list[int]


def attach(
    *,
    assessment: Assessment,
    item: Item,
    details: Details,
    source: str | CheckedFile,
    by: User,
    at: datetime,
    channel: str,
) -> Evidence:
    """Add a document to the sheet for one item: `source` is its web address or its checked file.

    Raises NotAllowed, WrongState; InvalidInput when the sheet has it already or the entity's room is full.
    """
    require_may_answer(assessment=assessment, item=item, by=by)
    details = require_sound(details)
    document = _new(assessment, source)
    document.added_by, document.added_at = by, at
    _describe(document, details)
    if isinstance(source, str):
        return _add(document, item, details.page, by, at, channel)
    _require_new(document)  # asked again under the lock; here it spares the way to the storage
    document.file.name = _store(source)
    try:
        return _add(document, item, details.page, by, at, channel)
    except DomainError:  # refused, so there is no row; of anything else nobody knows what became of it
        _take_back(document.file.name)
        raise


def require_attachable(*, assessment: Assessment, source: str | CheckedFile) -> None:
    """Raise InvalidInput as `attach` does for what is wrong with the address or the file; write nothing."""
    _require_new(_new(assessment, source))


@transaction.atomic
def use(
    *,
    assessment: Assessment,
    item: Item,
    document: Evidence,
    page: str,
    by: User,
    at: datetime,
    channel: str,
) -> EvidenceUse:
    """Let a document of the sheet support one more item; at most three (rule R4)."""
    sheet = _locked(assessment, item, by)
    found = _as_it_is(document, sheet)
    page = require_sound(Details(found.title, found.effective_on, page=page)).page
    uses = list(found.uses.values_list("item_id", flat=True))
    if item.pk in uses:
        raise _refusal("document", "twice", _("This document supports the item already."))
    if len(uses) >= MOST_ITEMS:
        message = _("One document supports at most three items (rule R4): attach another one here.")
        raise _refusal("document", "overused", message)
    return _use(found, item, page, by, at, channel)


@transaction.atomic
def change(
    *,
    assessment: Assessment,
    item: Item,
    document: Evidence,
    details: Details,
    by: User,
    at: datetime,
    channel: str,
) -> None:
    """Correct what is said of a document: its page for this item, the rest for all items that it supports."""
    sheet = _locked(assessment, item, by)
    details = require_sound(details)
    found = _as_it_is(document, sheet)
    uses = list(found.uses.select_related("item"))
    before = {use.pk: document_entry(found, use.page) for use in uses}
    _describe(found, details)
    for one in uses:
        if one.item_id == item.pk:
            one.page = details.page
    changed = [one for one in uses if document_entry(found, one.page) != before[one.pk]]
    if not all(access.can_edit(by, sheet, one.item) for one in changed):
        raise NotAllowed(_("This document also supports items that you do not answer: ask the focal point."))
    found.save()
    for one in changed:
        one.save(update_fields=["page"])
        _note(EvidenceAction.CHANGED, found, one, by, at, channel)


@transaction.atomic
def detach(
    *, assessment: Assessment, item: Item, document: Evidence, by: User, at: datetime, channel: str
) -> None:
    """Take a document from an item; one that supports nothing any more leaves the sheet."""
    sheet = _locked(assessment, item, by)
    one = EvidenceUse.objects.filter(evidence=document.pk, item=item).select_related("evidence").first()
    if one is None or one.evidence.assessment_id != sheet.pk:  # somebody was quicker: it is as it should be
        return
    found = one.evidence
    _note(EvidenceAction.DETACHED, found, one, by, at, channel)
    one.delete()
    if not found.uses.exists() and not _is_frozen(found):
        found.delete()  # its file is left to the sweep: the next sheet may hold it by now


def carry(*, assessment: Assessment, item: Item, uses: Iterable[EvidenceUse], by: User, at: datetime) -> None:
    """Let what supported the item in an earlier sheet support it here, too.

    The caller holds the sheet's lock. Files are not stored again. Left out is what supports three items
    here already (rule R4), what was removed there meanwhile, and what the sheet has no room for.
    """
    for earlier in uses:
        before = earlier.evidence
        document = _same(before, assessment.pk) or _copy(before, assessment, by, at)
        if document is None:
            continue
        supported = set(document.uses.values_list("item_id", flat=True))
        if item.pk not in supported and len(supported) < MOST_ITEMS:
            _use(document, item, earlier.page, by, at, "carried")


def _copy(before: Evidence, assessment: Assessment, by: User, at: datetime) -> Evidence | None:
    """The same document on another sheet, with the same stored file; None where that cannot be.

    While the earlier row is locked nobody removes it: so at any moment a row that others see holds the file.
    """
    document = Evidence.objects.select_for_update(no_key=True).filter(pk=before.pk).first()
    if document is None or _is_full(assessment.pk):
        return None
    document.pk, document._state.adding = None, True
    document.assessment, document.added_by, document.added_at = assessment, by, at
    document.save()
    return document


@dataclass(frozen=True)
class LinkToWrite:
    """A link that nobody sent, for an item of a sheet that is written as a whole."""

    assessment: Assessment
    item: Item
    url: str
    details: Details


def write_links(links: Sequence[LinkToWrite], *, at: datetime, channel: str) -> None:
    """Write links, each with its trace: the caller holds the locks of their sheets."""
    documents = [
        Evidence(assessment=link.assessment, kind=EvidenceKind.LINK, url=link.url, added_at=at)
        for link in links
    ]
    for document, link in zip(documents, links, strict=True):
        _describe(document, link.details)
    Evidence.objects.bulk_create(documents, batch_size=BATCH)
    uses = [
        EvidenceUse(evidence=document, item=link.item, page=link.details.page)
        for document, link in zip(documents, links, strict=True)
    ]
    EvidenceUse.objects.bulk_create(uses, batch_size=BATCH)
    EvidenceChange.objects.bulk_create(
        (_trace(EvidenceAction.ATTACHED, one.evidence, one, None, at, channel) for one in uses),
        batch_size=BATCH,
    )


def sweep(*, at: datetime) -> Swept:
    """Remove stored files older than a day that no row knows of; name the rows whose file is gone."""
    storage = evidence_storage()
    stored = stored_names()  # before the rows: a file that comes later is not judged
    known = set(Evidence.objects.exclude(file="").values_list("file", flat=True))
    orphans = [
        name
        for name in sorted(stored - known)
        if _is_ours(name) and storage.get_modified_time(name) < at - ORPHANED_AFTER
    ]
    for name in orphans:
        storage.delete(name)
    gone = [name for name in known - stored if not storage.exists(name)]  # or it came after the list
    lost = sorted(Evidence.objects.filter(file__in=gone).values_list("pk", flat=True))
    for pk in lost:
        logger.error("the file of evidence %s is gone from the storage: restore it from the backup", pk)
    return Swept(orphans, lost)


def room_taken(entity: Entity) -> int:
    """The bytes of all files of an entity; one that several sheets share counts once."""
    files = Evidence.objects.filter(assessment__entity=entity, kind=EvidenceKind.FILE).order_by()
    total = files.values("file", "size").distinct().aggregate(total=Sum("size"))["total"]
    return int(total or 0)


def _new(assessment: Assessment, source: str | CheckedFile) -> Evidence:
    """A document that nothing is said of yet, and that is stored nowhere."""
    if isinstance(source, str):
        return Evidence(assessment=assessment, kind=EvidenceKind.LINK, url=require_web_address(source))
    return Evidence(
        assessment=assessment,
        kind=EvidenceKind.FILE,
        file_name=source.name,
        content_type=source.content_type,
        size=source.size,
        sha256=source.sha256,
    )


@transaction.atomic
def _add(document: Evidence, item: Item, page: str, by: User, at: datetime, channel: str) -> Evidence:
    document.assessment = _locked(document.assessment, item, by)
    if document.size:  # the room is one for all sheets of the entity
        lock_entity(document.assessment.entity)
    _require_new(document)
    document.save()
    _use(document, item, page, by, at, channel)
    return document


def _locked(assessment: Assessment, item: Item, by: User) -> Assessment:
    sheet = lock_sheet(assessment)
    require_may_answer(assessment=sheet, item=item, by=by)
    return sheet


def _as_it_is(document: Evidence, sheet: Assessment) -> Evidence:
    """The document as it is under the lock of its sheet."""
    found = Evidence.objects.filter(pk=document.pk, assessment=sheet).first()
    if found is None:
        raise NotFound(
            _("Somebody has removed this document in the meantime: attach it anew if you need it.")
        )
    return found


def _require_new(document: Evidence) -> None:
    if _same(document, document.assessment_id):
        message = _(
            "It is in the list of this assessment already: choose it there. If it is not offered to you, "
            "ask the focal point."
        )
        raise _refusal("url" if document.url else "file", "twice", message)
    if _is_full(document.assessment_id):
        message = _("The assessment has %(most)s documents already: use one of them, or remove one first.")
        raise _refusal("url" if document.url else "file", "too_many", message, most=MOST_DOCUMENTS)
    entity, quota = document.assessment.entity, settings.EVIDENCE_QUOTA_MB
    if document.size and room_taken(entity) + document.size > quota * 1_000_000:
        message = _(
            "The files of %(entity)s fill the %(quota)s MB there are: give a link, or remove a file first."
        )
        raise _refusal("file", "quota", message, entity=entity.short_name, quota=quota)


def _same(document: Evidence, sheet: int) -> Evidence | None:
    """The row of a sheet that is the same document: the same file, or a link that leads to it."""
    known = Evidence.objects.filter(assessment=sheet, kind=document.kind)
    if document.kind == EvidenceKind.FILE:
        return known.filter(sha256=document.sha256).first()
    address = document_address(document.url)
    return next((one for one in known if document_address(one.url) == address), None)


def _is_full(sheet: int) -> bool:
    return Evidence.objects.filter(assessment=sheet).count() >= MOST_DOCUMENTS


def _describe(document: Evidence, details: Details) -> None:
    for name, value in asdict(details).items():
        if name != "page":
            setattr(document, name, value)


def _use(
    document: Evidence, item: Item, page: str, by: User | None, at: datetime, channel: str
) -> EvidenceUse:
    one = EvidenceUse.objects.create(evidence=document, item=item, page=page)
    _note(EvidenceAction.ATTACHED, document, one, by, at, channel)
    return one


def _note(
    action: EvidenceAction, document: Evidence, one: EvidenceUse, by: User | None, at: datetime, channel: str
) -> None:
    _trace(action, document, one, by, at, channel).save(force_insert=True)


def _trace(
    action: EvidenceAction, document: Evidence, one: EvidenceUse, by: User | None, at: datetime, channel: str
) -> EvidenceChange:
    return EvidenceChange(
        assessment_id=document.assessment_id,
        item_id=one.item_id,
        action=action,
        document=document_entry(document, one.page),
        channel=channel,
        by=by,
        at=at,
    )


def _store(source: CheckedFile) -> str:
    """Store the file under a name that says nothing, and return it."""
    try:
        return evidence_storage().save(secrets.token_hex(STORED_NAME // 2), File(source.content))
    except Exception as error:  # a full disk, a bucket that is away: each storage has errors of its own
        logger.exception("a file of evidence could not be stored")
        message = _("Files cannot be stored at the moment: nothing was saved. Try again in a few minutes.")
        raise Unavailable(message) from error


def _take_back(name: str) -> None:
    """Remove what was just stored; a storage that is away does not hide why it was refused."""
    try:
        evidence_storage().delete(name)
    except Exception:  # each storage has errors of its own
        logger.exception("a refused file of evidence is still in the storage: the daily sweep removes it")


def _is_frozen(document: Evidence) -> bool:
    """Whether a snapshot names the file: what was handed in stays readable as long as the snapshot."""
    snapshots = Snapshot.objects.filter(assessment=document.assessment_id)
    return bool(document.sha256) and snapshots.filter(payload__contains=document.sha256).exists()


def _is_ours(name: str) -> bool:
    return len(name) == STORED_NAME and set(name) <= set("0123456789abcdef")


def _refusal(field: str, code: str, message: str, **params: object) -> InvalidInput:
    return InvalidInput(_("The document was not saved."), errors=[FieldError(field, code, message, params)])
