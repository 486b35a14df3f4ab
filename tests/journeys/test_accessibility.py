"""axe finds nothing on any page, at both widths, light and dark, and from right to left."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page
from pytest_django.live_server_helper import LiveServer

from roadmap.models import Case
from scorecards.services.deciding import add_point
from tests import factories
from tests.conftest import NewContext
from tests.journeys.conftest import Portal, WholePortal, make_whole_portal, publish_figures
from tests.kept import kept

SignIn = Callable[[Page, str], None]
Rules = Mapping[str, Any]
ALL: Rules = {}
COLOURS: Rules = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
ASK_AXE = """async options => (await axe.run(document, options)).violations.flatMap(
    violation => violation.nodes.map(node => [violation.id, node.html.slice(0, 160)]))"""
WIDTHS = (390, 1280)
PUBLIC = [
    "/",
    "/scorecards/",
    "/scorecards/2026/",
    "/scorecards/2026/?group=type:fund_or_programme&basis=claimed",
    "/scorecards/2026/figure/",
    "/scorecards/2026/explore/?sort=-paper_gap",
    "/scorecards/2026/explore/?search=nothing-is-like-this",
    "/scorecards/2026/compare/?group=entities&group=type:fund_or_programme",
    "/scorecards/2026/compare/?entity=",
    "/scorecards/2026/receipt/?group=entities&item=DAT-STR",
    "/scorecards/2026/uncertainty/",
    "/scorecards/2026/report/?refresh=off",
    "/scorecards/2026/entities/",
    "/portfolio/",
    "/portfolio/DAT/?enabler=STR&without=UNDP",
    "/portfolio/FOR/",
    "/portfolio/cases/{case}/",
    "/frameworks/",
    "/frameworks/quintet-2026/",
    "/accounts/login/",
    "/accounts/password/reset/",
    "/api/v1/docs/",
]
REFUSED = {"/scorecards/2026/explore/?sort=luck": 400, "/no-such-page/": 404}
FIGURE = "?group=entities&item=DAT-STR"
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
        "/portfolio/",
        "/portfolio/cases/new/",
        "/portfolio/cases/{case}/",
        "/portfolio/cases/{draft}/change/",
        "/portfolio/cases/{draft}/delete/",
        "/portfolio/cases/{case}/withdraw/",
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
        "/scorecards/2026/decisions/",
        "/scorecards/2026/decisions/new/",
        "/scorecards/2026/?version=provisional",
        "/assessments/{validated}/",
        "/assessments/{validated}/DAT/",
        "/assessments/{validated}/checks/",
        "/assessments/{validated}/second-ratings/",
        "/scorecards/2026/receipt/?entity={other}&dimension=DAT",
        "/scorecards/2026/entities/{other}/?dimension=DAT",
        "/scorecards/2026/entities/{other}/next/",
        "/scorecards/2026/compare/?entity={other}&entity={another}",
    ],
}


@kept
def make_portal_with_cases(address: str) -> WholePortal:
    portal = make_whole_portal(address)
    said = {"verb": "requests", "body": "hlcm", "text": "Money.", "action": "Find it.", "figure": FIGURE}
    for _number in range(2):
        add_point(cycle=portal.cycle, by=portal.people["first"], at=factories.AT, **said)
    publish_figures(portal)
    for is_shown in (True, False):
        factories.make_case(portal.undp, portal.people["focal"], is_shown=is_shown)
    return portal


@pytest.fixture
def published(live_server: LiveServer) -> WholePortal:
    """With points for decision, a case that is shown and a draft."""
    return make_portal_with_cases(live_server.url)


def ids_of_cases() -> dict[str, int]:
    """The case that is shown, and the draft."""
    shown, draft = Case.objects.order_by("pk").values_list("pk", flat=True)
    return {"case": shown, "draft": draft}


def findings(page: Page, address: str) -> list[str]:
    """Visit a page and return what axe says against it, and whether it scrolls sideways."""
    page.goto(address)
    return faults(page)


def findings_at(page: Page, address: str, *, widths: Sequence[int] = WIDTHS, rules: Rules = ALL) -> list[str]:
    """The same of a page that is loaded once and seen on a phone and on a desk."""
    page.goto(address)
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width} px: {fault}" for fault in faults(page, rules)]
    return found


def faults(page: Page, rules: Rules = ALL) -> list[str]:
    """What axe says against the page as it stands, and whether it scrolls sideways.

    Each width and state is seen by all rules, as ever; axe itself comes into a document only once.
    """
    if page.evaluate("window.axe === undefined"):
        page.evaluate(Axe().axe_script)
    # without resultTypes, three quarters of its time describe what is fine
    violations = page.evaluate(ASK_AXE, {**rules, "resultTypes": ["violations"]})
    found = [f"{page.url}: {rule}: {part}" for rule, part in violations]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{page.url}: the page scrolls sideways")
    return found


@pytest.mark.parametrize(
    ("prefix", "scheme", "widths", "rules"),
    [
        ("", "light", WIDTHS, ALL),
        ("/ar", "light", (390,), ALL),
        ("", "dark", (1280,), COLOURS),  # the same elements in other colours
    ],
)
def test_public_pages(
    published: Portal,
    new_context: NewContext,
    trouble: list[str],
    prefix: str,
    scheme: str,
    widths: Sequence[int],
    rules: Rules,
) -> None:
    page = new_context(color_scheme=scheme).new_page()
    found, refused = [], []
    for path in [*PUBLIC, *REFUSED]:
        address = published.address + ("" if "/api/" in path else prefix) + path.format(**ids_of_cases())
        found += findings_at(page, address, widths=widths, rules=rules)
        refused += [f"{REFUSED[path]}: GET {address}"] if path in REFUSED else []
    assert (found, trouble) == ([], refused)
    trouble.clear()


@pytest.mark.parametrize("person", SIGNED_IN)
def test_pages_of_work(published: Portal, page: Page, sign_in: SignIn, person: str) -> None:
    sign_in(page, person)
    validated, another = published.cycle.assessments.exclude(pk=published.sheet).order_by("pk")[:2]
    ids = {
        "sheet": published.sheet,
        "validated": validated.pk,
        "unit": published.undp.code,
        "other": validated.entity.code,
        "another": another.entity.code,
        **ids_of_cases(),
    }
    addresses = [published.address + path.format(**ids) for path in SIGNED_IN[person]]
    assert [line for address in addresses for line in findings_at(page, address)] == []


def test_pages_before_the_first_publication(
    portal: Portal, live_server: LiveServer, page_at: Callable[[int], Page], trouble: list[str]
) -> None:
    page = page_at(390)
    assert findings(page, live_server.url + "/") == []
    assert findings(page, live_server.url + "/scorecards/") == []
    address = f"{live_server.url}/scorecards/{portal.cycle.code}/"
    assert findings(page, address) == []
    assert trouble == [f"404: GET {address}"]
    trouble.clear()


def test_the_switch_of_a_page_shows_where_the_focus_is(
    published: WholePortal, page: Page, sign_in: SignIn
) -> None:
    """Its corners are round, and cut off what is drawn around a link."""
    sign_in(page, "first")
    validated = published.cycle.assessments.exclude(pk=published.sheet).order_by("pk")[0]
    page.goto(f"{published.address}/scorecards/2026/entities/{validated.entity.code}/")
    for link in page.locator("nav.choices").get_by_role("link").all():
        link.evaluate("one => one.blur()")
        before = lower_edge(link)
        link.focus()
        assert lower_edge(link) != before


def lower_edge(found: Locator) -> bytes:
    """A picture of what lies along the lower edge of something, inside of it."""
    box = found.bounding_box()
    assert box
    y, width = box["y"] + box["height"] - 8, box["width"] - 16
    return found.page.screenshot(clip={"x": box["x"] + 8, "y": y, "width": width, "height": 8})


def test_what_stays_in_sight_leaves_room_to_read(published: Portal, page: Page) -> None:
    """On a phone held across, as with letters four times as large, it goes away with the page."""
    page.goto(f"{published.address}/scorecards/2026/")
    for height, stays in ((900, True), (360, False)):
        page.set_viewport_size({"width": 780, "height": height})
        page.evaluate("scrollTo(0, 3000)")
        assert page.locator(".in-sight").evaluate("one => one.getBoundingClientRect().top >= 0") is stays


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
