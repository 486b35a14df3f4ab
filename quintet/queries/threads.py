"""What people ask each other on items: the threads a person reads, and those that wait for an answer."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from entities.access import Person, entities_with, has_role, is_task_force, roles
from entities.models import Membership, Role, User
from quintet import access
from quintet.domain import threads as talk
from quintet.domain.workflow import RUNNING
from quintet.models import COUNTED, Assessment, Delegation, Item, Thread, ThreadPost, ThreadStatus

UNSETTLED = [ThreadStatus.OPEN, ThreadStatus.ANSWERED]
MOST_SHOWN = 25


def threads_of(user: Person, sheet: Assessment) -> QuerySet[Thread]:
    """The threads of a sheet that a person reads, oldest first, with their posts and who wrote them."""
    found = Thread.objects.visible_to(user).filter(assessment=sheet)
    return with_posts(found).select_related("item__dimension", "opened_by")


def with_posts(threads: QuerySet[Thread]) -> QuerySet[Thread]:
    posts = ThreadPost.objects.select_related("by").prefetch_related("by__memberships__entity")
    return threads.prefetch_related(Prefetch("posts", posts))


@dataclass(frozen=True)
class ItemTalk:
    """The threads on one item, and what the reader may do: ask, and choose who reads the question."""

    threads: Sequence[Thread]
    may_write: bool
    may_choose_readers: bool
    mentions: Sequence[tuple[str, str]]

    @property
    def unsettled(self) -> int:
        return sum(thread.status != ThreadStatus.SETTLED for thread in self.threads)


def item_talks(user: Person, sheet: Assessment, items: Collection[Item]) -> dict[int, ItemTalk]:
    """The talk on each item by its id; items on which the person has no part in it are left out."""
    drafted = access.drafted_items(user, sheet)
    is_reviewer = access.discusses_as_task_force(user, sheet)
    by_item: dict[int, list[Thread]] = {}
    for thread in threads_of(user, sheet).filter(item__in=items):
        by_item.setdefault(thread.item_id, []).append(thread)
    mentions = [(role.value, str(role.label)) for role in (Role.FOCAL_POINT, Role.APPROVER, Role.CONTRIBUTOR)]
    if sheet.status in COUNTED:
        mentions.append((Role.TASK_FORCE.value, str(Role.TASK_FORCE.label)))
    found = {}
    for item in items:
        is_insider = drafted is None or item.pk in drafted
        if is_insider or is_reviewer:
            may_write = sheet.cycle.phase in RUNNING
            found[item.pk] = ItemTalk(by_item.get(item.pk, []), may_write, is_insider, mentions)
    return found


def unsettled_threads(user: Person, sheet: Assessment) -> list[Thread]:
    """The threads of a sheet that nobody has settled yet, in the order of their items."""
    found = threads_of(user, sheet).filter(status__in=UNSETTLED)
    return list(found.order_by("item__dimension__order", "item__order", "pk"))


def unsettled_by_item(user: Person, sheet: Assessment) -> Mapping[int, int]:
    """How many threads that a person reads are not settled: item id → number."""
    found = Thread.objects.visible_to(user).filter(assessment=sheet, status__in=UNSETTLED)
    return Counter(found.values_list("item_id", flat=True))


@dataclass(frozen=True)
class WaitingThread:
    """A thread that waits for a person, and what was said last."""

    thread: Thread
    last: ThreadPost


@dataclass(frozen=True)
class WaitingThreads:
    """The threads that wait for a person, those said last first; `more` are not shown."""

    shown: Sequence[WaitingThread]
    more: int


def threads_waiting_for(user: Person) -> WaitingThreads:
    """What people ask this person in running cycles.

    Who said what to whom decides; texts and names are read of those that are shown.
    """
    handed = set(Delegation.objects.filter(user=user.pk).values_list("assessment_id", "item_id"))
    awaited = [
        thread.last  # type: ignore[attr-defined]  # annotated
        for thread in _perhaps_awaited(user)
        if _is_awaited(user, thread, handed)
    ]
    related = ("by", "thread__assessment__entity", "thread__assessment__cycle", "thread__item__dimension")
    last = ThreadPost.objects.filter(pk__in=awaited[:MOST_SHOWN]).select_related(*related)
    posts = last.prefetch_related("by__memberships__entity").order_by("-pk")
    shown = [WaitingThread(post.thread, post) for post in posts]
    return WaitingThreads(shown, max(len(awaited) - MOST_SHOWN, 0))


def _perhaps_awaited(user: Person) -> QuerySet[Thread]:
    """Threads that may wait for the person, said last first, with posts without their texts.

    All that `domain.threads.is_awaited` is true of, and few others: the last word is somebody else's, and it
    answers this person, mentions one of the person's roles, or may be open to the focal point or the task
    force because it mentions nobody.
    """
    asked_by_task_force = Membership.objects.filter(role=Role.TASK_FORCE, user=OuterRef("opened_by"))
    posts = ThreadPost.objects.filter(thread=OuterRef("pk")).order_by("-pk")
    found = (
        Thread.objects.visible_to(user)
        .filter(status__in=UNSETTLED, assessment__cycle__phase__in=RUNNING)
        .annotate(
            asked_by_task_force=Exists(asked_by_task_force),
            last=Subquery(posts.values("pk")[:1]),
            last_by=Subquery(posts.values("by")[:1]),
        )
        .filter(last_by__isnull=False)
        .exclude(last_by=user.pk)
    )
    mentioned = Q(pk__in=[])
    for role in sorted({role for role, _entity in roles(user)}):
        mentioned |= Q(mentions__icontains=f'"{role}"')
    is_open = Q(assessment__entity__in=entities_with(user, Role.FOCAL_POINT))
    if is_task_force(user):
        is_open |= Q(with_task_force=True, asked_by_task_force=False)
    concerned = found.filter(
        Q(status=ThreadStatus.ANSWERED, opened_by=user.pk)
        | Q(status=ThreadStatus.OPEN) & is_open
        | Exists(posts.filter(mentioned, status=OuterRef("status")))
    )
    light = ThreadPost.objects.only("thread", "by", "mentions", "status")
    return concerned.select_related("assessment").prefetch_related(Prefetch("posts", light)).order_by("-last")


def _is_awaited(user: Person, thread: Thread, handed: set[tuple[int, int]]) -> bool:
    asked_by_task_force = thread.asked_by_task_force  # type: ignore[attr-defined]  # annotated
    is_for_task_force = thread.with_task_force and not asked_by_task_force
    return talk.is_awaited(
        user.pk or 0,
        _roles_towards(user, thread, handed),
        posts=[talk.Said(post.by_id, post.mentions, post.status) for post in thread.posts.all()],
        opened_by=thread.opened_by_id,
        status=thread.status,
        otherwise=talk.TASK_FORCE if is_for_task_force else talk.FOCAL_POINT,
    )


def _roles_towards(user: Person, thread: Thread, handed: set[tuple[int, int]]) -> set[str]:
    entity = thread.assessment.entity_id
    held = {role.value for role in (Role.FOCAL_POINT, Role.APPROVER) if has_role(user, role, entity)}
    if has_role(user, Role.CONTRIBUTOR, entity) and (thread.assessment_id, thread.item_id) in handed:
        held.add(Role.CONTRIBUTOR.value)
    if is_task_force(user):
        held.add(Role.TASK_FORCE.value)
    return held


def people_mentioned(thread: Thread, roles: Collection[str], *, on: date) -> QuerySet[User]:
    """Who holds the mentioned roles towards the thread on that day and may read it."""
    held, sheet = Membership.objects.active_on(on), thread.assessment
    entire = [role for role in roles if role in (Role.FOCAL_POINT, Role.APPROVER)]
    wanted = Q(pk__in=held.filter(role__in=entire, entity=sheet.entity_id).values("user"))
    if Role.CONTRIBUTOR in roles:
        of_entity = held.filter(role=Role.CONTRIBUTOR, entity=sheet.entity_id).values("user")
        handed = Delegation.objects.filter(assessment=sheet, item=thread.item_id).values("user")
        wanted |= Q(pk__in=of_entity) & Q(pk__in=handed)
    if Role.TASK_FORCE in roles and thread.with_task_force and sheet.status in COUNTED:
        wanted |= Q(pk__in=held.filter(role=Role.TASK_FORCE).values("user"))
    return User.objects.filter(wanted, is_active=True)
