"""Reading for workbooks: what goes into one, and what a filled one would change."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from entities.access import Person
from entities.models import User
from quintet import access
from quintet.domain import differences
from quintet.domain.answers import SILENT, AnswerValue
from quintet.domain.differences import Difference, Standing
from quintet.domain.workbooks import (
    FIRST_ROW,
    Book,
    BookDimension,
    BookItem,
    Level,
    Passport,
    Place,
    storable,
)
from quintet.models import (
    Answer,
    AnswerRevision,
    Assessment,
    EvidenceUse,
    Item,
    RevisionOutcome,
    UploadStatus,
    WorkbookUpload,
)
from quintet.queries import sheets


def book_of(assessment: Assessment, user: Person) -> Book:
    """The workbook of a sheet for one person: the items they may read, open for writing where they may."""
    readable, editable = access.readable_items(user, assessment), access.editable_items(user, assessment)
    items = [item for item in sheets.items_of(assessment) if readable is None or item.pk in readable]
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=assessment)}
    evidence = _evidence(assessment)
    dimensions: dict[str, list[BookItem]] = {}
    names = {item.dimension.code: str(item.dimension.name) for item in items}
    for item in items:
        may_edit = editable is None or item.pk in editable
        row = _book_item(item, answers.get(item.pk), evidence.get(item.pk, ""), may_edit=may_edit)
        dimensions.setdefault(item.dimension.code, []).append(row)
    framework, cycle = assessment.cycle.framework, assessment.cycle
    return Book(
        title=f"{assessment.entity.short_name} · {cycle.title}",
        framework_title=framework.title,
        levels=[Level(level["value"], level["label"], level["means"]) for level in framework.levels],
        dimensions=[BookDimension(code, names[code], rows) for code, rows in dimensions.items()],
        passport=Passport(
            assessment=assessment.pk,
            cycle=cycle.code,
            entity=assessment.entity.code,
            framework=framework.slug,
            framework_version=framework.version,
            places=tuple(
                Place(row.code, code, FIRST_ROW + number, row.version)
                for code, rows in dimensions.items()
                for number, row in enumerate(rows)
            ),
        ),
    )


def _book_item(item: Item, answer: Answer | None, evidence: str, *, may_edit: bool) -> BookItem:
    return BookItem(
        locked=locked_of(item),
        na_allowed=item.na_allowed,
        may_edit=may_edit,
        value=answer.value if answer else SILENT,
        version=answer.version if answer else 0,
        evidence=evidence,
    )


def locked_of(item: Item) -> tuple[str, ...]:
    """The first cells of an item's row, which nobody may change: code, question with its measure, levels."""
    question = "\n".join(filter(None, [item.question, item.measure]))
    return tuple(map(storable, (item.code, question, *item.level_texts)))


def _evidence(assessment: Assessment) -> dict[int, str]:
    """What is attached to each item, by item id: titles with their addresses and pages."""
    uses = EvidenceUse.objects.filter(evidence__assessment=assessment).select_related("evidence")
    lines: dict[int, list[str]] = {}
    for use in uses:
        parts = [use.evidence.title, use.evidence.url or use.evidence.file_name, use.page]
        lines.setdefault(use.item_id, []).append(" – ".join(filter(None, parts)))
    return {item: "\n".join(found) for item, found in lines.items()}


# --- filled workbooks ----------------------------------------------------------------------------
def waiting_uploads(assessment: Assessment, user: User) -> QuerySet[WorkbookUpload]:
    """The workbooks this person has uploaded for the sheet and not decided on yet."""
    return uploads_of(assessment, user).filter(status=UploadStatus.WAITING)


def uploads_of(assessment: Assessment, user: Person) -> QuerySet[WorkbookUpload]:
    """What somebody uploaded is theirs alone: nobody else reads it before it is written."""
    return WorkbookUpload.objects.filter(assessment=assessment, by=user.pk)


@dataclass(frozen=True)
class ItemDifference:
    """One item of an uploaded workbook: what would change, and the answer as it is now, if any."""

    item: Item
    difference: Difference
    answer: Answer | None

    @property
    def kind(self) -> str:
        return self.difference.kind


def differences_of(upload: WorkbookUpload, user: Person) -> list[ItemDifference]:
    """Compare an upload with the sheet as it is now, in framework order, for the person who uploaded it."""
    assessment = upload.assessment
    answerable = access.answerable_items(user, assessment)
    rows = {row["item"]: row for row in upload.rows}
    items = [item for item in sheets.items_of(assessment) if item.code in rows]
    answers = Answer.objects.filter(assessment=assessment).select_related("updated_by")
    by_item = {answer.item_id: answer for answer in answers}
    bases = _bases(assessment, {item.pk: rows[item.code].get("version", 0) for item in items})
    return [
        ItemDifference(
            item,
            _difference(
                rows[item.code],
                item,
                by_item.get(item.pk),
                bases.get(item.pk),
                may_edit=answerable is None or item.pk in answerable,
            ),
            by_item.get(item.pk),
        )
        for item in items
    ]


def _difference(
    row: Mapping[str, object], item: Item, answer: Answer | None, base: AnswerValue | None, *, may_edit: bool
) -> Difference:
    if row.get("ignored") or not may_edit:
        return Difference(item.code, str(row["cell"]), differences.IGNORED, Standing(), raw=row)
    return differences.find_difference(
        row,
        now=Standing(answer.value, answer.version) if answer else Standing(),
        base=base,
        highest_level=item.framework.highest_level,
        na_allowed=item.na_allowed,
    )


def _bases(assessment: Assessment, versions: Mapping[int, int]) -> dict[int, AnswerValue]:
    """What each item said in the given version; version 0 is before anybody said anything."""
    found = {item: SILENT for item, version in versions.items() if version == 0}
    written = [RevisionOutcome.SAVED, RevisionOutcome.DECIDED]
    revisions = AnswerRevision.objects.filter(assessment=assessment, outcome__in=written)
    for revision in revisions.filter(item__in=versions, version__in=set(versions.values())):
        if versions[revision.item_id] == revision.version:
            found[revision.item_id] = revision.value
    return found
