"""The workbook: downloaded, filled off line, uploaded, compared, and confirmed without the row refused."""

import pytest
from playwright.sync_api import FilePayload, Page, expect

from entities.models import Entity
from quintet.models import Assessment, Cycle, Status
from tests import factories
from tests.factories import Cast
from tests.journeys.conftest import AtWork
from tests.quintet.workbook_files import COMMENT, LEVEL, filled

CELLS = {
    f"DAT!{LEVEL}2": 4,
    f"DAT!{COMMENT}2": "An audit confirmed delivery. " * 20,
    f"DAT!{LEVEL}3": 3,
    f"INN!{LEVEL}2": 9,
}


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """One item of UNDP is answered, the others are left open."""
    factories.fill(cycle, {undp: {"DAT-LED": 1}}, Status.DRAFT)
    return factories.sheet_of(cycle, undp)


def test_a_filled_workbook_is_compared_and_taken_over(sheet: Assessment, cast: Cast, at_work: AtWork) -> None:
    focal = at_work(cast.focal)
    focal.goto(f"/assessments/{sheet.pk}/")
    upload(focal, filled(downloaded(focal), CELLS))

    expect(focal.get_by_role("heading", name="What the workbook changes")).to_be_visible()
    expect(focal.get_by_text("Nothing is written yet.")).to_be_visible()
    changed = focal.get_by_role("region", name="Changed answers 2")
    expect(changed.get_by_role("article", name="DAT-STR")).to_contain_text("An audit confirmed delivery.")
    expect(changed.get_by_role("article", name="DAT-LED")).to_contain_text("Level 3")
    refused = focal.get_by_role("region", name="Refused 1").get_by_role("article", name="INN-STR · INN!H2")
    expect(refused).to_contain_text("Choose a level from 0 to 4.")
    assert claims(sheet) == {"DAT-LED": 1}

    focal.get_by_label("Leave the 1 refused row out").check()
    focal.get_by_role("button", name="Confirm and write").click()
    expect(focal.get_by_role("status")).to_contain_text("2 answers were taken over from filled.xlsx.")
    assert claims(sheet) == {"DAT-LED": 3, "DAT-STR": 4}


def downloaded(page: Page) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the workbook (.xlsx)").click()
    assert download.value.suggested_filename == "UNDP-2026.xlsx"
    return download.value.path().read_bytes()


def upload(page: Page, data: bytes) -> None:
    file: FilePayload = {"name": "filled.xlsx", "mimeType": "application/octet-stream", "buffer": data}
    page.get_by_label("Filled workbook").set_input_files(file)
    page.get_by_role("button", name="Upload and compare").click()


def claims(sheet: Assessment) -> dict[str, int | None]:
    return dict(sheet.answers.filter(state="answered").values_list("item__code", "claimed"))
