"""Refusals of the API as RFC 9457 `application/problem+json`, in the reader's language."""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language, get_language_from_request, gettext, override
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from un20portal.lib.errors import DomainError, FieldError, NotYet, StaleVersion
from un20portal.lib.errors import marked as _
from un20portal.lib.wording import localised

PROBLEM = "application/problem+json"
RETRY_SECONDS = 5
NOT_YET_SECONDS = 30  # as often as the outbox is swept
# the connection is lost or refused, or the server gave up waiting: not the request's doing, and it passes
PASSING = (OperationalError, InterfaceError)
TEXTS = {
    400: _("The request is not understood."),
    403: _("You may not do this."),
    404: _("There is nothing at this address, or it is not yours to see."),
    413: _("The body is too large."),
    500: _("Something went wrong on our side. Nothing was changed; try again later."),
    503: _("The portal cannot read or save right now. Keep your text and try again."),
}
Errors = list[dict[str, str]]
logger = logging.getLogger(__name__)


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer any refusal with a problem; None (and so a 500) for what nobody foresaw."""
    set_rollback()
    if isinstance(error, DomainError):
        return _domain_problem(error)
    if isinstance(error, exceptions.ValidationError):
        errors = list(_flatten(error.detail))
        return _problem(400, "invalid", gettext(TEXTS[400]), errors)
    if isinstance(error, exceptions.APIException):
        return _api_problem(error)
    return _foreign_problem(error)


def plain_problem(request: HttpRequest, status: int) -> HttpResponse:
    """The same for what Django refuses before a view is found, or after one broke.

    In the API the request names its language; a page's script hears that of the page.
    """
    is_api = request.path.startswith("/api/")
    with override(get_language_from_request(request) if is_api else get_language()):
        body = _body(status, _code(status), gettext(TEXTS.get(status, TEXTS[400])), [])
    return HttpResponse(orjson.dumps(body), status=status, content_type=PROBLEM)


def _domain_problem(error: DomainError) -> Response:
    errors = [_field_error(one) for one in error.errors]
    response = _problem(error.status, error.code, localised(error), errors)
    if isinstance(error, StaleVersion):
        response.data |= {"current": error.current, "offered": error.offered}
        response["ETag"] = f'"{error.current.get("version", 0)}"'
    if isinstance(error, NotYet):
        response["Retry-After"] = str(NOT_YET_SECONDS)
    return response


def _api_problem(error: exceptions.APIException) -> Response:
    response = _problem(error.status_code, error.default_code, str(error.detail), [])
    if challenge := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait) + 1)
    return response


def _foreign_problem(error: Exception) -> Response | None:
    """Errors of Django and of the database that are the request's doing, or that pass."""
    statuses: list[tuple[tuple[type[Exception], ...], int]] = [
        ((Http404,), 404),
        ((PermissionDenied,), 403),
        ((RequestDataTooBig,), 413),
        ((SuspiciousOperation, ValidationError, DataError), 400),
        (PASSING, 503),
    ]
    status = next((status for kinds, status in statuses if isinstance(error, kinds)), None)
    if status is None:
        return None
    if isinstance(error, (DataError, *PASSING)):
        logger.error("the database refused a request", exc_info=error)
    response = _problem(status, _code(status), gettext(TEXTS[status]), [])
    if status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _problem(status: int, code: str, detail: str, errors: Errors) -> Response:
    return Response(_body(status, code, detail, errors), status=status, content_type=PROBLEM)


def _body(status: int, code: str, detail: str, errors: Errors) -> dict[str, Any]:
    return {
        "type": f"urn:un20:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "errors": errors,
    }


def _code(status: int) -> str:
    return HTTPStatus(status).name.lower()


def _field_error(error: FieldError) -> dict[str, str]:
    return {"field": error.field, "code": error.code, "message": localised(error)}


def _flatten(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Turn the nested details of a serializer into a flat list; fields inside fields with dots."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            yield from _flatten(inner, ".".join(filter(None, [field, own])))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flatten(inner, field)
    else:
        yield {"field": field, "code": getattr(detail, "code", "invalid"), "message": str(detail)}
