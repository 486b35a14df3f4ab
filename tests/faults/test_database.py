"""The database is away: everybody is told so and when to come back; nothing is left of it afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.db import DatabaseError, ProgrammingError, connection
from django.test import Client, RequestFactory

from entities.models import Role, User
from tests import servers
from tests.factories import make_token, make_user
from un20portal import views

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@contextmanager
def no_database() -> Iterator[None]:
    """Let new connections go to a port where nobody listens, as after the server went away."""
    connection.close()
    with patch.dict(connection.settings_dict, {"HOST": "127.0.0.1", "PORT": servers.free_port()}):
        yield


@pytest.fixture
def person() -> User:
    return make_user("taskforce", Role.TASK_FORCE)


@pytest.fixture
def visitor(person: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


class TestPages:
    @pytest.mark.parametrize("path", ["/", "/my/", "/scorecards/", "/validation/"])
    def test_say_that_it_passes(self, visitor: Client, path: str) -> None:
        with no_database():
            response = visitor.get(path)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert response.headers["Cache-Control"] == "no-store"
        assert "The portal cannot read or save right now" in response.content.decode()
        assert "Cross-Origin-Resource-Policy" in response.headers
        assert visitor.get(path).status_code == 200

    def test_say_it_in_the_language_of_the_reader(self, visitor: Client) -> None:
        with no_database():
            response = visitor.get("/ar/my/")
        assert response.status_code == 503
        assert '<html lang="ar"' in response.content.decode()

    def test_say_it_to_readers_without_an_account(self) -> None:
        with no_database():
            response = Client(raise_request_exception=False).get("/")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")

    def test_say_it_to_their_scripts_as_a_problem(self, visitor: Client) -> None:
        answer = {"choice": "1", "version": "0"}
        with no_database():
            response = visitor.post(
                "/assessments/1/answers/DAT-STR/", answer, headers={"Accept": "application/json"}
            )
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "service_unavailable"

    def test_say_it_at_sign_in(self, person: User) -> None:
        credentials = {"login": person.email, "password": "correct horse battery"}
        with no_database():
            response = Client(raise_request_exception=False).post("/accounts/login/", credentials)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")

    def test_do_not_call_every_error_of_the_database_a_pause(self) -> None:
        request = RequestFactory().get("/")
        for error in (ProgrammingError("no such column"), DatabaseError("something else"), ValueError()):
            assert self.answer_after(error, request) == 500

    @staticmethod
    def answer_after(error: Exception, request: object) -> int:
        try:
            raise error
        except Exception:  # noqa: BLE001  whatever it is, Django asks the same handler
            return views.server_error(request).status_code  # type: ignore[arg-type]


class TestTheApi:
    @pytest.mark.parametrize("who", ["a token", "a session", "nobody"])
    def test_says_that_it_passes(self, visitor: Client, person: User, who: str) -> None:
        client = visitor if who == "a session" else Client(raise_request_exception=False)
        headers = {"Authorization": make_token(person)} if who == "a token" else {}
        with no_database():
            response = client.get("/api/v1/entities/", headers=headers)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "service_unavailable"
