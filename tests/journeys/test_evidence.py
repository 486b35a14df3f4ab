"""Documents in a real browser: attached and taken back with and without a script, downloaded as files."""

from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OPEN_ITEM, Portal, Screen
from tests.quintet.samples import pdf

SignIn = Callable[[Page, str], None]


def findings(page: Page) -> list[str]:
    """What axe says against the page with its forms unfolded, and whether it scrolls sideways."""
    page.evaluate("document.querySelectorAll('details').forEach((found) => { found.open = true; })")
    found = [violation["id"] for violation in Axe().run(page).response["violations"]]
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return [*found, *(["scrolls sideways"] if page.evaluate(wide) else [])]


def test_a_document_is_attached_read_changed_and_removed(
    portal: Portal, screen: Screen, new_window: Callable[[], Page], sign_in: SignIn, tmp_path: Path
) -> None:
    file = tmp_path / "Data plan.pdf"
    file.write_bytes(pdf())
    page = new_window()
    sign_in(page, "focal")
    page.goto(f"{portal.address}/assessments/{portal.sheet}/DAT/")
    card = page.locator(f"#{OPEN_ITEM}")
    expect(card.get_by_role("heading", name=f"Documents for {OPEN_ITEM}")).to_be_visible()
    card.get_by_text(f"Attach a document to {OPEN_ITEM}").click()
    card.get_by_label("File: PDF").set_input_files(file)
    card.get_by_label("Title of the document").fill("Data plan 2026")
    card.get_by_label("Day of the document").fill("2026-05-31")
    card.get_by_role("button", name=f"Attach to {OPEN_ITEM}").click()
    expect(page.get_by_role("status").first).to_contain_text(f"attached to {OPEN_ITEM}")
    if screen.script:
        assert findings(page) == []

    with page.expect_download() as download:
        card.get_by_role("link", name="Data plan 2026", exact=True).click()
    assert download.value.suggested_filename == "Data plan.pdf"
    assert Path(download.value.path()).read_bytes() == pdf()

    card.get_by_role("link", name="Change Data plan 2026").click()
    page.get_by_label("Page or section").fill("12")
    if screen.script:
        assert findings(page) == []
    page.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("page or section: 12")
    card.get_by_role("button", name="Remove Data plan 2026").click()
    expect(page.get_by_role("status").first).to_contain_text(f"removed from {OPEN_ITEM}")
    expect(card).to_contain_text("No document yet")
