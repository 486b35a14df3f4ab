"""The portal as it is served: gunicorn on this run's database, its files collected, people signed in."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client

from entities.models import User
from tests import servers
from tests.processes import PROGRAMS, Process, environment

THREADS = 4
CSRF = "c" * 32


@dataclass(frozen=True)
class Answered:
    """What came back: the status, the headers by lower-case name, the bytes as they travelled."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def portal(*, workers: int, folder: Path) -> Iterator[int]:
    """Serve the portal with the benchmarks' settings on a free port; yield the port."""
    port = servers.free_port()
    options = ["--workers", str(workers), "--threads", str(THREADS), "--bind", f"127.0.0.1:{port}"]
    server = Process(
        [str(PROGRAMS / "gunicorn"), "un20portal.wsgi", *options],
        environment=environment(DJANGO_SETTINGS_MODULE="tests.benchmarks.settings"),
        log=folder / f"gunicorn-{port}.log",
    )
    try:
        server.wait_until(lambda: _problem(port), seconds=30)
        yield port
    finally:
        server.stop(seconds=10)


def get(port: int, path: str, **headers: str) -> Answered:
    """Ask once, on a connection of its own, as a browser that takes Brotli and gzip."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip, deflate, br", **headers})
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answered(response.status, named, response.read())
    finally:
        connection.close()


def get_json(port: int, path: str) -> Any:
    return json.loads(get(port, path).body)


def cookies_of(user: User) -> str:
    """The Cookie header of a browser in which `user` is signed in."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return f"sessionid={client.cookies['sessionid'].value}; csrftoken={CSRF}"


def _problem(port: int) -> str | None:
    try:
        answered = get(port, "/healthz")
    except OSError as error:
        return f"no answer ({type(error).__name__})"
    return None if answered.status == 200 else f"status {answered.status}"
