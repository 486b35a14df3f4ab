"""A computation split into ranges loses its worker or its messages, or gets them twice: the figures stand."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from entities.models import Entity
from quintet.models import Cycle, Status
from quintet.services.freezing import CHANGED, announce_change
from scorecards.models import Computation, ComputationRange, ComputationRun, UnitScore
from scorecards.queries.work import RUN
from scorecards.services.computing import bring_up_to_date, rebuild_cycle
from scorecards.services.ranges import compute_range
from tests import processes
from tests.factories import AT, make_counted_cycle, make_entities, make_framework, sheet_of
from tests.processes import Worker
from tests.scorecards.services.test_following import say
from tests.scorecards.services.test_ranges import outcome
from tests.sessions import held, until, waiting_sessions
from un20portal.celery import app
from un20portal.outbox.models import Message

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
SIZE = 2
StartWorker = Callable[[], Worker]
RANGE, FINISH = "scorecards.tasks.compute_range", "scorecards.tasks.finish_run"


@pytest.fixture(autouse=True)
def _large_from_three_on(settings: Settings) -> None:
    settings.SCORECARDS_RANGE_UNITS = SIZE


@pytest.fixture
def cycle() -> Cycle:
    """Ten organisations, that is five ranges; nothing computed and nothing owed."""
    units = make_entities(10)
    found = make_counted_cycle(
        make_framework(), {unit: {"DAT-STR": place % 5} for place, unit in enumerate(units)}
    )
    Message.objects.all().delete()
    app.control.purge()
    return found


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[StartWorker]:
    """Return a function that starts a worker for which that is large, too.

    Nobody waits until it answers: it waits ten seconds for a row that is held, and may have begun by then.
    """
    environment = processes.environment(SCORECARDS_RANGE_UNITS=str(SIZE))
    with ExitStack() as stack:

        def start() -> Worker:
            worker = Worker(environment=environment, log=tmp_path / "worker.log")
            stack.callback(worker.end)
            return worker

        yield start


def begin(cycle: Cycle) -> list[ComputationRange]:
    bring_up_to_date(cycle_id=cycle.pk, at=timezone.now())
    return list(ComputationRange.objects.all())


def is_held_up(ranges: list[ComputationRange]) -> bool:
    """Whether all ranges but one are done, and somebody waits for that one."""
    n_done = ComputationRange.objects.exclude(counted="").count()
    return n_done == len(ranges) - 1 and len(waiting_sessions()) == 1


def sweep() -> None:
    """What beat does, once the workers had their time."""
    Message.objects.filter(topic=RUN).update(due_at=AT)
    app.send_task("un20portal.outbox.tasks.run_errands")


def rows() -> set[int]:
    return set(UnitScore.objects.values_list("pk", flat=True))


def until_it_stands(cycle: Cycle, worker: Worker) -> set[int]:
    """Wait for the figures, hold them against those of a single computation, and return their rows."""
    worker.wait_until(lambda: None if Computation.objects.exists() else "no figures")
    assert not ComputationRun.objects.exists()
    split, found = outcome(cycle), rows()
    rebuild_cycle(cycle_id=cycle.pk, at=timezone.now())
    assert outcome(cycle) == split
    assert len(found) == 10
    return found


class TestAWorker:
    def test_computes_a_large_cycle_by_a_chord_and_no_sweep(
        self, cycle: Cycle, start_worker: StartWorker
    ) -> None:
        worker = start_worker()
        announce_change(assessment=cycle.assessments.earliest("pk"), at=timezone.now())
        until_it_stands(cycle, worker)
        assert worker.output.count(f"Task {RANGE}[") >= 5
        assert Message.objects.get(topic=RUN).done_at is None

    def test_whose_child_is_killed_in_a_range_goes_on_without_a_sweep(
        self, cycle: Cycle, start_worker: StartWorker
    ) -> None:
        ranges = begin(cycle)
        with held(ranges[2]):
            worker = start_worker()
            until(lambda: is_held_up(ranges), "nobody waits for the range")
            kept = rows()
            worker.kill_children()
        assert kept < until_it_stands(cycle, worker)
        assert Message.objects.get(topic=RUN).done_at is None

    def test_that_is_killed_in_a_range_leaves_that_one_to_the_sweep(
        self, cycle: Cycle, start_worker: StartWorker
    ) -> None:
        ranges = begin(cycle)
        with held(ranges[2]):
            worker = start_worker()
            until(lambda: is_held_up(ranges), "nobody waits for the range")
            kept = rows()
            worker.kill()
        assert not Computation.objects.exists()
        worker.start()
        sweep()
        assert kept < until_it_stands(cycle, worker)


class TestMessages:
    def test_that_the_broker_lost_are_not_needed(self, cycle: Cycle, start_worker: StartWorker) -> None:
        begin(cycle)
        assert app.control.purge() >= 5
        worker = start_worker()
        sweep()
        until_it_stands(cycle, worker)

    def test_that_come_again_do_nothing_again(self, cycle: Cycle, start_worker: StartWorker) -> None:
        ranges = begin(cycle)
        for _time in range(2):
            for part in ranges:
                app.send_task(RANGE, [part.pk])
            app.send_task(FINISH, [part.run_id])
        found = until_it_stands(cycle, start_worker())
        assert max(found) - min(found) == 9, "rows were written twice"


class TestASheetIsSignedOffMeanwhile:
    def test_and_is_in_the_figures(self, cycle: Cycle, start_worker: StartWorker) -> None:
        ranges = begin(cycle)
        compute_range(range_id=ranges[0].pk)
        sheet = sheet_of(cycle, Entity.objects.get(code="ENT-001"))
        say(sheet, Status.SUBMITTED, random.Random(3))
        announce_change(assessment=sheet, at=timezone.now())
        worker = start_worker()
        worker.wait_until(lambda: None if Message.objects.get(topic=CHANGED).done_at else "not followed")
        until_it_stands(cycle, worker)
        assert Message.objects.filter(topic=RUN).count() == 1, "a second run"
        assert UnitScore.objects.get(entity=sheet.entity).snapshot == sheet.snapshots.get(number=2)
