"""Who owes what on a sheet: handed items with their state, open invitations, colleagues to choose from."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery

from entities.access import Person
from entities.models import Membership, Role, User
from quintet.domain.answers import UNANSWERED
from quintet.domain.delegating import HandedState, handed_state
from quintet.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Delegation,
    Dimension,
    Invitation,
    Item,
    Letter,
    LetterKind,
    RevisionOutcome,
)

ROLES = "user__memberships__entity"  # what people without a name are called by


@dataclass(frozen=True)
class HandedItem:
    """One item handed to a colleague: what is said on it now, and where it stands."""

    delegation: Delegation
    answer: Answer | None
    state: HandedState

    @property
    def version(self) -> int:
        return self.answer.version if self.answer else 0


@dataclass(frozen=True)
class Colleague:
    """Somebody with handed items: what they owe, by when, and when they were last reminded of it."""

    person: User
    items: list[HandedItem]
    reminded_at: datetime | None
    today: date

    def count(self, state: HandedState) -> int:
        return sum(each.state == state for each in self.items)

    @property
    def n_open(self) -> int:
        return self.count(HandedState.OPEN)

    @property
    def n_given(self) -> int:
        return self.count(HandedState.GIVEN)

    @property
    def n_settled(self) -> int:
        return self.count(HandedState.SETTLED)

    @property
    def due_on(self) -> date | None:
        """The first day on which something open is due."""
        days = [each.delegation.due_on for each in self.items if each.state == HandedState.OPEN]
        return min((day for day in days if day), default=None)

    @property
    def is_late(self) -> bool:
        return self.due_on is not None and self.due_on < self.today


@dataclass(frozen=True)
class ItemChoice:
    """An item that can be handed over, the people who have it already and the addresses that are invited."""

    item: Item
    people: list[User]
    invited: list[str]


@dataclass(frozen=True)
class Choice:
    """A dimension whose items can be handed over."""

    dimension: Dimension
    items: list[ItemChoice]

    @property
    def n_handed(self) -> int:
        return sum(bool(each.people) for each in self.items)


def handed_items(assessment: Assessment, person: User | None = None) -> list[HandedItem]:
    """The handed items of a sheet, or those of one person, in framework order."""
    return _handed(assessment.delegations.filter(**({"user": person} if person else {})))


def input_to_look_at(sheets: QuerySet[Assessment]) -> dict[int, int]:
    """How many answers of colleagues wait for a focal point to accept or edit them, by sheet with such."""
    found = _handed(Delegation.objects.filter(assessment__in=sheets))
    return Counter(each.delegation.assessment_id for each in found if each.state == HandedState.GIVEN)


def _handed(delegations: QuerySet[Delegation]) -> list[HandedItem]:
    """The handed items of some delegations, in framework order."""
    same = {"assessment": OuterRef("assessment"), "item": OuterRef("item")}
    written = AnswerRevision.objects.filter(**same, outcome=RevisionOutcome.SAVED)
    since = written.filter(by=OuterRef("user"), at__gte=OuterRef("handed_at"))
    mates = Delegation.objects.filter(**same, user=OuterRef("by"))
    others = written.filter(~Exists(mates))
    rows = (
        delegations.select_related("item__dimension", "user")
        .prefetch_related(ROLES)
        .annotate(given=_newest(since), edited=_newest(others))
        .order_by("item__dimension__order", "item__order", "pk")
    )
    said = Answer.objects.filter(assessment__in=delegations.values("assessment"))
    answers = {(answer.assessment_id, answer.item_id): answer for answer in said}
    return [_handed_item(row, answers.get((row.assessment_id, row.item_id))) for row in rows]


def colleagues(assessment: Assessment, *, today: date) -> list[Colleague]:
    """Everybody with handed items, by name; those who owe something first."""
    by_person: dict[User, list[HandedItem]] = defaultdict(list)
    for each in handed_items(assessment):
        by_person[each.delegation.user].append(each)
    nudges = Letter.objects.filter(assessment=assessment, kind=LetterKind.NUDGE, person__in=by_person)
    reminded = dict(nudges.values_list("person").annotate(last=Max("created_at")))
    found = [Colleague(person, items, reminded.get(person.pk), today) for person, items in by_person.items()]
    return sorted(found, key=lambda each: (not each.n_open, str(each.person).casefold(), each.person.pk))


def pending_invitations(assessment: Assessment) -> QuerySet[Invitation]:
    """Invitations that nobody has accepted or taken back, the latest first; also those that have run out."""
    pending = assessment.invitations.filter(accepted_at=None, revoked_at=None)
    return pending.prefetch_related("items").select_related("invited_by")


def invitations_to_accept() -> QuerySet[Invitation]:
    """Invitations with all that the page for the invited person shows."""
    related = ("invited_by", "assessment__cycle__framework", "assessment__entity")
    return Invitation.objects.select_related(*related).prefetch_related("items__dimension__framework")


def way_to_accept(invitation: Invitation, reader: Person) -> str:
    """How whoever followed the link goes on: "accept", "other" (account), "sign_in" or "new" (account)."""
    if reader.is_authenticated:
        return "accept" if reader.email.lower() == invitation.email.lower() else "other"
    return "sign_in" if User.objects.filter(email__iexact=invitation.email).exists() else "new"


def contributors_of(assessment: Assessment, *, today: date) -> QuerySet[User]:
    """The people who can be handed items without an invitation, by name: approvers sign off instead."""
    held = Membership.objects.active_on(today).filter(user=OuterRef("pk"), entity=assessment.entity_id)
    contributing, approving = (Exists(held.filter(role=role)) for role in (Role.CONTRIBUTOR, Role.APPROVER))
    people = User.objects.filter(contributing, ~approving, is_active=True)
    return people.prefetch_related("memberships__entity").order_by("name", "email")


def choices(assessment: Assessment) -> list[Choice]:
    """All items by dimension, each with the people it is handed to and the addresses that are invited."""
    handed: dict[int, list[User]] = defaultdict(list)
    delegations = assessment.delegations.select_related("user").prefetch_related(ROLES)
    for delegation in delegations.order_by("pk"):
        handed[delegation.item_id].append(delegation.user)
    invited: dict[int, list[str]] = defaultdict(list)
    for invitation in pending_invitations(assessment):
        for item in invitation.items.all():
            invited[item.pk].append(invitation.email)
    dimensions = Dimension.objects.filter(framework=assessment.cycle.framework_id).prefetch_related("items")
    return [
        Choice(
            dimension,
            [ItemChoice(item, handed[item.pk], invited[item.pk]) for item in dimension.items.all()],
        )
        for dimension in dimensions
    ]


def handed_for(reader: Person, assessment: Assessment, *, is_insider: bool) -> dict[int, list[Delegation]]:
    """Delegations by item as a reader of the sheet sees them: insiders all, contributors their own."""
    delegations = assessment.delegations.select_related("user").prefetch_related(ROLES)
    if not is_insider:
        delegations = delegations.filter(user=reader.pk)
    found: dict[int, list[Delegation]] = defaultdict(list)
    for delegation in delegations.order_by("pk"):
        found[delegation.item_id].append(delegation)
    return dict(found)


def _newest(revisions: QuerySet[AnswerRevision]) -> Subquery:
    return Subquery(revisions.order_by("-version").values("version")[:1])


def _handed_item(row: Any, answer: Answer | None) -> HandedItem:
    is_empty = answer is None or (answer.state == UNANSWERED and not answer.comment)
    state = handed_state(given=row.given, settled=row.settled_version, edited=row.edited, is_empty=is_empty)
    return HandedItem(row, answer, state)
