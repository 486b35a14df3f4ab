"""People ask each other on an item, inside the entity and with the task force, until it is settled."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from entities.models import Entity
from quintet.models import Assessment, Cycle, Status
from tests import factories
from tests.factories import Cast
from tests.journeys.conftest import AtWork

ITEM = "DAT-STR"
LEVELS = {f"{dimension}-{enabler}": 1 for dimension in ("DAT", "INN") for enabler in factories.ENABLERS}
DRAFT_PLAN, IN_MAY = "Does a draft of the plan count?", "Yes: the board approved it in May."
WHICH_BOARD, EXECUTIVE = "Which board approved it?", "The Executive Board, decision 2026/3."


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity, cast: Cast) -> Assessment:
    """Every item of UNDP is answered; one was handed to the contributor."""
    factories.fill(cycle, {undp: LEVELS}, Status.DRAFT)
    sheet = factories.sheet_of(cycle, undp)
    factories.delegate(sheet, ITEM, cast.contributor)
    return sheet


def test_a_question_is_asked_answered_and_settled(sheet: Assessment, cast: Cast, at_work: AtWork) -> None:
    # the contributor asks inside the entity; it waits for the focal point, who answers
    contributor = at_work(cast.contributor)
    contributor.goto(f"/assessments/{sheet.pk}/DAT/")
    ask(contributor, DRAFT_PLAN)
    focal = at_work(cast.focal)
    follow(focal, DRAFT_PLAN)
    say(focal, DRAFT_PLAN, IN_MAY, "Post")
    contributor.goto("/my/")
    expect(waiting(contributor)).to_contain_text(IN_MAY)

    # it holds nothing up, and the approver sees it before signing
    focal.goto(f"/assessments/{sheet.pk}/review/")
    focal.get_by_role("button", name="Submit for sign-off").click()
    approver = at_work(cast.approver)
    approver.get_by_role("link", name=re.compile("Sign off UNDP")).click()
    expect(approver.get_by_role("region", name="1 question to settle")).to_contain_text(DRAFT_PLAN)
    approver.get_by_role("button", name="Sign off").click()
    expect(approver.get_by_role("status")).to_contain_text("Signed off")

    # the task force reads none of that, and asks the approver something of its own
    task_force = at_work(cast.task_force)
    task_force.goto(f"/assessments/{sheet.pk}/DAT/")
    expect(task_force.get_by_role("main")).not_to_contain_text(DRAFT_PLAN)
    ask(task_force, WHICH_BOARD, of="Approver")
    focal.goto("/my/")
    expect(focal.get_by_role("main")).not_to_contain_text(WHICH_BOARD)
    approver.goto("/my/")
    follow(approver, WHICH_BOARD)
    say(approver, WHICH_BOARD, EXECUTIVE, "Post")

    # the answer waits for the task force, which settles the question
    task_force.goto("/my/")
    follow(task_force, EXECUTIVE)
    say(task_force, WHICH_BOARD, "Thank you.", "Settle")
    expect(thread(task_force, WHICH_BOARD).locator(".pill").first).to_have_text("settled")
    for page in (task_force, approver):
        page.goto("/my/")
        expect(page.get_by_role("main")).not_to_contain_text("Questions that wait")


def ask(page: Page, words: str, *, of: str | None = None) -> None:
    page.locator(f"#{ITEM}").get_by_text("Ask on this item").click()
    form = page.locator(f"#{ITEM} .thread-new")
    form.get_by_label("Your question on this item").fill(words)
    if of:
        form.get_by_label(of).check()
    form.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("status").first).to_contain_text("Your question is asked.")


def waiting(page: Page) -> Locator:
    return page.get_by_role("list", name="Questions that wait for your answer")


def follow(page: Page, words: str) -> None:
    """Go from the own work to the thread in which this was said last."""
    waiting(page).get_by_role("listitem").filter(has_text=words).get_by_role("link").click()


def thread(page: Page, question: str) -> Locator:
    return page.locator(".thread").filter(has_text=question)


def say(page: Page, question: str, words: str, button: str) -> None:
    thread(page, question).get_by_label("Answer or ask on").fill(words)
    thread(page, question).get_by_role("button", name=button).click()
    told = {"Post": "Your words are posted.", "Settle": "The question is settled."}
    expect(page.get_by_role("status").first).to_contain_text(told[button])
