"""Answers that are the same for everybody who is not signed in, held by this process as bytes.

For published data alone: `held` stands before a view, below all middleware. What is held lasts while a
state of what is published stays the same; that is asked at most once a second. Who is known – by a session,
a token, a message that waits – is never answered from here (docs/decisions/0019).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import wraps
from threading import Lock
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import patch_vary_headers, set_response_etag
from django.utils.text import compress_string
from django.utils.translation import get_language

ReadState = Callable[[], Hashable]
View = TypeVar("View", bound=Callable[..., HttpResponseBase])
SMALL = 200  # bytes that Django does not compress either
BESIDE = 2048  # bytes that an entry takes besides its content, about


@dataclass(frozen=True)
class Answer:
    """The bytes of a page or resource with their headers; a page also compressed."""

    content: bytes
    headers: dict[str, str]
    packed: bytes | None = None

    @property
    def size(self) -> int:
        return len(self.content) + len(self.packed or b"") + BESIDE

    def response(self, request: HttpRequest) -> HttpResponse:
        """A response of its own for each request: middleware adds headers to it."""
        if self.packed and re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            # other bytes than those that the strong ETag names (RFC 9110, 8.8.1)
            more = {"Content-Encoding": "gzip", "ETag": f"W/{self.headers['ETag']}"}
            return HttpResponse(self.packed, headers={**self.headers, **more})
        return HttpResponse(self.content, headers=self.headers)


class Answers:
    """The answers that a process holds: so many, so many bytes, so long. Safe between threads."""

    def __init__(
        self,
        *,
        most: int = 500,
        most_bytes: int = 24 << 20,
        seconds: float = 60,
        seconds_between_checks: float = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most, self.most_bytes, self.seconds = most, most_bytes, seconds
        self.seconds_between_checks = seconds_between_checks
        self._clock = clock
        self._lock, self._checking = Lock(), Lock()
        self._held: OrderedDict[Hashable, tuple[Answer, float]] = OrderedDict()
        self._states: dict[ReadState, tuple[Hashable, float]] = {}
        self.size = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable) -> Answer | None:
        with self._lock:
            if (found := self._held.get(key)) is None:
                return None
            answer, kept_at = found
            if self._clock() - kept_at <= self.seconds:
                self._held.move_to_end(key)
                return answer
            self._drop(key)
            return None

    def keep(self, key: Hashable, answer: Answer) -> None:
        """Hold an answer, and let go of those that were not asked for longest; a huge one is not held."""
        if answer.size > self.most_bytes // 2:
            return
        with self._lock:
            self._drop(key)
            self._held[key] = answer, self._clock()
            self.size += answer.size
            while len(self._held) > self.most or self.size > self.most_bytes:
                self._drop(next(iter(self._held)))

    def forget(self) -> None:
        """Let go of everything, and of what is known of any state."""
        with self._lock:
            self._held.clear()
            self._states.clear()
            self.size = 0

    def state_of(self, read: ReadState) -> Hashable:
        """What `read` said within the last second, or says now.

        One thread asks; the others go on with what they know, for one more second at the most.
        """
        known = self._states.get(read)
        age = self._clock() - known[1] if known else None
        if known and age is not None and age < self.seconds_between_checks:
            return known[0]
        may_wait = age is None or age >= 2 * self.seconds_between_checks
        if not self._checking.acquire(blocking=may_wait):
            return known[0] if known else None
        try:
            return self._asked(read)
        finally:
            self._checking.release()

    def _asked(self, read: ReadState) -> Hashable:
        asked_at, known = self._clock(), self._states.get(read)
        if known and asked_at - known[1] < self.seconds_between_checks:
            return known[0]  # another thread has asked while this one waited
        state = read()
        if known and known[0] != state:
            self.forget()
        self._states[read] = state, asked_at
        return state

    def _drop(self, key: Hashable) -> None:
        if (found := self._held.pop(key, None)) is not None:
            self.size -= found[0].size


ANSWERS = Answers()


def held(
    *,
    while_same: ReadState,
    language: Callable[[HttpRequest], str | None] = lambda _request: get_language(),
    is_allowed: Callable[[HttpRequest], bool] = lambda _request: True,
) -> Callable[[View], View]:
    """Hold a view's answers to strangers for as long as `while_same` returns the same.

    `language` is the one that the view will answer in. `is_allowed` counts an answer that is held; where it
    says no, the view itself is asked and says why.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in ("GET", "HEAD") or not is_stranger(request):
                return view(request, *args, **kwargs)
            key = _key(request, language(request), while_same)
            found = ANSWERS.get(key)
            if found and is_allowed(request):
                return found.response(request)
            response = view(request, *args, **kwargs)
            return response if found else _kept_when_rendered(request, response, key)

        return cast(View, answer)

    return decorate


def is_stranger(request: HttpRequest) -> bool:
    """Whether nothing tells this reader from others: no token, no session, no message, nobody signed in."""
    return not (
        "HTTP_AUTHORIZATION" in request.META
        or settings.SESSION_COOKIE_NAME in request.COOKIES
        or CookieStorage.cookie_name in request.COOKIES
        or request.user.is_authenticated
    )


def _key(request: HttpRequest, language: str | None, while_same: ReadState) -> Hashable:
    """All that an answer depends on; its compression is chosen later. Lists name the scheme and the host."""
    return (
        while_same,
        ANSWERS.state_of(while_same),
        request.method,
        request.scheme,
        request.META.get("HTTP_HOST"),  # checked by a middleware already
        request.META.get("HTTP_X_FORWARDED_HOST"),
        request.path,
        request.META.get("QUERY_STRING", ""),
        language,
        request.META.get("HTTP_ACCEPT", ""),
    )


def _kept_when_rendered(request: HttpRequest, response: Any, key: Hashable) -> HttpResponseBase:
    def keep(rendered: Any) -> None:
        if _is_for_all(request, rendered):
            ANSWERS.keep(key, _answer(rendered))

    if hasattr(response, "add_post_render_callback"):
        response.add_post_render_callback(keep)
    else:
        keep(response)
    found: HttpResponseBase = response
    return found


def _is_for_all(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether it is a whole answer that holds nothing of this one request: no cookie, no secret of a form."""
    said = response.headers.get("Cache-Control", "")
    return not (
        response.status_code != 200
        or response.streaming
        or response.cookies
        or "no-store" in said
        or "private" in said
        or request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
        or request.session.modified
        or getattr(request, "_csp_nonce", None)
    )


def _answer(response: HttpResponse) -> Answer:
    """The bytes as they are; a page is compressed, resources keep the strong ETag of their bytes."""
    packed = None
    if not response.has_header("ETag"):
        set_response_etag(response)
    response.headers.setdefault("Content-Language", get_language() or settings.LANGUAGE_CODE)
    if response.headers["Content-Type"].startswith("text/html") and len(response.content) >= SMALL:
        patch_vary_headers(response, ["Accept-Encoding"])
        packed = compress_string(response.content)
    return Answer(response.content, dict(response.headers), packed)
