"""Points for decision with mouse or finger: they are written, moved and deleted on their cards."""

import re

from playwright.sync_api import Dialog, Locator, Page, expect

from tests.journeys.conftest import AtWork, Portal, Screen
from tests.journeys.test_accessibility import faults

SAID = ("The data strategies.", "The paper gap.")


def texts(page: Page) -> Locator:
    return page.locator(".task-card > p[dir=auto]")


def write(page: Page, text: str) -> None:
    page.get_by_role("link", name="New point").click()
    page.get_by_label("What the point is about").fill(text)
    page.get_by_label("The figure behind it").fill("?group=entities&item=DAT-STR")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The point is saved.").wait_for()


def hit(found: Locator) -> None:
    """Click where it is seen; nothing may lie over it."""
    found.click()


def of_point(number: int, word: str) -> re.Pattern[str]:
    return re.compile(rf"{word}\s*: point {number}")


def test_every_button_of_a_card_can_be_hit(portal: Portal, at_work: AtWork) -> None:
    page = at_work(portal.people["first"])
    page.goto(f"/scorecards/{portal.cycle.code}/decisions/")
    for text in SAID:
        write(page, text)
    expect(texts(page)).to_have_text(SAID)
    hit(page.get_by_role("button", name=of_point(2, "Move up")))
    page.get_by_text("one place further up").wait_for()
    expect(texts(page)).to_have_text(SAID[::-1])
    hit(page.get_by_role("button", name=of_point(1, "Delete")))
    page.get_by_text("The point is deleted.").wait_for()
    expect(texts(page)).to_have_text([SAID[0]])
    hit(page.get_by_role("link", name=of_point(1, "Change")))
    expect(page.get_by_label("What the point is about")).to_have_value(SAID[0])


def test_two_who_change_one_point_read_both_texts(
    portal: Portal, at_work: AtWork, screen: Screen, trouble: list[str]
) -> None:
    page = at_work(portal.people["first"])
    page.goto(f"/scorecards/{portal.cycle.code}/decisions/")
    write(page, SAID[0])
    hit(page.get_by_role("link", name=of_point(1, "Change")))
    other = at_work(portal.people["second"])
    other.goto(page.url)
    for window, text in ((other, "Of the second."), (page, "Of the first.")):
        window.get_by_label("What the point is about").fill(text)
        window.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="What is stored now").wait_for()
    assert [line for line in trouble if line.startswith("412:")]
    trouble.clear()
    if screen.script:  # axe is one
        assert faults(page) == []
    stored = page.locator("section", has=page.get_by_role("heading", name="What is stored now"))
    assert "Of the second." in stored.inner_text()
    assert page.get_by_label("What the point is about").input_value() == "Of the first."
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The point is saved.").wait_for()
    expect(texts(page)).to_have_text(["Of the first."])


def test_a_card_with_two_links_leads_to_both(portal: Portal, at_work: AtWork) -> None:
    page = at_work(portal.people["first"])
    for name, address in (("Publication of", "**/publication/"), (portal.cycle.title, "**/cycles/*/")):
        page.goto("/cycles/")
        hit(page.locator(".task-card").get_by_role("link", name=re.compile(f"^{name}")))
        page.wait_for_url(address)


def stays_when_asked(page: Page) -> None:
    """Change the language; the browser asks before, and the person stays."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    with page.expect_event("dialog"):
        page.get_by_role("button", name="Français").click(no_wait_after=True)
    assert asked == ["beforeunload"]


def test_another_language_takes_no_words_away_unasked(
    portal: Portal, at_work: AtWork, screen: Screen, trouble: list[str]
) -> None:
    """A browser asks, also of words that were refused; without a script the page says so beforehand."""
    page = at_work(portal.people["first"])
    page.goto(f"/scorecards/{portal.cycle.code}/decisions/new/")
    written = page.get_by_label("What the point is about")
    warning = page.get_by_text("Save before you change the language")
    expect(warning).to_be_visible(visible=not screen.script)
    if not screen.script:
        return
    written.press_sequentially("Half a sen")
    stays_when_asked(page)
    expect(written).to_have_value("Half a sen")
    page.get_by_label("The figure behind it").fill("nowhere")
    page.get_by_role("button", name="Save").click()
    page.locator(".error-summary").wait_for()
    stays_when_asked(page)
    expect(written).to_have_value("Half a sen")
    assert [line for line in trouble if line.startswith("400:")]
    trouble.clear()
    page.get_by_label("The figure behind it").fill("")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The point is saved.").wait_for()


def test_words_that_the_browser_filled_in_again_are_not_taken_away_unasked(
    portal: Portal, at_work: AtWork, screen: Screen
) -> None:
    """As on the way back to a page: no input is told of, the page is shown."""
    if not screen.script:
        return
    page = at_work(portal.people["first"])
    page.goto(f"/scorecards/{portal.cycle.code}/decisions/new/")
    written = page.get_by_label("What the point is about")
    written.evaluate("field => field.value = 'Half a sen'")
    page.evaluate("dispatchEvent(new Event('pageshow'))")
    stays_when_asked(page)
    expect(written).to_have_value("Half a sen")


def test_a_refused_form_of_any_kind_is_not_left_unasked(
    at_work: AtWork, portal: Portal, screen: Screen, trouble: list[str]
) -> None:
    if not screen.script:
        return
    page = at_work(portal.people["first"])
    page.goto("/scorecards/groups/new/")
    name = page.locator("[name=name]")
    name.fill("Small funds")
    page.locator("main form button[type=submit]").click()
    page.locator(".error-summary").wait_for()
    assert [line for line in trouble if line.startswith("400:")]
    trouble.clear()
    stays_when_asked(page)
    expect(name).to_have_value("Small funds")
