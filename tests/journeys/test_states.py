"""axe finds nothing in the states that pages have beside the usual one: suppressed, refused, given up."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from entities.models import Entity
from quintet.models import Cycle
from roadmap.services.cases import withdraw_case
from scorecards.queries.papers import PAPERS
from scorecards.services.comparing import decide_comparisons
from tests import factories
from tests.journeys.test_accessibility import SignIn, faults, findings_at
from tests.kept import kept
from tests.scorecards.worked import publish
from un20portal.outbox.models import Message

FEW = "type:regional_commission"
SUPPRESSED = [
    f"?group={FEW}",
    f"explore/?group={FEW}",
    f"compare/?group=entities&group={FEW}",
    f"receipt/?group={FEW}&item=DAT-STR",
    f"receipt/?group={FEW}&dimension=DAT",
    f"movement/?group={FEW}",
    f"figure/?group={FEW}",
]
REFUSED = {
    "?group=nobody": 404,
    "entities/UNDP/": 404,
    "movement/?from=1999": 404,
    "compare/?groups=all": 400,
    "report.pdf?lang=en&version=7": 404,
}


@kept
def make_two_years() -> None:
    """Two published cycles with a group of three units."""
    cast = factories.make_cast(factories.make_entity("UNDP"), factories.make_entity("UNICEF"))
    framework = factories.make_framework()
    few = [factories.make_entity(f"COM-{number}", type="regional_commission") for number in range(3)]
    units = [*factories.make_entities(12), *few]
    for level, year in enumerate((2025, 2026), 1):
        cycle = factories.make_counted_cycle(
            framework, {unit: {"DAT-STR": level, "DAT-LED": level + 1} for unit in units}, str(year)
        )
        days = {"opens_on": date(year, 1, 1), "closes_on": date(year, 6, 30)}
        Cycle.objects.filter(pk=cycle.pk).update(**days)
        cycle.refresh_from_db()
        publish(cycle, cast)
    decide_comparisons(at=factories.AT)


@pytest.fixture
def scorecard(live_server: LiveServer) -> str:
    """The address of the later one."""
    make_two_years()
    return f"{live_server.url}/scorecards/2026/"


def test_what_is_suppressed(scorecard: str, page: Page) -> None:
    for query in SUPPRESSED:
        assert findings_at(page, scorecard + query) == [], query
        assert page.get_by_text("uppressed").count(), query


def test_what_is_refused(scorecard: str, page: Page, trouble: list[str]) -> None:
    for query, status in REFUSED.items():
        assert findings_at(page, scorecard + query) == [], query
        assert [line for line in trouble if line.startswith(f"{status}:")], query
        trouble.clear()


def test_what_was_given_up(scorecard: str, page: Page, trouble: list[str]) -> None:
    Message.objects.filter(topic=PAPERS).update(dead_at=factories.AT)
    for query in ("report/", "report.pdf?lang=en"):
        assert findings_at(page, scorecard + query) == [], query
        assert page.get_by_text("given up").count(), query
    assert trouble == [f"503: GET {scorecard}report.pdf?lang=en"]
    trouble.clear()


def test_cases_that_are_withdrawn_and_refused(
    live_server: LiveServer,
    undp: Entity,
    cast: factories.Cast,
    page: Page,
    sign_in: SignIn,
    trouble: list[str],
) -> None:
    """The page that asks why, the same with what is wrong, and what the entity reads of it."""
    case = factories.make_case(undp, cast.focal)
    here = f"{live_server.url}/portfolio/cases/{case.pk}/"
    sign_in(page, "focal")
    assert findings_at(page, f"{here}withdraw/") == []
    page.get_by_role("button", name="Withdraw").click()
    assert faults(page) == []
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.title().startswith("Error: Withdraw a case")
    assert page.get_by_role("link", name="Why is it withdrawn?").count()
    assert trouble == [f"400: POST {here}withdraw/"]
    trouble.clear()
    withdraw_case(case=case, version=2, reason="It is not true.", by=cast.task_force, at=factories.AT)
    for address in (here, f"{here}delete/", f"{live_server.url}/my/"):
        assert findings_at(page, address) == [], address
    page.goto(here)
    assert page.get_by_text("It is not true.").first.is_visible()
