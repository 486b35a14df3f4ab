"""How often the API may be asked.

Strangers are counted by address, in this process, and once a second together with the other processes in
the cache `throttle`: so that an answer which is held costs no way to Redis. Persons are counted there with
every request.

These limits spare the machine; none of them protects a secret. So a Redis that is down costs the common
count and a line in the log, never the answer. The limits of signing in are kept in the database.
"""

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.core.cache import BaseCache, caches
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

logger = logging.getLogger(__name__)
BETWEEN = 1  # seconds between two looks at what the other processes counted
ADDRESSES = 10_000  # that a process counts at once


@dataclass
class Count:
    """What is known of one address: requests of this span of time and of the one before, by all processes.

    `own` are those of this process which the others do not know of yet.
    """

    span: int
    before: float = 0
    known: float = 0
    own: int = 0
    settled_at: float = 0

    def move_to(self, span: int) -> None:
        if span != self.span:
            self.before = self.known + self.own if span == self.span + 1 else 0
            self.span, self.known, self.own, self.settled_at = span, 0, 0, 0

    def wait(self, limit: int, duration: float, now: float) -> float | None:
        """Seconds until one more request is within the limit; None when it is now.

        Requests of the span before count for as much of it as lies within one duration before now.
        """
        passed = now / duration - self.span
        here = self.known + self.own
        if here >= limit:
            return (1 - passed) * duration
        room = limit - here - 1  # for requests of the span before
        if self.before * (1 - passed) <= room:
            return None
        return (1 - room / self.before - passed) * duration


class Counts:
    """Requests by address: exact in one process, up to a second late in what others counted."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: OrderedDict[str, Count] = OrderedDict()

    def add(self, name: str, *, limit: int, duration: float, now: float) -> float | None:
        """Count a request of `name`; or return, of one too many, how many seconds it has to wait."""
        span = int(now // duration)
        with self._lock:
            count = self._counts.setdefault(name, Count(span))
            self._counts.move_to_end(name)
            if len(self._counts) > ADDRESSES:
                self._counts.popitem(last=False)
            count.move_to(span)
            is_due = now - count.settled_at >= BETWEEN
            if is_due:
                told, count.settled_at = count.own, now
                count.known, count.own = count.known + told, 0
        if is_due:
            self._settle(count, name, told, duration, span)
        with self._lock:
            wait = count.wait(limit, duration, now)
            if wait is None:
                count.own += 1
        return wait

    def forget(self) -> None:
        with self._lock:
            self._counts.clear()

    @staticmethod
    def _settle(count: Count, name: str, told: int, duration: float, span: int) -> None:
        """Tell the others what was counted here, and learn what they counted."""
        cache, here, before = caches["throttle"], f"{name}:{span}", f"{name}:{span - 1}"
        try:
            if told:
                cache.add(here, 0, timeout=2 * duration)
                cache.incr(here, told)
            found = cache.get_many([here, before])
        except RedisError as error:
            logger.warning("requests are counted by this process alone, the cache does not answer: %s", error)
            return
        if count.span == span:
            count.known, count.before = found.get(here, 0), max(found.get(before, 0), count.before)


COUNTS = Counts()


class AnonymousThrottle(AnonRateThrottle):
    """By address, for those who are not signed in."""

    num_requests: int
    duration: int
    seconds: float | None = None

    def allow_request(self, request: Request | HttpRequest, view: Any) -> bool:
        name = self.get_cache_key(request, view) if self.rate else None  # type: ignore[arg-type]  # Django's request does, too
        if name is None:
            return True
        self.seconds = COUNTS.add(name, limit=self.num_requests, duration=self.duration, now=time.time())
        return self.seconds is None

    def get_ident(self, request: Request | HttpRequest) -> str:
        # the framework would read all headers to find that there is no such one
        if "HTTP_X_FORWARDED_FOR" not in request.META:
            return str(request.META.get("REMOTE_ADDR"))
        return super().get_ident(request)  # type: ignore[arg-type]  # the same

    def wait(self) -> float | None:
        return self.seconds


def is_stranger_allowed(request: HttpRequest) -> bool:
    """Count the request of a stranger that no view of the API will count."""
    return AnonymousThrottle().allow_request(request, None)


class LenientThrottle(SimpleRateThrottle):
    """Let a request through that cannot be counted."""

    @property
    def cache(self) -> BaseCache:  # type: ignore[override]
        return caches["throttle"]

    def allow_request(self, request: Request, view: Any) -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError as error:
            logger.warning("a request was not counted, the cache does not answer: %s", error)
            return True


class PersonThrottle(LenientThrottle, UserRateThrottle):
    """By person; those who are not signed in are counted by address alone."""

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return super().get_cache_key(request, view) if request.user.is_authenticated else None
