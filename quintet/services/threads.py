"""Conversations on items: asking, answering, settling. They hold nothing up, and nothing said is unsaid."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from entities.models import User
from quintet import access
from quintet.domain import threads as talk
from quintet.models import Assessment, Item, LetterKind, Thread, ThreadPost, ThreadStatus
from quintet.queries.threads import people_mentioned
from quintet.services.letters import owe_letter
from quintet.services.locking import lock_sheet
from un20portal.lib.errors import NotAllowed
from un20portal.lib.errors import marked as _

SECOND_CLICK = timedelta(minutes=5)


@transaction.atomic
def open_thread(
    *,
    assessment: Assessment,
    item: Item,
    text: str,
    mentions: Collection[str],
    with_task_force: bool,
    by: User,
    at: datetime,
) -> Thread:
    """Ask something on an item: inside the entity, or with the task force, whose own questions always are.

    Raises NotAllowed, WrongState in a cycle that does not run, InvalidInput. The same question asked
    twice in a row within SECOND_CLICK is asked once, unless it is settled by then.
    """
    sheet = lock_sheet(assessment)
    if not access.can_open_thread(by, sheet, item):
        raise NotAllowed(_("You may read this item but not ask on it."))
    talk.require_running(phase=sheet.cycle.phase)
    is_shared = with_task_force or not access.discusses_inside(by, sheet, item)
    said, roles = talk.parse_post(text, mentions, with_task_force=is_shared)
    before = Thread.objects.filter(assessment=sheet, item=item).order_by("-pk").first()
    is_unsettled = before is not None and before.status != ThreadStatus.SETTLED
    if before and is_unsettled and before.with_task_force == is_shared and _is_repeated(before, said, by, at):
        return before
    thread = Thread.objects.create(
        assessment=sheet, item=item, with_task_force=is_shared, opened_by=by, opened_at=at
    )
    _post(thread, said, roles, talk.OPEN, by, at)
    return thread


@transaction.atomic
def add_post(*, thread: Thread, text: str, mentions: Collection[str], by: User, at: datetime) -> Thread:
    """Say something in a thread: it is open again when who asked says it, else answered.

    Raises NotAllowed, WrongState, InvalidInput. Saying the same twice in a row says it once.
    """
    locked = _locked(thread, by)
    said, roles = talk.parse_post(text, mentions, with_task_force=locked.with_task_force)
    status = talk.status_after(by=by.pk, opened_by=locked.opened_by_id)
    if locked.status != status or not _is_repeated(locked, said, by):
        _post(locked, said, roles, status, by, at)
    return locked


@transaction.atomic
def settle_thread(*, thread: Thread, text: str, by: User, at: datetime) -> Thread:
    """Settle a thread, with last words or without; a post opens it again. Settling twice changes nothing."""
    locked = _locked(thread, by)
    said, roles = talk.parse_post(text, [], with_task_force=locked.with_task_force, may_be_empty=True)
    is_settled = locked.status == ThreadStatus.SETTLED
    if not is_settled or (said and not _is_repeated(locked, said, by)):
        _post(locked, said, roles, talk.SETTLED, by, at)
    return locked


def _locked(thread: Thread, by: User) -> Thread:
    Thread.objects.select_for_update().get(pk=thread.pk)
    related = ("assessment__cycle", "assessment__entity", "item")
    locked = Thread.objects.select_related(*related).get(pk=thread.pk)
    if not access.can_post(by, locked):
        raise NotAllowed(_("You have no part in this conversation."))
    talk.require_running(phase=locked.assessment.cycle.phase)
    return locked


def _is_repeated(thread: Thread, said: str, by: User, at: datetime | None = None) -> bool:
    """Whether the same person said the same last; asked with `at`, shortly before."""
    last = thread.posts.order_by("-pk").first()
    if last is None or (last.by_id, last.text) != (by.pk, said):
        return False
    return at is None or at - last.at <= SECOND_CLICK


def _post(thread: Thread, said: str, roles: list[str], status: str, by: User, at: datetime) -> None:
    """Write the post and what the thread becomes by it; owe a letter to those who are mentioned."""
    post = ThreadPost.objects.create(
        thread=thread, text=said, mentions=roles, status=ThreadStatus(status), by=by, at=at
    )
    thread.status = ThreadStatus(status)
    thread.save(update_fields=["status"])
    for person in people_mentioned(thread, roles, on=at.date()).exclude(pk=by.pk).order_by("pk"):
        owe_letter(kind=LetterKind.MENTION, person=person, assessment=thread.assessment, about=post.pk, at=at)
