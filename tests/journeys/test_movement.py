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
from tests.journeys.test_accessibility import findings, findings_at_both_widths
from tests.scorecards.worked import publish

TALLEST = 9_000  # pixels on a phone; unfolded it is three times as tall


@pytest.fixture
def address(live_server: LiveServer, cast: factories.Cast) -> str:
    """Twelve units on the real framework, each a level up since the year before; not decided yet."""
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
    return f"{live_server.url}/scorecards/2026/movement/"


def unfolded(page: Page) -> list[str]:
    found: list[str] = page.locator("details.fold[open] > .table-scroll").evaluate_all(
        "all => all.map(one => one.id)"
    )
    return found


def test_waits_in_words_and_then_folds_its_items(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    assert findings(page, address) == []
    expect(page.get_by_role("status")).to_contain_text("being prepared")
    decide_comparisons(at=factories.AT)
    page.get_by_role("link", name="Look again").click()
    assert unfolded(page) == ["DAT"]
    assert page.evaluate("document.documentElement.scrollHeight") < TALLEST
    page.locator("summary", has_text="Digital").click()
    page.locator("details.fold", has_text="Digital").get_by_role(
        "link", name="Link to this dimension"
    ).click()
    page.wait_for_url("**/*dimension=DIG#DIG")
    assert unfolded(page) == ["DIG"]


def test_an_address_unfolds_what_it_names(address: str, page: Page) -> None:
    decide_comparisons(at=factories.AT)
    page.goto(f"{address}#BES")
    expect(page.locator("#BES")).to_be_in_viewport()
    assert unfolded(page) == ["DAT", "BES"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_anybody_can_read_it(address: str, new_context: NewContext, scheme: str) -> None:
    decide_comparisons(at=factories.AT)
    page = new_context(color_scheme=scheme).new_page()
    for path in (address, address.replace("/scorecards/", "/ar/scorecards/"), f"{address}?dimension=all"):
        assert findings_at_both_widths(page, path) == []
