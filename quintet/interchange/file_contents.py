"""Looking into documents and pictures: whole, of one kind only, without programs and passwords inside."""

import re
import struct
import zlib
from itertools import chain
from typing import BinaryIO
from zipfile import ZipFile

from quintet.interchange.pdf_objects import packed_objects, plain_names, windows
from un20portal.lib.archives import DAMAGED, LOCKED, STRANGE, open_zip
from un20portal.lib.errors import InvalidInput
from un20portal.lib.errors import marked as _

TAIL = 66_000  # an archive hidden in a file is found by its record within so many bytes of the end
MOST_PIXELS = 100_000_000
ACTIVE = _("The file holds macros or other programs: save it without them, or as PDF.")
TWO_KINDS = _("The file is of two kinds at once: open it in its program, save it anew, send the new file.")
TOO_MANY_PIXELS = _("The picture has too many pixels: make it smaller.")

WEB_PAGE = re.compile(rb"<(?:!doctype|html|script|svg|iframe|\?php)", re.IGNORECASE)
HIDDEN_ARCHIVE = re.compile(rb"PK\x05\x06|PK\x06\x06|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c")
PDF_LOCKED = re.compile(rb"/Encrypt(?:\s+\d+\s+\d+\s+R|\s*<<)")
PDF_ACTIVE = re.compile(
    rb"/(?:JavaScript|Launch|RichMedia)[\s/(<\[>]"
)  # a script always says so, long enough
OFFICE_ACTIVE = re.compile(
    r"vbaproject|vbadata|(?:^|/)activex/|(?:^|/)(?:macro|dialog)sheets/|(?:^|/)embeddings/.*\.(?!xlsx$|docx$|pptx$)"
    r"|(?:^|/)customui/|\.(?:exe|dll|scr|com|bat|cmd|js|jse|vbs|vbe|ps1|hta|html?|svg|jar|docm|xlsm|lnk)$",
    re.IGNORECASE,
)
FOREIGN_PROGRAM = re.compile(
    rb"<[^>]*(?:attachedTemplate|oleObject|frame|subDocument)\"[^>]*TargetMode\s*=\s*[\"']External"
    rb"|<[^>]*TargetMode\s*=\s*[\"']External[^>]*(?:attachedTemplate|oleObject|frame|subDocument)\"",
    re.IGNORECASE,
)
WORD = ("word/document.xml", "wordprocessingml.document.main+xml")
EXCEL = ("xl/workbook.xml", "spreadsheetml.sheet.main+xml")


def require_word(file: BinaryIO) -> None:
    _require_office(file, *WORD)


def require_excel(file: BinaryIO) -> None:
    _require_office(file, *EXCEL)


def require_pdf(file: BinaryIO) -> None:
    """One whole PDF with nothing after its end, no password, no script, not in packed objects either."""
    if WEB_PAGE.search(_head(file)):
        raise InvalidInput(TWO_KINDS)
    tail = _tail(file, TAIL)
    last = tail.rfind(b"%%EOF")
    if last < 0 or b"startxref" not in tail:
        raise InvalidInput(DAMAGED)
    if tail[last + 5 :].strip(b"\0 \t\r\n") or HIDDEN_ARCHIVE.search(tail):
        raise InvalidInput(TWO_KINDS)
    for window in chain(windows(file), packed_objects(file)):
        plain = plain_names(window)
        if PDF_LOCKED.search(plain):
            raise InvalidInput(LOCKED)
        if PDF_ACTIVE.search(plain):
            raise InvalidInput(ACTIVE)


def require_png(file: BinaryIO) -> None:
    """One whole picture: every chunk is as long as it says and undamaged, and the last one is the end."""
    size = file.seek(0, 2)
    file.seek(8)
    kind, is_first = b"", True
    while kind != b"IEND":
        head = file.read(8)
        if len(head) < 8:
            raise InvalidInput(DAMAGED)
        length, kind = struct.unpack(">I4s", head)
        if file.tell() + length + 4 > size:
            raise InvalidInput(DAMAGED)
        data = file.read(length)
        if zlib.crc32(kind + data) != struct.unpack(">I", file.read(4))[0]:
            raise InvalidInput(DAMAGED)
        if is_first:
            _require_picture_head(kind, data)
        is_first = False
    _require_single(file, size)


def require_jpeg(file: BinaryIO) -> None:
    """One whole picture: its segments up to the first scan are sound, and it ends as a picture does."""
    size = file.seek(0, 2)
    file.seek(2)
    while (marker := _next_marker(file)) != 0xDA:
        [length] = struct.unpack(">H", _exactly(file, 2))
        if length < 2 or file.tell() + length - 2 > size:
            raise InvalidInput(DAMAGED)
        data = file.read(length - 2)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if len(data) < 5:
                raise InvalidInput(DAMAGED)
            _require_pixels(*struct.unpack(">HH", data[1:5]))
    tail = _tail(file, TAIL).rstrip(b"\0\r\n ")
    if not tail.endswith(b"\xff\xd9"):
        raise InvalidInput(DAMAGED)
    if HIDDEN_ARCHIVE.search(tail) or WEB_PAGE.search(_head(file)):
        raise InvalidInput(TWO_KINDS)


def _require_office(file: BinaryIO, part: str, content_type: str) -> None:
    with open_zip(file) as archive:
        names = archive.namelist()
        if "[Content_Types].xml" not in names or part not in names:
            raise InvalidInput(
                _("The contents are not what the name says: save the file anew in the right format.")
            )
        types = _text(archive, "[Content_Types].xml")
        if "EncryptedPackage" in names:
            raise InvalidInput(LOCKED)
        if "macroenabled" in types.lower() or any(OFFICE_ACTIVE.search(name) for name in names):
            raise InvalidInput(ACTIVE)
        if content_type not in types:
            raise InvalidInput(STRANGE)
        for name in names:
            if name.endswith(".rels") and FOREIGN_PROGRAM.search(archive.read(name).replace(b"\0", b"")):
                raise InvalidInput(ACTIVE)


def _text(archive: ZipFile, name: str) -> str:
    return archive.read(name).replace(b"\0", b"").decode("latin-1")


def _require_picture_head(kind: bytes, data: bytes) -> None:
    if kind != b"IHDR" or len(data) != 13:
        raise InvalidInput(DAMAGED)
    _require_pixels(*struct.unpack(">II", data[:8]))


def _require_pixels(one: int, other: int) -> None:
    if not one or not other:
        raise InvalidInput(DAMAGED)
    if one * other > MOST_PIXELS:
        raise InvalidInput(TOO_MANY_PIXELS)


def _require_single(file: BinaryIO, size: int) -> None:
    if file.tell() != size:
        raise InvalidInput(TWO_KINDS)


def _next_marker(file: BinaryIO) -> int:
    if _exactly(file, 1) != b"\xff":
        raise InvalidInput(DAMAGED)
    marker = 0xFF
    while marker == 0xFF:
        marker = _exactly(file, 1)[0]
    if marker in (0x00, 0xD9):
        raise InvalidInput(DAMAGED)
    return marker


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise InvalidInput(DAMAGED)
    return data


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(1024)


def _tail(file: BinaryIO, count: int) -> bytes:
    size = file.seek(0, 2)
    file.seek(max(0, size - count))
    return file.read(count)
