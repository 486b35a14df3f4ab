"""Worlds that take long to make: a test process makes each once, later tests get its rows put back.

Each test has a world of its own all the same: what it changes is gone with its transaction, or when its
database is emptied, and what is put back is what was made. Only what is in the database is kept, not what
waits in the broker.
"""

from collections.abc import Callable, Hashable
from copy import deepcopy
from functools import wraps
from io import BytesIO
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import connection, transaction

from tests.guards import MADE_BY_MIGRATE
from tests.processes import forget_wake_ups

Asked = ParamSpec("Asked")
Made = TypeVar("Made")
Rows = dict[str, Any]  # by table, in the form in which its database takes them fastest


def kept(make: Callable[Asked, Made]) -> Callable[Asked, Made]:
    """Keep what a function makes in an empty database, and what it returns, by its arguments."""
    found: dict[Hashable, tuple[Made, Rows]] = {}

    @wraps(make)
    def world(*arguments: Asked.args, **options: Asked.kwargs) -> Made:
        asked = (arguments, tuple(options.items()))
        if asked in found:
            _put_back(found[asked][1])
        else:
            assert not all_rows(), "a world is made in an empty database"
            found[asked] = make(*arguments, **options), all_rows()
            forget_wake_ups(settings.REDIS_URL)
        return deepcopy(found[asked][0])

    return world


def all_rows() -> Rows:
    """All rows of all tables that have any."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        found = {table: _read(cursor, table) for table in tables if table not in MADE_BY_MIGRATE}
    return {table: rows for table, rows in found.items() if rows}


def _read(cursor: Any, table: str) -> Any:
    if connection.vendor != "postgresql":
        return cursor.execute(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608  # a table of our own models
    cursor.copy_expert(f'COPY "{table}" TO STDOUT (FORMAT binary)', rows := BytesIO())
    return rows.getvalue() if cursor.rowcount else None


def _put_back(found: Rows) -> None:
    """Nothing has to be said to sequences: they never go back, so no number is given twice."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in found.items():
            if connection.vendor == "postgresql":
                cursor.copy_expert(f'COPY "{table}" FROM STDIN (FORMAT binary)', BytesIO(rows))
            else:
                places = ", ".join(["%s"] * len(rows[0]))
                statement = f'INSERT INTO "{table}" VALUES ({places})'  # noqa: S608  # a table of our own models
                cursor.executemany(statement, rows)
