"""Everything the portal answers to: the routes of the resolver with the methods they declare.

A kind of pattern or view that is not known here is an error: what cannot be read is not tested.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern

API, ADMIN, HTML = "api", "admin", "html"
ADMIN_METHODS = ("GET", "POST")  # what `PortalAdminSite.admin_view` lets through, besides HEAD
ALL_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]*)\)")


class UnknownKind(Exception):
    """The resolver holds something whose methods or address cannot be read."""


@dataclass(frozen=True)
class Route:
    """One pattern of the resolver: its name, its kind, its address with named places, its methods."""

    name: str
    kind: str
    template: str
    parameters: tuple[str, ...]
    methods: tuple[str, ...]
    view: Callable[..., Any]

    @property
    def is_public(self) -> bool:
        """Whether the sign-in wall lets everybody through to the view."""
        return not getattr(self.view, "login_required", True)

    def path(self, values: dict[str, Any]) -> str:
        """Return the address; KeyError when a place has no value."""
        return "/" + self.template.format(**{name: values[name] for name in self.parameters})


def routes() -> list[Route]:
    """Every route of the portal in the order of the resolver (pages in the default language)."""
    found = list(_walk(get_resolver().url_patterns, [], ""))
    names = [route.name for route in found]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise UnknownKind(f"two routes have one name: {doubled}")
    return found


def _walk(patterns: list[Any], namespaces: list[str], prefix: str) -> Iterator[Route]:
    for entry in patterns:
        part = _part(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = [*namespaces, entry.namespace] if entry.namespace else namespaces
            yield from _walk(entry.url_patterns, inner, prefix + part)
        elif isinstance(entry, URLPattern):
            yield _route(entry, namespaces, prefix + part)
        else:
            raise UnknownKind(f"{type(entry).__name__} below {prefix}")


def _part(pattern: Any) -> str:
    if isinstance(pattern, LocalePrefixPattern):
        return ""
    if isinstance(pattern, RoutePattern):
        return str(pattern)
    if isinstance(pattern, RegexPattern):
        return str(pattern).removeprefix("^").removesuffix("$")
    raise UnknownKind(f"{type(pattern).__name__}: {pattern}")


def _route(entry: URLPattern, namespaces: list[str], address: str) -> Route:
    kind = API if address.startswith("api/") else ADMIN if "admin" in namespaces else HTML
    name = ":".join([*namespaces, entry.name]) if entry.name else f"{kind}:/{address}"
    parameters = tuple(first or second for first, second in PARAMETER.findall(address))
    template = PARAMETER.sub(lambda found: f"{{{found[1] or found[2]}}}", address)
    if re.search(r"[()^$?*\\<>]", template):
        raise UnknownKind(f"the address of {name} cannot be built: {template}")
    return Route(name, kind, template, parameters, methods_of(entry.callback, kind), entry.callback)


def methods_of(view: Callable[..., Any], kind: str) -> tuple[str, ...]:
    """Return the methods that a view declares, without HEAD (it goes with GET)."""
    if kind == ADMIN:
        return ADMIN_METHODS
    if required := _required_methods(view):
        declared = required
    elif actions := getattr(view, "actions", None):
        declared = [method.upper() for method in actions]
    elif view_class := getattr(view, "cls", None) or getattr(view, "view_class", None):
        declared = [name.upper() for name in view_class.http_method_names if hasattr(view_class, name)]
    else:
        declared = []
    if not declared:
        raise UnknownKind(f"{view} does not say which methods it answers")
    return tuple(method for method in ALL_METHODS if method in declared and method != "HEAD")


def _required_methods(view: Any) -> list[str]:
    """Read the list of `require_http_methods` (and its short forms) from the function it made."""
    while view is not None:
        names = getattr(getattr(view, "__code__", None), "co_freevars", ())
        if "request_method_list" in names:
            return list(view.__closure__[names.index("request_method_list")].cell_contents)
        view = getattr(view, "__wrapped__", None)
    return []
