"""What the journeys share: people, reference data, a server, and browsers in which nothing may go wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from entities.models import Entity, EntityType, Role, User
from entities.services.people import grant_role
from quintet.models import Cycle, Framework, Status
from scorecards.services import publishing
from scorecards.services.computing import compute_cycle
from tests import factories
from tests.conftest import NewContext
from tests.journeys.watching import note_trouble
from tests.kept import kept

PASSWORD = "correct horse battery"
OPEN_ITEM = "DAT-STR"


AtWork = Callable[[User], Page]


@dataclass(frozen=True)
class Screen:
    """How wide a window is, in CSS pixels, and whether it runs scripts."""

    width: int
    script: bool


# --- browsers ------------------------------------------------------------------------------------
@pytest.fixture
def trouble() -> Iterator[list[str]]:
    """What went wrong in any window: errors of scripts and of the console, requests that failed.

    A journey ends without any; one that is refused something on purpose says so and clears the list.
    """
    noted: list[str] = []
    yield noted
    assert noted == []


@pytest.fixture
def with_trouble(trouble: list[str]) -> Iterator[None]:
    """For journeys over a bad line: something has to go wrong."""
    yield
    assert trouble, "the line was never broken"
    trouble.clear()


@pytest.fixture
def new_context(new_context: NewContext, trouble: list[str]) -> NewContext:
    def watched(**options: Any) -> BrowserContext:
        context = new_context(**options)
        note_trouble(context, trouble)
        return context

    return watched


@pytest.fixture(params=[Screen(1280, script=True), Screen(390, script=False)], ids=["desk", "phone-no-js"])
def screen(request: pytest.FixtureRequest) -> Screen:
    """A desk with scripts, then a phone without."""
    found: Screen = request.param
    return found


@pytest.fixture
def new_window(screen: Screen, new_context: NewContext, live_server: LiveServer) -> Callable[[], Page]:
    """Return a function that opens a window of its own on this screen."""

    def opened() -> Page:
        size = {"width": screen.width, "height": 900}
        context = new_context(base_url=live_server.url, viewport=size, java_script_enabled=screen.script)
        return context.new_page()

    return opened


@pytest.fixture
def at_work(new_window: Callable[[], Page], live_server: LiveServer) -> AtWork:
    """Return a function that opens the work of a person who has signed in: the main job shows how."""

    def opened(person: User) -> Page:
        client, page = Client(), new_window()
        client.force_login(person)
        session = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page.goto("/my/")
        return page

    return opened


# --- worlds --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Portal:
    """An open cycle in which UNDP lacks one answer."""

    address: str
    cycle: Cycle
    undp: Entity
    people: dict[str, User]

    @property
    def sheet(self) -> int:
        return factories.sheet_of(self.cycle, self.undp).pk


@dataclass(frozen=True)
class WholePortal(Portal):
    """The same with the real reference data: of 15 funds and programmes, ten are validated."""

    late: dict[Entity, factories.Levels]

    def let_the_others_follow(self) -> None:
        """Four more sheets come in: a version that only UNDP changed would show no new figure."""
        factories.fill(self.cycle, self.late, Status.VALIDATED)


@pytest.fixture
def portal(live_server: LiveServer, cycle: Cycle, undp: Entity, cast: factories.Cast) -> Portal:
    people = {
        "focal": cast.focal,
        "approver": cast.approver,
        "first": cast.task_force,
        "second": cast.second,
    }
    leave_one_open(cycle, undp)
    return Portal(live_server.url, cycle, undp, people)


@kept
def make_whole_portal(address: str) -> WholePortal:
    call_command("load_reference", verbosity=0)
    undp = Entity.objects.get(code="UNDP")
    people = {name: factories.make_user(name) for name in ("focal", "approver", "first", "second")}
    grant_role(user=people["focal"], role=Role.FOCAL_POINT, entity=undp)
    grant_role(user=people["approver"], role=Role.APPROVER, entity=undp)
    grant_role(user=people["first"], role=Role.TASK_FORCE)
    grant_role(user=people["second"], role=Role.TASK_FORCE)
    units = list(Entity.objects.filter(type=EntityType.FUND_OR_PROGRAMME))
    cycle = factories.make_open_cycle(Framework.objects.get(), units, people["first"])
    others = {unit: level_one(cycle) for unit in units if unit != undp}
    late = {unit: others.pop(unit) for unit in list(others)[-4:]}
    factories.fill(cycle, others, Status.VALIDATED)
    leave_one_open(cycle, undp)
    return WholePortal(address, cycle, undp, people, late)


@kept
def make_published_portal(address: str) -> WholePortal:
    portal = make_whole_portal(address)
    publish_figures(portal)
    return portal


def publish_figures(portal: Portal) -> None:
    """Publish the figures as they stand; the provisional ones are computed, too."""
    for person, step in (("first", publishing.propose), ("second", publishing.confirm)):
        step(cycle=portal.cycle, by=portal.people[person], at=factories.AT)
    compute_cycle(cycle_id=portal.cycle.pk, at=factories.AT)


@pytest.fixture
def whole_portal(live_server: LiveServer) -> WholePortal:
    return make_whole_portal(live_server.url)


@pytest.fixture
def published(live_server: LiveServer) -> WholePortal:
    """The whole portal with a first version of its figures."""
    return make_published_portal(live_server.url)


def level_one(cycle: Cycle) -> factories.Levels:
    return dict.fromkeys(cycle.framework.items.values_list("code", flat=True), 1)


def leave_one_open(cycle: Cycle, unit: Entity) -> None:
    answered = {code: level for code, level in level_one(cycle).items() if code != OPEN_ITEM}
    factories.fill(cycle, {unit: answered}, Status.DRAFT)


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[Page, str], None]:
    """Sign in through the page, as a person does; all people of tests have one password."""

    def through_the_page(page: Page, name: str) -> None:
        page.goto(f"{live_server.url}/accounts/login/")
        page.locator("input[name=login]").fill(f"{name}@example.org")
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/my/")

    return through_the_page
