"""An entity sets its own targets and questions: for its own people, and for no figure of the system."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from entities.models import Entity
from quintet.models import Assessment, Cycle, Status
from quintet.services import signing
from scorecards.services.computing import compute_cycle
from tests import factories
from tests.factories import Cast
from tests.journeys.conftest import AtWork
from tests.scorecards.stored import figures_of, unit_figures

ITEM, OWN_ITEM = "DAT-STR", "DAT-OWN-1"
LEVELS = {f"{dimension}-{enabler}": 1 for dimension in ("DAT", "INN") for enabler in factories.ENABLERS}
QUESTION, MEANING = "Do our offices share their code?", "Nobody shares any."


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """Every item of UNDP is answered with level 1, nothing is handed in."""
    factories.fill(cycle, {undp: LEVELS}, Status.DRAFT)
    return factories.sheet_of(cycle, undp)


def test_own_targets_and_questions_stay_inside(
    sheet: Assessment, cast: Cast, at_work: AtWork, trouble: list[str]
) -> None:
    focal = at_work(cast.focal)
    focal.goto(f"/assessments/{sheet.pk}/")
    focal.get_by_role("link", name="Our own path").click()
    focal.get_by_role("link", name="Data", exact=True).click()
    set_target(focal)
    add_question(focal)
    answer(focal, sheet)
    hand_in(sheet, cast)

    # the viewer reads it as soon as the assessment is handed in, and changes nothing
    viewer = at_work(cast.viewer)
    viewer.goto(f"/assessments/{sheet.pk}/DAT/")
    expect(viewer.locator(f"#{ITEM}")).to_contain_text("Our target: 4")
    expect(viewer.locator(f"#{OWN_ITEM}")).to_contain_text("All offices, since March.")
    viewer.goto("/own-path/UNDP/DAT/")
    expect(row_of(viewer, ITEM)).to_contain_text("4")
    expect(viewer.get_by_role("combobox")).to_have_count(0)

    # to everybody else it does not exist: neither as a page nor in a figure
    stranger = at_work(cast.stranger)
    stranger.goto("/own-path/UNDP/")
    assert trouble == [f"404: GET {stranger.url}"]
    trouble.clear()
    task_force = at_work(cast.task_force)
    task_force.goto(f"/assessments/{sheet.pk}/DAT/")
    expect(task_force.locator(f"#{ITEM}")).to_be_visible()
    expect(task_force.get_by_role("main")).not_to_contain_text(re.compile(f"{QUESTION}|Our target"))
    assert points_of(sheet) == {"DAT": (7, 4 + 6), "INN": (7, 7)}
    assert OWN_ITEM not in str(figures_of(sheet.cycle))


def row_of(page: Page, item: str) -> Locator:
    return page.get_by_role("row").filter(has_text=item)


def set_target(page: Page) -> None:
    """Level 4 is what counts here, five times as much as any other item."""
    page.get_by_label(f"Our target for {ITEM}").select_option("4")
    page.get_by_label(f"Our weight for {ITEM}").select_option("5")
    page.get_by_role("button", name="Save targets and weights").click()
    expect(page.get_by_role("status")).to_contain_text("Saved: 1 item changed.")
    expect(page.get_by_label(f"Our weight for {ITEM}")).to_have_value("5")


def add_question(page: Page) -> None:
    page.get_by_text("Add a question of our own").click()
    page.get_by_label("Question", exact=True).fill(QUESTION)
    for level in range(5):
        page.get_by_label(f"What level {level} means").fill(f"{MEANING} {level}")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status")).to_contain_text(f"{OWN_ITEM} is added.")


def answer(page: Page, sheet: Assessment) -> None:
    """The common item is at its target; so is the own question nearly."""
    page.goto(f"/assessments/{sheet.pk}/DAT/")
    common, own = page.locator(f"#{ITEM}"), page.locator(f"#{OWN_ITEM}")
    expect(common).to_contain_text("Our target: 4")
    common.get_by_role("radio", name=re.compile("^4 ")).check()
    common.get_by_role("button", name="Save").click()
    expect(common.locator(".save-state")).to_contain_text("Saved")
    own.get_by_role("radio", name=re.compile("^3 ")).check()
    own.get_by_label("Comment").fill("All offices, since March.")
    own.get_by_role("button", name=f"Save {OWN_ITEM}").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{OWN_ITEM} is saved.")


def hand_in(sheet: Assessment, cast: Cast) -> None:
    now = timezone.now()
    signing.submit(assessment=sheet, by=cast.focal, at=now)
    signing.sign_off(assessment=sheet, by=cast.approver, at=now)


def points_of(sheet: Assessment) -> dict[str, tuple[int, int]]:
    """What the system counts: for each dimension the weight of its items, and the sum of levels."""
    compute_cycle(cycle_id=sheet.cycle_id, at=timezone.now())
    figures = unit_figures(sheet.cycle, sheet.entity.code, "claimed")
    return {code: (found.weight_applicable, found.points) for code, found in figures.items()}
