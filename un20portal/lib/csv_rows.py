"""Rows of CSV files as spreadsheet programs open them: in UTF-8, and no cell a formula. No Django."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

CONTENT_TYPE = "text/csv; charset=utf-8"
BOM = "\ufeff"  # before the first row: tells spreadsheet programs that it is UTF-8
# what makes a cell a formula, full-width signs and what hides them included (OWASP, ASVS 1.2.10)
FORMULA_SIGNS = tuple("=+-@\t\r\n\0＝＋－＠")


def csv_row(cells: Iterable[object]) -> str:
    """Return one line of a file: each cell quoted, and safe."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()


def safe_cell(value: object) -> str:
    """Return the value as the text of a cell that no spreadsheet program takes for a formula."""
    if isinstance(value, (int, Decimal)):
        return str(value)  # a number is no formula, with a minus neither
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
