"""The way back: pages of the portal that a reader came from, named by `?from=`; never one elsewhere."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.translation import get_language_from_path, override

NEXT, CAPABILITY = "unit-next", "roadmap:capability-detail"
LONGEST_WAY = 2  # “What next?”, the capability, the case


@dataclass(frozen=True)
class Way:
    """One page on the way: which one, its address in the reader's language, and what it was about."""

    page: str
    address: str
    capability: str
    enabler: str

    @property
    def is_next(self) -> bool:
        return self.page == NEXT


def ways_back(request: HttpRequest) -> list[Way]:
    """The pages that led here, the first one first; an address that is none of these leads nowhere."""
    found: list[Way] = []
    asked = request.GET.get("from", "")
    while asked and len(found) < LONGEST_WAY:
        try:
            parts = urlsplit(asked)
        except ValueError:
            break
        match = None if parts.scheme or parts.netloc else _page_at(parts.path)
        if match is None:
            break
        query = QueryDict(parts.query)
        named = {name: value for name, value in match.kwargs.items() if isinstance(value, str)}
        path = reverse(match.view_name, kwargs=named)
        address = urlunsplit(("", "", path, parts.query, parts.fragment))
        way = Way(match.view_name, address, named.get("capability", ""), query.get("enabler", ""))
        found.insert(0, way)
        asked = query.get("from", "")
    return found


def _page_at(path: str) -> ResolverMatch | None:
    """The page at a path, in whatever language it was read, if it is one that leads to cases."""
    with override(get_language_from_path(path) or settings.LANGUAGE_CODE):
        try:
            match = resolve(path)
        except Resolver404:
            return None
    return match if match.view_name in (NEXT, CAPABILITY) else None
