"""Deciding comparisons is killed at any point, or happens several times at once: each is stored once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from entities.models import Entity
from quintet.models import Cycle
from scorecards.models import ComparedPair, Scorecard
from scorecards.services import publishing
from scorecards.services.comparing import COMPARE, decide_comparisons
from tests.factories import AT, ENABLERS, Cast, Levels, make_counted_cycle, make_entities, make_framework
from tests.faults.killing import kill_at, noticing
from tests.guards import unguarded
from tests.scorecards.worked import publish
from un20portal.lib.errors import WrongState
from un20portal.outbox.models import Message
from un20portal.outbox.services import LEASE, run_errands

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
LEAST_POINTS = 12
CODES = [f"{dimension}-{enabler}" for dimension in ("DAT", "INN") for enabler in ENABLERS]


@pytest.fixture
def cycles(cast: Cast) -> list[Cycle]:
    """Twelve units in three years, nothing published."""
    framework, units = make_framework(), make_entities(12)

    def levels(year: int) -> dict[Entity, Levels]:
        return {
            unit: {code: (year + number + place) % 5 for place, code in enumerate(CODES)}
            for number, unit in enumerate(units)
        }

    return [make_counted_cycle(framework, levels(year), str(year)) for year in (2024, 2025, 2026)]


def stored() -> list[str]:
    return list(ComparedPair.objects.values_list("payload", flat=True))


def forget() -> None:
    """Take back what was decided, as nobody but a test may."""
    with unguarded():
        ComparedPair.objects.all().delete()


class TestDecidingIsKilled:
    def test_at_any_point_and_the_same_comes_of_it(self, cycles: list[Cycle], cast: Cast) -> None:
        for cycle in cycles[:2]:
            publish(cycle, cast)
        decide_comparisons(at=AT)  # what a process keeps is read once
        forget()
        points: list[str] = []
        with noticing(points.append):
            decide_comparisons(at=AT)
        (clean,) = stored()
        assert len(points) >= LEAST_POINTS
        for point, statement in enumerate(points):
            forget()
            kill_at(point, partial(decide_comparisons, at=AT))
            assert stored() in ([], [clean])
            decide_comparisons(at=AT)
            assert stored() == [clean], f"killed at point {point}: {statement}"

    def test_and_the_errand_is_run_again_after_its_lease(self, cycles: list[Cycle], cast: Cast) -> None:
        for cycle in cycles[:2]:
            publish(cycle, cast)
        kill_at(10, partial(run_errands, now=lambda: AT, topic=COMPARE))
        assert Message.objects.get(topic=COMPARE).leased_until == AT + LEASE
        assert run_errands(now=lambda: AT + timedelta(seconds=1), topic=COMPARE) == 0
        assert stored() == []
        assert run_errands(now=lambda: AT + LEASE + timedelta(seconds=1), topic=COMPARE) == 1
        assert len(stored()) == 1


class TestSeveralAtOnce:
    def test_decide_each_comparison_once(self, cycles: list[Cycle], cast: Cast) -> None:
        for cycle in cycles:
            publish(cycle, cast)
        decide_comparisons(at=AT)
        alone = stored()
        forget()
        start = Barrier(4)

        def decide(_number: int) -> int:
            start.wait(60)
            try:
                return decide_comparisons(at=AT)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(decide, range(4))) == 3
        assert stored() == alone

    def test_at_any_point_before_the_lock_somebody_else_may_have_decided_it(
        self, cycles: list[Cycle], cast: Cast
    ) -> None:
        for cycle in cycles[:2]:
            publish(cycle, cast)
        points: list[str] = []
        with noticing(points.append):
            decide_comparisons(at=AT)
        (clean,) = stored()
        before_the_lock = next(n for n, statement in enumerate(points) if "advisory" in statement)
        assert before_the_lock > 3
        for point in range(before_the_lock + 1):
            forget()
            passed: list[str] = []
            with ThreadPoolExecutor(1) as other, noticing(partial(_let_others_decide, point, passed, other)):
                assert decide_comparisons(at=AT) == 0, f"others decided before: {points[point]}"
            assert stored() == [clean]

    def test_publish_and_decide_and_it_is_as_if_one_by_one(self, cycles: list[Cycle], cast: Cast) -> None:
        start = Barrier(3)

        def publish_and_decide(cycle: Cycle) -> None:
            start.wait(60)
            try:
                while not Scorecard.objects.filter(cycle=cycle).exists():
                    try:
                        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
                        publishing.confirm(cycle=cycle, by=cast.second, at=AT)
                    except WrongState:
                        continue  # another cycle came first: propose again
                run_errands(now=timezone.now, topic=COMPARE)
            finally:
                connection.close()

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(publish_and_decide, cycles))
        run_errands(now=timezone.now, topic=COMPARE)
        together = stored()
        forget()
        assert decide_comparisons(at=AT) == 3
        assert stored() == together


def _let_others_decide(point: int, passed: list[str], other: ThreadPoolExecutor, statement: str) -> None:
    """At this point of somebody's work let another worker do all of it."""
    passed.append(statement)
    if len(passed) == point + 1:
        assert other.submit(_decide_elsewhere).result(60) == 1


def _decide_elsewhere() -> int:
    try:
        return decide_comparisons(at=AT)
    finally:
        connection.close()
