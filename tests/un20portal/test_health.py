"""What /healthz and /readyz answer, and to whom."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from un20portal import health
from un20portal.outbox import services
from un20portal.outbox.models import Heartbeat

pytestmark = pytest.mark.django_db
NOBODY_LISTENS = "redis://:a-secret@127.0.0.1:1/0"


@pytest.fixture
def a_beat() -> None:
    services.beat(at=timezone.now())


class TestHealthz:
    def test_answers_everybody(self, client: Client) -> None:
        response = client.get("/healthz")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})
        assert response["Cache-Control"] == "no-store"

    def test_does_not_touch_the_database(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            client.get("/healthz")

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_is_for_reading_only(self, client: Client, path: str, method: str) -> None:
        assert getattr(client, method)(path).status_code == 405

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_answers_head(self, client: Client, a_beat: None, path: str) -> None:
        assert client.head(path).status_code == 200


class TestWhoMayAsk:
    """The parts are named to an orchestrator beside the portal, not to those who come through the proxy."""

    @pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", ""])
    def test_those_within(self, client: Client, a_beat: None, address: str) -> None:
        assert client.get("/readyz", REMOTE_ADDR=address).status_code == 200

    @pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "unix:"])
    def test_not_those_outside(self, client: Client, address: str) -> None:
        assert client.get("/readyz", REMOTE_ADDR=address).status_code == 404

    @pytest.mark.parametrize(
        "header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"]
    )
    def test_not_those_behind_the_proxy(self, client: Client, header: str) -> None:
        assert client.get("/readyz", headers={header: "127.0.0.1"}).status_code == 404
        assert client.get("/healthz", headers={header: "127.0.0.1"}).status_code == 200


class TestReadyz:
    def test_is_ready_when_all_parts_are(self, client: Client, a_beat: None) -> None:
        response = client.get("/readyz")
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        assert response.json()["status"] == "ok"
        assert set(response.json()["parts"]) == {"database", "migrations", "broker", "beat"}

    @pytest.mark.parametrize(("seconds", "state"), [(89, "ok"), (91, "late")])
    def test_a_beat_is_late_after_ninety_seconds(self, seconds: int, state: str) -> None:
        now = timezone.now()
        services.beat(at=now - timedelta(seconds=seconds))
        assert health.beat_state(at=now) == state

    def test_a_missing_beat_fails_where_a_broker_carries_the_work(self, settings: Settings) -> None:
        parts = health.states(at=timezone.now()) | {"broker": "ok"}
        assert parts["beat"] == "never"
        settings.REDIS_URL = NOBODY_LISTENS
        assert not health.is_ready(parts)
        settings.REDIS_URL = ""
        assert health.is_ready(parts)

    def test_a_dead_broker_is_told_without_its_password(self, client: Client, settings: Settings) -> None:
        settings.REDIS_URL = NOBODY_LISTENS
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["parts"]["broker"] == "unreachable"
        assert b"secret" not in response.content

    def test_a_dead_database_is_told(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_arguments: object) -> Iterator[None]:
            raise OperationalError("no connection to postgres://user:a-secret@db")

        monkeypatch.setattr("un20portal.health.connection.cursor", refuse)
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["parts"]["database"] == "unreachable"
        assert b"secret" not in response.content

    def test_a_pending_migration_is_told(self, client: Client, a_beat: None) -> None:
        newest = MigrationRecorder.Migration.objects.filter(app="outbox").latest("pk")
        newest.delete()
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["parts"]["migrations"] == "pending"
        assert Heartbeat.objects.exists()
