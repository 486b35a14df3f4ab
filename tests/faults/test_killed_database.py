"""F10: PostgreSQL is killed while people save. What was answered with "saved" is there afterwards.

The same run with `synchronous_commit=off`, which production refuses to start with, loses answers: so the
run can tell the difference.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg2
import pytest

from entities.models import Entity
from quintet.models import Assessment
from tests import servers
from tests.factories import Cast, make_framework, make_open_cycle, make_token, sheet_of
from tests.processes import PROGRAMS, Process, environment

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
WRITERS = ("DAT-STR", "DAT-LED", "INN-STR", "INN-LED")  # one item each
ACKNOWLEDGED = 40  # answers before the server is killed
RECOVERY = 5  # seconds


@dataclass
class Writer:
    """A program that saves one answer again and again, and notes what it was told."""

    port: int
    path: str
    token: str
    over: threading.Event
    acknowledged: list[tuple[int, str]] = field(default_factory=list)  # version and text
    refused: list[tuple[int, str | None]] = field(default_factory=list)  # status and Retry-After
    version: int = 0

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            try:
                self.save(f"text {number}")
            except (OSError, HTTPException):
                self.refused.append((0, None))

    def save(self, text: str) -> None:
        """Send one answer; after a stale version, go on from the one that the refusal names."""
        body = json.dumps({"state": "answered", "claimed": 2, "comment": text})
        headers = {
            "Authorization": self.token,
            "If-Match": f'"{self.version}"',
            "Content-Type": "application/json",
        }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("PUT", self.path, body, headers)
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status in (200, 412):
            self.version = int(answer.headers["ETag"].strip('"'))
        if answer.status == 200:
            self.acknowledged.append((self.version, text))
        else:
            self.refused.append((answer.status, answer.headers["Retry-After"]))


@pytest.fixture
def sheet(undp: Entity, cast: Cast) -> Assessment:
    return sheet_of(make_open_cycle(make_framework(), [undp], cast.task_force), undp)


@pytest.fixture
def token(cast: Cast) -> str:
    return make_token(cast.focal)


@pytest.fixture
def database(request: pytest.FixtureRequest, sheet: Assessment, token: str) -> Iterator[servers.Server]:
    """A server of our own that writes to the disk as production's does, but for `request.param`."""
    with servers.postgresql_server(*request.param) as server:
        copy_to(server.url)
        if request.param:
            keep_in_memory_what_is_written(server.url)
        yield server


def keep_in_memory_what_is_written(url: str) -> None:
    """From here on nothing of what is committed gets to the disk, however long the run takes."""
    session = psycopg2.connect(url)
    session.autocommit = True
    with session.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")
        [(writer,)] = cursor.fetchall()
    session.close()
    os.kill(writer, signal.SIGSTOP)


def copy_to(url: str) -> None:
    """Copy this test's database with all that is in it."""
    programs = servers.postgresql_programs()
    dump: list[str | Path] = [programs / "pg_dump", "--no-owner", "--dbname", environment()["DATABASE_URL"]]
    copy = subprocess.run(dump, capture_output=True, check=True)
    load: list[str | Path] = [programs / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", url]
    subprocess.run(load, input=copy.stdout, stdout=subprocess.DEVNULL, check=True)


@pytest.fixture
def port(database: servers.Server, tmp_path: Path) -> Iterator[int]:
    """The portal on that server, as it is served."""
    port = servers.free_port()
    options = ["--workers", "1", "--threads", str(len(WRITERS)), "--bind", f"127.0.0.1:{port}"]
    portal = Process(
        [str(PROGRAMS / "gunicorn"), "un20portal.wsgi", *options],
        environment=environment(THROTTLE_USER="100000/min") | {"DATABASE_URL": database.url},
        log=tmp_path / "portal.log",
    )
    try:
        portal.wait_until(lambda: answers(port))
        yield port
    finally:
        portal.stop(seconds=3)


def answers(port: int) -> str | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return None if connection.getresponse().status == 200 else "not yet"
    except OSError:
        return "no answer"
    finally:
        connection.close()


@pytest.fixture
def writers(port: int, sheet: Assessment, token: str) -> Iterator[list[Writer]]:
    over = threading.Event()
    path = f"/api/v1/assessments/{sheet.pk}/answers"
    found = [Writer(port, f"{path}/{item}/", token, over) for item in WRITERS]
    threads = [threading.Thread(target=writer.run) for writer in found]
    for thread in threads:
        thread.start()
    yield found
    over.set()
    for thread in threads:
        thread.join()


def wait_for(is_true: Callable[[], bool], what: str) -> float:
    """Wait until it is true, or fail with `what`; return how long it took."""
    began = time.monotonic()
    assert servers.wait_until_fine(lambda: None if is_true() else what) is None, what
    return time.monotonic() - began


def kill_while_all_save(database: servers.Server, writers: list[Writer]) -> None:
    wait_for(lambda: sum(len(w.acknowledged) for w in writers) >= ACKNOWLEDGED, "nobody saves")
    database.kill()


def lost(database: servers.Server, writers: list[Writer]) -> list[tuple[str, int, str]]:
    """What was acknowledged and is not in the database."""
    told = {
        (item, *said)
        for item, writer in zip(WRITERS, writers, strict=True)
        for said in list(writer.acknowledged)
    }
    session = psycopg2.connect(database.url)
    with session, session.cursor() as cursor:
        cursor.execute(
            "SELECT item.code, revision.version, revision.comment FROM quintet_answerrevision revision"
            " JOIN quintet_item item ON item.id = revision.item_id WHERE revision.outcome = 'saved'"
        )
        stored = set(cursor.fetchall())
    session.close()
    return sorted(told - stored)


@pytest.mark.parametrize("database", [[]], indirect=True, ids=["as in production"])
def test_what_was_saved_is_there_and_saving_goes_on(database: servers.Server, writers: list[Writer]) -> None:
    kill_while_all_save(database, writers)
    wait_for(lambda: all((503, "5") in w.refused for w in writers), "nobody is told to come back later")
    before = [len(writer.acknowledged) for writer in writers]
    time.sleep(0.3)
    assert [len(writer.acknowledged) for writer in writers] == before, "saved without a database"
    database.start()
    took = wait_for(
        lambda: all(len(w.acknowledged) > n for w, n in zip(writers, before, strict=True)),
        "saving does not go on",
    )
    assert took < RECOVERY
    assert lost(database, writers) == []
    assert {status for writer in writers for status, _later in writer.refused} <= {503, 412}


@pytest.mark.parametrize(
    "database",
    [["-c", "synchronous_commit=off", "-c", "wal_writer_delay=10s"]],
    indirect=True,
    ids=["answering before it is written"],
)
def test_the_run_sees_what_is_lost(database: servers.Server, writers: list[Writer]) -> None:
    kill_while_all_save(database, writers)
    database.start()
    assert lost(database, writers), "nothing is lost: this run proves nothing"
