"""An analyst filters the items, and takes the figure away as an image that the browser makes."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.conftest import NewContext
from tests.journeys.conftest import Screen, WholePortal


def filter_items(page: Page, address: str) -> None:
    page.goto(f"{address}/scorecards/2026/")
    page.get_by_role("link", name="Explore all items").click()
    page.get_by_label("Capability or lever").select_option("DIG")
    page.get_by_text("More filters, and the order").click()
    page.get_by_label("Enabler").select_option("STR")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("1 of 65 items").wait_for()


def test_filtering_and_taking_the_figure_away(
    published: WholePortal, new_context: NewContext, screen: Screen, tmp_path: Path
) -> None:
    """On a desk with scripts there is a PNG; on a phone without them the same view, SVG and CSV."""
    size = {"width": screen.width, "height": 900}
    page = new_context(viewport=size, java_script_enabled=screen.script).new_page()
    filter_items(page, published.address)
    away = page.locator(".take-away")
    assert away.get_by_role("link").all_inner_texts() == ["SVG", "CSV"]
    expect(away.get_by_role("button")).to_have_count(int(screen.script))
    if screen.script:
        with page.expect_download() as download:
            away.get_by_role("button", name="PNG").click()
        assert download.value.suggested_filename == "2026-v1-items-DIG-entities-enabler-STR-accepted-en.png"
        image = tmp_path / "figure.png"
        download.value.save_as(image)
        content = image.read_bytes()
        assert content.startswith(b"\x89PNG\r\n")
        assert int.from_bytes(content[16:20]) == 1600, "twice as wide as the drawing, for paper"
        assert len(content) > 10_000, "something is drawn"
    address = str(away.get_by_role("link", name="SVG").get_attribute("href"))
    page.goto(published.address + address)
    assert page.locator("svg > title").text_content() == f"Items: {published.cycle.title}"


def test_every_button_says_of_which_figure_it_is(published: WholePortal, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto(f"{published.address}/scorecards/2026/")
    buttons = page.get_by_role("button", name="PNG")
    names = buttons.evaluate_all("all => all.map(one => one.textContent)")
    panels = page.locator(".panels h3[id^=p-]").all_inner_texts()
    assert names == [
        f"PNG {name}" for name in [*panels, "Culture", "Missing answers", "Checked by the task force"]
    ]


def test_the_interactive_figure_speaks_the_language_of_its_page(
    published: WholePortal, new_context: NewContext
) -> None:
    page = new_context().new_page()
    wanted: list[str] = []
    page.on("request", lambda request: wanted.append(request.url))
    page.goto(f"{published.address}/ar/scorecards/2026/")
    assert not any("plotly" in address for address in wanted), "it is loaded only by those who ask for it"
    page.goto(f"{published.address}/ar/scorecards/2026/figure/")
    buttons = page.locator(".modebar-btn")
    buttons.first.wait_for(state="attached")
    assert page.locator("#plot").is_visible()
    assert buttons.count() == 1, "no button sends anything to a cloud"
    download = page.locator("#plot").get_attribute("data-download")
    assert buttons.first.get_attribute("data-title") == download
    locale = page.evaluate("document.getElementById('plot')._context.locales.page")
    assert locale["dictionary"]["Double-click to zoom back out"]
    months = page.evaluate(
        "Array.from({length: 12}, (_, m) => new Intl.DateTimeFormat('ar', {month: 'long', timeZone: 'UTC'})"
        ".format(Date.UTC(2026, m, 1)))"
    )
    assert locale["format"]["months"] == months
    assert "January" not in months


def test_without_scripts_the_panels_stand_for_the_interactive_figure(
    published: WholePortal, new_context: NewContext
) -> None:
    """No empty frame, and a sentence that says why."""
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{published.address}/scorecards/2026/figure/")
    assert page.locator("#plot").is_hidden()
    note = page.locator("noscript p")
    assert note.is_visible()
    assert "needs JavaScript" in note.inner_text()
    first = page.locator(".panels svg.bar").first
    assert first.is_visible()
    heights = page.evaluate(
        "[document.querySelector('#figure-name'), document.querySelector('#panels')]"
        ".map(one => one.getBoundingClientRect().top)"
    )
    assert heights[1] - heights[0] < 400, "nothing else stands between the sentence and the panels"
