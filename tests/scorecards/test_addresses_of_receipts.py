"""The address behind a point for decision: of a receipt of this cycle in this portal, in any language."""

import pytest
from django.test import Client

from quintet.models import Cycle
from scorecards.models import DecisionPoint
from tests.factories import Cast, make_counted_cycle, make_entities, make_framework
from tests.scorecards.worked import publish

pytestmark = pytest.mark.django_db
URL = "/scorecards/2026/decisions/new/"
SAID = {"verb": "requests", "body": "hlcm", "language": "en", "text": "Money.", "action": ""}
QUERY = "group=entities&item=DAT-STR"


@pytest.fixture
def client(client: Client, cast: Cast) -> Client:
    """Of the task force, with a published cycle."""
    cycle: Cycle = make_counted_cycle(make_framework(), {unit: {"DAT-STR": 3} for unit in make_entities(6)})
    publish(cycle, cast)
    client.force_login(cast.task_force)
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/scorecards/2024/receipt/?{query}",
        "http://testserver/scorecards/2024/receipt/?{query}",
        "/scorecards/2026/compare/?{query}",
        "/scorecards/2026/?{query}",
        "/nowhere/?{query}",
        "https://evil.example/scorecards/2026/receipt/?{query}",
        "//evil.example/scorecards/2026/receipt/?{query}",
        "https://testserver@evil.example/scorecards/2026/receipt/?{query}",
        "javascript://testserver/scorecards/2026/receipt/?{query}",
        "ftp://testserver/scorecards/2026/receipt/?{query}",
        "http://[testserver/scorecards/2026/receipt/?{query}",
        "/de/scorecards/2026/receipt/?{query}",
        "{query}&version=2",
        "/scorecards/2026/receipt/?{query}&version=newest",
    ],
)
def test_of_elsewhere_is_refused_at_its_field(client: Client, address: str) -> None:
    answer = client.post(URL, SAID | {"figure": address.format(query=QUERY)})
    assert answer.status_code == 400
    assert "a receipt of this cycle, or its query" in answer.content.decode()
    assert not DecisionPoint.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "{query}",
        "?{query}&version=proposed",
        "/scorecards/2026/receipt/?{query}&version=provisional",
        " http://testserver/scorecards/2026/receipt/?{query}&version=1 ",
        "https://testserver:443/ar/scorecards/2026/receipt/?{query}",
        "/zh-hans/scorecards/2026/receipt/?{query}",
        "/scorecards/2026/receipt/?{query}#steps",
    ],
)
@pytest.mark.parametrize("language", ["", "/ar"])
def test_of_the_cycle_is_understood(client: Client, address: str, language: str) -> None:
    """In whatever language the form is read."""
    answer = client.post(f"{language}{URL}", SAID | {"figure": address.format(query=QUERY)})
    assert answer.status_code == 302
    assert DecisionPoint.objects.get().figure == QUERY


def test_may_be_left_out(client: Client) -> None:
    assert client.post(URL, SAID).status_code == 302
    assert DecisionPoint.objects.get().figure == ""
