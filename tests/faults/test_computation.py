"""Faults in the middle of computing and publishing: nothing lost, nothing twice, nothing by halves."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from entities.models import Entity
from quintet.models import Assessment, Cycle, Phase, Status
from quintet.services import signing
from quintet.services.freezing import CHANGED
from scorecards.models import Computation, EntityDocument, Proposal, Scorecard, UnitScore
from scorecards.services import publishing
from tests.factories import (
    AT,
    Cast,
    fill,
    make_counted_cycle,
    make_entities,
    make_framework,
    make_open_cycle,
    make_token,
    sheet_of,
)
from tests.processes import Worker
from tests.sessions import computing, held, is_alive, until, waiting_sessions
from un20portal.celery import app
from un20portal.lib.errors import WrongState
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


@pytest.fixture
def sheet(undp: Entity, cast: Cast) -> Assessment:
    """A sheet that waits for sign-off, with no work owed."""
    cycle = make_open_cycle(make_framework(), [undp], cast.task_force)
    fill(cycle, {undp: FULL}, Status.DRAFT)
    found = sheet_of(cycle, undp)
    signing.submit(assessment=found, by=cast.focal, at=AT)
    for model in (Message, UnitScore, Computation):  # a worker of the test may have been quick
        model.objects.all().delete()
    return found


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """A counted cycle of six organisations."""
    return make_counted_cycle(make_framework(), dict.fromkeys(make_entities(6), FULL))


class TestAWorkerKilledInTheMiddle:
    def test_loses_nothing_and_does_it_once(
        self, celery_worker_process: Worker, sheet: Assessment, cast: Cast
    ) -> None:
        self.kill_in_the_middle(celery_worker_process, sheet, cast)
        message = Message.objects.get(topic=CHANGED)
        assert (message.done_at, message.dead_at, message.attempts) == (None, None, 0)
        assert not Computation.objects.exists()
        assert not UnitScore.objects.exists()

        celery_worker_process.start()
        celery_worker_process.wait_until_ready()
        assert Message.objects.pending().filter(topic=CHANGED).count() <= 1
        app.send_task("un20portal.outbox.tasks.drain")  # what beat sends every 30 seconds
        until(lambda: Message.objects.get(topic=CHANGED).done_at is not None, celery_worker_process.output)
        assert Computation.objects.count() == 1
        assert UnitScore.objects.count() == 1
        first = list(UnitScore.objects.values_list())
        assert outbox.drain(now=timezone.now) == 0
        assert list(UnitScore.objects.values_list()) == first

    def kill_in_the_middle(self, worker: Worker, sheet: Assessment, cast: Cast) -> None:
        """Sign off, and kill the worker and its children while the handler waits for its turn."""
        with computing(sheet.cycle):
            with transaction.atomic():
                signing.sign_off(assessment=sheet, by=cast.approver, at=timezone.now())
                # a letter in the hands of a worker that is killed stays under lease: figures alone are owed
                Message.objects.exclude(topic=CHANGED).delete()
            until(lambda: len(waiting_sessions()) == 1, "the worker does not begin to compute")
            [session] = waiting_sessions()
            worker.kill()
            assert not worker.is_running
            # although it still waits, and long before its lock_timeout of ten seconds
            until(lambda: not is_alive(session), "the session of the killed worker stays", seconds=5)

    def test_leaves_the_work_to_a_person_without_a_broker(
        self, celery_worker_process: Worker, sheet: Assessment, cast: Cast
    ) -> None:
        self.kill_in_the_middle(celery_worker_process, sheet, cast)
        out = StringIO()
        call_command("drain_outbox", stdout=out)
        assert out.getvalue() == "1 handled, 0 pending, 0 given up\n"
        assert UnitScore.objects.count() == 1


class TestTheDatabaseSessionEnds:
    def terminated_while(
        self, act: Callable[[], object], stopped: AbstractContextManager[object]
    ) -> BaseException | None:
        """Run `act` in a session that is terminated where it is `stopped`; return what it raised."""
        raised: list[BaseException] = []

        def run() -> None:
            try:
                act()
            except DatabaseError as error:
                raised.append(error)
            finally:
                connection.close()

        with stopped:
            thread = threading.Thread(target=run)
            thread.start()
            until(lambda: len(waiting_sessions()) == 1, "nobody waits")
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", waiting_sessions())
            thread.join(60)
        assert not thread.is_alive()
        return raised[0] if raised else None

    def test_before_publishing_leaves_the_proposal_as_it_was(self, cycle: Cycle, cast: Cast) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        error = self.terminated_while(
            lambda: publishing.confirm(cycle=cycle, by=cast.second, at=AT), held(cycle)
        )
        assert error is not None
        assert not Scorecard.objects.exists()
        assert not EntityDocument.objects.exists()
        assert publishing.confirm(cycle=cycle, by=cast.second, at=AT).version == 1

    def test_after_the_scorecard_was_written_leaves_no_half_of_it(self, cycle: Cycle, cast: Cast) -> None:
        """The session ends between the scorecard and its documents, inside one transaction."""
        proposal = publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        # documents point at their units: with this row locked the session stops after the scorecard
        error = self.terminated_while(
            lambda: publishing.confirm(cycle=cycle, by=cast.second, at=AT),
            held(Entity.objects.get(code="ENT-006")),
        )
        assert error is not None
        assert not Scorecard.objects.exists()
        assert not EntityDocument.objects.exists()
        assert Proposal.objects.get().sha256 == proposal.sha256
        scorecard = publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        assert (scorecard.sha256, scorecard.documents.count()) == (proposal.sha256, 6)

    def test_while_computing_leaves_the_work_pending(self, cycle: Cycle) -> None:
        assert Message.objects.pending().count() == 1
        error = self.terminated_while(lambda: outbox.drain(now=timezone.now), computing(cycle))
        assert error is None or isinstance(error, DatabaseError)
        message = Message.objects.get()
        assert message.done_at is None
        assert not UnitScore.objects.exists()
        Message.objects.update(due_at=AT)
        assert outbox.drain(now=timezone.now) == 1
        assert UnitScore.objects.count() == 6


class TestPublishedTenTimesAtOnce:
    def test_gives_one_version(self, cycle: Cycle, cast: Cast) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        token, start = make_token(cast.second), threading.Barrier(10)

        def confirm(_number: int) -> int:
            client = Client()
            start.wait(60)
            try:
                answer = client.post(
                    "/api/v1/scorecards/2026/publish/",
                    "{}",
                    content_type="application/json",
                    headers={"Authorization": token},
                )
            finally:
                connection.close()
            return answer.status_code

        with ThreadPoolExecutor(10) as pool:
            answers = sorted(pool.map(confirm, range(10)))
        assert answers.count(201) == 1
        assert set(answers) == {201, 409}
        assert Scorecard.objects.count() == 1
        out = StringIO()
        call_command("verify_publications", stdout=out)
        assert out.getvalue().endswith(": 1.\n")

    def test_of_two_cycles_keeps_one_chain(self, cycle: Cycle, cast: Cast) -> None:
        cycles = [cycle] + [
            make_counted_cycle(cycle.framework, {Entity.objects.get(code="ENT-001"): FULL}, code)
            for code in ("2024", "2025")
        ]
        Cycle.objects.update(phase=Phase.VALIDATION)

        def publish(one: Cycle) -> None:
            try:
                while not Scorecard.objects.filter(cycle=one).exists():
                    with transaction.atomic():
                        publishing.propose(cycle=one, by=cast.task_force, at=AT)
                    try:
                        publishing.confirm(cycle=one, by=cast.second, at=AT)
                    except WrongState:
                        continue  # another cycle came first: propose again
            finally:
                connection.close()

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(publish, cycles))
        assert Scorecard.objects.count() == 3
        out = StringIO()
        call_command("verify_publications", stdout=out)
        assert out.getvalue().endswith(": 3.\n")
