"""The main job in a real browser, with a real worker on Redis: an answer becomes a public figure."""

import json
import re
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import OPEN_ITEM, Portal, WholePortal
from tests.processes import Worker

SignIn = Callable[[Page, str], None]


def figure_of(portal: Portal, item: str) -> dict[str, object]:
    """What the public API says of one item."""
    url = f"{portal.address}/api/v1/scorecards/{portal.cycle.code}/state-of-play/"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return next(row for row in json.load(answer) if row["item"] == item)


def publish(portal: Portal, page: Page, other: Page) -> None:
    """The first person proposes, the second one confirms."""
    path = f"{portal.address}/scorecards/{portal.cycle.code}/publication/"
    page.goto(path)
    if page.locator("#id_note").count():  # a later version says what it corrects
        page.locator("#id_note").fill("One more sheet is validated.")
    page.get_by_label("Everybody").check()
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("status")).to_contain_text("Proposed")
    other.goto(path)
    other.get_by_role("button", name="Confirm").click()
    other.wait_for_url(re.compile(r"/scorecards/[^/]+/$"))


def test_an_answer_becomes_a_public_figure(
    whole_portal: WholePortal,
    celery_worker_process: Worker,
    new_window: Callable[[], Page],
    sign_in: SignIn,
) -> None:
    portal = whole_portal
    focal, approver, first, second = (new_window() for _person in range(4))
    sign_in(first, "first")
    sign_in(second, "second")
    publish(portal, first, second)
    before = figure_of(portal, OPEN_ITEM)
    assert (before["n_answered"], before["has"]) == (10, 0)
    portal.let_the_others_follow()

    # the focal point answers the item that is still open, and submits
    sign_in(focal, "focal")
    focal.get_by_role("link", name=re.compile("Assess UNDP")).click()
    focal.get_by_role("link", name="Data", exact=True).click()
    card = focal.locator(f"#{OPEN_ITEM}")
    card.get_by_role("radio", name=re.compile("^3 ")).check()
    card.get_by_label("Comment and evidence").fill("Plan approved in May; 70 per cent of actions done.")
    card.get_by_role("button", name="Save").click()
    expect(card.locator(".save-state")).to_contain_text("Saved")
    focal.goto(f"{portal.address}/assessments/{portal.sheet}/review/")
    focal.get_by_role("button", name="Submit for sign-off").click()
    expect(focal.get_by_role("status")).to_contain_text("Submitted")

    # another person of the entity signs off
    sign_in(approver, "approver")
    approver.get_by_role("link", name=re.compile("Sign off UNDP")).click()
    approver.get_by_role("button", name="Sign off").click()
    expect(approver.get_by_role("status")).to_contain_text("Signed off")

    # the task force validates; the worker computes
    first.goto(f"{portal.address}/validation/")
    first.get_by_role("link", name="UNDP", exact=True).click()
    first.get_by_role("checkbox", name=re.compile("Validate although")).check()
    first.get_by_role("button", name="Validate").click()
    expect(first.get_by_role("status")).to_contain_text("Validated")
    wait_for_provisional(portal, first, celery_worker_process)

    # two persons publish; the public page and the API show the changed figure
    publish(portal, first, second)
    after = figure_of(portal, OPEN_ITEM)
    assert (after["n_answered"], after["has"], after["operates"], after["share_has"]) == (15, 1, 1, "6.7")
    public = new_window()
    public.goto(f"{portal.address}/scorecards/{portal.cycle.code}/?group=type:fund_or_programme")
    row = public.get_by_role("row").filter(has_text="Strategy or action plan").first
    expect(row).to_contain_text("7%")
    expect(row).to_contain_text("15/15")


def wait_for_provisional(portal: Portal, page: Page, worker: Worker) -> None:
    """The figures of the running cycle follow, computed by the worker."""

    def what_lacks() -> str | None:
        page.goto(f"{portal.address}/scorecards/{portal.cycle.code}/?version=provisional")
        return None if "15/15" in page.content() else "the figures are not computed"

    worker.wait_until(what_lacks)


class TestAnswering:
    """Saving in the browser: by itself, without a script, and when two people write."""

    @pytest.fixture
    def form(self, portal: Portal, page_at: Callable[[int], Page], sign_in: SignIn) -> Page:
        page = page_at(1280)
        sign_in(page, "focal")
        page.goto(f"{portal.address}/assessments/{portal.sheet}/DAT/")
        return page

    def test_choosing_a_level_saves_by_itself(self, portal: Portal, form: Page) -> None:
        card = form.locator(f"#{OPEN_ITEM}")
        card.get_by_role("radio", name=re.compile("^2 ")).check()
        expect(card.locator(".save-state")).to_have_attribute("data-state", "saved")
        expect(card.locator(".save-state")).to_contain_text(re.compile(r"Saved \d\d:\d\d"))
        form.reload()
        expect(form.locator(f"#{OPEN_ITEM}").get_by_role("radio", name=re.compile("^2 "))).to_be_checked()

    def test_arrow_keys_are_enough(self, form: Page) -> None:
        card = form.locator(f"#{OPEN_ITEM}")
        card.get_by_role("radio").first.focus()
        form.keyboard.press("Space")
        form.keyboard.press("ArrowDown")
        expect(card.get_by_role("radio", name=re.compile("^1 "))).to_be_checked()
        expect(card.locator(".save-state")).to_have_attribute("data-state", "saved")

    @pytest.mark.usefixtures("with_trouble")
    def test_two_people_on_one_item_lose_nothing(
        self, portal: Portal, form: Page, context: BrowserContext
    ) -> None:
        other = context.new_page()
        other.goto(form.url)
        mine, theirs = form.locator(f"#{OPEN_ITEM}"), other.locator(f"#{OPEN_ITEM}")
        theirs.get_by_role("radio", name=re.compile("^4 ")).check()
        theirs.get_by_label("Comment and evidence").fill("Their evidence")
        theirs.get_by_role("button", name="Save").click()
        expect(theirs.locator(".save-state")).to_have_attribute("data-state", "saved")
        mine.get_by_label("Comment and evidence").fill("My evidence")
        mine.get_by_role("radio", name=re.compile("^1 ")).check()
        expect(mine.locator(".save-state")).to_contain_text("NOT SAVED")
        expect(mine.locator(".two-texts")).to_contain_text("Their evidence")
        expect(mine.locator(".two-texts")).to_contain_text("My evidence")
        mine.get_by_role("button", name="Store what I wrote").click()
        form.wait_for_url(re.compile(f"#{OPEN_ITEM}$"))
        expect(form.locator(f"#{OPEN_ITEM}").get_by_label("Comment and evidence")).to_have_value(
            "My evidence"
        )

    @pytest.mark.usefixtures("with_trouble")
    def test_a_lost_connection_keeps_the_text_and_sends_it_later(
        self, form: Page, context: BrowserContext
    ) -> None:
        card = form.locator(f"#{OPEN_ITEM}")
        context.set_offline(True)
        card.get_by_role("radio", name=re.compile("^2 ")).check()
        expect(card.locator(".save-state")).to_contain_text("NOT SAVED")
        context.set_offline(False)
        expect(card.locator(".save-state")).to_have_attribute("data-state", "saved")
