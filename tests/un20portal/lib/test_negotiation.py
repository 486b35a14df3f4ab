"""One question, one answer: whether a page's script asks, or the person."""

import pytest
from django.test import RequestFactory

from un20portal.lib.negotiation import is_script

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/json", True),
        ("text/html;q=0.5, application/json", True),
        (BROWSER, False),
        ("*/*", False),
        ("application/json;q=0.1, text/html", False),
        ("application/json;q=0", False),
        ("text/plain", False),
        (";q=", False),
        ("", False),
    ],
)
def test_a_script_is_who_prefers_json(accept: str, expected: bool) -> None:
    assert is_script(RequestFactory().get("/", headers={"Accept": accept})) is expected
