"""A bad line, a year later: last time's words are confirmed, what is typed off line comes in order."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import BrowserContext, Dialog, Locator, Page, Route, expect

from quintet.domain.evidence import Details
from quintet.models import Answer, AnswerRevision, Cycle, Item
from tests import factories
from tests.conftest import NewContext
from tests.journeys.clock import let_pass
from tests.journeys.conftest import Portal

SignIn = Callable[[Page, str], None]
ITEMS = ("DAT-STR", "DAT-LED", "DAT-COE")


@pytest.fixture
def sheet(portal: Portal) -> int:
    """UNDP was validated at level 3 the year before, and has said nothing yet in this cycle."""
    days = {"opens_on": date(2025, 9, 15), "closes_on": date(2025, 12, 18)}
    before = factories.make_cycle(portal.cycle.framework, "2025", phase="validation", **days)
    codes = portal.cycle.framework.items.values_list("code", flat=True)
    factories.fill(before, {portal.undp: dict.fromkeys(codes, 3)})
    now = factories.make_open_cycle(portal.cycle.framework, [portal.undp], portal.people["first"], code="now")
    return factories.sheet_of(now, portal.undp).pk


@pytest.fixture
def form(portal: Portal, sheet: int, page: Page, sign_in: SignIn) -> Page:
    sign_in(page, "focal")
    page.goto(f"{portal.address}/assessments/{sheet}/DAT/")
    return page


def card(form: Page, item: str) -> Locator:
    return form.locator(f"#{item}")


def state(form: Page, item: str) -> Locator:
    return card(form, item).locator(".save-state")


def written(sheet: int) -> list[tuple[str, str]]:
    """Item and comment of every write of this year, in the order of their coming in."""
    revisions = AnswerRevision.objects.filter(assessment=sheet, channel__in=["form", "carried"])
    return list(revisions.order_by("pk").values_list("item__code", "comment"))


def lose_the_reply(route: Route) -> None:
    """The portal stores the answer; the connection breaks before it can say so."""
    route.fetch()
    route.abort()


class TestStillTrue:
    def test_one_click_says_it_again(self, sheet: int, form: Page) -> None:
        expect(form.locator("#settled")).to_have_text("0")
        card(form, "DAT-STR").get_by_role("button", name="Still true").click()
        expect(state(form, "DAT-STR")).to_have_attribute("data-state", "saved")
        expect(card(form, "DAT-STR").get_by_role("radio", name=re.compile("^3 "))).to_be_checked()
        expect(card(form, "DAT-STR").get_by_label("Comment and evidence")).to_have_value("evidence")
        expect(form.locator("#settled")).to_have_text("1")
        revision = AnswerRevision.objects.get(assessment=sheet, channel="carried")
        assert (revision.origin, revision.claimed) == ("2025", 3)

    def test_what_is_changed_afterwards_is_an_answer_of_its_own(self, sheet: int, form: Page) -> None:
        card(form, "DAT-STR").get_by_role("button", name="Still true").click()
        expect(state(form, "DAT-STR")).to_have_attribute("data-state", "saved")
        with form.expect_response("**/answers/**"):
            card(form, "DAT-STR").get_by_role("radio", name=re.compile("^4 ")).check()
        expect(state(form, "DAT-STR")).to_have_attribute("data-state", "saved")
        last = AnswerRevision.objects.filter(assessment=sheet)[0]
        assert (last.channel, last.claimed, last.version) == ("form", 4, 2)

    def test_what_was_typed_before_is_written_before(self, sheet: int, form: Page) -> None:
        card(form, "DAT-STR").get_by_label("Comment and evidence").fill("My own words")
        form.once("dialog", lambda dialog: dialog.dismiss())
        card(form, "DAT-STR").get_by_role("button", name="Still true").click()
        comment = card(form, "DAT-STR").get_by_label("Comment and evidence")
        expect(comment).to_have_value("My own words")
        form.once("dialog", lambda dialog: dialog.accept())
        card(form, "DAT-STR").get_by_role("button", name="Still true").click()
        expect(comment).to_have_value("evidence")
        expect(state(form, "DAT-STR")).to_have_attribute("data-state", "saved")
        expect(form.locator("#settled")).to_have_text("1")
        revisions = AnswerRevision.objects.filter(assessment=sheet).order_by("pk")
        assert list(revisions.values_list("channel", "comment")) == [
            ("form", "My own words"),
            ("carried", "evidence"),
        ]

    def test_documents_come_along_and_show_at_once(self, portal: Portal, sheet: int, form: Page) -> None:
        before = factories.sheet_of(Cycle.objects.get(code="2025"), portal.undp)
        item = Item.objects.get(code="DAT-STR")
        details = Details("The plan of 2025", date(2025, 3, 1))
        factories.write_link(
            assessment=before,
            item=item,
            url="https://example.org/plan",
            details=details,
        )
        card(form, "DAT-STR").get_by_role("button", name="Still true").click()
        expect(card(form, "DAT-STR").get_by_role("link", name="The plan of 2025", exact=True)).to_be_visible()

    def test_without_a_script_the_button_does_the_same(
        self, portal: Portal, sheet: int, new_context: NewContext, sign_in: SignIn
    ) -> None:
        page = new_context(java_script_enabled=False, viewport={"width": 390, "height": 800}).new_page()
        sign_in(page, "focal")
        page.goto(f"{portal.address}/assessments/{sheet}/DAT/")
        page.locator("#DAT-LED").get_by_role("button", name="Still true").click()
        expect(page.get_by_role("status").first).to_contain_text("DAT-LED is saved")
        assert Answer.objects.get(assessment=sheet, item__code="DAT-LED").claimed == 3


class TestNothingToSave:
    def test_an_untouched_item_is_not_written(self, sheet: int, form: Page) -> None:
        save = card(form, "DAT-STR").get_by_role("button", name="Save", exact=True)
        save.click()
        expect(state(form, "DAT-STR")).to_have_text("Nothing to save yet: choose a level or write a comment.")
        expect(form.locator("#settled")).to_have_text("0")
        card(form, "DAT-STR").get_by_role("radio", name=re.compile("^2 ")).check()
        expect(state(form, "DAT-STR")).to_have_text(re.compile(r"^Saved \d\d:\d\d UTC$"))
        save.click()
        expect(state(form, "DAT-STR")).to_have_text(re.compile(r"^Saved \d\d:\d\d UTC$"))
        assert written(sheet) == [("DAT-STR", "")]


@pytest.mark.usefixtures("with_trouble")
class TestOffLine:
    def test_work_goes_on_and_comes_in_order_when_the_line_is_back(
        self, sheet: int, form: Page, context: BrowserContext
    ) -> None:
        form.clock.install()
        context.set_offline(True)
        for item in ITEMS:
            card(form, item).get_by_label("Comment and evidence").fill(f"Written on {item} without a line")
            card(form, item).get_by_role("radio", name=re.compile("^2 ")).check()
            expect(state(form, item)).to_contain_text("NOT SAVED. No connection")
        card(form, ITEMS[0]).get_by_label("Comment and evidence").fill("Written last, on what was first")
        let_pass(form, 12)  # the tries of the meantime fail
        assert written(sheet) == []
        context.set_offline(False)
        let_pass(form, 10)
        for item in ITEMS:
            expect(state(form, item)).to_have_attribute("data-state", "saved")
        came = [item for item, _comment in written(sheet)]
        assert came == list(ITEMS)
        stored = dict(Answer.objects.filter(assessment=sheet).values_list("item__code", "comment"))
        assert stored["DAT-STR"] == "Written last, on what was first"
        assert stored["DAT-COE"] == "Written on DAT-COE without a line"

    def test_still_true_drops_no_words_that_wait(
        self, sheet: int, form: Page, context: BrowserContext
    ) -> None:
        context.set_offline(True)
        card(form, "DAT-STR").get_by_label("Comment and evidence").fill("Written without a line")
        card(form, "DAT-STR").get_by_role("radio", name=re.compile("^1 ")).check()
        expect(state(form, "DAT-STR")).to_contain_text("NOT SAVED. No connection")
        form.once("dialog", lambda dialog: dialog.accept())
        card(form, "DAT-STR").get_by_role("button", name="Still true").click()
        context.set_offline(False)
        expect(state(form, "DAT-STR")).to_have_attribute("data-state", "saved")
        assert [comment for _item, comment in written(sheet)] == ["Written without a line", "evidence"]

    def test_a_lost_reply_is_no_conflict_with_oneself(self, sheet: int, form: Page) -> None:
        form.route("**/answers/**", lose_the_reply, times=1)
        comment = card(form, "DAT-STR").get_by_label("Comment and evidence")
        comment.fill("Stored, but nobody told the page")
        expect(state(form, "DAT-STR")).to_contain_text("NOT SAVED. No connection")
        comment.fill("Stored, but nobody told the page. Then more.")
        expect(state(form, "DAT-STR")).to_have_attribute("data-state", "saved")
        revisions = AnswerRevision.objects.filter(assessment=sheet).order_by("pk")
        assert list(revisions.values_list("outcome", "version")) == [("saved", 1), ("saved", 2)]

    def test_leaving_the_page_with_unsent_words_asks_first(self, form: Page, context: BrowserContext) -> None:
        context.set_offline(True)
        card(form, "DAT-STR").get_by_role("radio", name=re.compile("^2 ")).check()
        expect(state(form, "DAT-STR")).to_contain_text("NOT SAVED")
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        form.on("dialog", stay)
        with form.expect_event("dialog"):
            form.close(run_before_unload=True)
        assert asked == ["beforeunload"]


class TestByKeyboard:
    def test_the_next_open_item_is_one_key_away(self, form: Page) -> None:
        card(form, "DAT-STR").get_by_role("radio").first.focus()
        form.keyboard.press("Alt+n")
        expect(card(form, "DAT-LED").get_by_role("radio").first).to_be_focused()
        form.keyboard.press("ArrowDown")
        expect(state(form, "DAT-LED")).to_have_attribute("data-state", "saved")

    def test_a_request_is_not_sent_before_it_says_why(self, sheet: int, form: Page) -> None:
        item = Item.objects.filter(na_allowed=True, dimension__code="DAT")[0].code
        card(form, item).get_by_role("radio", name="Not applicable").check()
        expect(state(form, item)).to_contain_text("say why it does not apply")
        assert written(sheet) == []
        card(form, item).get_by_label("Why it does not apply").fill("No programmes for Member States")
        expect(state(form, item)).to_have_attribute("data-state", "saved")
