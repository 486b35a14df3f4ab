"""Writing the workbook of an assessment: plain rows in, bytes out. Nothing in it is a formula."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from django.utils.translation import get_language_bidi, gettext
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from quintet.domain.answers import LONGEST_TEXT, NA, UNANSWERED
from quintet.domain.workbooks import (
    FIRST_ROW,
    Book,
    BookDimension,
    BookItem,
    Passport,
    storable,
    word_of,
)
from quintet.interchange import workbook_passport

INK, SOFT, LINE, HEAD, TINT, INPUT = "#17212b", "#4a5866", "#b8c4ce", "#0b4f8a", "#eef3f7", "#fff8dc"
GUIDANCE_WIDTH, CODE_WIDTH, QUESTION_WIDTH, TEXT_WIDTH, LEVEL_WIDTH, INPUT_WIDTH = 95, 11, 42, 26, 15, 46
LONGEST_TITLE, LONGEST_HINT = 32, 255  # of what a program shows beside a cell
LTR, RTL = 1, 2


class ProtectedWorkbook(Workbook):
    """A workbook whose sheets can be neither renamed nor moved nor removed."""

    def _write_workbook_pr(self) -> None:
        super()._write_workbook_pr()
        self._xml_empty_tag("workbookProtection", [("lockStructure", "1")])


@dataclass(frozen=True)
class Look:
    """The formats of one workbook."""

    head: Any
    code: Any
    english: Any
    named: Any
    locked: Any
    title: Any
    plain: Any
    step: Any
    level: Any
    text: Any


def write_workbook(book: Book) -> bytes:
    """Return the workbook as xlsx, its words in the reader's language, right to left where that is."""
    passport = replace(book.passport, words=workbook_passport.words(), heads=_heads(book))
    book = replace(book, passport=passport)
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = ProtectedWorkbook(out, options)
    workbook.set_properties({"title": storable(book.title), "author": gettext("UN 2.0 portal")})
    look = _look(workbook)
    codes = [dimension.code for dimension in book.dimensions]
    guidance = sheet_name(gettext("Guidance"), instead="Guidance", taken=codes)
    _write_guidance(_sheet(workbook, guidance), book, look)
    for dimension in book.dimensions:
        _write_dimension(_sheet(workbook, dimension.code), dimension, book, look)
    _write_passport(_sheet(workbook, workbook_passport.SHEET), book)
    workbook.close()
    return out.getvalue()


def _heads(book: Book) -> tuple[str, ...]:
    heads = [
        gettext("Item"),
        gettext("Question"),
        *(gettext("Level %(level)s") % {"level": level.value} for level in book.levels),
        gettext("Claimed level"),
        gettext("Why it does not apply"),
        gettext("Comment and evidence"),
        gettext("Evidence on the portal"),
    ]
    return tuple(map(storable, heads))


def _look(workbook: Workbook) -> Look:
    base = {"font_name": "Arial", "font_size": 10, "font_color": INK, "text_wrap": True, "valign": "top"}
    boxed = {**base, "border": 1, "border_color": LINE}
    side = RTL if get_language_bidi() else LTR
    return Look(
        head=workbook.add_format(
            {**boxed, "bold": True, "font_color": "#ffffff", "bg_color": HEAD, "reading_order": side}
        ),
        code=workbook.add_format({**boxed, "bold": True, "bg_color": TINT, "reading_order": LTR}),
        english=workbook.add_format({**boxed, "bg_color": TINT, "reading_order": LTR, "align": "left"}),
        named=workbook.add_format({**boxed, "bg_color": TINT, "reading_order": side}),
        locked=workbook.add_format({**boxed, "bg_color": TINT, "font_color": SOFT}),
        title=workbook.add_format({**base, "bold": True, "font_size": 16, "reading_order": side}),
        plain=workbook.add_format({**base, "font_size": 11, "reading_order": side}),
        step=workbook.add_format({**base, "font_size": 11, "bold": True, "align": "right"}),
        level=workbook.add_format(
            {**boxed, "bg_color": INPUT, "locked": False, "align": "center", "bold": True}
        ),
        text=workbook.add_format({**boxed, "bg_color": INPUT, "locked": False}),
    )


def _sheet(workbook: Workbook, name: str) -> Worksheet:
    sheet = workbook.add_worksheet(name)
    if get_language_bidi():
        sheet.right_to_left()
    sheet.protect("", {"format_columns": True, "format_rows": True})
    return sheet


def sheet_name(wanted: str, *, instead: str, taken: Iterable[str]) -> str:
    """The name of a sheet in the reader's language, as spreadsheets allow names, or the one `instead`."""
    name = "".join(character for character in wanted if character not in "[]:*?/\\'")[:31]
    return name if name and name.casefold() not in {one.casefold() for one in taken} else instead


def _write_guidance(sheet: Worksheet, book: Book, look: Look) -> None:
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, GUIDANCE_WIDTH)
    sheet.hide_gridlines(2)
    _set_print(sheet, book.title)
    sheet.write_string(0, 1, storable(book.title), look.title)
    sheet.set_row(0, 26)
    texts = _guidance(book)
    for row, text in enumerate(texts, start=1):  # beside each other, never merged: merged cells are refused
        sheet.write_string(row, 0, str(row - 1) if row > 1 else "", look.step)
        sheet.write_string(row, 1, storable(text), look.plain)
        sheet.set_row(row, 16 * (1 + len(text) // GUIDANCE_WIDTH) + 4)
    row = len(texts) + 2
    for heading, lines, text_look in _tables(book, look):
        sheet.write_string(row, 0, storable(heading), look.head)
        sheet.write_string(row, 1, "", look.head)
        for offset, (left, right) in enumerate(lines, start=1):
            sheet.write_string(row + offset, 0, storable(left), look.code)
            sheet.write_string(row + offset, 1, storable(right), text_look)
        row += len(lines) + 2


def _guidance(book: Book) -> list[str]:
    draft = gettext(
        "The framework is a draft of this project and not a UN document. "
        "Its text exists only in English so far."
    )
    if not book.may_edit:
        return [
            draft,
            gettext("This copy is for reading: the assessment cannot be changed now, or not by you."),
        ]
    return [
        draft,
        gettext(
            "One sheet per dimension, one row per item. Fill only the yellow cells; all others are locked."
        ),
        gettext("Choose the level from the list in the cell: the highest one whose text is true today."),
        gettext(
            "Say in the comment what the level rests on. To leave an item open, choose that and say why. "
            "“Not applicable” needs a reason; only some items have it."
        ),
        gettext("Do not use formulas, and do not add, move or remove rows, columns or sheets."),
        gettext(
            "Upload the file on the page of the assessment. You see what would change, item by item, "
            "and nothing is written before you confirm it."
        ),
    ]


def _tables(book: Book, look: Look) -> list[tuple[str, list[tuple[str, str]], Any]]:
    """The scale, in the framework's language, and the list of sheets, in the reader's."""
    scale = [(f"{level.value} – {level.label}", level.means) for level in book.levels]
    names = [(dimension.code, dimension.name) for dimension in book.dimensions]
    return [(gettext("Level"), scale, look.english), (gettext("Sheet"), names, look.named)]


def _write_dimension(sheet: Worksheet, dimension: BookDimension, book: Book, look: Look) -> None:
    heads = book.passport.heads
    for number, head in enumerate(heads):
        sheet.write_string(0, number, head, look.head)
    sheet.set_row(0, 22)
    texts = [TEXT_WIDTH] * len(book.levels)
    widths = [GUIDANCE_WIDTH, CODE_WIDTH, QUESTION_WIDTH, *texts, LEVEL_WIDTH, 30, INPUT_WIDTH, 34]
    for number, width in enumerate(widths):
        sheet.set_column(number, number, width)
    sheet.freeze_panes(1, 2)
    sheet.repeat_rows(0)
    _set_print(sheet, f"{dimension.code} · {dimension.name} · {book.title}")
    for offset, item in enumerate(dimension.items):
        _write_item(sheet, FIRST_ROW - 1 + offset, item, book.passport, look)


def _set_print(sheet: Worksheet, heading: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_header("&L" + storable(heading).replace("&", "&&")[:200])


def _write_item(sheet: Worksheet, row: int, item: BookItem, passport: Passport, look: Look) -> None:
    column, words = passport.level_column, dict(passport.words)
    for number, text in enumerate(item.locked):
        sheet.write_string(row, number, text, look.english if number else look.code)
    said = word_of(item.value, item.version, words)
    level_look, text_look = (look.level, look.text) if item.may_edit else (look.locked, look.locked)
    reason_look = text_look if item.na_allowed else look.locked
    if isinstance(said, int):
        sheet.write_number(row, column, said, level_look)
    else:
        sheet.write_string(row, column, said, level_look)
    sheet.write_string(row, column + 1, storable(item.value.na_reason), reason_look)
    sheet.write_string(row, column + 2, storable(item.value.comment), text_look)
    sheet.write_string(row, column + 3, storable(item.evidence), look.locked)
    sheet.set_row(row, _height(item))
    if item.may_edit:
        _offer(sheet, row, column, item, words)


def _height(item: BookItem) -> float:
    """Room for the longest text of the row, in points; a spreadsheet's own guess knows no other program."""
    texts = [(item.locked[1], QUESTION_WIDTH), *((text, TEXT_WIDTH) for text in item.level_texts)]
    texts += [(item.value.comment, INPUT_WIDTH), (item.evidence, 34)]
    lines = max(sum(1 + len(part) // width for part in text.split("\n")) for text, width in texts)
    return float(min(13.5 * lines + 8, 400))


def _offer(sheet: Worksheet, row: int, column: int, item: BookItem, words: dict[str, str]) -> None:
    """The drop-down of levels, and how long texts may be."""
    choices = [str(level) for level in range(len(item.level_texts))]
    choices += [words[NA]] * item.na_allowed + [words[UNANSWERED]]
    sheet.data_validation(
        row,
        column,
        row,
        column,
        {
            "validate": "list",
            "source": choices,
            "input_title": item.code[:LONGEST_TITLE],
            "input_message": gettext("Choose a level from the list.")[:LONGEST_HINT],
            "error_title": item.code[:LONGEST_TITLE],
            "error_message": gettext("Choose a level from the list.")[:LONGEST_HINT],
        },
    )
    too_long = gettext("The text is too long: %(limit)s characters are the limit.") % {"limit": LONGEST_TEXT}
    rule = {
        "validate": "length",
        "criteria": "<=",
        "value": LONGEST_TEXT,
        "error_title": item.code[:LONGEST_TITLE],
        "error_message": too_long[:LONGEST_HINT],
    }
    sheet.data_validation(row, column + 1, row, column + 2, rule)


def _write_passport(sheet: Worksheet, book: Book) -> None:
    sheet.very_hidden()
    for row, line in enumerate(workbook_passport.lines_of(book.passport)):
        for number, text in enumerate((line.key, *line.values)):
            sheet.write_string(row, number, text)
