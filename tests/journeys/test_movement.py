"""Two cycles on a phone: items are folded by dimension, and an address unfolds the one that it names."""

from datetime import date

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from quintet.models import Cycle, Framework
from scorecards.services.comparing import decide_comparisons
from tests import factories
from tests.conftest import NewContext
from tests.journeys.test_accessibility import COLOURS, findings, findings_at
from tests.kept import kept
from tests.scorecards.worked import publish

MOVEMENT = "/scorecards/2026/movement/"
TALLEST = 9_000  # pixels on a phone; unfolded it is three times as tall


@kept
def make_two_years() -> None:
    """Twelve units on the real framework, each a level up since the year before."""
    cast = factories.make_cast(factories.make_entity("UNDP"), factories.make_entity("UNICEF"))
    call_command("load_reference", verbosity=0)
    framework = Framework.objects.get()
    codes = list(framework.items.values_list("code", flat=True))
    units = factories.make_entities(12)
    for level, year in enumerate((2025, 2026), 1):
        found = {unit: dict.fromkeys(codes, level) for unit in units}
        cycle = factories.make_counted_cycle(framework, found, str(year))
        days = {"opens_on": date(year, 1, 1), "closes_on": date(year, 6, 30)}
        Cycle.objects.filter(pk=cycle.pk).update(**days)
        cycle.refresh_from_db()
        publish(cycle, cast)


@kept
def make_two_compared_years() -> None:
    make_two_years()
    decide_comparisons(at=factories.AT)


@pytest.fixture
def undecided(live_server: LiveServer) -> str:
    """The address of what moved, where nothing is decided yet on what may be compared."""
    make_two_years()
    return live_server.url + MOVEMENT


@pytest.fixture
def address(live_server: LiveServer) -> str:
    make_two_compared_years()
    return live_server.url + MOVEMENT


def expect_unfolded(page: Page, *dimensions: str) -> None:
    tables = page.locator("details.fold[open] > .table-scroll")
    expect(tables).to_have_count(len(dimensions))
    for place, dimension in enumerate(dimensions):
        expect(tables.nth(place)).to_have_id(dimension)


def test_waits_in_words_and_then_folds_its_items(undecided: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    assert findings(page, undecided) == []
    expect(page.get_by_role("status")).to_contain_text("being prepared")
    decide_comparisons(at=factories.AT)
    page.get_by_role("link", name="Look again").click()
    expect_unfolded(page, "DAT")
    assert page.evaluate("document.documentElement.scrollHeight") < TALLEST
    page.locator("summary", has_text="Digital").click()
    page.locator("details.fold", has_text="Digital").get_by_role(
        "link", name="Link to this dimension"
    ).click()
    page.wait_for_url("**/*version=1&from_version=1&dimension=DIG#DIG")
    expect_unfolded(page, "DIG")


def test_an_address_unfolds_what_it_names(address: str, page: Page) -> None:
    page.goto(f"{address}#BES")
    expect(page.locator("#BES")).to_be_in_viewport()
    expect_unfolded(page, "DAT", "BES")


def test_anybody_can_read_it(address: str, new_context: NewContext) -> None:
    page = new_context(color_scheme="light").new_page()
    assert findings_at(page, f"{address}?dimension=all") == []
    assert findings_at(page, address.replace("/scorecards/", "/ar/scorecards/"), widths=[390]) == []
    dark = new_context(color_scheme="dark").new_page()
    assert findings_at(dark, f"{address}?dimension=all", widths=[1280], rules=COLOURS) == []


@pytest.mark.parametrize("language", ["", "/ar"])
def test_a_change_leads_to_its_receipt_and_back(address: str, page: Page, language: str) -> None:
    page.goto(address.replace("/scorecards/", f"{language}/scorecards/"))
    page.locator("#DAT td.change a").first.click()
    page.wait_for_url("**/receipt/*item=DAT-STR*")
    assert findings_at(page, page.url) == []
    page.goto(page.url.replace("item=DAT-STR", "dimension=DAT"))
    assert findings_at(page, page.url) == []
    page.locator(".eyebrow a").click()
    page.wait_for_url("**/movement/*dimension=DAT*")
