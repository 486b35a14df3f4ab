"""A year later: one answer is still true, one has changed, and the history names both, page and file."""

import csv
import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from entities.models import Entity
from quintet.models import Assessment, Cycle, Phase
from tests import factories
from tests.factories import Cast
from tests.journeys.conftest import AtWork

STILL_TRUE, CHANGED = "DAT-STR", "DAT-LED"


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """UNDP was validated at level 2 the year before, and has said nothing yet in this cycle."""
    days = {"opens_on": date(2025, 9, 15), "closes_on": date(2025, 12, 18)}
    before = factories.make_cycle(cycle.framework, "2025", phase=Phase.CLOSED, **days)
    codes = cycle.framework.items.values_list("code", flat=True)
    factories.fill(before, {undp: dict.fromkeys(codes, 2)})
    return factories.sheet_of(cycle, undp)


def test_what_is_confirmed_and_what_is_changed_have_a_history(
    sheet: Assessment, cast: Cast, at_work: AtWork
) -> None:
    focal = at_work(cast.focal)
    focal.goto(f"/assessments/{sheet.pk}/DAT/")
    focal.locator(f"#{STILL_TRUE}").get_by_role("button", name="Still true").click()
    is_saved(focal, STILL_TRUE)
    focal.locator(f"#{CHANGED}").get_by_role("radio", name=re.compile("^3 ")).check()
    focal.locator(f"#{CHANGED}").get_by_role("button", name="Save").click()
    is_saved(focal, CHANGED)

    focal.get_by_role("link", name="Overview").click()
    focal.get_by_role("link", name="The life of every answer").click()
    said(focal, STILL_TRUE, "– → level 2", "carried over from the cycle 2025")
    said(focal, CHANGED, "– → level 3", "form of the portal")
    assert history_file(focal) == [
        ("Focal", STILL_TRUE, "carried", "2025", "2"),
        ("Focal", CHANGED, "form", "", "3"),
    ]


def is_saved(page: Page, item: str) -> None:
    expect(page.locator(f"#{item} .save-state")).to_contain_text("Saved")


def said(page: Page, item: str, change: str, how: str) -> None:
    """The one line of the history on this item: who, from what to what, from where."""
    line = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=item))
    when_and_who, from_and_to, came_by = (line.get_by_role("cell").nth(place) for place in range(3))
    expect(when_and_who).to_contain_text("Focal")
    expect(from_and_to).to_contain_text(change)
    expect(came_by).to_have_text(how)


def history_file(page: Page) -> list[tuple[str, ...]]:
    with page.expect_download() as download:
        page.get_by_role("link", name="All of it as a file (CSV)").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        columns = ("person", "item", "channel", "origin", "claimed_to")
        return [tuple(row[column] for column in columns) for row in csv.DictReader(file)]
