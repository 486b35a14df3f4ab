"""Very many rows at once as numpy columns: PostgreSQL's binary COPY, or plain rows on SQLite.

For workers: whoever imports this imports numpy, which has no place in the memory of a web process.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, models

Columns = npt.NDArray[Any]
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)  # signature, no flags, no extension
END = b"\xff\xff"


def read_columns(rows: "models.QuerySet[Any, tuple[Any, ...]]", dtype: npt.DTypeLike) -> Columns:
    """Return the rows of a `values_list` as a structured array: one field of `dtype` per column, in order.

    Columns are bigint (`i8`) or bytes of one length (`V65`), and never null: raises ValueError for others.
    """
    wanted = np.dtype(dtype)
    if connection.vendor == "postgresql":
        return _parse(_copied(rows), wanted)
    widths = [wanted[name].itemsize for name in wanted.names or ()]
    found = list(rows)  # to the end, before any row is refused: the cursor is closed then
    return np.array([tuple(map(_checked, row, widths)) for row in found], dtype=wanted)


def write_columns(model: type[models.Model], parts: Iterable[Columns]) -> None:
    """Insert structured arrays: a field of the array is a column of the table; the others stay null."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return
    names = list(dict.fromkeys(name for part in parts for name in part.dtype.names or ()))
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            stream = BytesIO(b"".join([HEADER, *(_binary(part, names) for part in parts), END]))
            cursor.copy_expert(f"COPY {table} ({quoted}) FROM STDIN (FORMAT binary)", stream)
        else:
            places = ", ".join(["%s"] * len(names))
            rows = [row for part in parts for row in _rows(part, names)]
            cursor.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({places})", rows)  # noqa: S608  names are quoted


def _copied(rows: "models.QuerySet[Any, tuple[Any, ...]]") -> memoryview:
    """The binary COPY of what the query finds."""
    stream = BytesIO()
    with connection.cursor() as cursor:
        query = cursor.mogrify(*rows.query.sql_with_params()).decode()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", stream)
    return stream.getbuffer()[len(HEADER) : -len(END)]


def _framed(wanted: np.dtype[Any]) -> np.dtype[Any]:
    """A tuple of binary COPY: how many columns, then each with its length before it, in network order."""
    columns = [
        part
        for name in wanted.names or ()
        for part in ((f"length of {name}", ">i4"), (name, wanted[name].newbyteorder(">")))
    ]
    return np.dtype([("columns", ">i2"), *columns])


def _parse(data: memoryview, wanted: np.dtype[Any]) -> Columns:
    framed = _framed(wanted)
    if len(data) % framed.itemsize:
        raise ValueError("a column has another width, or is null")
    found = np.frombuffer(data, dtype=framed)
    for name in wanted.names or ():
        if (found[f"length of {name}"] != wanted[name].itemsize).any():
            raise ValueError(f"the column {name} has another width, or is null")
    return found


def _binary(part: Columns, names: list[str]) -> bytes:
    own = part.dtype.names or ()
    layout: list[tuple[str, Any]] = [("columns", ">i2")]
    for name in names:
        layout.append((f"length of {name}", ">i4"))
        if name in own:
            layout.append((name, part.dtype[name].newbyteorder(">")))
    framed = np.empty(len(part), dtype=layout)
    framed["columns"] = len(names)
    for name in names:
        framed[f"length of {name}"] = part.dtype[name].itemsize if name in own else -1  # −1 is null
        if name in own:
            framed[name] = part[name]
    return framed.tobytes()


def _rows(part: Columns, names: list[str]) -> Iterable[tuple[Any, ...]]:
    own = part.dtype.names or ()
    columns = [part[name].tolist() if name in own else [None] * len(part) for name in names]
    return zip(*columns, strict=True)


def _checked(value: Any, width: int) -> Any:
    """A value as SQLite gives it: numpy would pad or cut bytes of another width without a word."""
    if value is None or (isinstance(value, bytes) and len(value) != width):
        raise ValueError("a column has another width, or is null")
    return value
