"""Switching the append-only triggers off, as only the owner of the database can: to empty and to tamper."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connection, transaction

from un20portal.lib.append_only import TRIGGER, append_only_tables

OFF, ON = f"DISABLE TRIGGER {TRIGGER}", f"ENABLE ALWAYS TRIGGER {TRIGGER}"

CHECK = "SET CONSTRAINTS ALL IMMEDIATE;"  # a table with checks put off to the end cannot change
MADE_BY_MIGRATE = {"django_content_type", "auth_permission"}


@contextmanager
def unguarded() -> Iterator[None]:
    """Change append-only rows inside this block, all or nothing. On SQLite nothing guards them."""
    with transaction.atomic():
        _alter(OFF)
        yield
        _alter(ON)


@contextmanager
def quick_flush() -> Iterator[None]:
    """Let Django empty all tables after a transactional test: the triggers are off for that alone.

    DELETE, as tests leave few rows: TRUNCATE makes new files for every table and index. What `migrate` makes
    for the models themselves stays, and so is not made again.
    """

    def sql_flush(operations: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        own = [operations.quote_name(table) for table in tables if table not in MADE_BY_MIGRATE]
        statements = [f"DELETE FROM {table};" for table in own]  # noqa: S608  tables of our own models
        if operations.connection.vendor != "postgresql":
            return statements
        return [*_statements(OFF), *statements, CHECK, *_statements(ON)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connection.ops), "sql_flush", sql_flush)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_args, **_options: None)
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
