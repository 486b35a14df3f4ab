"""Sessions of the test's PostgreSQL database: those that hold rows and locks, that wait, that live."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.db import connection
from django.db.models import Model

from quintet.models import Cycle
from scorecards.services import locking
from tests import processes, servers


@contextmanager
def held(row: Model) -> Iterator[Any]:
    """Hold a row in a session of our own, whose cursor is given; what it did is committed at the end."""
    with _session() as cursor:
        cursor.execute(f"SELECT 1 FROM {row._meta.db_table} WHERE id = %s FOR UPDATE", [row.pk])  # noqa: S608
        yield cursor


@contextmanager
def computing(cycle: Cycle) -> Iterator[None]:
    """Hold what a computation of the cycle holds: whoever else computes it waits until the end."""
    with _session() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [locking.LOCKS, cycle.pk])
        yield


@contextmanager
def table_held(table: str) -> Iterator[None]:
    """Hold a whole table: whoever writes into it waits until the end."""
    with _session() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield


@contextmanager
def _session() -> Iterator[Any]:
    session = psycopg2.connect(processes.environment()["DATABASE_URL"])
    try:
        with session, session.cursor() as cursor:
            yield cursor
    finally:
        session.close()


def until(is_true: Callable[[], bool], what: str, *, seconds: float = servers.PATIENCE) -> None:
    """Wait until it is true, or fail with `what`."""
    problem = servers.wait_until_fine(lambda: None if is_true() else what, seconds=seconds)
    assert problem is None, problem


def waiting_sessions() -> list[int]:
    """The sessions of this database that wait for a lock."""
    return _sessions("wait_event_type = 'Lock'")


def is_alive(session: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [session])
        return cursor.fetchone() is not None


def _sessions(condition: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction would see the same ones for ever
        cursor.execute(
            f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND {condition}"  # noqa: S608
        )
        return [pid for (pid,) in cursor.fetchall()]
