"""The portal's Celery application with a job that leaves a mark: `celery -A tests.faults.counting worker`.

Each job writes its number into a table that forbids nothing, so that one done twice shows; then it passes a
gate, which a test may close: so it can be met in the middle of a job, however fast or slow the machine is.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from celery.signals import worker_process_init
from django.db import connection

from un20portal.celery import app

__all__ = ["app"]
TOPIC = "tests.count"
GATE = "tests_gate"  # closed while a session holds this table
PATIENCE = "TEST_VISIBILITY_TIMEOUT"  # seconds after which the broker gives a job to somebody else, too

if patience := os.environ.get(PATIENCE):
    app.conf.broker_transport_options = {
        **app.conf.broker_transport_options,
        "visibility_timeout": int(patience),
        "unacked_restore_interval": 1,
    }


@worker_process_init.connect
def know_the_topic(**_arguments: Any) -> None:
    from un20portal.outbox.services import subscribe  # reads models, which stand only now

    subscribe(TOPIC, count)


def count(*, number: int, at: datetime) -> None:
    """Do the job: leave its number, and pass the gate, however long it is closed."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tests_effect VALUES (%s)", [number])
        cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
        cursor.execute(f"LOCK TABLE {GATE} IN ROW SHARE MODE")


@contextmanager
def effects_table() -> Iterator[None]:
    """Have the table, and the gate, as long as the test."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE tests_effect (number integer)")
        cursor.execute(f"CREATE TABLE {GATE} ()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE tests_effect, {GATE}")


def effects() -> Counter[int]:
    """How often each job was done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM tests_effect")
        return Counter(number for (number,) in cursor.fetchall())
