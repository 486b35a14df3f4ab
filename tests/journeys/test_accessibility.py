"""axe finds nothing on any page, at both widths, light and dark, and from right to left."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from scorecards.services import publishing
from tests import factories
from tests.journeys.conftest import Portal

SignIn = Callable[[Page, str], None]
PUBLIC = [
    "/",
    "/scorecards/",
    "/scorecards/2026/",
    "/scorecards/2026/?group=type:fund_or_programme&basis=claimed",
    "/scorecards/2026/figure/",
    "/frameworks/",
    "/frameworks/quintet-2026/",
    "/accounts/login/",
    "/accounts/password/reset/",
    "/api/v1/docs/",
    "/no-such-page/",
]
SIGNED_IN = {
    "focal": [
        "/my/",
        "/assessments/{sheet}/",
        "/assessments/{sheet}/DAT/",
        "/assessments/{sheet}/review/",
        "/assessments/{sheet}/delegations/",
        "/assessments/{sheet}/history/",
        "/own-path/{unit}/",
        "/own-path/{unit}/DAT/",
    ],
    "first": [
        "/cycles/",
        "/cycles/new/",
        "/cycles/2026/",
        "/cycles/2026/reminders/",
        "/cycles/2026/units/UNDP/time/",
        "/accounts/letters/",
        "/validation/",
        "/scorecards/2026/publication/",
        "/scorecards/2026/?version=provisional",
        "/assessments/{validated}/",
        "/assessments/{validated}/DAT/",
        "/assessments/{validated}/checks/",
        "/assessments/{validated}/second-ratings/",
    ],
}


@pytest.fixture
def published(portal: Portal) -> Portal:
    for person, step in (("first", publishing.propose), ("second", publishing.confirm)):
        step(cycle=portal.cycle, by=portal.people[person], at=factories.AT)
    return portal


def findings(page: Page, address: str) -> list[str]:
    """Visit a page and return what axe says against it, and whether it scrolls sideways."""
    page.goto(address)
    found = [
        f"{address}: {violation['id']}: {node['html'][:160]}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{address}: the page scrolls sideways")
    return found


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_public_pages(published: Portal, browser: Browser, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    prefixes = ["", "/ar"] if scheme == "light" else [""]
    addresses = [
        published.address + (prefix if not path.startswith("/api") else "") + path
        for prefix in prefixes
        for path in PUBLIC
    ]
    assert [line for address in addresses for line in findings(page, address)] == []
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("person", SIGNED_IN)
def test_pages_of_work(
    published: Portal, page_at: Callable[[int], Page], sign_in: SignIn, width: int, person: str
) -> None:
    page = page_at(width)
    sign_in(page, person)
    validated = published.cycle.assessments.exclude(pk=published.sheet).order_by("pk").first()
    assert validated is not None
    ids = {"sheet": published.sheet, "validated": validated.pk, "unit": published.undp.code}
    found = [
        line for path in SIGNED_IN[person] for line in findings(page, published.address + path.format(**ids))
    ]
    assert found == []


def test_pages_before_the_first_publication(
    portal: Portal, live_server: LiveServer, page_at: Callable[[int], Page]
) -> None:
    page = page_at(390)
    assert findings(page, live_server.url + "/") == []
    assert findings(page, live_server.url + "/scorecards/") == []


def test_the_list_of_cycles_fits_a_phone(
    portal: Portal, page_at: Callable[[int], Page], sign_in: SignIn
) -> None:
    """Nothing has to be scrolled sideways, in any language."""
    page = page_at(390)
    sign_in(page, "first")
    too_wide = {}
    for prefix in ("", "/fr", "/es", "/ar", "/zh-hans", "/ru"):
        page.goto(f"{portal.address}{prefix}/cycles/")
        page.locator(".task-card").first.wait_for()
        if hidden := page.evaluate("document.documentElement.scrollWidth - innerWidth"):
            too_wide[prefix] = hidden
    assert too_wide == {}
