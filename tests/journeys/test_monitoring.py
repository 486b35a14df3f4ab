"""The task force opens a cycle for many units, sees who is late, reminds them, and gives one more time."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import Locator, Page, expect

from entities.models import Entity, Role
from quintet.models import Assessment
from tests import factories, sessions, smtp
from tests.factories import Cast
from tests.journeys.conftest import AtWork
from tests.processes import Worker, environment

OTHERS = 30
WORDS = "The committee meets in March."
HERE = "/cycles/2027/"


@pytest.fixture
def units(undp: Entity, cast: Cast) -> int:
    """Many units with a focal point each, beside UNDP and UNICEF; their number."""
    factories.make_framework()
    for unit in factories.make_entities(OTHERS):
        factories.make_user(f"focal-{unit.code}".lower(), Role.FOCAL_POINT, unit)
    return OTHERS + 2


@pytest.fixture
def post_office() -> Iterator[smtp.Sink]:
    with smtp.sink() as server:
        yield server


def test_a_cycle_is_opened_watched_and_reminded_of(
    units: int,
    cast: Cast,
    at_work: AtWork,
    new_window: Callable[[], Page],
    post_office: smtp.Sink,
    tmp_path: Path,
    trouble: list[str],
) -> None:
    task_force = at_work(cast.task_force)
    plan_cycle(task_force)
    task_force.get_by_label("All UN entities").check()
    task_force.get_by_role("checkbox", name=re.compile("14 items")).check()
    task_force.get_by_role("button", name="Open for answers").click()
    expect(task_force.get_by_role("status")).to_contain_text(f"The cycle is open for {units} units.")

    # one letter to each focal point and to the approver: the bar runs by itself to its end
    letters = units + 1
    expect(task_force.get_by_role("main")).to_contain_text(f"0 of {letters} letters are done")
    with worker_that_sends(post_office, tmp_path / "worker.log"):
        done = task_force.get_by_label(f"{letters} of {letters} letters are done")
        expect(done).to_have_attribute("value", str(letters), timeout=180_000)
        task_force.get_by_role("link", name="Cycle 2027").click()
        remind_undp(task_force, trouble)
        sessions.until(lambda: len(post_office.letters) > letters, "the reminder did not come")

    give_more_time(task_force, cast, at_work)

    # whoever has the letter ends the reminders, without signing in
    stop = link_to_stop(post_office)
    anybody = new_window()
    anybody.goto(stop)
    anybody.get_by_role("button", name="No more reminders").click()
    expect(anybody.get_by_role("status")).to_contain_text("You get no more reminders.")
    cast.focal.refresh_from_db()
    assert not cast.focal.wants_reminders


@contextmanager
def worker_that_sends(post_office: smtp.Sink, log: Path) -> Iterator[None]:
    mail = environment(EMAIL_URL=f"smtp://127.0.0.1:{post_office.port}")
    worker = Worker(environment=mail, log=log, concurrency=1)
    try:
        yield
    finally:
        worker.stop()


def plan_cycle(page: Page) -> None:
    today = timezone.localdate()
    page.goto("/cycles/new/")
    page.get_by_label("Code").fill("2027")
    page.get_by_label("Title").fill("Cycle 2027")
    page.get_by_label("Framework").select_option(index=1)
    page.get_by_label("First day").fill(str(today))
    page.get_by_label("Last day").fill(str(today + timedelta(days=30)))
    page.get_by_role("button", name="Plan the cycle").click()
    expect(page.get_by_role("status")).to_contain_text("The cycle is planned")


def remind_undp(page: Page, trouble: list[str]) -> None:
    """Choose one unit of the heat map, look at the letter, send it; a second one goes to nobody."""
    expect(page.get_by_role("table", name=re.compile("How far 32 units are"))).to_be_visible()
    page.get_by_label("Unit:", exact=True).fill("UNDP")
    page.get_by_role("button", name="Show").click()
    expect(units_shown(page)).to_have_text([re.compile("UNDP")])
    page.get_by_role("link", name="Remind these units").click()
    meanwhile = page.context.new_page()
    meanwhile.goto(page.url)

    page.get_by_label("Words of your own").fill(WORDS)
    page.get_by_role("button", name="Show the letters").click()
    letter = page.get_by_role("article")
    expect(letter).to_contain_text("UNDP: 14 items of 14 are open")
    expect(letter).to_contain_text(WORDS)
    page.get_by_role("button", name="Send 1 letter").click()
    expect(page.get_by_role("status")).to_contain_text("The letters are on their way.")

    meanwhile.get_by_role("button", name="Send 1 letter").click()
    expect(meanwhile.locator(".note-error:focus")).to_contain_text("there is nobody left to remind today")
    assert trouble == [f"400: POST {meanwhile.url}"]
    trouble.clear()
    meanwhile.close()


def units_shown(page: Page) -> Locator:
    return page.locator(".heat-map").get_by_role("rowheader")


def give_more_time(page: Page, cast: Cast, at_work: AtWork) -> None:
    """The task force says why; the focal point sees until when."""
    until = timezone.localdate() + timedelta(days=45)
    page = page.context.new_page()  # the other one renews itself, which ends what it is on the way to
    page.goto(f"{HERE}?search=UNDP")
    page.get_by_role("link", name="More time UNDP").click()
    page.get_by_label("New last day").fill(str(until))
    page.get_by_label("Reason").fill("The office in Nairobi was flooded.")
    page.get_by_role("button", name="Give more time").click()
    expect(page.get_by_role("status")).to_contain_text("UNDP has more time.")
    focal = at_work(cast.focal)
    sheet = Assessment.objects.get(cycle__code="2027", entity__code="UNDP")
    focal.goto(f"/assessments/{sheet.pk}/")
    expect(focal.get_by_role("main")).to_contain_text(f"last day {date_format(until)}")


def link_to_stop(post_office: smtp.Sink) -> str:
    """The address at the end of the reminder, on the host of this test."""
    [reminder] = [letter for letter in post_office.letters if letter["Subject"].startswith("Reminder")]
    text = reminder.get_payload(decode=True)
    assert isinstance(text, bytes)
    found = re.search(r"https?://[^/\s]+(/\S*reminders/\S+)", text.decode())
    assert found, text
    assert WORDS in text.decode()
    return found[1]
