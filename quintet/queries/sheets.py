"""Reading sheets: whose they are, what they say, how far they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from entities.access import Person, entities_with
from entities.models import Role, User
from quintet import access
from quintet.domain.answers import NA, SILENT
from quintet.domain.evidence import needs_document
from quintet.domain.rules import ItemState, SheetState
from quintet.models import (
    Answer,
    AnswerRevision,
    AnswerState,
    Assessment,
    Dimension,
    Item,
    RevisionOutcome,
    Status,
    Transition,
)
from quintet.queries.earlier import EarlierAnswer, earlier_sheet
from quintet.queries.evidence import ItemEvidence, evidence_by_item, support_by_item


def sheets_for(user: Person) -> QuerySet[Assessment]:
    """The sheets a person may read, with cycle, framework, unit and submitter at hand."""
    related = ("cycle__framework", "entity", "submitted_by")
    return Assessment.objects.visible_to(user).select_related(*related)


def sheets_of_entities(user: Person) -> QuerySet[Assessment]:
    """The sheets of this person's own entities that they may read, the newest cycle first."""
    mine = entities_with(user, Role.FOCAL_POINT, Role.APPROVER, Role.CONTRIBUTOR, Role.VIEWER)
    sheets = Assessment.objects.visible_to(user).filter(entity__in=mine)
    return sheets.select_related("cycle", "entity").order_by("-cycle__opens_on", "entity__code", "pk")


def given_back_by(reviewer: User, comment: str) -> QuerySet[Assessment]:
    """The sheets whose last step was that this person gave them back with these words."""
    steps = Transition.objects.filter(assessment=OuterRef("pk")).order_by("-pk")
    last = {"pk": F("last_step"), "to_status": Status.RETURNED, "by": reviewer, "comment": comment}
    found = Assessment.objects.annotate(last_step=Subquery(steps.values("pk")[:1]))
    return found.filter(**{f"transitions__{name}": value for name, value in last.items()})


def item_of_sheet(user: Person, *, pk: int, code: str) -> tuple[Assessment, Item] | None:
    """A sheet with the item of this code, or None where `user` may not read it.

    Cycle, framework and dimension are at hand.
    """
    asking = Assessment.objects.visible_to(user).asking(code).select_related("asked__dimension")
    sheet = asking.filter(pk=pk).order_by("pk").first()
    if sheet is None or not access.can_read(user, sheet, sheet.asked):
        return None
    sheet.asked.framework = sheet.cycle.framework
    return sheet, sheet.asked


def items_of(assessment: Assessment) -> QuerySet[Item]:
    """The items of the sheet's framework, in order."""
    return (
        Item.objects.filter(framework=assessment.cycle.framework_id)
        .select_related("framework", "dimension")
        .in_order()
    )


def items_by_place(assessment: Assessment, items: set[int] | None = None) -> QuerySet[Item]:
    """The items of the sheet, or those of the given ids, with their `place` in the framework."""
    chosen = items_of(assessment) if items is None else items_of(assessment).filter(pk__in=items)
    return chosen.annotate(place=F("dimension__order") * 1000 + F("order")).order_by("place")


def sheet_state(assessment: Assessment) -> SheetState:
    """The sheet as the rules see it, in framework order; an item without a row is unanswered."""
    said = {answer.item_id: answer.value for answer in Answer.objects.filter(assessment=assessment)}
    documents = support_by_item(assessment)
    items = (
        Item.objects.filter(framework=assessment.cycle.framework_id).select_related("dimension").in_order()
    )
    return SheetState(
        [
            ItemState(item.code, item.dimension.area, said.get(item.pk, SILENT), documents.get(item.pk, ()))
            for item in items
        ],
        closes_on=assessment.cycle.closes_on,
        evidence_from=assessment.cycle.framework.evidence_from,
    )


def sheet_levels(assessment: Assessment) -> dict[str, int | str | None]:
    """The claimed level of every item in framework order; "na" where it is asked for, None where open."""
    return {
        item.code: NA if item.answer.state == NA else item.answer.claimed
        for item in sheet_state(assessment).items
    }


def answers_on(assessment: Assessment, items: Sequence[Item]) -> list[Answer]:
    """The answers to `items`, in their order; where there is none, an unsaved one of version 0."""
    written = Answer.objects.filter(assessment=assessment, item__in=items)
    by_item = {answer.item_id: answer for answer in written}
    answers = [by_item.get(item.pk) or Answer(assessment=assessment, version=0) for item in items]
    for answer, item in zip(answers, items, strict=True):
        answer.item = item
    return answers


def last_write(answer: Answer) -> AnswerRevision | None:
    """The write or the decision that made `answer` what it is, with its person; None before the first."""
    made = AnswerRevision.objects.filter(outcome__in=[RevisionOutcome.SAVED, RevisionOutcome.DECIDED])
    of_item = made.filter(assessment=answer.assessment_id, item=answer.item_id)
    return of_item.select_related("by").first()


def last_decision(answer: Answer) -> AnswerRevision | None:
    """The decision that `answer` holds, with who took it; None where the claim is newer."""
    decisions = AnswerRevision.objects.filter(outcome=RevisionOutcome.DECIDED, version=answer.version)
    return decisions.filter(assessment=answer.assessment_id, item=answer.item_id).select_related("by").first()


@dataclass(frozen=True)
class ItemLine:
    """One item of a form: the question, the answer if there is one, whether it may be changed.

    `earlier` is what the entity said on it in the last cycle that counted.
    """

    item: Item
    answer: Answer | None
    may_edit: bool
    evidence: ItemEvidence
    needs_document: bool = False
    earlier: EarlierAnswer | None = None

    @property
    def version(self) -> int:
        return self.answer.version if self.answer else 0

    @property
    def is_open(self) -> bool:
        return self.answer is None or self.answer.state == AnswerState.UNANSWERED


def item_lines(
    assessment: Assessment, dimension: Dimension, *, readable: set[int] | None, editable: set[int] | None
) -> list[ItemLine]:
    """The items of one dimension that a person may read, with answers; None stands for all items."""
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=assessment)}
    said = {pk: answer.value for pk, answer in answers.items()}
    last = earlier_sheet(assessment)
    earlier = last.answers if last else {}
    evidence = evidence_by_item(assessment, readable=readable)
    evidence_from = assessment.cycle.framework.evidence_from
    return [
        ItemLine(
            item,
            answers.get(item.pk),
            editable is None or item.pk in editable,
            evidence(item.pk),
            needs_document(
                said.get(item.pk, SILENT),
                area=dimension.area,
                evidence_from=evidence_from,
            ),
            earlier.get(item.code),
        )
        for item in dimension.items.select_related("framework").order_by("order")
        if readable is None or item.pk in readable
    ]


@dataclass(frozen=True)
class Progress:
    """How far a dimension of a sheet is: items settled (answered or requested as not applicable)."""

    dimension: Dimension
    settled: int
    total: int

    @property
    def is_complete(self) -> bool:
        return self.settled == self.total


def progress(assessment: Assessment, items: set[int] | None = None) -> list[Progress]:
    """Progress per dimension in order, over the given item ids (None: all)."""
    dimensions = Dimension.objects.filter(framework=assessment.cycle.framework_id).prefetch_related("items")
    answers = Answer.objects.filter(assessment=assessment).exclude(state=AnswerState.UNANSWERED)
    answered = set(answers.values_list("item_id", flat=True))
    found = []
    for dimension in dimensions:
        mine = [item for item in dimension.items.all() if items is None or item.pk in items]
        if mine:
            settled = sum(item.pk in answered for item in mine)
            found.append(Progress(dimension, settled, len(mine)))
    return found


def with_progress(sheets: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """Count by subqueries: joining answers and items would multiply them, 65 × 65 rows a sheet."""
    settled = Answer.objects.filter(assessment=OuterRef("pk")).exclude(state=AnswerState.UNANSWERED)
    items = Item.objects.filter(framework=OuterRef("cycle__framework"))
    return sheets.select_related("cycle", "entity").annotate(
        settled=count_of(settled, "assessment"), total=count_of(items, "framework")
    )


def count_of(rows: QuerySet[Any], owner: str) -> Coalesce:
    """The number of `rows` that belong to one `owner`, as a subquery."""
    counted = rows.order_by().values(owner).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)
