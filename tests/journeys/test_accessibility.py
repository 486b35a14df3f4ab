"""axe finds nothing on any page, at both widths, light and dark, and from right to left."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from scorecards.services import publishing
from scorecards.services.computing import compute_cycle
from tests import factories
from tests.conftest import NewContext
from tests.journeys.conftest import Portal, WholePortal

SignIn = Callable[[Page, str], None]
PUBLIC = [
    "/",
    "/scorecards/",
    "/scorecards/2026/",
    "/scorecards/2026/?group=type:fund_or_programme&basis=claimed",
    "/scorecards/2026/figure/",
    "/scorecards/2026/receipt/?group=entities&item=DAT-STR",
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
        "/scorecards/2026/receipt/?entity={other}&dimension=DAT",
    ],
}


@pytest.fixture
def published(whole_portal: WholePortal) -> WholePortal:
    for person, step in (("first", publishing.propose), ("second", publishing.confirm)):
        step(cycle=whole_portal.cycle, by=whole_portal.people[person], at=factories.AT)
    compute_cycle(cycle_id=whole_portal.cycle.pk, at=factories.AT)
    return whole_portal


def findings(page: Page, address: str) -> list[str]:
    """Visit a page and return what axe says against it, and whether it scrolls sideways."""
    page.goto(address)
    return faults(page)


def findings_at_both_widths(page: Page, address: str) -> list[str]:
    """The same of a page that is loaded once and seen on a phone and on a desk."""
    page.goto(address)
    found = []
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width} px: {fault}" for fault in faults(page)]
    return found


def faults(page: Page) -> list[str]:
    found = [
        f"{page.url}: {violation['id']}: {node['html'][:160]}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{page.url}: the page scrolls sideways")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_public_pages(published: Portal, new_context: NewContext, trouble: list[str], scheme: str) -> None:
    page = new_context(color_scheme=scheme).new_page()
    prefixes = ["", "/ar"] if scheme == "light" else [""]
    addresses = [
        published.address + (prefix if not path.startswith("/api") else "") + path
        for prefix in prefixes
        for path in PUBLIC
    ]
    assert [line for address in addresses for line in findings_at_both_widths(page, address)] == []
    assert trouble == [f"404: GET {address}" for address in addresses if address.endswith("/no-such-page/")]
    trouble.clear()


@pytest.mark.parametrize("person", SIGNED_IN)
def test_pages_of_work(published: Portal, page: Page, sign_in: SignIn, person: str) -> None:
    sign_in(page, person)
    validated = published.cycle.assessments.exclude(pk=published.sheet).order_by("pk").first()
    assert validated is not None
    ids = {
        "sheet": published.sheet,
        "validated": validated.pk,
        "unit": published.undp.code,
        "other": validated.entity.code,
    }
    addresses = [published.address + path.format(**ids) for path in SIGNED_IN[person]]
    assert [line for address in addresses for line in findings_at_both_widths(page, address)] == []


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
    sign_in(page, "taskforce")
    too_wide = {}
    for prefix in ("", "/fr", "/es", "/ar", "/zh-hans", "/ru"):
        page.goto(f"{portal.address}{prefix}/cycles/")
        page.locator(".task-card").first.wait_for()
        if hidden := page.evaluate("document.documentElement.scrollWidth - innerWidth"):
            too_wide[prefix] = hidden
    assert too_wide == {}
