"""Tables stay whole on a phone and on paper, paper says what was chosen, levels are ordered by their look."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from roadmap.services.cases import withdraw_case
from tests import factories
from tests.conftest import NewContext
from tests.journeys.conftest import WholePortal

SignIn = Callable[[Page, str], None]
A4_WITHIN_MARGINS = 703  # 210 mm less twice 12 mm, in CSS pixels
LANGUAGES_WITH_SPACES = ("", "/ar", "/es", "/fr", "/ru")
CUT_TABLES = """() => [...document.querySelectorAll(".table-scroll")]
    .filter(box => !box.closest("details:not([open])") && box.scrollWidth > box.clientWidth + 1)
    .map(box => `${box.getAttribute("aria-labelledby")}: ${box.scrollWidth} in ${box.clientWidth}`)"""
TORN_WORDS = r"""() => {
    const torn = [], range = document.createRange()
    for (const cell of document.querySelectorAll(".data-table th")) {
        const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
        while (walker.nextNode()) {
            for (const word of walker.currentNode.data.matchAll(/[^\s·/–-]+/g)) {
                range.setStart(walker.currentNode, word.index)
                range.setEnd(walker.currentNode, word.index + word[0].length)
                const lines = new Set([...range.getClientRects()].map(line => Math.round(line.top)))
                if (lines.size > 1) torn.push(word[0])
            }
        }
    }
    return torn
}"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LIGHTNESS = """() => [0, 1, 2, 3, 4].map(level => {
    const ink = document.createElement("canvas").getContext("2d")
    ink.fillStyle = getComputedStyle(document.querySelector(`.level-legend .level-${level}`)).backgroundColor
    ink.fillRect(0, 0, 1, 1)
    const [red, green, blue] = ink.getImageData(0, 0, 1, 1).data
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
})"""
FRAMES = """() => [0, 1, 2, 3].map(level =>
    parseFloat(getComputedStyle(document.querySelector(`.level-legend .level-${level}`)).outlineWidth))"""

MARKED_CHOICES = """() => Object.fromEntries(
    [...document.querySelectorAll(".choices")].find(box => box.textContent.includes("Claimed"))
        .querySelectorAll("a, label").values()
        .map(choice => [choice.textContent.trim(), choice])
        .map(([name, choice]) => [name, getComputedStyle(choice, "::before").content.includes("✓")])
)"""


@pytest.fixture
def sheet(published: WholePortal) -> str:
    """The address of the sheet of a unit whose answers are validated."""
    unit = published.cycle.assessments.exclude(pk=published.sheet).earliest("pk").entity
    return f"/scorecards/2026/entities/{unit.code}/"


def test_a_phone_cuts_no_table(
    published: WholePortal, sheet: str, page_at: Callable[[int], Page], sign_in: SignIn
) -> None:
    page, cut = page_at(390), {}
    sign_in(page, "first")
    for path in ("/scorecards/", "/scorecards/2026/", sheet):
        for language in LANGUAGES_WITH_SPACES:
            page.goto(published.address + language + path)
            if found := page.evaluate(CUT_TABLES):
                cut[language + path] = found
    assert cut == {}


def test_the_narrowest_window_scrolls_no_page_sideways(
    published: WholePortal, sheet: str, page_at: Callable[[int], Page], sign_in: SignIn
) -> None:
    """320 pixels are a window of 1280 at 400 per cent (WCAG 1.4.10); only a table is wider, in its box."""
    page, wide = page_at(320), {}
    sign_in(page, "first")
    parts = ("", "explore/", "compare/", "uncertainty/", "report/", "entities/", "decisions/")
    for path in ("/", "/scorecards/", *(f"/scorecards/2026/{part}" for part in parts), sheet, "/portfolio/"):
        for language in LANGUAGES_WITH_SPACES:
            page.goto(published.address + language + path)
            page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
            if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
                wide[language + path] = width
    assert wide == {}


def test_a_phone_explains_the_marks_before_the_first_figure(
    published: WholePortal, page_at: Callable[[int], Page]
) -> None:
    """On a wide window the legend itself stands there."""
    for width, is_short in ((320, True), (390, True), (1280, False)):
        page = page_at(width)
        page.goto(f"{published.address}/scorecards/2026/")
        assert page.locator(".marks-in-short").is_visible() == is_short
        explained = ".marks-in-short" if is_short else ".panels > .legend"
        tops = [page.locator(place).first.bounding_box() for place in (explained, ".panels .bars")]
        assert tops[0]
        assert tops[1]
        assert tops[0]["y"] < tops[1]["y"]


def test_the_words_beside_a_level_go_away_by_escape(
    published: WholePortal, sheet: str, page_at: Callable[[int], Page], sign_in: SignIn
) -> None:
    """Without moving pointer or focus; they come back with either, and may be pointed at (WCAG 1.4.13)."""
    page = page_at(1280)
    sign_in(page, "first")
    page.goto(published.address + sheet)
    cells = page.locator(".level-map td > a")
    tips = page.locator(".level-map td > a > .level-tip")

    def is_told(number: int, *, told: bool = True) -> None:
        clipped = expect(tips.nth(number))
        (clipped.not_to_have_css if told else clipped.to_have_css)("clip-path", "inset(50%)")

    cells.nth(0).hover()
    is_told(0)
    tips.nth(0).hover()
    is_told(0)
    page.keyboard.press("Escape")
    is_told(0, told=False)
    cells.nth(1).hover()
    is_told(1)
    cells.nth(0).hover()
    is_told(0)
    page.mouse.move(0, 0)
    cells.nth(0).focus()
    page.keyboard.press("Tab")
    is_told(1)
    page.keyboard.press("Escape")
    is_told(1, told=False)
    assert cells.nth(1).evaluate("cell => cell === document.activeElement")
    page.keyboard.press("Shift+Tab")
    is_told(0)
    page.keyboard.press("Tab")
    is_told(1)


@pytest.mark.parametrize("width", [390, 1280])
def test_no_head_and_no_name_is_torn_inside_of_a_word(
    published: WholePortal, page_at: Callable[[int], Page], width: int
) -> None:
    page, torn = page_at(width), {}
    for path in ("/scorecards/2026/", "/scorecards/2026/explore/", "/scorecards/"):
        for language in LANGUAGES_WITH_SPACES:
            page.goto(published.address + language + path)
            for fold in page.locator("details").all():
                fold.evaluate("fold => { fold.open = true }")
            if found := page.evaluate(TORN_WORDS):
                torn[language + path] = found
    assert torn == {}


def test_paper_says_what_was_chosen_and_cuts_no_table(
    published: WholePortal, sheet: str, page_at: Callable[[int], Page], sign_in: SignIn
) -> None:
    page = page_at(A4_WITHIN_MARGINS)
    sign_in(page, "first")
    page.emulate_media(media="print")
    chosen = "?group=type:fund_or_programme&basis=claimed"
    for path in ("/scorecards/2026/", "/scorecards/2026/explore/"):
        page.goto(published.address + path + chosen)
        assert page.locator(".on-paper").inner_text() == "Group: Funds and programmes (15) · Basis: Claimed"
        assert page.evaluate(CUT_TABLES) == []
    page.goto(f"{published.address}{sheet}?basis=claimed")
    choices = page.get_by_role("navigation", name="Basis").get_by_role("link")
    assert [each.inner_text() for each in choices.all() if each.is_visible()] == ["Claimed"]
    assert page.evaluate(CUT_TABLES) == []


def test_levels_are_ordered_by_their_look(
    published: WholePortal, sheet: str, new_context: NewContext, sign_in: SignIn
) -> None:
    """The more, the darker on white and the lighter in the dark; without colours, the heavier the frame."""
    page = new_context().new_page()
    sign_in(page, "first")
    page.goto(published.address + sheet)
    on_white = page.evaluate(LIGHTNESS)
    assert on_white == sorted(on_white, reverse=True)
    page.emulate_media(color_scheme="dark")
    in_the_dark = page.evaluate(LIGHTNESS)
    assert in_the_dark == sorted(in_the_dark)
    page.emulate_media(color_scheme="light", forced_colors="active")
    assert page.evaluate(FRAMES) == [0, 2, 4, 6]


def test_what_is_chosen_is_marked_without_colours(
    published: WholePortal, sheet: str, new_context: NewContext, sign_in: SignIn
) -> None:
    page = new_context().new_page()
    page.emulate_media(forced_colors="active")
    sign_in(page, "first")
    for place in (sheet, f"/scorecards/{published.cycle.code}/"):
        page.goto(published.address + place)
        chosen = page.evaluate(MARKED_CHOICES)
        assert chosen == {"Accepted": True, "Claimed": False}, place


@pytest.mark.parametrize("width", [390, 1280])
def test_texts_without_a_space_stay_within_the_page(
    whole_portal: WholePortal, page_at: Callable[[int], Page], sign_in: SignIn, width: int
) -> None:
    """Whatever a case says: titles, stories, addresses, and why it was withdrawn."""
    said: dict[str, Any] = {"title": "W" * 200, **dict.fromkeys(("problem", "done", "outcome"), "W" * 3000)}
    url, focal = f"https://example.org/{'w' * 1900}", whole_portal.people["focal"]
    case = factories.make_case(whole_portal.undp, focal, **said, url=url)
    wide, page, here = {}, page_at(width), f"/portfolio/cases/{case.pk}/"
    sign_in(page, "focal")

    def measure(*paths: str) -> None:
        for path in paths:
            page.goto(whole_portal.address + path)
            for fold in page.locator("details").all():
                fold.evaluate("fold => { fold.open = true }")
            if over := page.evaluate(SIDEWAYS):
                wide[path] = over

    measure("/portfolio/", "/portfolio/DAT/", here, f"{here}change/", f"{here}withdraw/")
    withdraw_case(
        case=case, version=case.version, reason="R" * 1000, by=whole_portal.people["first"], at=factories.AT
    )
    measure("/portfolio/?page=1", "/my/", f"{here}?from=/portfolio/DAT/", f"{here}delete/")
    assert wide == {}
