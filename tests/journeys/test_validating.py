"""The task force checks a sheet, a second person rates blind, and what was returned comes back mended."""

import re
from collections.abc import Iterable
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from entities.models import Entity
from quintet.domain.evidence import Details
from quintet.models import Assessment, Cycle, Phase, Status
from tests import factories
from tests.factories import ENABLERS, Cast
from tests.journeys.conftest import AtWork
from tests.quintet.checks import SEED, decide, item_of

DIMENSIONS = ("DAT", "INN", "DIG", "FOR")
CODES = [f"{dimension}-{enabler}" for dimension in DIMENSIONS for enabler in ENABLERS]
NEW_TOPS = CODES[:21]  # a fifth of them is rated twice: the fewest pairs that say something
ACCEPTED, LOWERED, *DECIDED = NEW_TOPS
REQUESTED = "FOR-PMS"
NOT_SEEN, MEND_IT = "The audit names no change of the plan.", "Please claim what the audit confirms."


@pytest.fixture
def sheet(undp: Entity, cast: Cast) -> Assessment:
    """UNDP claims level 4 for 21 items that were at 3 the year before; most of them are decided on."""
    framework = factories.make_framework(dimensions=DIMENSIONS)
    days = {"opens_on": date(2025, 9, 15), "closes_on": date(2025, 12, 18)}
    before = factories.make_cycle(framework, "2025", phase=Phase.CLOSED, **days)
    factories.fill(before, {undp: dict.fromkeys(CODES, 3)})
    cycle = factories.make_open_cycle(framework, [undp], cast.task_force)
    Cycle.objects.filter(pk=cycle.pk).update(sample_seed=SEED)
    attach_audit(factories.sheet_of(cycle, undp))
    levels = dict.fromkeys(CODES, 1) | dict.fromkeys(NEW_TOPS, 4) | {REQUESTED: "na"}
    factories.fill(cycle, {undp: levels}, Status.SUBMITTED)
    sheet = factories.sheet_of(cycle, undp)
    for code in DECIDED:
        decide(sheet, code, 4, cast.task_force, reason="")
    return sheet


def attach_audit(sheet: Assessment) -> None:
    item, details = item_of(sheet, ACCEPTED), Details("Audit of the plan", date(2026, 10, 1))
    url = "https://example.org/audit"
    factories.write_link(assessment=sheet, item=item, url=url, details=details)


def test_a_sheet_is_checked_rated_twice_returned_and_mended(
    sheet: Assessment, cast: Cast, at_work: AtWork
) -> None:
    # from the queue to the checks: the claim with its evidence and history, then decisions
    first = at_work(cast.task_force)
    first.get_by_role("link", name="Waiting for validation").click()
    first.get_by_role("link", name="19 of 21 checked · UNDP").click()
    first.get_by_role("button", name=f"Approve the request on {REQUESTED}").click()
    told(first, f"{REQUESTED} is decided.")
    claim = card(first, ACCEPTED)
    expect(claim.get_by_role("definition")).to_have_text(["4", "3", "3"])
    expect(claim.get_by_role("link", name="Audit of the plan")).to_be_visible()
    expect(claim.get_by_role("listitem").filter(has_text="Handed in with level 4")).to_be_visible()
    claim.get_by_role("button", name=f"Accept level 4 of {ACCEPTED}").click()
    told(first, f"{ACCEPTED} is decided.")
    lower(first, LOWERED)
    expect(first.get_by_label("21 of 21 checked")).to_be_visible()

    # a second person rates a fifth without knowing the first, and the monitor shows how both agree
    second = at_work(cast.second)
    second.goto("/validation/")
    second.get_by_role("link", name="5 second ratings · UNDP").click()
    expect(second.get_by_role("main")).not_to_contain_text(re.compile("Decided by the task force|History of"))
    rate_all(second)
    first.goto("/cycles/2026/")
    agreement = first.get_by_role("region", name="Checks of this cycle")
    expect(agreement).to_contain_text("exact match of two raters (n = 5)")

    # returned with comments, mended, and handed in again
    first.goto(f"/assessments/{sheet.pk}/checks/")
    first.get_by_label("What has to change").fill(MEND_IT)
    first.get_by_role("button", name="Return to the entity").click()
    told(first, "is returned: the entity can change its answers again.")
    mend(at_work(cast.focal))
    approver = at_work(cast.approver)
    approver.get_by_role("link", name=re.compile("Sign off UNDP")).click()
    approver.get_by_role("button", name="Sign off").click()
    told(approver, "Signed off")
    viewer = at_work(cast.viewer)
    sees_turnaround([approver, viewer], sheet)


def told(page: Page, words: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(words)


def card(page: Page, item: str) -> Locator:
    return page.locator(f"#{item}")


def lower(page: Page, item: str) -> None:
    card(page, item).get_by_text("Lower or raise the level, with a reason").click()
    card(page, item).get_by_label("Accepted level").select_option("3")
    card(page, item).get_by_label("Reason").fill(NOT_SEEN)
    card(page, item).get_by_role("button", name=f"Decide on {item}").click()
    told(page, f"{item} is decided.")
    expect(card(page, item)).to_contain_text(NOT_SEEN)


def rate_all(page: Page) -> None:
    left = page.get_by_role("article")
    for number in range(5, 0, -1):
        expect(left).to_have_count(number)
        left.first.get_by_label("Your level").select_option("4")
        left.first.get_by_role("button", name=re.compile("^Rate ")).click()
        told(page, "is kept.")
    expect(page.get_by_role("region", name="Rated by you").get_by_role("listitem")).to_have_count(5)


def mend(page: Page) -> None:
    """The focal point reads what has to change, claims less, and hands in again."""
    page.get_by_role("link", name=re.compile("Assess UNDP")).click()
    expect(page.get_by_role("note").filter(has_text="Returned with this comment")).to_contain_text(MEND_IT)
    page.get_by_role("link", name="Data", exact=True).click()
    expect(card(page, LOWERED)).to_contain_text(NOT_SEEN)
    card(page, LOWERED).get_by_role("radio", name=re.compile("^3 ")).check()
    card(page, LOWERED).get_by_role("button", name="Save").click()
    expect(card(page, LOWERED).locator(".save-state")).to_contain_text("Saved")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Review").click()
    page.get_by_role("button", name="Submit for sign-off").click()
    told(page, "Submitted")


def sees_turnaround(pages: Iterable[Page], sheet: Assessment) -> None:
    """The entity's people see since when it waits, and how long that usually takes."""
    for page in pages:
        page.goto(f"/assessments/{sheet.pk}/")
        expect(page.get_by_text("Handed in on")).to_contain_text("Usually decided within")
