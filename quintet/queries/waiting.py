"""What waits for a person, and for whom a sheet waits."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from entities.access import Person, entities_with
from entities.models import Role, User
from entities.queries import people_with
from quintet import access
from quintet.domain.workflow import RUNNING, is_possible
from quintet.models import (
    Answer,
    AnswerState,
    Assessment,
    Delegation,
    Status,
    Transition,
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
    focal = entities_with(user, Role.FOCAL_POINT)
    tasks = [_task(sheet, "answer") for sheet in with_progress(editable.filter(entity__in=focal))]
    tasks += [_task(sheet, "sign_off") for sheet in with_progress(_to_sign_off(user))]
    tasks += _delegated_tasks(user, editable) + _inputs(editable.filter(entity__in=focal))
    return sorted(tasks, key=lambda task: (task.due_on, task.assessment.entity.code))


def with_others(user: Person) -> QuerySet[Assessment]:
    """What a focal point handed in and others have on their desks, with the moment it came there: `since`."""
    focal = entities_with(user, Role.FOCAL_POINT)
    handed_in = Assessment.objects.filter(
        entity__in=focal, cycle__phase__in=RUNNING, status__in=[Status.SIGNOFF, Status.SUBMITTED]
    )
    came = Transition.objects.filter(assessment=OuterRef("pk"), to_status=OuterRef("status")).order_by("-pk")
    found = handed_in.exclude(pk__in=_to_sign_off(user).values("pk"))
    return (
        found.annotate(since=Subquery(came.values("at")[:1]))
        .select_related("cycle", "entity")
        .order_by("cycle__closes_on", "entity__code")
    )


def _to_sign_off(user: Person) -> QuerySet[Assessment]:
    """Sheets of running cycles that this person may sign off (as `access.can_sign_off`)."""
    signing = Assessment.objects.filter(
        cycle__phase__in=RUNNING, status=Status.SIGNOFF, entity__in=entities_with(user, Role.APPROVER)
    )
    others = signing.exclude(submitted_by=user.pk)
    return others.exclude(pk__in=Assessment.objects.answered_by(user).values("pk"))


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


def next_to_act(sheet: Assessment) -> list[User]:
    """Those of the entity who carry the sheet on: its focal points, then the approvers who may sign it off.

    Nobody for a sheet that can neither be answered nor signed off.
    """
    if sheet.is_editable:
        return list(_people(sheet, Role.FOCAL_POINT))
    if is_possible("sign_off", status=sheet.status, phase=sheet.cycle.phase):
        return [person for person in _people(sheet, Role.APPROVER) if access.can_sign_off(person, sheet)]
    return []


def _people(sheet: Assessment, role: Role) -> QuerySet[User]:
    return people_with(sheet.entity, role).prefetch_related("memberships__entity").order_by("name", "pk")


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
