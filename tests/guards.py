"""Switching the append-only triggers off, as only the owner of the database can: to empty and to tamper."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations

from un20portal.lib.append_only import TRIGGER, append_only_tables

OFF, ON = f"DISABLE TRIGGER {TRIGGER}", f"ENABLE ALWAYS TRIGGER {TRIGGER}"


@contextmanager
def unguarded() -> Iterator[None]:
    """Change append-only rows inside this block, all or nothing. On SQLite nothing guards them."""
    with transaction.atomic():
        _alter(OFF)
        yield
        _alter(ON)


@contextmanager
def flush_unguarded() -> Iterator[None]:
    """Let Django empty all tables after a transactional test: the triggers are off for that alone."""
    flush = DatabaseOperations.sql_flush

    def sql_flush(operations: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        return [*_statements(OFF), *flush(operations, style, tables, **options), *_statements(ON)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


def _alter(change: str) -> None:
    if connection.vendor != "postgresql":
        return
    connection.check_constraints()  # a table with checks put off to the end of the transaction cannot change
    with connection.cursor() as cursor:
        for statement in _statements(change):
            cursor.execute(statement)


def _statements(change: str) -> list[str]:
    return [f"ALTER TABLE {table} {change};" for table in append_only_tables()]
