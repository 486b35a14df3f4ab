"""Workbooks as files: filled, taken apart and put together again, for tests of what may come in."""

import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook

LEVEL, REASON, COMMENT = "H", "I", "J"  # columns of a framework with five levels
Cells = Mapping[str, Any]  # "DAT!H2" → value


def edited(data: bytes, change: Callable[[Workbook], object]) -> bytes:
    """The workbook after `change` did something to it."""
    book = load_workbook(BytesIO(data))
    change(book)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def filled(data: bytes, cells: Cells) -> bytes:
    """The workbook with other values in some cells."""

    def fill(book: Workbook) -> None:
        for place, value in cells.items():
            sheet, _mark, cell = place.partition("!")
            book[sheet][cell] = value
            if isinstance(value, str):
                book[sheet][cell].data_type = "s"  # a text, even if it begins as a formula does

    return edited(data, fill)


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(
    contents: Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """An archive of these parts in this order, whatever they are called."""
    out = BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore")  # two parts of one name are meant
        for name, content in contents:
            archive.writestr(name, content, compress_type=method)
    return out.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one part more, or another content of one."""
    return packed({**parts(data), name: content}.items())


def without_part(data: bytes, name: str) -> bytes:
    return packed((known, content) for known, content in parts(data).items() if known != name)


def replaced(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The workbook with other bytes inside one part."""
    content = parts(data)[name]
    assert old in content, (name, content[:400])
    return with_part(data, name, content.replace(old, new, 1))


def sheet_part(data: bytes, title: str) -> str:
    """The name of the part that holds a sheet: XlsxWriter numbers them in order."""
    names = load_workbook(BytesIO(data), read_only=True).sheetnames
    return f"xl/worksheets/sheet{names.index(title) + 1}.xml"
