"""Requests with files: of one larger than any file may be, none is kept (Django's limits count no files)."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

AROUND = 1_000_000  # the other fields of a form
WORTH_READING = 10  # times the limit: beyond it the connection is cut, before it the page can say why


def is_too_large(request: HttpRequest) -> bool:
    """Whether the files of this request were left unread."""
    return _length(request.META) > _limit()


class LimitedUploadHandler(FileUploadHandler):
    """Read the fields of a request that is too large, but none of its files."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803  the framework's name
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        self.length = content_length

    def new_file(self, *args: Any, **options: Any) -> None:
        super().new_file(*args, **options)
        if self.length > WORTH_READING * _limit():
            raise StopUpload(connection_reset=True)
        if self.length > _limit():
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def _limit() -> int:
    return settings.EVIDENCE_MAX_MB * 1_000_000 + AROUND


def _length(meta: dict[str, Any]) -> int:
    length = str(meta.get("CONTENT_LENGTH") or "0")
    return int(length) if length.isdigit() else 0
