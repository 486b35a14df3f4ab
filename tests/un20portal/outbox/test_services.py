"""The outbox: work that a transaction owes is tried until it is done, and done once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from entities.models import Region
from tests.factories import AT, later, make_user
from un20portal.celery import app
from un20portal.lib.errors import KeyReused, WrongState
from un20portal.outbox import services
from un20portal.outbox.models import Heartbeat, IdempotencyKey, Message
from un20portal.outbox.services import FIRST_PAUSE, MAX_ATTEMPTS, drain, put, retry

pytestmark = pytest.mark.django_db
TOPIC = "tests.work"


class Work:
    """A handler whose effect is a row, and that breaks while `is_broken`."""

    def __init__(self) -> None:
        self.is_broken = False
        self.seen: list[str] = []

    def __call__(self, *, code: str, at: datetime) -> None:
        self.seen.append(code)
        Region.objects.create(code=code, names={"en": code})
        if self.is_broken:
            raise ZeroDivisionError("the work broke")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """A topic of the tests, subscribed as an app does and forgotten afterwards."""
    monkeypatch.setattr(services, "_handlers", dict(services._handlers))
    handler = Work()
    services.subscribe(TOPIC, handler)
    return handler


def owe(code: str = "a", at: datetime = AT) -> Message:
    return put(TOPIC, {"code": code}, at=at)


def clock(moment: datetime = AT) -> Callable[[], datetime]:
    return lambda: moment


def effects() -> list[str]:
    return list(Region.objects.order_by("code").values_list("code", flat=True))


class TestPut:
    def test_stores_the_work_as_pending_and_due_at_once(self, work: Work) -> None:
        message = owe()
        assert (message.topic, message.payload, message.attempts) == (TOPIC, {"code": "a"}, 0)
        assert (message.created_at, message.due_at) == (AT, AT)
        assert list(Message.objects.pending()) == [message]

    def test_refuses_a_topic_nobody_handles(self, work: Work) -> None:
        with pytest.raises(KeyError, match="nobody handles"):
            put("tests.unheard", {}, at=AT)
        assert not Message.objects.exists()

    def test_is_taken_back_with_the_transaction_that_owed_it(self, work: Work) -> None:
        with transaction.atomic():
            owe()
            transaction.set_rollback(True)
        assert not Message.objects.exists()

    def test_wakes_a_worker_after_the_commit_only(
        self, work: Work, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks() as callbacks:
            owe()
        assert len(callbacks) == 1

    def test_of_work_for_later_wakes_nobody_and_waits(
        self, work: Work, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks() as callbacks:
            put(TOPIC, {"code": "a"}, at=AT, due_at=later(2))
        assert callbacks == []
        assert drain(now=clock(later(1))) == 0
        assert drain(now=clock(later(2))) == 1


class TestDrain:
    def test_does_what_is_pending_oldest_first(self, work: Work) -> None:
        for code in ("c", "a", "b"):
            owe(code)
        assert drain(now=clock(later(1))) == 3
        assert work.seen == ["c", "a", "b"]
        assert set(Message.objects.values_list("done_at", "attempts", "last_error")) == {(later(1), 0, "")}

    def test_does_nothing_twice(self, work: Work) -> None:
        owe()
        assert [drain(now=clock()), drain(now=clock())] == [1, 0]
        assert work.seen == ["a"]

    def test_waits_until_a_message_is_due(self, work: Work) -> None:
        owe(at=later(10))
        assert drain(now=clock(later(9))) == 0
        assert drain(now=clock(later(10))) == 1

    def test_goes_on_after_a_message_that_fails(self, work: Work) -> None:
        put(TOPIC, {"unknown": "argument"}, at=AT)
        owe("b")
        assert drain(now=clock()) == 1
        assert effects() == ["b"]

    def test_does_work_that_was_added_meanwhile(self, work: Work) -> None:
        services.subscribe("tests.first", lambda **_at: owe("z"))
        put("tests.first", {}, at=AT)
        assert drain(now=clock()) == 2
        assert effects() == ["z"]


class TestAFailure:
    @pytest.fixture
    def failed(self, work: Work) -> Message:
        work.is_broken = True
        message = owe()
        assert drain(now=clock()) == 0
        message.refresh_from_db()
        return message

    def test_keeps_the_message_with_what_went_wrong(self, failed: Message) -> None:
        assert (failed.attempts, failed.done_at, failed.dead_at) == (1, None, None)
        assert failed.last_error == "ZeroDivisionError: the work broke"

    def test_takes_the_effect_back(self, failed: Message, work: Work) -> None:
        assert work.seen == ["a"]
        assert effects() == []

    def test_is_tried_again_after_a_pause_that_doubles(self, failed: Message, work: Work) -> None:
        moment, pauses = AT, [failed.due_at - AT]
        for _time in range(MAX_ATTEMPTS - 2):
            moment = failed.due_at
            assert drain(now=clock(moment - timedelta(seconds=1))) == 0
            drain(now=clock(moment))
            failed.refresh_from_db()
            pauses.append(failed.due_at - moment)
        assert pauses == [FIRST_PAUSE * 2**number for number in range(MAX_ATTEMPTS - 1)]
        assert failed.attempts == len(work.seen) == MAX_ATTEMPTS - 1

    def test_is_forgotten_when_the_work_succeeds_later(self, failed: Message, work: Work) -> None:
        work.is_broken = False
        assert drain(now=clock(failed.due_at)) == 1
        failed.refresh_from_db()
        assert failed.done_at is not None
        assert effects() == ["a"]

    def test_is_given_up_after_the_last_attempt(self, failed: Message, work: Work) -> None:
        for hours in range(1, 12):
            drain(now=clock(AT + timedelta(hours=hours)))
        failed.refresh_from_db()
        assert (failed.attempts, failed.dead_at) == (
            MAX_ATTEMPTS,
            AT + timedelta(hours=MAX_ATTEMPTS - 1),
        )
        assert len(work.seen) == MAX_ATTEMPTS
        assert list(Message.objects.dead()) == [failed]

    def test_of_a_broken_transaction_is_noted_all_the_same(self, work: Work) -> None:
        message = owe("twice")
        Region.objects.create(code="twice", names={})
        assert drain(now=clock()) == 0
        message.refresh_from_db()
        assert message.last_error.startswith("IntegrityError")

    def test_keeps_a_long_error_short(self, work: Work) -> None:
        def shout(**_at: object) -> None:
            raise ValueError("x" * 5000)

        services.subscribe("tests.loud", shout)
        message = put("tests.loud", {}, at=AT)
        drain(now=clock())
        message.refresh_from_db()
        assert len(message.last_error) == 2000

    def test_that_tells_what_cannot_be_stored_is_noted_too(
        self, work: Work, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services.logger, "disabled", True)  # reports of tests are UTF-8

        def mumble(**_at: object) -> None:
            raise ValueError("a\x00b\ud800c")

        services.subscribe("tests.mumble", mumble)
        message = put("tests.mumble", {}, at=AT)
        assert drain(now=clock()) == 0
        message.refresh_from_db()
        assert message.attempts == 1
        assert message.last_error == r"ValueError: a\x00b\ud800c"

    def test_of_a_topic_that_is_gone_is_noted_too(self, work: Work) -> None:
        message = Message.objects.create(topic="tests.gone", created_at=AT, due_at=AT)
        assert drain(now=clock()) == 0
        message.refresh_from_db()
        assert (message.attempts, message.last_error) == (1, "KeyError: 'tests.gone'")


class TestRetry:
    def test_gives_a_dead_message_a_new_set_of_attempts(self, work: Work) -> None:
        work.is_broken = True
        message = owe()
        for hours in range(MAX_ATTEMPTS):
            drain(now=clock(AT + timedelta(hours=hours)))
        work.is_broken = False
        assert drain(now=clock(AT + timedelta(days=9))) == 0
        retry(message=message, at=AT + timedelta(days=9))
        message.refresh_from_db()
        assert (message.attempts, message.dead_at) == (0, None)
        assert drain(now=clock(AT + timedelta(days=9))) == 1
        assert effects() == ["a"]

    def test_leaves_a_message_alone_that_is_done(self, work: Work) -> None:
        message = owe()
        drain(now=clock())
        retry(message=message, at=later(5))
        message.refresh_from_db()
        assert message.done_at == AT
        assert drain(now=clock(later(5))) == 0


@pytest.mark.django_db(transaction=True)
class TestTwoDrainsAtOnce:
    @staticmethod
    def drain_in_threads(times: int) -> list[int]:
        def run(_number: int) -> int:
            try:
                return drain(now=clock(later(1)))
            finally:
                connection.close()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(run, range(times)))

    def test_do_every_message_once(self, work: Work) -> None:
        with transaction.atomic():
            Message.objects.bulk_create(
                Message(topic=TOPIC, payload={"code": f"r{number:02}"}, created_at=AT, due_at=AT)
                for number in range(20)
            )
        assert sum(self.drain_in_threads(4)) == 20
        assert len(effects()) == 20
        assert sorted(work.seen) == effects()
        assert not Message.objects.exclude(attempts=0).exists()

    @pytest.mark.servers  # SQLite has one writer at a time
    def test_do_not_wait_for_each_other(self, work: Work) -> None:
        """While one drain is inside the first message, another one does the second."""
        inside, go_on = threading.Event(), threading.Event()

        def wait(**_at: object) -> None:
            inside.set()
            assert go_on.wait(60)

        services.subscribe("tests.slow", wait)
        with transaction.atomic():
            for topic, payload in (("tests.slow", {}), (TOPIC, {"code": "b"})):
                Message.objects.create(topic=topic, payload=payload, created_at=AT, due_at=AT)
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(self.drain_in_threads, 1)
            try:
                assert inside.wait(60)
                assert drain(now=clock(later(1))) == 1
                assert effects() == ["b"]
                assert Message.objects.pending().get().topic == "tests.slow"
            finally:
                go_on.set()
            assert slow.result(60) == [1]
        assert not Message.objects.pending().exists()


class TestAHandler:
    def test_and_its_done_mark_are_taken_back_together(self, work: Work) -> None:
        """The mark is the last statement: a clock that breaks there takes the effect with it."""
        moments = iter([AT, AT])

        def stopping() -> datetime:
            if (moment := next(moments, None)) is None:
                raise OSError("the clock stopped")
            return moment

        message = owe()
        with pytest.raises(OSError, match="the clock stopped"):
            drain(now=stopping)
        assert work.seen == ["a"]
        assert effects() == []
        message.refresh_from_db()
        assert (message.done_at, message.attempts) == (None, 0)
        assert drain(now=clock()) == 1
        assert effects() == ["a"]


class TestAnsweringOnce:
    def test_keeps_the_answer_in_the_transaction_of_the_act(self) -> None:
        user, acts = make_user("somebody"), []

        def act() -> tuple[int, Any]:
            acts.append(1)
            return 200, {"done": len(acts)}

        def ask(key: str = "k", request: str = "r") -> tuple[int, Any]:
            return services.answer_once(user=user, key=key, request_sha256=request, at=AT, act=act)

        assert [ask(), ask()] == [(200, {"done": 1})] * 2
        assert ask(key="") == (200, {"done": 2})
        assert ask(key="other") == (200, {"done": 3})
        with pytest.raises(KeyReused):
            ask(request="another")
        assert len(acts) == 3

    def test_forgets_refusals_and_what_broke(self) -> None:
        user = make_user("somebody")

        def refuse() -> tuple[int, Any]:
            Region.objects.create(code="half", names={})
            raise WrongState("not now")

        for _time in range(2):
            with pytest.raises(WrongState):
                services.answer_once(user=user, key="k", request_sha256="r", at=AT, act=refuse)
        assert not IdempotencyKey.objects.exists()
        assert effects() == []

    def test_keeps_the_keys_of_each_person_apart(self) -> None:
        def says(name: str) -> tuple[int, Any]:
            return 200, name

        for name in ("one", "two"):
            user = make_user(name)
            asked = services.answer_once(
                user=user, key="k", request_sha256=name, at=AT, act=partial(says, name)
            )
            assert asked == (200, name)
        with pytest.raises(IntegrityError), transaction.atomic():
            services.remember_answer(user=user, key="k", request_sha256="x", status=200, answer=None, at=AT)


class TestForgettingKeys:
    def test_keeps_those_that_the_api_still_promises(self) -> None:
        user = make_user("somebody")
        for key, at in (("old", AT), ("young", AT + timedelta(seconds=1))):
            services.remember_answer(user=user, key=key, request_sha256="x", status=200, answer={}, at=at)
        assert services.forget_old_keys(at=AT + timedelta(days=7, seconds=1)) == 1
        assert IdempotencyKey.objects.get().key == "young"

    def test_is_scheduled_and_every_scheduled_task_exists(self) -> None:
        app.loader.import_default_modules()
        scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        assert "un20portal.outbox.tasks.forget_old_keys" in scheduled
        assert scheduled <= set(app.tasks)


def test_a_heartbeat_is_one_row_that_moves_on() -> None:
    services.beat(at=AT)
    services.beat(at=later(1))
    assert list(Heartbeat.objects.values_list("name", "at")) == [("beat", later(1))]
