"""What waits for a person."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from entities.access import Person, entities_with
from entities.models import Role
from quintet.domain.workflow import RUNNING
from quintet.models import (
    Answer,
    AnswerState,
    Assessment,
    Delegation,
    Status,
)
from quintet.queries.delegations import input_to_look_at
from quintet.queries.sheets import with_progress


@dataclass(frozen=True)
class Task:
    """One thing that waits for a person: which sheet, what to do, by when, and how far it is.

    Of input to look at, `total` is the number of answers.
    """

    assessment: Assessment
    kind: str
    settled: int
    total: int
    due_on: date

    @property
    def n_open(self) -> int:
        return self.total - self.settled


def waiting_for(user: Person) -> list[Task]:
    """What waits for this person in running cycles, the most urgent (first to close) first."""
    editable = Assessment.objects.editable()
    focal, approving = entities_with(user, Role.FOCAL_POINT), entities_with(user, Role.APPROVER)
    running = Assessment.objects.filter(cycle__phase__in=RUNNING, status=Status.SIGNOFF)
    signing = running.filter(entity__in=approving).exclude(submitted_by=user.pk)
    signing = signing.exclude(pk__in=Assessment.objects.answered_by(user).values("pk"))
    tasks = [_task(sheet, "answer") for sheet in with_progress(editable.filter(entity__in=focal))]
    tasks += [_task(sheet, "sign_off") for sheet in with_progress(signing)]
    tasks += _delegated_tasks(user, editable) + _inputs(editable.filter(entity__in=focal))
    return sorted(tasks, key=lambda task: (task.due_on, task.assessment.entity.code))


def _delegated_tasks(user: Person, editable: QuerySet[Assessment]) -> list[Task]:
    """Items handed to a contributor, on sheets that can still be edited."""
    mine = Delegation.objects.filter(user=user.pk).values("assessment")
    entities = entities_with(user, Role.CONTRIBUTOR)
    chosen = editable.filter(pk__in=mine, entity__in=entities)
    settled = Q(delegations__user=user.pk) & ~Q(answers__state=AnswerState.UNANSWERED)
    counted = chosen.annotate(
        handed_until=Subquery(_open_days(user).values("due_on")[:1]),
        total=Count("delegations", filter=Q(delegations__user=user.pk), distinct=True),
        settled=Count("answers", filter=settled & Q(answers__item=F("delegations__item")), distinct=True),
    )
    return [_task(sheet, "contribute") for sheet in counted.select_related("cycle", "entity")]


def _open_days(user: Person) -> QuerySet[Delegation]:
    """The delegations of a sheet to this person that nobody has answered, the first to be due first."""
    answered = Answer.objects.filter(assessment=OuterRef("assessment"), item=OuterRef("item")).exclude(
        state=AnswerState.UNANSWERED
    )
    mine = Delegation.objects.filter(assessment=OuterRef("pk"), user=user.pk, due_on__isnull=False)
    return mine.filter(~Exists(answered)).order_by("due_on")


def _inputs(sheets: QuerySet[Assessment]) -> list[Task]:
    """What colleagues wrote on items handed to them, for the focal point to accept or edit."""
    counts = input_to_look_at(sheets)
    found = sheets.filter(pk__in=list(counts)).select_related("cycle", "entity")
    return [Task(sheet, "look", 0, counts[sheet.pk], sheet.due_on) for sheet in found]


def _task(sheet: Assessment, kind: str) -> Task:
    due_on = getattr(sheet, "handed_until", None) or sheet.due_on
    return Task(sheet, kind, sheet.settled, sheet.total, due_on)  # type: ignore[attr-defined]  # annotated
