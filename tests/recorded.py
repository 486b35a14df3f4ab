"""A world that many tests begin with: built by services once in a process, then its rows are written again.

A test has it in its own transaction, as if it had been built there: no test sees what another one did.
"""

from collections.abc import Callable
from copy import deepcopy
from io import BytesIO
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.db import connection

World = TypeVar("World")
APPS = ("entities", "quintet", "scorecards", "roadmap", "outbox")


class Recorded(Generic[World]):
    """What `build` returns, with its rows. It comes first in a test: its rows keep their numbers."""

    def __init__(self, build: Callable[[], World]) -> None:
        self._build = build
        self._kept: tuple[World, dict[str, Any]] | None = None

    def __call__(self) -> World:
        if not connection.in_atomic_block:  # what a commit sets going belongs to it
            return self._build()
        if self._kept is None:
            assert not any(_rows().values()), "something was written before the world"
            world = self._build()
            self._kept = deepcopy(world), _rows()
            return world
        world, rows = self._kept
        _write(rows)
        return deepcopy(world)


def _rows() -> dict[str, Any]:
    """The rows of each table in the form in which its database takes them fastest."""
    tables = [
        connection.ops.quote_name(model._meta.db_table)
        for app in APPS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    ]
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in tables:
            if connection.vendor == "postgresql":
                cursor.copy_expert(f"COPY {table} TO STDOUT (FORMAT binary)", file := BytesIO())
                found[table] = file.getvalue() if cursor.rowcount else b""
            else:
                cursor.execute(f"SELECT * FROM {table}")  # noqa: S608  tables of our own models
                found[table] = cursor.fetchall()
    return found


def _write(found: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for table, rows in found.items():
            if rows and connection.vendor == "postgresql":
                cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT binary)", BytesIO(rows))
            elif rows:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608
