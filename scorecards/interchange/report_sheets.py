"""How the sheets of a report's workbook look, and how they are printed. What stands in them, others say."""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from unicodedata import east_asian_width

from django.utils.translation import get_language_bidi, gettext
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from un20portal.lib.languages import direction_of

Cell = str | int | float | None
Columns = Sequence[tuple[Any, int]]  # heading in the reader's language, width in characters
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
FIXED = datetime(2000, 1, 1)  # noqa: DTZ001  a workbook takes moments without a zone; that of today would differ
HEAD, INK, LINE = "#00608a", "#16242d", "#b9c4cb"
A4 = 9
LANDSCAPE_FROM = 100  # characters, all columns of a sheet together
NAMES, VALUES = 30, 90  # characters: the columns of a sheet of names and values
LINE_HEIGHT = 13.0  # points
WORDS = re.compile(r"[^\s\u2e80-\uffef]+\s*|.", re.DOTALL)  # what a line may not be broken within


class Report:
    """A workbook while it is written. Every sheet is printed on A4, one page wide, and says what it is of."""

    def __init__(self, title: str, *, marks: Sequence[str] = ()) -> None:
        """`marks` stand at the head of every printed page, beside the title."""
        self._file = io.BytesIO()
        self._workbook = Workbook(self._file, OPTIONS)
        self._workbook.set_properties({"title": title, "author": gettext("UN 2.0 portal"), "created": FIXED})
        self._title, self._marks = title, marks
        self._is_rtl = get_language_bidi()
        self._formats: dict[tuple[str, str], Format] = {}

    def content(self) -> bytes:
        """End the workbook and return its bytes: equal ones for equal contents."""
        self._workbook.close()
        return self._file.getvalue()

    def add_table(self, name: str, columns: Columns, rows: Iterable[Sequence[Cell]]) -> None:
        """Add a sheet with a row of headings, repeated on each page, and below it a row for each of `rows`.

        Rows may be shorter than the columns; they are as high as their texts need.
        """
        widths = [width for _heading, width in columns]
        sheet, last = self._sheet(name, width=sum(widths)), 0
        for column, (heading, width) in enumerate(columns):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, str(heading), self._format("head"))
        _set_height(sheet, 0, [str(heading) for heading, _width in columns], widths)
        for last, cells in enumerate(rows, start=1):
            for column, cell in enumerate(padded := [*cells, *[None] * (len(columns) - len(cells))]):
                self._write(sheet, last, column, cell)
            _set_height(sheet, last, padded, widths)
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        sheet.autofilter(0, 0, last, len(columns) - 1)

    def add_pages(self, name: str) -> "Pages":
        """Add a sheet of names and values, to be read from above to below."""
        sheet = self._sheet(name, width=0)
        sheet.set_column(0, 0, NAMES)
        sheet.set_column(1, 1, VALUES)
        sheet.hide_gridlines(2)
        return Pages(sheet, self._format)

    def _sheet(self, name: str, *, width: int) -> Worksheet:
        sheet = self._workbook.add_worksheet(name[:31])
        if self._is_rtl:
            sheet.right_to_left()
        if width > LANDSCAPE_FROM:
            sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        start, end = ("&R", "&L") if self._is_rtl else ("&L", "&R")
        told = " · ".join([self._title, name, *self._marks]).replace("&", "&&")
        sheet.set_header(f"{start}{told}"[:255])
        sheet.set_footer(f"{end}&P / &N")
        return sheet

    def _write(self, sheet: Worksheet, row: int, column: int, value: Cell) -> None:
        if value is None:
            sheet.write_blank(row, column, None, self._format("text"))
        elif isinstance(value, str):
            sheet.write_string(row, column, value, self._format("text", of=value))
        else:
            sheet.write_number(
                row, column, value, self._format("share" if isinstance(value, float) else "number")
            )

    def _format(self, name: str, *, of: str = "") -> Format:
        """A format by name. A text runs in its own direction, whatever that of the sheet is."""
        direction = direction_of(of) if of else ("rtl" if self._is_rtl else "ltr")
        if (name, direction) not in self._formats:
            order = {"reading_order": 2 if direction == "rtl" else 1}
            self._formats[name, direction] = self._workbook.add_format(self._looks[name] | order)
        return self._formats[name, direction]

    @cached_property
    def _looks(self) -> dict[str, dict[str, Any]]:
        base = {"font_name": "Arial", "font_size": 10, "font_color": INK, "valign": "top"}
        base["align"] = "right" if self._is_rtl else "left"
        cell = {**base, "bottom": 1, "bottom_color": LINE}
        return {
            "head": {**base, "bold": True, "font_color": "#ffffff", "bg_color": HEAD, "text_wrap": True},
            "title": {**base, "bold": True, "font_size": 16},
            "name": {**base, "bold": True, "text_wrap": True},
            "value": {**base, "text_wrap": True},
            "text": {**cell, "text_wrap": True},
            "number": {**cell, "align": "right", "indent": 1},
            "share": {**cell, "align": "right", "indent": 1, "num_format": "0.0"},
        }


class Pages:
    """A sheet of names and values, written from above to below."""

    def __init__(self, sheet: Worksheet, format_of: Any) -> None:
        self._sheet, self._format_of, self._row = sheet, format_of, 0

    def add_title(self, text: str) -> None:
        """Write a title, and leave a row empty."""
        self._sheet.write_string(self._row, 0, text, self._format_of("title"))
        self._row += 2

    def add_heading(self, text: str) -> None:
        """Write a heading over both columns."""
        self._sheet.write_string(self._row, 0, text, self._format_of("head"))
        self._sheet.write_blank(self._row, 1, None, self._format_of("head"))
        self._row += 1

    def add_pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Write names and values, and leave a row empty."""
        for name, value in pairs:
            self._sheet.write_string(self._row, 0, name, self._format_of("name"))
            self._sheet.write_string(self._row, 1, value, self._format_of("value", of=value))
            _set_height(self._sheet, self._row, [name, value], [NAMES, VALUES])
            self._row += 1
        self._row += 1

    def add_text(self, text: str) -> None:
        """Write a text over both columns."""
        self._sheet.merge_range(self._row, 0, self._row, 1, text, self._format_of("value", of=text))
        _set_height(self._sheet, self._row, [text], [NAMES + VALUES])
        self._row += 1


def _set_height(sheet: Worksheet, row: int, cells: Iterable[Cell], widths: Iterable[int]) -> None:
    """Make room for the longest text of a row: not all programs find out how high it has to be."""
    texts = ((cell, width) for cell, width in zip(cells, widths, strict=True) if isinstance(cell, str))
    n_lines = max((lines_of(text, width) for text, width in texts), default=1)
    if n_lines > 1:
        sheet.set_row(row, LINE_HEIGHT * n_lines + 2)


def lines_of(text: str, width: int) -> int:
    """How many lines a text takes in a column of `width` characters; those of East Asia count twice."""
    return sum(_lines_of_paragraph(paragraph, width) for paragraph in text.split("\n"))


def _lines_of_paragraph(text: str, width: int) -> int:
    n_lines, used = 1, 0
    for word in WORDS.findall(text):
        if used and used + _wide(word.rstrip()) > width:
            n_lines, used = n_lines + 1, 0
        used += _wide(word)
        n_lines, used = n_lines + (used - 1) // width, (used - 1) % width + 1
    return n_lines


def _wide(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
