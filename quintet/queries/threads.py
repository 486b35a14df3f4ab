"""What people ask each other on items: the threads a person reads, and those that wait for an answer."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from entities.access import Person, has_role, is_task_force
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
    for thread in threads_of(user, sheet):
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


def unsettled_by_dimension(user: Person, sheet: Assessment) -> dict[int, int]:
    """How many threads that a person reads are not settled: dimension id → number."""
    found = Thread.objects.visible_to(user).filter(assessment=sheet, status__in=UNSETTLED)
    return dict(Counter(found.values_list("item__dimension", flat=True)))


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
    """What people ask this person in running cycles."""
    asked_by_task_force = Membership.objects.filter(role=Role.TASK_FORCE, user=OuterRef("opened_by"))
    found = (
        with_posts(Thread.objects.visible_to(user))
        .filter(status__in=UNSETTLED, assessment__cycle__phase__in=RUNNING)
        .select_related("assessment__entity", "assessment__cycle", "item__dimension")
        .annotate(asked_by_task_force=Exists(asked_by_task_force))
    )
    handed = set(Delegation.objects.filter(user=user.pk).values_list("assessment_id", "item_id"))
    waiting = [
        WaitingThread(thread, thread.posts.all()[len(thread.posts.all()) - 1])
        for thread in found
        if _is_awaited(user, thread, handed)
    ]
    waiting.sort(key=lambda one: one.last.pk, reverse=True)
    return WaitingThreads(waiting[:MOST_SHOWN], max(len(waiting) - MOST_SHOWN, 0))


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
    roles = {role.value for role in (Role.FOCAL_POINT, Role.APPROVER) if has_role(user, role, entity)}
    if has_role(user, Role.CONTRIBUTOR, entity) and (thread.assessment_id, thread.item_id) in handed:
        roles.add(Role.CONTRIBUTOR.value)
    if is_task_force(user):
        roles.add(Role.TASK_FORCE.value)
    return roles


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
