"""Redis is down, as broker and as cache: people sign in, read, answer and submit; the work is done later."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from entities.models import Entity
from quintet.models import Answer, Assessment, Letter, Snapshot, Status
from quintet.services import signing
from quintet.services.freezing import CHANGED
from scorecards.models import Computation
from tests import servers
from tests.factories import (
    AT,
    Cast,
    fill,
    make_framework,
    make_open_cycle,
    make_token,
    sheet_of,
)
from un20portal.celery import app
from un20portal.lib.throttling import COUNTS
from un20portal.outbox.models import Message

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


@pytest.fixture
def draft(undp: Entity, cast: Cast) -> Assessment:
    """A complete sheet that was not submitted yet."""
    cycle = make_open_cycle(make_framework(), [undp], cast.task_force)
    fill(cycle, {undp: FULL}, Status.DRAFT)
    Message.objects.all().delete()
    return sheet_of(cycle, undp)


@contextmanager
def redis_at(url: str, settings: Settings) -> Iterator[None]:
    """Let tasks be published to, and every cache in Redis be kept at, this address."""
    before = app.conf.broker_url
    settings.CACHES = {
        name: {**cache, "LOCATION": url} if cache["BACKEND"].endswith("RedisCache") else cache
        for name, cache in settings.CACHES.items()
    }
    _publish_to(url)
    try:
        yield
    finally:
        _publish_to(before)


def _publish_to(url: str) -> None:
    app.conf.broker_url = app.conf.broker_write_url = url
    app._pool = app.amqp._producer_pool = None  # connections to where it was


def entities(client: Client) -> tuple[int, float]:
    """The status of a read of the API, and how long it took."""
    began = time.monotonic()
    answer = client.get("/api/v1/entities/")
    return answer.status_code, time.monotonic() - began


@pytest.mark.parametrize("how", ["was never there", "stopped while it was used"])
class TestRedisIsDown:
    @pytest.fixture(autouse=True)
    def _no_redis(self, how: str, client: Client, draft: Assessment, settings: Settings) -> Iterator[None]:
        with ExitStack() as stack:
            with servers.private_redis() as url:
                stack.enter_context(redis_at(url, settings))
                if how == "stopped while it was used":
                    app.send_task("un20portal.outbox.tasks.drain")
                    assert entities(client)[0] == 200
            yield

    def test_people_sign_in_read_answer_and_submit(
        self, client: Client, draft: Assessment, cast: Cast
    ) -> None:
        credentials = {"login": cast.focal.email, "password": "correct horse battery"}
        assert client.post(reverse("account_login"), credentials).status_code == 302
        assert client.get(reverse("my")).status_code == 200
        saved = self.save(client, draft)
        assert (saved.status_code, saved.json()["version"]) == (200, 2)
        submitted = client.post(reverse("quintet:assessment-submit", args=[draft.pk]))
        assert submitted.status_code == 302
        draft.refresh_from_db()
        assert draft.status == Status.SIGNOFF

    @staticmethod
    def save(client: Client, sheet: Assessment) -> Any:
        answer = Answer.objects.get(assessment=sheet, item__code="DAT-STR")
        return client.post(
            reverse("quintet:answer-save", args=[sheet.pk, "DAT-STR"]),
            {"choice": "3", "comment": "Plan approved.", "version": answer.version},
            headers={"Accept": "application/json"},
        )

    def test_programs_read_answer_and_submit(self, client: Client, draft: Assessment, cast: Cast) -> None:
        assert entities(client)[0] == 200
        token = {"Authorization": make_token(cast.focal)}
        path = f"/api/v1/assessments/{draft.pk}/"
        assert client.get(path, headers=token).status_code == 200
        answer = client.put(
            f"{path}answers/DAT-STR/",
            {"state": "answered", "claimed": 3},
            content_type="application/json",
            headers={**token, "If-Match": '"1"'},
        )
        assert answer.status_code == 200
        submitted = client.post(f"{path}submit/", "{}", content_type="application/json", headers=token)
        assert submitted.status_code == 200

    def test_guessing_passwords_ends_all_the_same(self, client: Client, cast: Cast) -> None:
        for number in range(6):
            client.post(reverse("account_login"), {"login": cast.focal.email, "password": f"guess {number}"})
        credentials = {"login": cast.focal.email, "password": "correct horse battery"}
        client.post(reverse("account_login"), credentials)
        assert client.get(reverse("my")).status_code == 302, "the guesser is in"

    def test_a_page_answers_quickly_and_the_work_is_done_later(
        self, client: Client, draft: Assessment, cast: Cast
    ) -> None:
        signing.submit(assessment=draft, by=cast.focal, at=AT)
        client.force_login(cast.approver)
        began = time.monotonic()
        answer = client.post(reverse("quintet:assessment-sign-off", args=[draft.pk]))
        took = time.monotonic() - began
        assert (answer.status_code, took < 5) == (302, True), took
        self.is_pending_then_done(draft)

    def test_the_api_answers_quickly_and_the_work_is_done_later(
        self, client: Client, draft: Assessment, cast: Cast
    ) -> None:
        signing.submit(assessment=draft, by=cast.focal, at=AT)
        began = time.monotonic()
        answer = client.post(
            f"/api/v1/assessments/{draft.pk}/sign-off/",
            "{}",
            content_type="application/json",
            headers={"Authorization": make_token(cast.approver)},
        )
        took = time.monotonic() - began
        assert (answer.status_code, took < 5) == (200, True), took
        self.is_pending_then_done(draft)

    def is_pending_then_done(self, sheet: Assessment) -> None:
        assert Assessment.objects.get(pk=sheet.pk).status == Status.SUBMITTED
        assert Snapshot.objects.filter(assessment=sheet).count() == 1
        assert Message.objects.pending().filter(topic=CHANGED).count() == 1
        assert not Computation.objects.exists()
        owed, out = Message.objects.pending().count(), StringIO()
        call_command("drain_outbox", stdout=out)
        assert out.getvalue() == f"{owed} handled, 0 pending, 0 given up\n"
        assert Computation.objects.count() == 1
        assert Letter.objects.exists()
        assert not Letter.objects.filter(sent_at=None).exists(), "letters do not need the broker either"


class TestRedisHangs:
    def test_a_cache_that_takes_connections_and_never_answers_costs_a_second(
        self, client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            host, port = silent.getsockname()
            with redis_at(f"redis://{host}:{port}/0", settings):
                asked = []
                for _time in range(5):  # what else the machine does makes some of them slower, none quicker
                    COUNTS.forget()
                    asked.append(entities(client))
        assert {status for status, _took in asked} == {200}
        quickest = min(took for _status, took in asked)
        assert 0.4 <= quickest < 1, "it waits once for the cache"
        assert caplog.text.count("counted by this process alone") == 5
