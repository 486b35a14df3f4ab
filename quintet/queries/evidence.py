"""Reading what the levels of a sheet rest on: in two queries, however many items and documents there are."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.db.models import Exists, OuterRef, QuerySet

from quintet.domain.evidence import MOST_ITEMS, Support, staleness
from quintet.models import Assessment, Evidence, EvidenceUse
from quintet.models.evidence import evidence_storage
from un20portal.lib.errors import NotFound, Unavailable
from un20portal.lib.errors import marked as _

logger = logging.getLogger(__name__)

Documents = Mapping[int, list[dict[str, Any]]]  # item id → what each document says of itself


class StoredFiles:
    """Whether files are where they were stored: one look into the folder, when the first file is shown.

    A bucket is asked by the daily sweep alone: a page never waits for it.
    """

    def lacks(self, name: str) -> bool:
        return self._names is not None and name not in self._names

    @cached_property
    def _names(self) -> set[str] | None:
        return stored_names() if isinstance(evidence_storage(), FileSystemStorage) else None


def stored_names() -> set[str]:
    """The names of all files in the storage."""
    try:
        return set(evidence_storage().listdir("")[1])
    except FileNotFoundError:  # a folder is made with its first file
        return set()


@dataclass(frozen=True)
class DocumentLine:
    """A document beside an item: its page there, and why it is stale (rule R3)."""

    document: Evidence
    page: str
    staleness: str
    n_items: int
    stored: StoredFiles

    @property
    def is_lost(self) -> bool:
        """Whether the file is known to be gone."""
        name = self.document.file.name or ""
        return bool(name) and self.stored.lacks(name)

    @property
    def host(self) -> str:
        return urlsplit(self.document.url).hostname or ""

    @property
    def format(self) -> str:
        return self.document.file_name.rpartition(".")[2].upper()


@dataclass(frozen=True)
class ItemEvidence:
    """What an item rests on, and the documents of the sheet that could support it as well."""

    lines: Sequence[DocumentLine] = ()
    offered: Sequence[Evidence] = ()


def documents_for(assessment: Assessment, *, readable: set[int] | None) -> QuerySet[Evidence]:
    """The documents of a sheet for a person who reads these items (None: all of them)."""
    documents = Evidence.objects.filter(assessment=assessment)
    if readable is None:
        return documents
    uses = EvidenceUse.objects.filter(evidence=OuterRef("pk"), item__in=readable)
    return documents.filter(Exists(uses))


def evidence_by_item(assessment: Assessment, *, readable: set[int] | None) -> Callable[[int], ItemEvidence]:
    """Return a function from an item's id to its evidence; documents of items not `readable` stay unseen."""
    documents = list(documents_for(assessment, readable=readable).prefetch_related("uses"))
    closes_on, stored = assessment.cycle.closes_on, StoredFiles()

    def of_item(item: int) -> ItemEvidence:
        used = [(found, use) for found in documents for use in found.uses.all() if use.item_id == item]
        lines = [_line(found, use.page, closes_on, stored) for found, use in used]
        mine = {found.pk for found, _use in used}
        free = [found for found in documents if found.pk not in mine and len(found.uses.all()) < MOST_ITEMS]
        return ItemEvidence(lines, free)

    return of_item


def _line(document: Evidence, page: str, closes_on: date, stored: StoredFiles) -> DocumentLine:
    stale = staleness(effective_on=document.effective_on, expires_on=document.expires_on, on=closes_on)
    return DocumentLine(document, page, stale, len(document.uses.all()), stored)


def support_by_item(assessment: Assessment) -> dict[int, list[Support]]:
    """What the rules judge of each document, by item id."""
    uses = list(EvidenceUse.objects.filter(evidence__assessment=assessment).select_related("evidence"))
    n_items = Counter(use.evidence_id for use in uses)
    found: dict[int, list[Support]] = {}
    for use in uses:
        document = use.evidence
        said = (document.title, document.effective_on, document.expires_on, document.is_outside, use.page)
        found.setdefault(use.item_id, []).append(Support(*said, is_shared=n_items[document.pk] > 1))
    return found


def open_file(document: Evidence) -> "File[bytes]":
    """Open the file of a document; raise NotFound, with words, when the storage has lost it."""
    try:
        return evidence_storage().open(document.file.name or "")
    except FileNotFoundError:
        message = _(
            "The file of this document is missing from the storage: those who run the portal can bring it "
            "back from the backup, or the entity attaches it anew."
        )
        raise NotFound(message) from None
    except Exception as error:  # a bucket that is away: each storage has errors of its own
        logger.exception("a file of evidence could not be opened")
        raise Unavailable(_("Files cannot be read at the moment: try again in a few minutes.")) from error


def documents_of(assessments: Iterable[Assessment]) -> dict[int, Documents]:
    """What supports each item of each sheet, by sheet id and item id, in one query and in a fixed order."""
    found: dict[int, dict[int, list[dict[str, Any]]]] = {}
    for use in EvidenceUse.objects.filter(evidence__assessment__in=assessments).select_related("evidence"):
        entries = found.setdefault(use.evidence.assessment_id, {}).setdefault(use.item_id, [])
        entries.append(document_entry(use.evidence, use.page))
    for by_item in found.values():
        for entries in by_item.values():
            entries.sort(key=lambda entry: (entry["title"], entry.get("url", ""), entry.get("sha256", "")))
    return dict(found)


def document_entry(document: Evidence, page: str) -> dict[str, Any]:
    """A document as snapshots and changes show it: its address, or its file with the hash of its contents."""
    source = {"url": document.url}
    if document.sha256:
        source = {"file_name": document.file_name, "sha256": document.sha256}
    return {
        "title": document.title,
        **source,
        "page": page,
        "effective_on": document.effective_on.isoformat(),
        "expires_on": document.expires_on.isoformat() if document.expires_on else None,
        "is_outside": document.is_outside,
    }
