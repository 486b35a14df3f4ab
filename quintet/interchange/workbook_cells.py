"""`python -m quintet.interchange.workbook_cells`: an xlsx on standard input, its cells as JSON on the output.

A process of its own, with limits of its own, reads what strangers made: whatever the file does, the
portal only loses this process. It knows no Django, no database and no secret. Cells come as text.

What openpyxl fails at is the file's fault, what fails outside of it is ours: then the process ends with the
trace of it on its error output.
"""

import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from un20portal.lib import archives
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

MEMORY, SECONDS = 512 * 1024 * 1024, 10
ROWS, COLUMNS, SHEETS = 5000, 100, 60
CHARACTERS = 4_000_000  # of all cells together: every text of 65 items at its longest is half of it
LONGEST_CELL = 32_767  # more than that no spreadsheet keeps
TAGS = 250_000  # of all parts together: what a filled workbook has, ten times over
MOST_ERRORS = 20
FORBIDDEN = {
    "vbaproject": _("The workbook holds macros. Save it as an ordinary workbook (.xlsx) without them."),
    "externallink": _("The workbook has links to other files. Replace them by what they show."),
    "macrosheet": _("The workbook holds macros. Save it as an ordinary workbook (.xlsx) without them."),
    "activex": _("The workbook holds controls or embedded objects. Remove them."),
    "embeddings": _("The workbook holds controls or embedded objects. Remove them."),
    "connections": _("The workbook has connections to other data. Remove them."),
    "querytable": _("The workbook has connections to other data. Remove them."),
}
DEFINITIONS = _("The workbook holds definitions (DOCTYPE) that no spreadsheet program writes.")
SIGNS = [
    (re.compile(rb"<!(DOCTYPE|ENTITY)"), DEFINITIONS),
    (
        re.compile(rb"\A(\xff\xfe|\xfe\xff|<\0|\0<)"),
        DEFINITIONS,
    ),  # UTF-16 would hide them from the line above
    (re.compile(rb"macroEnabled"), FORBIDDEN["vbaproject"]),
    (
        re.compile(rb"<(\w+:)?mergeCell\b"),
        _("The workbook has merged cells, the one that was downloaded has none. Undo that."),
    ),
]
TOO_MUCH = _("The file unpacks to far more than a workbook of an assessment holds.")
# openpyxl and the parsers beneath it meet what they did not expect in all these ways
OF_A_BAD_FILE = (
    BadZipFile,
    ParseError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    EOFError,
    OSError,
)
OUT_OF_MEMORY = 3  # the exit code that says so
UNREADABLE = _("The file cannot be read as an Excel workbook (.xlsx): it is damaged or something else.")
Grid = list[list[Any]]


def main() -> None:
    """Read, judge, answer: either sheets or a refusal."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, Any] = {"sheets": sheets_of(sys.stdin.buffer.read())}
    except archives.TooMuch:  # its own advice is for documents
        answer = {"refused": asdict(InvalidInput(TOO_MUCH))}
    except InvalidInput as refusal:
        answer = {"refused": asdict(refusal)}
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    sys.stdout.write(json.dumps(answer))


def sheets_of(data: bytes) -> list[dict[str, Any]]:
    """Return name and rows of every sheet, a row as its number and its cells; raise InvalidInput."""
    _judge_parts(data)
    from openpyxl import load_workbook  # only now: what was refused above needs no half a second

    with _reading():
        book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False, keep_vba=False)
    names = [name.casefold() for name in book.sheetnames]
    if len(names) > SHEETS or len(set(names)) != len(names) or len(book.worksheets) != len(names):
        raise InvalidInput(_("The workbook has other sheets than the one that was downloaded."))
    formulas: list[FieldError] = []
    count = _Count()
    sheets = [{"name": sheet.title, "rows": list(_rows(sheet, count, formulas))} for sheet in book.worksheets]
    if formulas:
        message = _("The workbook holds formulas. Replace them by their values: copy, then paste as values.")
        raise InvalidInput(message, errors=formulas[:MOST_ERRORS])
    return sheets


@contextmanager
def _reading() -> Iterator[None]:
    """While openpyxl works: what it fails at becomes a refusal."""
    try:
        yield
    except OF_A_BAD_FILE as error:
        raise InvalidInput(UNREADABLE) from error


def _cells_of(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """The cells row by row, as openpyxl reads them."""
    with _reading():
        sheet.reset_dimensions()
        rows = sheet.iter_rows()
    while True:
        with _reading():
            cells = next(rows, None)
        if cells is None:
            return
        yield cells


class _Count:
    """How many characters of cells were met so far."""

    def __init__(self) -> None:
        self.left = CHARACTERS

    def add(self, text: str, place: str) -> str:
        self.left -= len(text)
        if self.left < 0:
            raise InvalidInput(_("The workbook holds far more text than its cells ask for."))
        if len(text) > LONGEST_CELL:
            message = _("Cell %(cell)s holds more text than a spreadsheet can keep. Shorten it.")
            raise InvalidInput(message, {"cell": place})
        return text


def _judge_parts(data: bytes) -> None:
    """Look at every part as bytes, before any program that understands XML does."""
    found: set[str] = set()
    tags = 0
    for name, content in archives.members(data):
        found.add(name)
        if message := next((text for sign, text in FORBIDDEN.items() if sign in name.casefold()), None):
            raise InvalidInput(message)
        if message := next((text for sign, text in SIGNS if sign.search(content)), None):
            raise InvalidInput(message)
        tags += content.count(b"<")
        if tags > TAGS:
            raise InvalidInput(_("The workbook holds far more cells than the one that was downloaded."))
    if "[Content_Types].xml" not in found:
        raise InvalidInput(
            _("The file is no Excel workbook. In your program choose “Save as” and the type .xlsx.")
        )


def _rows(sheet: Any, count: _Count, formulas: list[FieldError]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold anything, counted while they are read: a sheet may lie about its size."""
    for number, cells in enumerate(_cells_of(sheet), start=1):
        if number > ROWS or len(cells) > COLUMNS:
            message = _("Sheet %(sheet)s has cells far outside of the table: delete them.")
            raise InvalidInput(message, {"sheet": sheet.title})
        texts = _texts(sheet.title, cells, count, formulas)
        if any(texts):
            yield number, texts


def _texts(title: str, cells: Iterable[Any], count: _Count, formulas: list[FieldError]) -> list[str]:
    texts = []
    for cell in cells:
        if cell.value is None:
            texts.append("")
            continue
        place = f"{title}!{cell.coordinate}"
        if cell.data_type == "f":
            formulas.append(FieldError(place, "formula", _("This cell holds a formula.")))
            texts.append("")
            continue
        texts.append(count.add(_text(cell.value), place))
    return texts


def _text(value: Any) -> str:
    """Write a value as text: 3.0 as 3, a day as 2026-11-02; the carriage returns of Excel as such."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time | timedelta):
        return value.isoformat() if not isinstance(value, timedelta) else str(value)
    return str(value).replace("_x000D_", "\r")


if __name__ == "__main__":
    main()
