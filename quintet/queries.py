"""Reading sheets and cycles: everything that joins or counts, with its prefetch done."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from entities.access import Person, entities_with
from entities.models import Role
from quintet.domain.answers import UNANSWERED, AnswerValue
from quintet.models import (
    COUNTED,
    Answer,
    AnswerState,
    Assessment,
    Cycle,
    Delegation,
    Dimension,
    Framework,
    Item,
    Phase,
    Snapshot,
    Status,
)


def framework_with_items(slug: str) -> QuerySet[Framework]:
    """The framework with its dimensions, items and bridge questions in order."""
    return Framework.objects.filter(slug=slug).prefetch_related(
        "dimensions__items__baseline", "bridge_questions"
    )


def sheet_values(assessment: Assessment) -> list[tuple[str, AnswerValue]]:
    """What the sheet says on every item, in framework order; an item without a row is unanswered."""
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=assessment)}
    items = Item.objects.filter(framework=assessment.cycle.framework_id).in_order()
    return [(item.code, _value(answers.get(item.pk))) for item in items]


def _value(answer: Answer | None) -> AnswerValue:
    if answer is None:
        return AnswerValue(UNANSWERED)
    return AnswerValue(answer.state, answer.claimed, answer.na_reason, answer.comment)


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
    settled = set(answers.values_list("item_id", flat=True))
    found = []
    for dimension in dimensions:
        mine = {item.pk for item in dimension.items.all() if items is None or item.pk in items}
        if mine:
            found.append(Progress(dimension, len(mine & settled), len(mine)))
    return found


@dataclass(frozen=True)
class ItemLine:
    """One item of a form: the question, the answer if there is one, and whether it may be changed."""

    item: Item
    answer: Answer | None
    may_edit: bool

    @property
    def version(self) -> int:
        return self.answer.version if self.answer else 0


def item_lines(
    assessment: Assessment, dimension: Dimension, *, readable: set[int] | None, editable: set[int] | None
) -> list[ItemLine]:
    """The items of one dimension that a person may read, with answers; None stands for all items."""
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=assessment)}
    return [
        ItemLine(item, answers.get(item.pk), editable is None or item.pk in editable)
        for item in dimension.items.select_related("framework").order_by("order")
        if readable is None or item.pk in readable
    ]


@dataclass(frozen=True)
class Task:
    """One thing that waits for a person: which sheet, what to do, and how far it is."""

    assessment: Assessment
    kind: str
    settled: int
    total: int


def waiting_for(user: Person) -> list[Task]:
    """What waits for this person in running cycles, the most urgent (first to close) first."""
    sheets = Assessment.objects.filter(cycle__phase__in=[Phase.OPEN, Phase.VALIDATION])
    focal = entities_with(user, Role.FOCAL_POINT)
    editing = Q(entity__in=focal, status=Status.RETURNED) | Q(
        entity__in=focal, status=Status.DRAFT, cycle__phase=Phase.OPEN
    )
    signing = Q(entity__in=entities_with(user, Role.APPROVER), status=Status.SIGNOFF) & ~Q(
        submitted_by=user.pk
    )
    tasks = [_task(sheet, "answer") for sheet in _with_progress(sheets.filter(editing))]
    tasks += [_task(sheet, "sign_off") for sheet in _with_progress(sheets.filter(signing))]
    tasks += _delegated_tasks(user, sheets)
    return sorted(tasks, key=lambda task: (task.assessment.cycle.closes_on, task.assessment.entity.code))


def _delegated_tasks(user: Person, sheets: QuerySet[Assessment]) -> list[Task]:
    """Items handed to a contributor, on sheets that can still be edited."""
    mine = Delegation.objects.filter(user=user.pk).values("assessment")
    entities = entities_with(user, Role.CONTRIBUTOR)
    chosen = sheets.filter(pk__in=mine, entity__in=entities, status__in=[Status.DRAFT, Status.RETURNED])
    settled = Q(delegations__user=user.pk) & ~Q(answers__state=AnswerState.UNANSWERED)
    counted = chosen.annotate(
        total=Count("delegations", filter=Q(delegations__user=user.pk), distinct=True),
        settled=Count("answers", filter=settled & Q(answers__item=F("delegations__item")), distinct=True),
    )
    return [_task(sheet, "contribute") for sheet in counted.select_related("cycle", "entity")]


def _with_progress(sheets: QuerySet[Assessment]) -> QuerySet[Assessment]:
    return sheets.select_related("cycle", "entity").annotate(
        settled=Count("answers", filter=~Q(answers__state=AnswerState.UNANSWERED), distinct=True),
        total=Count("cycle__framework__items", distinct=True),
    )


def _task(sheet: Assessment, kind: str) -> Task:
    return Task(sheet, kind, sheet.settled, sheet.total)  # type: ignore[attr-defined]  # annotated


def completion(cycle: Cycle) -> QuerySet[Assessment]:
    """All sheets of a cycle with how far they are: numbers only, never contents."""
    return _with_progress(Assessment.objects.filter(cycle=cycle)).order_by("entity__code")


def validation_queue() -> QuerySet[Assessment]:
    """Sheets that wait for the task force, first to close first, with open requests counted."""
    waiting = Assessment.objects.filter(
        status=Status.SUBMITTED, cycle__phase__in=[Phase.OPEN, Phase.VALIDATION]
    )
    requests = Count("answers", filter=Q(answers__na_decision="pending"))
    return waiting.select_related("cycle", "entity").annotate(open_requests=requests).order_by(
        "cycle__closes_on", "entity__code"
    )


def cycles_with_response() -> QuerySet[Cycle]:
    """Cycles with the number of units asked and of sheets that count."""
    return Cycle.objects.select_related("framework").annotate(
        n_units=Count("assessments"),
        n_counted=Count("assessments", filter=Q(assessments__status__in=COUNTED)),
    )


def counted_snapshots(cycle: Cycle) -> Sequence[Snapshot]:
    """The latest snapshot of every sheet of the cycle that counts, with sheet and unit, by unit code."""
    sheets = Assessment.objects.filter(cycle=cycle).counted()
    snapshots = Snapshot.objects.filter(assessment__in=sheets).select_related("assessment__entity")
    latest = {snapshot.assessment_id: snapshot for snapshot in snapshots.order_by("number")}
    return sorted(latest.values(), key=lambda snapshot: snapshot.assessment.entity.code)
