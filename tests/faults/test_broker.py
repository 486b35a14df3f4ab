"""F16–F18, F20–F22: Redis loses what it held, or the worker its hold on it. Every job is done, and once.

Redis only wakes; what is owed stands in the database. `sweep` sends what beat sends every 30 seconds.
"""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from tests import servers
from tests.factories import Cast
from tests.faults import counting
from tests.faults.test_redis import redis_at
from tests.processes import Worker, environment
from tests.sessions import table_held, until, waiting_sessions
from un20portal.celery import app
from un20portal.outbox import services
from un20portal.outbox.models import Heartbeat, Message

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
WITH_FILE = ["--appendonly", "yes", "--appendfsync", "everysec"]


@pytest.fixture(autouse=True)
def _counted(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(services._handlers, counting.TOPIC, counting.count)
    with counting.effects_table():
        yield


@pytest.fixture
def broker(request: pytest.FixtureRequest, settings: Settings) -> Iterator[servers.Server]:
    """A Redis server of our own that the portal uses; `request.param` are its options."""
    options: list[str] = getattr(request, "param", [])
    with servers.redis_server(*options) as server, redis_at(server.url, settings):
        yield server


@contextmanager
def counting_worker(broker: servers.Server, folder: Path, **more: str) -> Iterator[Worker]:
    """A worker of that broker which counts what it does."""
    worker = Worker(
        environment=environment(REDIS_URL=broker.url, CACHE_URL=broker.url, **more),
        log=folder / "worker.log",
        app=counting.__name__,
    )
    try:
        yield worker
    finally:
        worker.end()


@pytest.fixture
def worker(broker: servers.Server, tmp_path: Path) -> Iterator[Worker]:
    with counting_worker(broker, tmp_path) as process:
        wait_until_it_works(process)
        yield process


def wait_until_it_works(worker: Worker) -> None:
    Heartbeat.objects.all().delete()
    app.send_task("un20portal.outbox.tasks.beat")
    worker.wait_until(lambda: None if Heartbeat.objects.exists() else "no heartbeat")


def owe(numbers: range) -> None:
    """Owe each job in a transaction of its own, with a wake-up of its own."""
    for number in numbers:
        services.put(counting.TOPIC, {"number": number}, at=timezone.now())


def sweep() -> None:
    app.send_task("un20portal.outbox.tasks.drain")


class Beat:
    """Sweeps, and again every few seconds, as beat does: a worker may take a wake-up and die of it."""

    PAUSE = 5

    def __init__(self) -> None:
        self._last = time.monotonic()

    def sweep_if_due(self) -> None:
        if time.monotonic() - self._last >= self.PAUSE:
            self._last = time.monotonic()
            sweep()


def what_is_pending() -> str | None:
    n_pending = Message.objects.pending().count()
    return f"{n_pending} jobs pending" if n_pending else None


def until_done(numbers: range, worker: Worker, *, seconds: float = servers.PATIENCE) -> None:
    """Wait until each job was done, then make sure that none was done twice or failed."""
    worker.wait_until(what_is_pending, seconds=seconds)
    assert counting.effects() == Counter(numbers)
    assert not Message.objects.exclude(attempts=0).exists()


def waking(broker: servers.Server) -> int:
    """How many wake-ups are in the queue."""
    with redis.Redis.from_url(broker.url) as client:
        return client.llen("celery")


class TestRedisIsKilled:
    @pytest.mark.parametrize(
        "broker", [[], WITH_FILE], indirect=True, ids=["without a file", "with an append-only file"]
    )
    def test_and_what_it_held_is_done_all_the_same(self, broker: servers.Server, tmp_path: Path) -> None:
        owe(range(200))
        assert waking(broker) == 200
        broker.kill()
        broker.start()
        assert waking(broker) in (0, 200)
        with counting_worker(broker, tmp_path) as worker:
            sweep()
            until_done(range(200), worker)

    def test_ten_times_and_the_work_goes_on_each_time(self, broker: servers.Server, worker: Worker) -> None:
        """A worker may give up when nobody listens where Redis was: then it is started again, as deployed."""
        chance, beat = random.Random(21), Beat()
        for time_of_it in range(10):
            owe(range(2 * time_of_it, 2 * time_of_it + 1))
            time.sleep(chance.uniform(0, 0.2))
            broker.kill()
            broker.start()
            owe(range(2 * time_of_it + 1, 2 * time_of_it + 2))
            sweep()
            until(lambda: self.is_done(worker, beat), f"not done after {time_of_it} times")
        assert counting.effects() == Counter(range(20))
        assert not Message.objects.exclude(attempts=0).exists()

    @staticmethod
    def is_done(worker: Worker, beat: Beat) -> bool:
        """Start it again if it ended, as `restart: unless-stopped` of the compose file does."""
        if not worker.is_running:
            worker.start()
        beat.sweep_if_due()
        return not what_is_pending()


class TestRedisIsFlushed:
    def test_and_people_stay_signed_in_and_work_goes_on(
        self, broker: servers.Server, worker: Worker, client: Client, cast: Cast
    ) -> None:
        client.force_login(cast.focal)
        assert client.get(reverse("my")).status_code == 200
        owe(range(20))
        with redis.Redis.from_url(broker.url) as server:
            server.flushall()
        owe(range(20, 40))  # wakes, although the queue had been declared before it was gone
        until_done(range(40), worker)
        assert client.get(reverse("my")).status_code == 200
        assert client.get("/api/v1/entities/").status_code == 200


class TestAJobThatIsLongerThanTheBrokersPatience:
    def test_is_given_to_another_child_who_leaves_it(self, broker: servers.Server, tmp_path: Path) -> None:
        with counting_worker(broker, tmp_path, **{counting.PATIENCE: "1"}) as worker:
            wait_until_it_works(worker)
            with table_held(counting.GATE):
                owe(range(1))
                until(lambda: given_twice(worker.output), "the broker waits for ever")
            until_done(range(1), worker)
            # the one that waited did the job, the others found nothing left to do
            until(lambda: set(outcomes(worker.output)) == {0, 1}, "nobody says what was done")
            assert sum(outcomes(worker.output)) == 1


def given_twice(output: str) -> bool:
    """Whether a worker received the same task a second time."""
    received = Counter(re.findall(r"outbox\.tasks\.drain\[([\w-]+)\] received", output))
    return any(times > 1 for times in received.values())


def outcomes(output: str) -> list[int]:
    """How many jobs each run of the task did."""
    return [int(n) for n in re.findall(r"outbox\.tasks\.drain\[[\w-]+\] succeeded in [\d.]+s: (\d+)", output)]


class TestAChildIsKilledInTheMiddle:
    def test_and_another_does_its_job_within_ten_seconds(self, worker: Worker) -> None:
        """The broker gives the job to somebody else at once: nobody has to sweep."""
        with table_held(counting.GATE):
            owe(range(1))
            until(lambda: len(waiting_sessions()) == 1, "the worker does not begin")
            worker.kill_children()
        until_done(range(1), worker, seconds=10)


class TestAWorkerIsAskedToEndAtWork:
    def test_and_each_of_a_thousand_jobs_is_done_once(self, worker: Worker) -> None:
        publishing = threading.Thread(target=self.owe_meanwhile)
        publishing.start()
        until(lambda: len(counting.effects()) > 100, "the worker does not begin")
        worker.stop(seconds=servers.PATIENCE)
        assert not worker.is_running
        publishing.join()
        owe(range(600, 1000))
        assert len(counting.effects()) < 1000
        worker.start()
        until_done(range(1000), worker)

    @staticmethod
    def owe_meanwhile() -> None:
        try:
            owe(range(600))
        finally:
            connection.close()
