"""Writing outgoing work and handling it: nothing owed is lost.

A handler runs in the transaction that marks its message done: a worker killed in the middle rolls both
back, and the next sweep handles the message again, so that the effect is there exactly once.

An errand reaches outside, to a mail server for instance, which no rollback takes back and which may take
its time; or it is long and tells how far it is. It runs under a lease and outside of any transaction: no lock
waits for it, and a worker killed in the middle lets the errand be run again when the lease has ended, at
least once in all. Only who still holds the lease says how an errand ended.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from un20portal.lib.errors import KeyReused
from un20portal.lib.errors import marked as _
from un20portal.lib.idempotency import KEYS_LAST
from un20portal.outbox import signals
from un20portal.outbox.models import Heartbeat, IdempotencyKey, Message

Handler = Callable[..., object]
MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=20)
MAX_ERRANDS = 40  # a server outside may be away for more than a day
LONGEST_PAUSE = timedelta(hours=1)
LEASE = timedelta(minutes=5)  # longer than any server may take (EMAIL_TIMEOUT)
_handlers: dict[str, Handler] = {}
_errands: dict[str, Handler] = {}
_waited_for: set[str] = set()  # errands that run at once where tasks run in process
logger = logging.getLogger(__name__)


class PutOff(Exception):
    """Raised by an errand that has to come again later, for a reason that concerns no other errand."""


def subscribe(topic: str, handler: Handler) -> None:
    """Let `handler(at=…, **payload)` do the work of `topic`; called once, from an app's `ready()`."""
    _handlers[topic] = handler


def subscribe_errand(topic: str, handler: Handler, *, is_waited_for: bool = False) -> None:
    """Let `handler(at=…, **payload)` run the errand `topic`, outside of any transaction.

    Where tasks run in process, the next sweep runs it; one that `is_waited_for` runs at once.
    """
    _errands[topic] = handler
    if is_waited_for:
        _waited_for.add(topic)


def is_waited_for(topic: str) -> bool:
    """Whether an errand runs at once where tasks run in process."""
    return topic in _waited_for


@transaction.atomic
def put(topic: str, payload: dict[str, Any], *, at: datetime, due_at: datetime | None = None) -> Message:
    """Store work in the caller's transaction; wake a worker after its commit, unless it waits until `due_at`.

    Raises KeyError when nobody subscribed to `topic`: work that nobody does must not be owed.
    """
    _require_known(topic)
    message = Message.objects.create(topic=topic, payload=payload, created_at=at, due_at=due_at or at)
    if due_at is None:
        _wake_for(message)
    return message


@transaction.atomic
def put_many(topic: str, payloads: Iterable[dict[str, Any]], *, at: datetime) -> int:
    """Store work by the hundred as `put` does, with one wake-up for all; return how many messages."""
    _require_known(topic)
    messages = [Message(topic=topic, payload=payload, created_at=at, due_at=at) for payload in payloads]
    Message.objects.bulk_create(messages, batch_size=500)
    if messages:
        _wake_for(messages[0])
    return len(messages)


def drain(*, now: Callable[[], datetime], only_due: bool = True) -> int:
    """Handle what is pending, oldest first, each message in its own transaction; return how many.

    A message that failed waits before it is tried again, unless `only_due` is false.
    """
    handled, failed = 0, set[int]()
    while (message_id := _next(failed, at=now() if only_due else None)) is not None:
        if _handle(message_id, now=now):
            handled += 1
        else:
            failed.add(message_id)
    return handled


def run_errands(*, now: Callable[[], datetime], only_due: bool = True, topic: str | None = None) -> int:
    """Run what is free, one kind of errand after the other, or those of `topic` alone; return how many.

    Of each kind the oldest go first, and the first failure ends its round: the server that failed may be
    down for all, and the others keep their turn for the next sweep. An errand that raises PutOff waits alone.
    """
    topics = list(_errands) if topic is None else [topic]
    return sum(_run_round(one, now=now, only_due=only_due) for one in topics)


def _run_round(topic: str, *, now: Callable[[], datetime], only_due: bool) -> int:
    done, put_off = 0, set[int]()
    while (message := _lease(topic, put_off, now=now, only_due=only_due)) is not None:
        try:
            _errands[topic](at=now(), **message.payload)
        except PutOff as reason:
            logger.warning("errand %s is put off: %s", message.pk, reason)
            _note_failure(_held(message), reason, at=now(), most=MAX_ERRANDS)
            put_off.add(message.pk)
            continue
        except Exception as error:
            logger.exception("errand %s failed", message.pk)
            _note_failure(_held(message), error, at=now(), most=MAX_ERRANDS)
            return done
        done += _held(message).update(done_at=now(), leased_until=None)
    return done


@transaction.atomic
def _lease(topic: str, put_off: set[int], *, now: Callable[[], datetime], only_due: bool) -> Message | None:
    """Take the oldest free errand of its kind, so that nobody else runs it for a while."""
    free = Message.objects.free(now()).filter(topic=topic).exclude(pk__in=put_off)
    if only_due:
        free = free.filter(due_at__lte=now())
    skip = connection.features.has_select_for_update_skip_locked
    message = free.select_for_update(skip_locked=skip).first()
    if message:
        message.leased_until = now() + LEASE
        message.save(update_fields=["leased_until"])
    return message


def _held(message: Message) -> QuerySet[Message]:
    """The leased message, unless another worker has taken it over since."""
    return Message.objects.filter(pk=message.pk, leased_until=message.leased_until)


def _require_known(topic: str) -> None:
    if topic not in _handlers and topic not in _errands:
        raise KeyError(f"nobody handles the topic {topic!r}")


def _wake_for(message: Message) -> None:
    topic, is_errand = message.topic, message.topic in _errands
    transaction.on_commit(
        lambda: signals.message_stored.send(sender=Message, topic=topic, is_errand=is_errand)
    )


@transaction.atomic
def retry(*, message: Message, at: datetime) -> None:
    """Give a dead message a new set of attempts."""
    Message.objects.filter(pk=message.pk).update(dead_at=None, attempts=0, due_at=at)
    _wake_for(message)


@transaction.atomic
def beat(*, at: datetime) -> None:
    """Note that the scheduler reached a worker."""
    Heartbeat.objects.update_or_create(name="beat", defaults={"at": at})


@transaction.atomic
def remember_answer(
    *, user: Any, key: str, request_sha256: str, status: int, answer: Any, at: datetime
) -> IdempotencyKey:
    """Keep the answer to a request in the transaction that did what was asked."""
    return IdempotencyKey.objects.create(
        user=user, key=key, request_sha256=request_sha256, status=status, answer=answer, created_at=at
    )


def answer_once(
    *, user: Any, key: str, request_sha256: str, at: datetime, act: Callable[[], tuple[int, Any]]
) -> tuple[int, Any]:
    """Return the status and answer of `act()`, or those given before to the same key of this person.

    The answer is kept in the transaction of `act`; refusals are not kept. Without a key `act` just
    runs. Raises KeyReused when the key came with another request.
    """
    if not key:
        with transaction.atomic():
            return act()
    try:
        with transaction.atomic():
            if earlier := _earlier(user, key, request_sha256):
                return earlier
            status, answer = act()
            remember_answer(
                user=user, key=key, request_sha256=request_sha256, status=status, answer=answer, at=at
            )
            return status, answer
    except Exception:
        # whatever refused it, the same request may have been answered while this one waited for its lock
        if earlier := _earlier(user, key, request_sha256):
            return earlier
        raise


@transaction.atomic
def forget_old_keys(*, at: datetime) -> int:
    """Drop the idempotency keys that are older than the API promises; return how many."""
    return IdempotencyKey.objects.filter(created_at__lt=at - KEYS_LAST).delete()[0]


def _earlier(user: Any, key: str, request_sha256: str) -> tuple[int, Any] | None:
    known = IdempotencyKey.objects.filter(user=user, key=key).first()
    if known is None:
        return None
    if known.request_sha256 != request_sha256:
        raise KeyReused(_("This Idempotency-Key was used for another request: take a new one."))
    return known.status, known.answer


def _next(passed_over: set[int], *, at: datetime | None) -> int | None:
    """The oldest pending message; with `at`, the oldest that is due then."""
    messages = Message.objects.pending() if at is None else Message.objects.due(at)
    return (
        messages.exclude(pk__in=passed_over).exclude(topic__in=_errands).values_list("pk", flat=True).first()
    )


def _handle(message_id: int, *, now: Callable[[], datetime]) -> bool:
    """Try one message; return whether it is settled (done here, or by somebody else)."""
    try:
        with transaction.atomic():
            skip = connection.features.has_select_for_update_skip_locked
            messages = Message.objects.pending().select_for_update(skip_locked=skip)
            message = messages.filter(pk=message_id).first()
            if message is None:  # another worker has it
                return False
            _handlers[message.topic](at=now(), **message.payload)
            Message.objects.filter(pk=message_id).update(done_at=now())
    except Exception as error:
        # whatever went wrong, the message stays and tells what it was: the sweep tries again
        logger.exception("outbox message %s failed", message_id)
        _note_failure(Message.objects.filter(pk=message_id), error, at=now(), most=MAX_ATTEMPTS)
        return False
    return True


def _storable(text: str) -> str:
    """Write out what no database takes: an error that cannot be noted would stop every sweep."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


@transaction.atomic
def _note_failure(messages: QuerySet[Message], error: Exception, *, at: datetime, most: int) -> None:
    message = messages.select_for_update().first()
    if message is None or message.done_at:
        return
    message.attempts += 1
    message.due_at = at + min(FIRST_PAUSE * 2 ** (message.attempts - 1), LONGEST_PAUSE)
    message.leased_until = None
    message.last_error = _storable(f"{type(error).__name__}: {error}")[:2000]
    if message.attempts >= most:
        message.dead_at = at
    message.save(update_fields=["attempts", "due_at", "leased_until", "last_error", "dead_at"])
