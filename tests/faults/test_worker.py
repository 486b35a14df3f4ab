"""A worker that dies in the middle, and a broker that is gone: committed work is still done once."""

import time

import pytest
from django.db import transaction
from django.utils import timezone

from tests.processes import Worker
from tests.sessions import until
from un20portal.outbox import services, tasks
from un20portal.outbox.models import Heartbeat


class TestWorkerProcess:
    def test_works_on_the_database_and_broker_of_the_test(self, celery_worker_process: Worker) -> None:
        tasks.beat.delay()
        until(Heartbeat.objects.exists, "no beat comes")

    def test_comes_back_after_it_was_killed(self, celery_worker_process: Worker) -> None:
        celery_worker_process.kill()
        assert not celery_worker_process.is_running
        tasks.beat.delay()
        time.sleep(1)
        assert not Heartbeat.objects.exists()
        celery_worker_process.start()
        celery_worker_process.wait_until_ready()
        until(Heartbeat.objects.exists, "no beat comes")


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
class TestBrokerGone:
    def test_work_is_stored_although_nobody_can_be_woken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from kombu.exceptions import OperationalError

        def refuse(**_options: object) -> None:
            raise OperationalError("nobody listens")

        done: list[int] = []
        monkeypatch.setitem(services._handlers, "tests.count", lambda number, **_at: done.append(number))
        monkeypatch.setattr(tasks.drain, "apply_async", refuse)
        with transaction.atomic():
            services.put("tests.count", {"number": 1}, at=timezone.now())
        assert done == []
        assert services.drain(now=timezone.now) == 1
        assert services.drain(now=timezone.now) == 0
        assert done == [1]
