"""Who gets a letter about a cycle: from roles held today, what people want, and who was written to today."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from entities.access import entities_with
from entities.models import Membership, Role, User
from quintet.domain.workflow import RUNNING
from quintet.models import ONE_A_DAY, AnswerRevision, Assessment, Cycle, Letter, RevisionOutcome, Status

HANDS_IN = {Status.SIGNOFF: Role.APPROVER}  # in the other statuses the focal point is the next to act


@dataclass(frozen=True)
class Audience:
    """Whom a reminder goes to, and who is left out for which reason; `unattended` units have nobody."""

    people: list[User] = field(default_factory=list)
    unsubscribed: list[User] = field(default_factory=list)
    reminded: list[User] = field(default_factory=list)
    unattended: list[Assessment] = field(default_factory=list)


def remindable(sheets: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """Those of `sheets` on which somebody of the entity can still do something."""
    editable = Q(pk__in=Assessment.objects.editable().values("pk"))
    return sheets.filter(editable | Q(status=Status.SIGNOFF, cycle__phase__in=RUNNING))


def audience(sheets: QuerySet[Assessment], *, day: date) -> Audience:
    """Sort out who can be reminded of `sheets` on `day`: whoever is the next to act on each of them.

    That is the focal point, or for a sheet that waits for sign-off an approver who neither submitted it
    nor answered in it.
    """
    holders = _holders(sheets, (Role.FOCAL_POINT, Role.APPROVER), day)
    written = AnswerRevision.objects.filter(
        assessment__in=sheets.order_by().filter(status__in=HANDS_IN), outcome=RevisionOutcome.SAVED
    )
    hands_on = set(written.order_by().values_list("assessment", "by").distinct())
    chosen: dict[int, User] = {}
    unattended = []
    for sheet in sheets.select_related("entity"):
        role = HANDS_IN.get(Status(sheet.status), Role.FOCAL_POINT)
        people = holders[sheet.entity_id, role.value]
        if role == Role.APPROVER:
            people = [person for person in people if (sheet.pk, person.pk) not in hands_on]
            people = [person for person in people if person.pk != sheet.submitted_by_id]
        chosen |= {person.pk: person for person in people}
        if not people:
            unattended.append(sheet)
    return _sorted_out(chosen.values(), unattended, day)


def _sorted_out(people: Iterable[User], unattended: list[Assessment], day: date) -> Audience:
    reminded = set(Letter.objects.filter(kind__in=ONE_A_DAY, day=day).values_list("person_id", flat=True))
    found = Audience(unattended=unattended)
    for person in sorted(people, key=lambda person: person.email):
        if not person.wants_reminders:
            found.unsubscribed.append(person)
        elif person.pk in reminded:
            found.reminded.append(person)
        else:
            found.people.append(person)
    return found


def people_of_units(sheets: QuerySet[Assessment], *, day: date) -> list[User]:
    """The focal points and approvers of the units, each person once."""
    holders = _holders(sheets, (Role.FOCAL_POINT, Role.APPROVER), day)
    people = {person.pk: person for found in holders.values() for person in found}
    return sorted(people.values(), key=lambda person: person.email)


def without_focal_point(sheets: QuerySet[Assessment], *, day: date) -> list[Assessment]:
    """Sheets of units for which nobody answers on `day`."""
    answering = _holders(sheets, (Role.FOCAL_POINT,), day)
    attended = {entity for entity, _role in answering}
    return [sheet for sheet in sheets.select_related("entity") if sheet.entity_id not in attended]


def sheets_of_person(person: User, cycle: Cycle) -> list[Assessment]:
    """The sheets of a cycle that this person answers or signs off."""
    mine = entities_with(person, Role.FOCAL_POINT, Role.APPROVER)
    return list(Assessment.objects.filter(cycle=cycle, entity__in=mine).select_related("entity", "cycle"))


def _holders(
    sheets: QuerySet[Assessment], roles: tuple[Role, ...], day: date
) -> dict[tuple[int, str], list[User]]:
    """Active people who hold a role for the units of `sheets`, by entity id and role."""
    memberships = Membership.objects.active_on(day).filter(
        role__in=roles, entity__in=sheets.order_by().values("entity"), user__is_active=True
    )
    found: dict[tuple[int, str], list[User]] = defaultdict(list)
    for membership in memberships.select_related("user"):
        if membership.entity_id is not None:
            found[membership.entity_id, membership.role].append(membership.user)
    return found
