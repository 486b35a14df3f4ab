"""Who is let into the API, and what makes a request the same request. The views' base is in `apiviews`.

The settings name a class of this module, so it cannot import `rest_framework.views`.
"""

import hashlib
from typing import Any, TypedDict

import orjson
from rest_framework.permissions import BasePermission, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request

from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.lib.idempotency import LONGEST_KEY


class Identity(TypedDict):
    """What makes a request the same request: who asks, with which key ("": none), and for what."""

    user: Any
    key: str
    request_sha256: str


class DenyUnlessDeclared(BasePermission):
    """The default: a view that does not say who may use it is closed to everybody (401 or 403)."""

    def has_permission(self, request: Request, view: object) -> bool:
        return False


class PublishedForAll(IsAuthenticatedOrReadOnly):
    """Published data: everybody reads it. Whatever else is asked, one must be signed in first (401)."""


class SignedIn(IsAuthenticated):
    """People and tokens only; which rows they see is decided by the querysets of `queries`."""


def identity(request: Request) -> Identity:
    """Return what `outbox.services.answer_once` tells requests apart by; raise InvalidInput for a bad key."""
    return Identity(user=request.user, key=_idempotency_key(request), request_sha256=_fingerprint(request))


def _idempotency_key(request: Request) -> str:
    """Return the `Idempotency-Key` header, or "" without one; raise InvalidInput for an unusable one."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        message = _("Send at most 200 printable ASCII characters as Idempotency-Key.")
        raise InvalidInput(message, errors=[FieldError("Idempotency-Key", "bad_key", message)])
    return key


def _fingerprint(request: Request) -> str:
    """Return a hash of what a request asks: method, address and body."""
    body = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + body).hexdigest()
