"""Opening a zip archive that a stranger sent (docx, xlsx): what was not counted is not trusted. No Django.

Office files are zip archives, and a small archive can unpack to far more than a machine holds, say one thing
to one reader and another to the next, or carry another file before its beginning or after its end.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from un20portal.lib.errors import InvalidInput
from un20portal.lib.errors import marked as _

MAGIC, END_RECORD, ZIP64_LOCATOR = b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x07"
END_SIZE, LOCATOR_SIZE = 22, 20
LOCAL_HEADER = 30  # bytes before the name of each member
LONGEST_ENTRY = 512  # bytes of one member in the archive's directory; its name is at most a few dozen
ENCRYPTED = 0x1 | 0x40
CHUNK = 1 << 16
XML = (".xml", ".rels", ".vml")
UNREADABLE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)

DAMAGED = _("The file is damaged: open it in its program, save it again, and send the new file.")
TOO_MUCH = _("The file unpacks to more than the portal reads: make it smaller, or save it as PDF.")
STRANGE = _("The file is not as its program would write it: open it there, save it again, send the new file.")
LOCKED = _("The file is protected by a password: save it without one, then send it again.")


@dataclass(frozen=True)
class Limits:
    """How much an archive may hold: members, bytes when unpacked, unpacked bytes for each packed one."""

    members: int = 200
    unpacked: int = 50_000_000
    ratio: int = 100
    harmless: int = 1_000_000  # up to so many bytes the ratio does not matter: small parts pack well


class TooMuch(InvalidInput):
    """The archive unpacks to more than its limits: what to do about it depends on what it is."""


def open_zip(file: BinaryIO, *, limits: Limits = Limits()) -> ZipFile:
    """Return the archive once each member was read to its end within `limits`; raise InvalidInput.

    What comes back has at most `limits.members` members with different, relative names, none encrypted, no
    links, no byte before or after the archive, no document type in its XML.
    """
    size = _require_plain_end(file, limits)
    try:
        archive = ZipFile(file)
        _require_sound_members(archive.infolist(), size, limits)
        _read_all(archive, limits)
    except UNREADABLE:
        raise InvalidInput(DAMAGED) from None
    return archive


def members(data: bytes, *, limits: Limits = Limits()) -> Iterator[tuple[str, bytes]]:
    """Yield name and contents of each member of a sound archive, one at a time; refused as by `open_zip`."""
    with open_zip(BytesIO(data), limits=limits) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def _require_plain_end(file: BinaryIO, limits: Limits) -> int:
    """Return the size of the file; its directory is looked at before anybody reads it into memory."""
    file.seek(0)
    first = file.read(len(MAGIC))
    size = file.seek(0, 2)
    if first != MAGIC or size < END_SIZE:
        raise InvalidInput(DAMAGED)
    tail = min(size, END_SIZE + LOCATOR_SIZE)
    file.seek(size - tail)
    end = file.read(tail)
    record = end[-END_SIZE:]
    if not record.startswith(END_RECORD) or end.startswith(ZIP64_LOCATOR):
        raise InvalidInput(STRANGE)  # a comment, something after the end, or a size no document has
    members, directory, start = struct.unpack("<HII", record[10:20])
    if members > limits.members or directory > limits.members * LONGEST_ENTRY:
        raise TooMuch(TOO_MUCH)
    if start + directory + END_SIZE != size:
        raise InvalidInput(STRANGE)
    return size


def _require_sound_members(members: list[ZipInfo], size: int, limits: Limits) -> None:
    if len(members) > limits.members:
        raise TooMuch(TOO_MUCH)
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise InvalidInput(LOCKED)
    names = [member.filename.casefold() for member in members]
    if len(set(names)) < len(names) or any(_is_strange(member) for member in members) or _overlap(members):
        raise InvalidInput(STRANGE)
    declared = sum(member.file_size for member in members)
    if declared > limits.unpacked or declared > max(limits.harmless, limits.ratio * size):
        raise TooMuch(TOO_MUCH)


def _is_strange(member: ZipInfo) -> bool:
    """A name that leads out of the archive or means different things to different readers; a link."""
    name = member.orig_filename
    leads_out = name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    is_plain = member.compress_type in (ZIP_STORED, ZIP_DEFLATED)
    return leads_out or is_link or not is_plain or not name.isprintable()


def _overlap(members: list[ZipInfo]) -> bool:
    """Whether two members share bytes: that is how a small file unpacks to very much."""
    ordered = sorted(members, key=lambda member: member.header_offset)
    return any(
        first.header_offset + LOCAL_HEADER + first.compress_size > second.header_offset
        for first, second in pairwise(ordered)
    )


def _read_all(archive: ZipFile, limits: Limits) -> None:
    """Read every member: what a directory declares is a claim only."""
    total = 0
    for member in archive.infolist():
        is_first = True
        for chunk in _chunks(archive, member):
            total += len(chunk)
            if total > limits.unpacked:
                raise TooMuch(TOO_MUCH)
            if is_first and member.filename.casefold().endswith(XML) and _has_document_type(chunk):
                raise InvalidInput(STRANGE)
            is_first = False


def _chunks(archive: ZipFile, member: ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as content:
        while chunk := content.read(CHUNK):
            yield chunk


def _has_document_type(head: bytes) -> bool:
    """Entities are declared in it: bombs, and ways to other files. UTF-16 has a NUL beside each letter."""
    return re.search(rb"<!(?:DOCTYPE|ENTITY)", head.replace(b"\0", b""), re.IGNORECASE) is not None
