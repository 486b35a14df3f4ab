"""Reading a filled workbook: a child process reads the cells, here they become rows of the assessment.

Nothing is looked up and nothing is written: whether the rows fit the assessment is judged by services.
"""

import fcntl
import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from quintet.domain.workbooks import (
    FilledBook,
    FilledRow,
    Passport,
    Place,
    column_name,
    is_same_text,
    level_of,
)
from quintet.interchange import workbook_cells, workbook_passport
from un20portal.lib import archives
from un20portal.lib.errors import FieldError, InvalidInput, Unavailable
from un20portal.lib.errors import marked as _

logger = logging.getLogger(__name__)
LARGEST = 10 * 1024 * 1024
WALL_SECONDS = 20  # ten of its own at most; a busy machine needs more of ours
AT_ONCE = 2  # children on one machine, up to 512 MB each
TURN_SECONDS = 10  # that a person waits for one of them to end
COMMAND = [sys.executable, "-E", "-s", "-m", "quintet.interchange.workbook_cells"]
ENVIRONMENT = {"LANG": "C.UTF-8"}  # nothing of ours: no secret, no address of a database
ROOT = Path(__file__).resolve().parents[2]
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # a compound file: .xls, or an .xlsx behind a password
MOST_ERRORS = 20
Grids = Mapping[str, Mapping[int, Sequence[str]]]  # sheet → row number → texts


def read_workbook(data: bytes) -> FilledBook:
    """Return what a filled workbook holds; raise InvalidInput that says what to do."""
    _judge_kind(data)
    grids = _grids(_cells(data))
    hidden = grids.get(workbook_passport.SHEET)
    if hidden is None:
        raise InvalidInput(workbook_passport.NOT_OURS)
    passport = workbook_passport.read_passport([hidden[number] for number in sorted(hidden)])
    _judge_structure(passport, grids)
    known = workbook_passport.known_words(passport)
    rows = [
        _row(place, grids[place.sheet][place.row], passport.level_column, known) for place in passport.places
    ]
    return FilledBook(passport, rows, hashlib.sha256(data).hexdigest())


def _judge_kind(data: bytes) -> None:
    if len(data) > LARGEST:
        message = _("The file is larger than the %(most)s MB that are allowed.")
        raise InvalidInput(message, {"most": LARGEST // 1024 // 1024})
    if data.startswith(OLD_OR_LOCKED):
        raise InvalidInput(
            _("The file has a password or is an old .xls. Save it as .xlsx without a password.")
        )
    if not data.startswith(archives.MAGIC):
        raise InvalidInput(
            _("The file is no Excel workbook. In your program choose “Save as” and the type .xlsx.")
        )


def _cells(data: bytes) -> list[dict[str, Any]]:
    """Let the child process read the file; it gets nothing of our environment.

    Killed by its limits it met a file that is too heavy; any other failure is ours and raises RuntimeError.
    """
    try:
        with _turn():
            done = subprocess.run(  # noqa: S603  our own program, no part of the command is from outside
                COMMAND,
                check=False,
                input=data,
                capture_output=True,
                cwd=ROOT,
                env=ENVIRONMENT,
                timeout=WALL_SECONDS,
            )
    except subprocess.TimeoutExpired as error:
        raise InvalidInput(_too_heavy()) from error
    if done.returncode < 0 or done.returncode == workbook_cells.OUT_OF_MEMORY:
        raise InvalidInput(_too_heavy())
    if done.returncode:
        logger.error("the reader of workbooks failed: %s", done.stderr.decode(errors="replace"))
        raise RuntimeError(f"the reader of workbooks failed with code {done.returncode}")
    answer = json.loads(done.stdout)
    if refused := answer.get("refused"):
        errors = [FieldError(**error) for error in refused["errors"]]
        raise InvalidInput(refused["message"], refused["params"], errors)
    sheets: list[dict[str, Any]] = answer["sheets"]
    return sheets


@contextmanager
def _turn() -> Iterator[None]:
    """Hold one of the places for a child; raise Unavailable when none becomes free."""
    file = _free_place(until=time.monotonic() + TURN_SECONDS)
    try:
        yield
    finally:
        os.close(file)  # which gives the place back, as the end of the process does


def _free_place(*, until: float) -> int:
    while True:
        for number in range(AT_ONCE):
            file = os.open(lock_file(number), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return file
            os.close(file)
        if time.monotonic() > until:
            raise Unavailable(_("Other workbooks are being read: nothing was saved. Try again in a minute."))
        time.sleep(0.1)


def lock_file(number: int) -> Path:
    """The file whose lock is one place for a child; it stays empty."""
    return Path(tempfile.gettempdir()) / f"un20-portal-{os.getuid()}-workbook-{number}.lock"


def _too_heavy() -> str:
    return _("Reading the workbook takes too much time or memory. Download a fresh one and fill that.")


def _grids(sheets: list[dict[str, Any]]) -> Grids:
    return {sheet["name"]: dict(sheet["rows"]) for sheet in sheets}


def _judge_structure(passport: Passport, grids: Grids) -> None:
    """Every item stands where it was put, and nothing stands elsewhere."""
    expected = {(place.sheet, place.row): place.item for place in passport.places}
    sheets = {place.sheet for place in passport.places}
    # the first sheet, the guidance, has a name in the language of the person
    if not sheets <= set(grids) or len(set(grids) - sheets - {workbook_passport.SHEET}) > 1:
        raise InvalidInput(_("The workbook has other sheets than the one that was downloaded."))
    message = _("Here should be “%(text)s”.")
    errors = [
        FieldError(f"{sheet}!{column_name(number)}1", "moved", message, {"text": head})
        for sheet in sorted(sheets)
        for number, head in enumerate(passport.heads)
        if not is_same_text(_cell(grids[sheet].get(1, ()), number), head)
    ]
    errors += [
        FieldError(f"{sheet}!A{row}", "moved", message, {"text": item})
        for (sheet, row), item in expected.items()
        if _cell(grids[sheet].get(row, ()), 0).strip() != item
    ]
    for sheet in sorted(sheets):
        for row, texts in grids[sheet].items():
            is_ours = row == 1 or (sheet, row) in expected
            errors += _strays(sheet, row, texts, len(passport.heads), is_ours=is_ours)
    if errors:
        message = _(
            "Rows or columns of the workbook were added, moved or removed. Put them back as they were."
        )
        raise InvalidInput(message, errors=errors[:MOST_ERRORS])


def _strays(sheet: str, row: int, texts: Sequence[str], width: int, *, is_ours: bool) -> list[FieldError]:
    message = _("This cell is outside of the table: move its text into a comment.")
    return [
        FieldError(f"{sheet}!{column_name(number)}{row}", "outside", message)
        for number, text in enumerate(texts)
        if text and (number >= width or not is_ours)
    ]


def _row(place: Place, texts: Sequence[str], column: int, words: Mapping[str, str]) -> FilledRow:
    """Read one row: the texts of the item, then level, reason and comment from `column` on."""
    state, claimed = level_of(_cell(texts, column), words)
    return FilledRow(
        item=place.item,
        cell=f"{place.sheet}!{column_name(column)}{place.row}",
        state=state,
        claimed=claimed,
        na_reason=_cell(texts, column + 1),
        comment=_cell(texts, column + 2),
        version=place.version,
        locked=tuple(texts[:column]),
    )


def _cell(texts: Sequence[str], number: int) -> str:
    return texts[number] if number < len(texts) else ""
