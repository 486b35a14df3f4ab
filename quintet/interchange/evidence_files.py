"""Files that people attach: taken only when name, declared type and contents say the same harmless kind.

What is inside is looked at by `file_contents`; nothing here is kept, and no file is ever opened in a program.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from quintet.domain.evidence import CheckedFile
from quintet.interchange import file_contents
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

LONGEST_NAME = 120
NEUTRAL_TYPES = ("", "application/octet-stream", "application/zip", "application/x-zip-compressed")
OFFICE = "application/vnd.openxmlformats-officedocument."


class Upload(Protocol):
    """What Django's uploaded files are, as far as it is used here."""

    name: str | None
    content_type: str | None

    @property
    def file(self) -> Any: ...
    def chunks(self) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Kind:
    """One kind of file: its first bytes, its types (ours first), and who looks into it."""

    first_bytes: bytes
    types: tuple[str, ...]
    require_sound: Callable[[BinaryIO], None]


DOCX = Kind(b"PK\x03\x04", (f"{OFFICE}wordprocessingml.document",), file_contents.require_word)
XLSX = Kind(b"PK\x03\x04", (f"{OFFICE}spreadsheetml.sheet",), file_contents.require_excel)
PDF = Kind(b"%PDF-", ("application/pdf", "application/x-pdf"), file_contents.require_pdf)
PNG = Kind(b"\x89PNG\r\n\x1a\n", ("image/png", "image/x-png"), file_contents.require_png)
JPEG = Kind(b"\xff\xd8\xff", ("image/jpeg", "image/jpg", "image/pjpeg"), file_contents.require_jpeg)
KINDS = {"pdf": PDF, "docx": DOCX, "xlsx": XLSX, "png": PNG, "jpg": JPEG, "jpeg": JPEG}
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # doc, xls, and everything with a password


def check_file(upload: Upload, *, most_bytes: int) -> CheckedFile:
    """Return the facts of a file that may be attached; raise InvalidInput that says what to do instead."""
    try:
        return _checked(upload, most_bytes)
    except InvalidInput as refusal:
        error = FieldError("file", "file", refusal.message, refusal.params)
        raise InvalidInput(_("The file was not attached."), errors=[error]) from None


def shown_name(name: str) -> str:
    """Return a person's name for a file as it may be shown: no path, no signs that hide or turn text."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    name = "".join(sign if sign.isprintable() else " " for sign in name if _is_shown(sign))
    stem, dot, extension = " ".join(name.split()).strip(". ").rpartition(".")
    return f"{stem[: LONGEST_NAME - len(extension)].rstrip('. ')}{dot}{extension}"


def _is_shown(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _checked(upload: Upload, most_bytes: int) -> CheckedFile:
    name = shown_name(upload.name or "")
    kind = KINDS.get(name.rpartition(".")[2].lower())
    if kind is None or name.startswith(".") or "." not in name:
        raise InvalidInput(
            _("Attach a PDF, a Word file (docx), an Excel file (xlsx) or a picture (PNG, JPEG).")
        )
    declared = (upload.content_type or "").partition(";")[0].strip().lower()
    if declared not in (*kind.types, *NEUTRAL_TYPES):
        raise InvalidInput(
            _("The file calls itself %(type)s, which does not go with its name: save it as what it is."),
            {"type": declared[:100]},
        )
    size, sha256 = _measure(upload, most_bytes)
    content: BinaryIO = upload.file
    _require_first_bytes(content, kind)
    kind.require_sound(content)
    content.seek(0)
    return CheckedFile(name, kind.types[0], size, sha256, content)


def _measure(upload: Upload, most_bytes: int) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    for chunk in upload.chunks():
        size += len(chunk)
        if size > most_bytes:
            message = _("The file is larger than %(limit)s MB: make it smaller, or give a link to it.")
            raise InvalidInput(message, {"limit": most_bytes // 1_000_000})
        digest.update(chunk)
    if not size:
        raise InvalidInput(_("The file is empty: choose another one."))
    return size, digest.hexdigest()


def _require_first_bytes(content: BinaryIO, kind: Kind) -> None:
    content.seek(0)
    first = content.read(8)
    if first == OLD_OFFICE:
        message = _(
            "The file has a password or an old format (doc, xls): save it as docx or xlsx without one."
        )
        raise InvalidInput(message)
    if not first.startswith(kind.first_bytes):
        raise InvalidInput(
            _("The contents are not what the name says: save the file anew in the right format.")
        )
