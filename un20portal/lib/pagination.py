"""How lists are cut into pages: in the API by limit and offset, cursor, or place; in HTML by number."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param
from rest_framework.views import APIView

from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

LONGEST_PAGE, FARTHEST = 100, 1_000_000
CURSOR = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], *, size: int = 25) -> Page[Any]:
    """Return the page of `rows` that `?page=` names: the first without it, the last beyond the end."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def whole_number(request: Request, name: str, *, default: int, lowest: int, highest: int) -> int:
    """Return a parameter as a number in the range; raise InvalidInput for anything else."""
    raw = request.query_params.get(name)
    if raw is None:
        return default
    if raw.isascii() and raw.isdigit() and len(raw) < 10 and lowest <= int(raw) <= highest:
        return int(raw)
    message = _("Give a whole number from %(lowest)s to %(highest)s.")
    raise InvalidInput(
        _("The query parameters are not understood."),
        errors=[FieldError(name, "out_of_range", message, {"lowest": lowest, "highest": highest})],
    )


class ReferencePagination(pagination.LimitOffsetPagination):
    """Lists that hardly grow: `{"count", "next", "previous", "results"}`."""

    default_limit = max_limit = LONGEST_PAGE
    query_parameters: ClassVar[tuple[str, ...]] = ("limit", "offset")

    def get_limit(self, request: Request) -> int:
        return whole_number(request, "limit", default=LONGEST_PAGE, lowest=1, highest=LONGEST_PAGE)

    def get_offset(self, request: Request) -> int:
        return whole_number(request, "offset", default=0, lowest=0, highest=FARTHEST)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Say in the schema what `whole_number` takes."""
        limits = {
            "limit": {"minimum": 1, "maximum": LONGEST_PAGE, "default": LONGEST_PAGE},
            "offset": {"minimum": 0, "maximum": FARTHEST, "default": 0},
        }
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            parameter["schema"] |= limits[parameter["name"]]
        return parameters


class CursorPagination(pagination.CursorPagination):
    """Lists that grow with use: `{"next", "previous", "results"}`, no count."""

    ordering: Any = "pk"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = LONGEST_PAGE
    query_parameters: ClassVar[tuple[str, ...]] = ("cursor", "limit")

    def get_page_size(self, request: Request) -> int:
        return whole_number(request, "limit", default=self.page_size, lowest=1, highest=LONGEST_PAGE)

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        try:
            return super().paginate_queryset(queryset, request, view) or []
        except (ValueError, TypeError, OverflowError, ValidationError) as error:
            if self.cursor_query_param not in request.query_params:
                raise
            raise _bad_cursor() from error

    def decode_cursor(self, request: Request) -> Any:
        if not CURSOR.fullmatch(request.query_params.get(self.cursor_query_param, "none")):
            raise _bad_cursor()
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            raise _bad_cursor() from error


class LogPagination(CursorPagination):
    """Logs, oldest first: rows are only ever added at the end, so the cursor is a place in the list.

    Takes anything that is ordered and can be sliced, also a union, which cannot be filtered.
    """

    offset_cutoff = FARTHEST

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        self.request, self.base_url = request, request.build_absolute_uri()
        size = self.get_page_size(request)
        cursor = self.decode_cursor(request)
        start = cursor.offset if cursor else 0
        rows = list(queryset[start : start + size + 1])
        self.has_next, self.has_previous = len(rows) > size, start > 0
        self.places = (start + size, max(start - size, 0))
        return rows[:size]

    def get_next_link(self) -> str | None:
        return self._link(self.places[0]) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self.places[1]) if self.has_previous else None

    def _link(self, place: int) -> str:
        if not place:
            return remove_query_param(str(self.base_url), self.cursor_query_param)
        return self.encode_cursor(pagination.Cursor(offset=place, reverse=False, position=None))


def _bad_cursor() -> InvalidInput:
    message = _("Take the cursor from “next” or “previous” of a page.")
    return InvalidInput(
        _("The query parameters are not understood."), errors=[FieldError("cursor", "bad_cursor", message)]
    )
