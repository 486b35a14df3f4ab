"""Errands reach outside: under a lease, outside of transactions, in turn again when something failed."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests.factories import AT, later
from un20portal.outbox import services
from un20portal.outbox.models import Message
from un20portal.outbox.services import (
    FIRST_PAUSE,
    LEASE,
    PutOff,
    drain,
    put,
    put_many,
    run_errands,
    subscribe_errand,
)

TOPIC, OTHER = "tests.errand", "tests.other"


class Server:
    """A server outside: notes who called, and whether a transaction was open meanwhile."""

    def __init__(self) -> None:
        self.is_down = False
        self.refused: set[str] = set()
        self.calls: list[str] = []
        self.in_transaction: list[bool] = []

    def __call__(self, *, name: str, at: object) -> None:
        self.calls.append(name)
        self.in_transaction.append(connection.in_atomic_block)
        if self.is_down:
            raise ConnectionRefusedError("the server is down")
        if name in self.refused:
            raise PutOff("come again later")


class Killed(BaseException):
    """What ends a worker in the middle: no handler of errors sees it."""


class TakenOver:
    """An errand that takes longer than its lease: another worker takes it over meanwhile, and is killed."""

    def __init__(self, server: Server) -> None:
        self.server, self.n_begun = server, 0

    def __call__(self, *, name: str, at: object) -> None:
        self.n_begun += 1
        if self.n_begun == 2:
            raise Killed
        if self.n_begun == 1:
            with suppress(Killed):
                run_errands(now=lambda: AT + LEASE)
        self.server(name=name, at=at)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(services, "_errands", dict(services._errands))
    monkeypatch.setattr(services, "_waited_for", set(services._waited_for))
    found = Server()
    subscribe_errand(TOPIC, found)
    return found


def owe(*names: str) -> None:
    for name in names:
        put(TOPIC, {"name": name}, at=AT)


@pytest.mark.django_db(transaction=True)
class TestRunningErrands:
    def test_runs_each_once_outside_of_transactions(self, server: Server) -> None:
        owe("a", "b")
        assert run_errands(now=lambda: AT) == 2
        assert run_errands(now=lambda: AT) == 0
        assert server.calls == ["a", "b"]
        assert server.in_transaction == [False, False]

    def test_those_owed_together_wake_one_worker(self, server: Server) -> None:
        with transaction.atomic():
            before = len(connection.run_on_commit)
            assert put_many(TOPIC, [{"name": name} for name in "abc"], at=AT) == 3
            assert put_many(TOPIC, [], at=AT) == 0
            assert len(connection.run_on_commit) - before == 1
        assert run_errands(now=lambda: AT) == 3
        assert server.calls == ["a", "b", "c"]
        with pytest.raises(KeyError):
            put_many("nobody's", [{}], at=AT)

    def test_in_process_nobody_waits_for_it(self, server: Server) -> None:
        owe("a")
        assert server.calls == []

    def test_in_process_one_that_is_waited_for_runs_at_once_and_no_other(
        self, server: Server, in_process: None
    ) -> None:
        subscribe_errand(OTHER, server, is_waited_for=True)
        owe("a")
        with transaction.atomic():
            put(OTHER, {"name": "b"}, at=AT)
            assert server.calls == []
        assert server.calls == ["b"]
        assert server.in_transaction == [False]

    def test_is_not_handled_as_work_in_a_transaction(self, server: Server) -> None:
        owe("a")
        assert drain(now=lambda: AT) == 0
        assert Message.objects.get().attempts == 0

    def test_the_first_failure_ends_the_round_and_the_others_keep_their_turn(self, server: Server) -> None:
        owe("a", "b")
        server.is_down = True
        assert run_errands(now=lambda: AT) == 0
        assert server.calls == ["a"]
        first, second = Message.objects.order_by("pk")
        assert (first.attempts, first.leased_until) == (1, None)
        assert "the server is down" in first.last_error
        assert second.attempts == 0
        server.is_down = False
        assert run_errands(now=lambda: AT) == 1, "what failed waits for its time, the next one goes"
        assert run_errands(now=lambda: AT + FIRST_PAUSE) == 1
        assert server.calls == ["a", "b", "a"]

    @pytest.mark.parametrize("only_due", [True, False])
    def test_one_that_is_put_off_waits_alone(self, server: Server, only_due: bool) -> None:
        owe("a", "b")
        server.refused = {"a"}
        assert run_errands(now=lambda: AT, only_due=only_due) == 1
        assert server.calls == ["a", "b"]
        waiting = Message.objects.get(done_at=None)
        assert (waiting.attempts, waiting.due_at, waiting.leased_until) == (1, AT + FIRST_PAUSE, None)
        assert "come again later" in waiting.last_error

    def test_a_failure_of_one_kind_holds_up_no_other_kind(self, server: Server) -> None:
        other = Server()
        subscribe_errand(OTHER, other)
        server.is_down = True
        owe("a")
        put(OTHER, {"name": "b"}, at=AT)
        assert run_errands(now=lambda: AT) == 1
        assert (server.calls, other.calls) == (["a"], ["b"])

    def test_those_of_one_topic_run_without_the_others_before_them(self, server: Server) -> None:
        owe("a")
        subscribe_errand(OTHER, server)
        put(OTHER, {"name": "b"}, at=AT)
        assert run_errands(now=lambda: AT, topic=OTHER) == 1
        assert server.calls == ["b"]

    def test_one_under_way_is_left_alone_until_its_lease_ends(self, server: Server) -> None:
        owe("a")
        Message.objects.update(leased_until=AT + LEASE)  # a worker has it, or was killed with it
        assert run_errands(now=lambda: later(1), only_due=False) == 0
        assert run_errands(now=lambda: AT + LEASE) == 1

    @pytest.mark.parametrize("ends", ["well", "badly", "put off"])
    def test_who_comes_late_leaves_it_to_the_worker_that_took_it_over(
        self, server: Server, ends: str
    ) -> None:
        late = TakenOver(server)
        subscribe_errand(TOPIC, late)
        owe("a")
        server.is_down, server.refused = ends == "badly", {"a"} if ends == "put off" else set()
        assert run_errands(now=lambda: AT) == 0
        message = Message.objects.get()
        assert (message.done_at, message.attempts) == (None, 0)
        assert message.leased_until == AT + 2 * LEASE, "the lease of the worker that was killed"
        server.is_down, server.refused = False, set()
        assert run_errands(now=lambda: AT + 2 * LEASE) == 1, "it is still owed"

    def test_is_owed_by_the_transaction_that_stored_it(self, server: Server) -> None:
        with transaction.atomic():
            owe("a")
            transaction.set_rollback(True)
        assert run_errands(now=lambda: AT + timedelta(days=1)) == 0
