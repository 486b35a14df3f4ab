"""Answers save themselves in a real browser, whatever comes in between: nothing typed is lost."""

import re
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from quintet.models import Answer
from tests.journeys.clock import let_pass, stop
from tests.journeys.conftest import OPEN_ITEM, PASSWORD, Portal

SignIn = Callable[[Page, str], None]
TYPED = "Plan approved in May."


@pytest.fixture
def form(portal: Portal, page: Page, sign_in: SignIn) -> Page:
    sign_in(page, "focal")
    page.goto(f"{portal.address}/assessments/{portal.sheet}/DAT/")
    return page


@pytest.fixture
def card(form: Page) -> Locator:
    return form.locator(f"#{OPEN_ITEM}")


def stored(portal: Portal) -> list[str]:
    answers = Answer.objects.filter(assessment=portal.sheet, item__code=OPEN_ITEM)
    return list(answers.values_list("comment", flat=True))


def state(card: Locator) -> Locator:
    return card.locator(".save-state")


def write(card: Locator, text: str = TYPED) -> None:
    card.get_by_label("Comment and evidence").fill(text)


@pytest.mark.usefixtures("with_trouble")
class TestTheSessionEnds:
    @pytest.fixture(autouse=True)
    def _written_after_the_end(self, card: Locator) -> None:
        Session.objects.all().delete()
        write(card)
        expect(state(card)).to_contain_text("NOT SAVED. Your session has ended.")

    @pytest.fixture
    def later(self, form: Page) -> None:
        """Whoever does not sign in at once goes on writing."""
        form.get_by_role("dialog").get_by_role("button", name="Later").click()

    def test_what_was_typed_is_saved_after_signing_in_again_in_place(
        self, portal: Portal, form: Page, card: Locator
    ) -> None:
        asked = form.get_by_role("dialog", name="Your session has ended")
        expect(asked.get_by_label("E-mail address")).to_have_value(portal.people["focal"].email)
        asked.get_by_label("Password").fill("not my password")
        asked.get_by_role("button", name="Sign in").click()
        expect(asked.get_by_role("alert")).not_to_be_empty()
        asked.get_by_label("Password").fill(PASSWORD)
        asked.get_by_label("Password").press("Enter")
        expect(state(card)).to_have_attribute("data-state", "saved")
        expect(asked).to_be_hidden()
        assert stored(portal) == [TYPED]
        with form.expect_response("**/answers/**") as answered:
            write(card, f"{TYPED} Budget too.")
        assert answered.value.status == 200

    @pytest.mark.usefixtures("later")
    def test_what_was_typed_is_saved_after_signing_in_again_in_another_tab(
        self, portal: Portal, form: Page, card: Locator, sign_in: SignIn
    ) -> None:
        with form.context.expect_page() as opened:
            card.get_by_role("link", name="Sign in").click()
        sign_in(opened.value, "focal")
        expect(state(card)).to_have_attribute("data-state", "saved")
        expect(card.get_by_role("link", name="Sign in")).to_have_count(0)
        assert stored(portal) == [TYPED]
        with form.expect_response("**/answers/**") as answered:  # the page goes on with its new token
            write(card, f"{TYPED} Budget too.")
        assert answered.value.status == 200
        assert stored(portal) == [f"{TYPED} Budget too."]

    @pytest.mark.usefixtures("later")
    def test_what_was_typed_is_saved_as_soon_as_one_comes_back(
        self, form: Page, card: Locator, context: BrowserContext, sign_in: SignIn
    ) -> None:
        form.evaluate("for (let timer = setTimeout(() => {}); timer; timer--) clearTimeout(timer)")
        sign_in(context.new_page(), "focal")
        look_back_at(form)
        expect(state(card)).to_have_attribute("data-state", "saved")

    def test_what_was_typed_is_not_saved_in_the_name_of_somebody_else(
        self, portal: Portal, card: Locator, context: BrowserContext, sign_in: SignIn
    ) -> None:
        other = context.new_page()
        sign_in(other, "approver")
        expect(state(card)).to_contain_text("NOT SAVED. Somebody else is signed in now.")
        assert TYPED not in stored(portal)
        other.get_by_role("button", name="Sign out").click()
        expect(other.get_by_role("button", name="Sign out")).to_have_count(0)
        sign_in(other, "focal")
        expect(state(card)).to_have_attribute("data-state", "saved")
        assert stored(portal) == [TYPED]


def write_and_send(form: Page, card: Locator) -> None:
    """Write on a page whose clock stands, and let time pass until the words are sent."""
    with form.expect_request("**/answers/**"):
        write(card)
        let_pass(form, 2)


@pytest.mark.usefixtures("with_trouble")
class TestRefusals:
    @pytest.fixture
    def sent(self, form: Page) -> list[str]:
        """Every attempt to save, as the page makes it, by a clock that the test alone turns on."""
        stop(form)
        requests: list[str] = []
        form.on("request", lambda asked: requests.append(asked.method) if asked.method == "POST" else None)
        return requests

    def test_what_cannot_be_saved_waits_for_the_person(
        self, portal: Portal, form: Page, card: Locator, sent: list[str]
    ) -> None:
        portal.people["focal"].memberships.all().delete()  # the sheet is nobody's business of theirs any more
        write_and_send(form, card)
        expect(state(card)).to_have_text("NOT SAVED. Copy your text and reload the page.")
        expect(card.locator(".item-messages")).to_contain_text("There is nothing at this address")
        let_pass(form, 6)  # longer than the pause before a second try
        assert sent == ["POST"]
        expect(card.get_by_label("Comment and evidence")).to_have_value(TYPED)

    @pytest.mark.parametrize("status", [413, 500])
    def test_so_does_what_something_in_between_refuses(
        self, form: Page, card: Locator, sent: list[str], status: int
    ) -> None:
        form.route("**/answers/**", proxy_that_says(status))
        write_and_send(form, card)
        expect(state(card)).to_contain_text("NOT SAVED. Copy your text and reload the page.")
        let_pass(form, 6)
        assert sent == ["POST"]

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_what_passes_is_tried_again_when_the_answer_says(
        self, portal: Portal, form: Page, card: Locator, sent: list[str], status: int
    ) -> None:
        form.route("**/answers/**", proxy_that_says(status, {"Retry-After": "2"}), times=1)
        write_and_send(form, card)
        expect(state(card)).to_contain_text("NOT SAVED. The portal is busy")
        let_pass(form, 1)
        assert sent == ["POST"]
        let_pass(form, 2)
        expect(state(card)).to_have_attribute("data-state", "saved")
        assert sent == ["POST", "POST"]
        assert stored(portal) == [TYPED]

    def test_what_the_portal_wants_later_does_not_come_sooner_by_looking_at_the_page(
        self, form: Page, card: Locator, sent: list[str]
    ) -> None:
        form.route("**/answers/**", proxy_that_says(503, {"Retry-After": "60"}))
        write_and_send(form, card)
        expect(state(card)).to_contain_text("NOT SAVED. The portal is busy")
        look_back_at(form)
        let_pass(form, 1)
        assert sent == ["POST"]

    def test_what_was_typed_during_a_try_waits_with_it(
        self, form: Page, card: Locator, sent: list[str]
    ) -> None:
        held = hold(form)
        write_and_send(form, card)
        write(card, f"{TYPED} Budget too.")
        proxy_that_says(503, {"Retry-After": "60"})(held.pop())
        expect(state(card)).to_contain_text("NOT SAVED. The portal is busy")
        write(card, f"{TYPED} Budget and staff too.")
        let_pass(form, 3)  # longer than the pause after which typing is sent
        assert sent == ["POST"]


class TestTwoTabsOfOnePerson:
    def test_are_told_apart_and_show_only_what_differs(
        self, form: Page, card: Locator, trouble: list[str]
    ) -> None:
        other = form.context.new_page()
        other.goto(form.url)
        theirs = other.locator(f"#{OPEN_ITEM}")
        theirs.get_by_role("radio", name=re.compile("^4 ")).check()
        expect(state(theirs)).to_have_attribute("data-state", "saved")
        card.get_by_role("radio", name=re.compile("^1 ")).check()
        box = card.get_by_role("group", name="This answer was not saved")
        expect(box).to_contain_text(re.compile(r"you, in another window, at \d\d:\d\d UTC"))
        expect(box).to_contain_text("Only the level differs: the comment is the same in both.")
        expect(box).not_to_contain_text("without a comment")
        assert [noted[:9] for noted in trouble] == ["412: POST"]
        trouble.clear()


class TestTheBar:
    @pytest.mark.parametrize("width", [390, 1280])
    def test_is_one_line_high_and_leads_to_the_review_when_all_is_answered(
        self, portal: Portal, page_at: Callable[[int], Page], sign_in: SignIn, width: int
    ) -> None:
        page = page_at(width)
        sign_in(page, "focal")
        page.goto(f"{portal.address}/assessments/{portal.sheet}/DAT/")
        bar = page.get_by_role("navigation", name="Items of this dimension")
        assert bar.evaluate("bar => bar.offsetHeight") <= 52
        next_open, review = (
            bar.get_by_role("link", name=name) for name in ("Next unanswered", "All answered")
        )
        expect(next_open).to_be_in_viewport(ratio=1)
        expect(review).to_be_hidden()
        answer = page.locator(f"#{OPEN_ITEM}")
        answer.get_by_role("radio", name=re.compile("^2 ")).check()
        expect(review).to_be_in_viewport(ratio=1)
        expect(next_open).to_be_hidden()
        answer.get_by_role("radio", name="Leave open").check()
        expect(next_open).to_have_attribute("href", f"#{OPEN_ITEM}")
        answer.get_by_role("radio", name=re.compile("^2 ")).check()
        expect(review).to_be_visible()
        page.keyboard.press("Alt+n")
        page.wait_for_url(f"**/assessments/{portal.sheet}/review/")

    @pytest.mark.usefixtures("with_trouble")
    def test_shows_what_is_not_saved_wherever_it_stands_in_the_line(
        self, portal: Portal, page_at: Callable[[int], Page], sign_in: SignIn
    ) -> None:
        page = page_at(390)
        sign_in(page, "focal")
        page.goto(f"{portal.address}/assessments/{portal.sheet}/DAT/")
        page.route("**/answers/**", proxy_that_says(500))
        last = page.locator(".item-card").last
        last.get_by_role("radio", name=re.compile("^2 ")).check()
        bar = page.get_by_role("navigation", name="Items of this dimension")
        expect(bar.locator(".is-unsaved")).to_be_in_viewport(ratio=1)
        assert bar.evaluate("bar => bar.offsetHeight") <= 52


class TestTypingOn:
    def test_during_a_save_is_saved_after_it(self, portal: Portal, form: Page, card: Locator) -> None:
        held = hold(form)
        with form.expect_request("**/answers/**"):
            write(card)
        states = form.evaluate_handle(STATES_FROM_NOW_ON, OPEN_ITEM)
        write(card, f"{TYPED} Budget too.")
        with form.expect_request("**/answers/**"):
            held.pop().continue_()
        assert "saved" not in states.json_value()
        expect(state(card)).to_have_attribute("data-state", "saving")
        assert stored(portal) == [TYPED]
        held.pop().continue_()
        expect(state(card)).to_have_attribute("data-state", "saved")
        assert stored(portal) == [f"{TYPED} Budget too."]


STATES_FROM_NOW_ON = """(item) => {
  const seen = [];
  const badge = document.querySelector(`#${item} .save-state`);
  new MutationObserver(() => seen.push(badge.dataset.state)).observe(badge, { attributes: true });
  return seen;
}"""


def hold(form: Page) -> list[Route]:
    """Let no answer through before the test does: each save under way is added to the list."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    form.route("**/answers/**", keep)
    return held


def look_back_at(form: Page) -> None:
    """What the page notices when its tab is looked at again; a browser without a window never looks away."""
    form.evaluate("dispatchEvent(new Event('focus'))")


def proxy_that_says(status: int, headers: dict[str, str] | None = None) -> Callable[[Route], None]:
    """What stands before the portal answers in its place."""
    return lambda route: route.fulfill(status=status, headers=headers or {}, body="<h1>Not now</h1>")
