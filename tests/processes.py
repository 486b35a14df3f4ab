"""Real processes for tests: workers, beat and web servers that can be stopped, killed and listened to."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg2
import pytest
import redis
from django.db import connection
from psycopg2 import sql

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent


class Office:
    """LibreOffice on this machine, with a profile of its own so that two test processes do not meet."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder

    def resave(self, workbook: bytes) -> bytes:
        """Open a workbook as a person would and save it again as xlsx."""
        return self._converted(workbook, "xlsx:Calc MS Excel 2007 XML")

    def printed(self, workbook: bytes) -> bytes:
        """Open a workbook and print all of its sheets: a PDF."""
        return self._converted(workbook, "pdf")

    def _converted(self, workbook: bytes, target: str) -> bytes:
        before, folder = self._folder / "before.xlsx", self._folder / "after"
        after = folder / f"before.{target.partition(':')[0]}"
        before.write_bytes(workbook)
        profile = f"-env:UserInstallation={(self._folder / 'profile').as_uri()}"
        asked = ["--convert-to", target, "--outdir", str(folder)]
        command = [str(self._program), profile, "--headless", *asked, str(before)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert after.exists(), done.stderr
        return after.read_bytes()


class Process:
    """One program with its children, in a session of their own so that all can be killed at once."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], log: Path, folder: Path = ROOT
    ) -> None:
        self.command, self.environment, self.log, self.folder = list(command), dict(environment), log, folder
        # PostgreSQL shows under this name whose session is whose
        self.environment["PGAPPNAME"] = self.mark = f"test-{uuid.uuid4().hex[:12]}"
        self.start()

    def start(self) -> None:
        """Start the program, for the first time or again."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._is_over = False

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """`kill -9` the program and all its children."""
        self._kill_all()
        self._process.wait()

    def stop(self, *, seconds: float = 20) -> int:
        """Ask the program to end and return its exit code; kill what is left after `seconds`."""
        self._process.terminate()
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        self._kill_all()
        self._process.wait()
        return code

    def end(self) -> None:
        """Kill it with its children, and wait until the database has let go of it."""
        self.kill()
        problem = servers.wait_until_fine(lambda: "a session stays" if self._has_sessions() else None)
        assert problem is None, problem

    def _has_sessions(self) -> bool:
        if connection.vendor != "postgresql":
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = %s", [self.mark])
            return cursor.fetchone() is not None

    def wait_until(self, problem: Callable[[], str | None], *, seconds: float = servers.PATIENCE) -> None:
        """Wait until `problem()` finds none; fail with the program's output when it ends or time is up."""
        last = servers.wait_until_fine(lambda: problem() if self.is_running else None, seconds=seconds)
        if last or not self.is_running:
            pytest.fail(f"{' '.join(self.command)}: {last or 'ended'}\n{self.output}")

    def _kill_all(self) -> None:
        if self._is_over:  # by now its number may be that of somebody else
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._is_over = True


class Worker(Process):
    """A Celery worker; `name` is what it answers to."""

    def __init__(
        self, *, environment: Mapping[str, str], log: Path, concurrency: int = 2, app: str = "un20portal"
    ) -> None:
        self.name = f"test-{uuid.uuid4().hex[:8]}@localhost"
        options = ["--concurrency", str(concurrency), "--hostname", self.name, "--loglevel", "INFO"]
        command = [str(PROGRAMS / "celery"), "-A", app, "worker", *options]
        super().__init__(command, environment=environment, log=log)

    def wait_until_ready(self) -> None:
        """Wait until the worker answers through the broker."""
        self.wait_until(self._problem)

    def kill_children(self) -> None:
        """`kill -9` those that do the work; the one that gives it to them lives."""
        for child in servers.children_of(self._process.pid):
            os.kill(child, signal.SIGKILL)

    def _problem(self) -> str | None:
        from un20portal.celery import app

        answers = app.control.ping(destination=[self.name], timeout=0.5)
        return None if answers else "does not answer"


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a program that works on this test's database and Redis numbers."""
    here = dict(os.environ, DJANGO_SETTINGS_MODULE="un20portal.settings", PYTHONPATH=str(ROOT))
    here["PATH"] = f"{PROGRAMS}{os.pathsep}{here['PATH']}"
    if connection.vendor == "postgresql":
        here["DATABASE_URL"] = servers.with_path(here["DATABASE_URL"], connection.settings_dict["NAME"])
    return here | more


@cache
def _broker(url: str) -> redis.Redis:
    return redis.Redis.from_url(url)


def forget_wake_ups(url: str) -> None:
    """Take from the broker what earlier tests published and nobody, or a worker that was killed, received."""
    if url:
        _broker(url).delete("celery", "unacked", "unacked_index")


@contextmanager
def scratch_database(template: str = "template1") -> Iterator[str]:
    """Create a PostgreSQL database beside the tests' own, drop it afterwards; yield its address."""
    server, name = os.environ["TEST_DATABASE_URL"], f"un20_scratch_{uuid.uuid4().hex[:12]}"
    _administer(server, "CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield servers.with_path(server, name)
    finally:
        _administer(server, "DROP DATABASE {} WITH (FORCE)", name)


def _administer(server: str, statement: str, *names: str) -> None:
    administration = psycopg2.connect(server)
    administration.autocommit = True
    with administration.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
    administration.close()
