"""How often the API may be asked: counted in the cache `throttle`, and not at all while that is away.

These limits spare the machine; none of them protects a secret. So a Redis that is down costs the
limit and a line in the log, never the answer. The limits of signing in are kept in the database.
"""

import logging
from typing import Any

from django.core.cache import BaseCache, caches
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

logger = logging.getLogger(__name__)


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


class AnonymousThrottle(LenientThrottle, AnonRateThrottle):
    """By address, for those who are not signed in."""


class PersonThrottle(LenientThrottle, UserRateThrottle):
    """By person; by address for those who are not signed in."""
