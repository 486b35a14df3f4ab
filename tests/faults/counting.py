"""The portal's Celery application with a job that leaves a mark: `celery -A tests.faults.counting worker`.

Each job writes its number into a table that forbids nothing, so that one done twice shows.
"""

import os
import time
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


def count(*, number: int, at: datetime, seconds: float = 0) -> None:
    """Do the job: leave its number, and take some time."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tests_effect VALUES (%s)", [number])
    time.sleep(seconds)


@contextmanager
def effects_table() -> Iterator[None]:
    """Have the table as long as the test."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE tests_effect (number integer)")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE tests_effect")


def effects() -> Counter[int]:
    """How often each job was done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM tests_effect")
        return Counter(number for (number,) in cursor.fetchall())
