"""Reading `authz.yaml`: who may do what, one row per route, variant and method, ten columns."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.authz.surface import ADMIN, API, SAFE_METHODS, Route
from tests.authz.world import COLUMNS
from un20portal.lib.api import PublishedForAll

FILE = Path(__file__).with_name("authz.yaml")
LOGIN = "login"  # a redirect to the sign-in page
STRANGERS = ("anonymous", "read_token")  # those whom pages do not know: they carry no session
Rows = dict[str, dict[tuple[str, str], list[str]]]


class BadRow(Exception):
    """A row of the file that says nothing, or contradicts another one."""


@cache
def policy() -> Rows:
    """Return route → (method, variant) → the expected answer of every column, in the order of COLUMNS."""
    content = _content()
    if tuple(content["columns"]) != COLUMNS:
        raise BadRow(f"the columns of {FILE.name} are not those of the world")
    return {route: dict(_cells(route, rows)) for route, rows in content["routes"].items()}


def _cells(route: str, rows: dict[str, str]) -> Iterator[tuple[tuple[str, str], list[str]]]:
    seen = set()
    for key, answers in rows.items():
        method, *variants = key.split()
        cells = str(answers).split()
        if len(cells) != len(COLUMNS) or not variants:
            raise BadRow(f"{route}, {key}: name an object and {len(COLUMNS)} answers")
        for variant in variants:
            if (method, variant) in seen:
                raise BadRow(f"{route}: {method} {variant} has two rows")
            seen.add((method, variant))
            yield (method, variant), cells


def reasons() -> dict[str, str]:
    """Why anonymous readers get an answer: by route."""
    return dict(_content()["why"])


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return content


def expected(route: Route, variant: str, method: str, column: str) -> str:
    """Return the answer that the file names; KeyError when it has no such row."""
    row = ("GET" if method == "HEAD" else method, variant)
    return policy()[route.name][row][COLUMNS.index(column)]


def undeclared(route: Route, method: str, column: str) -> str:
    """Return the answer to a method that the route does not have: who it is comes first, then 405."""
    if route.kind == ADMIN:
        return LOGIN if column in STRANGERS else "405" if column == "admin" else "404"
    if route.kind == API and hasattr(route.view, "cls"):
        return _undeclared_api(route, method, column)
    return LOGIN if column in STRANGERS and not route.is_public else "405"


def _undeclared_api(route: Route, method: str, column: str) -> str:
    reads = method in SAFE_METHODS and method != "TRACE"
    if column == "read_token":
        return "405" if reads else "403"
    if column != "anonymous":
        return "405"
    return "405" if is_published(route) and reads else "401"


def is_published(route: Route) -> bool:
    """Whether an API view says that everybody may read it."""
    return PublishedForAll in getattr(route.view, "cls").permission_classes  # noqa: B009  # of DRF's views
