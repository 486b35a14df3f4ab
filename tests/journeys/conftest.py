"""What the journeys share: the real reference data, people, a server, and a browser that signs in."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.management import call_command
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from entities.models import Entity, EntityType, Role, User
from entities.services.people import grant_role
from quintet.models import Cycle, Framework, Status
from quintet.services.cycles import open_cycle
from tests import factories

PASSWORD = "correct horse battery"
OPEN_ITEM = "DAT-STR"


@dataclass(frozen=True)
class Portal:
    """An open cycle for the funds and programmes: ten of 15 are validated, UNDP lacks one answer."""

    address: str
    cycle: Cycle
    undp: Entity
    people: dict[str, User]
    late: dict[Entity, factories.Levels]

    def let_the_others_follow(self) -> None:
        """Four more sheets come in: a version that only UNDP changed would show no new figure."""
        factories.fill(self.cycle, self.late, Status.VALIDATED)

    @property
    def sheet(self) -> int:
        return factories.sheet_of(self.cycle, self.undp).pk


@pytest.fixture
def portal(transactional_db: None, live_server: LiveServer) -> Portal:
    call_command("load_reference", verbosity=0)
    undp = Entity.objects.get(code="UNDP")
    people = {name: factories.make_user(name) for name in ("focal", "approver", "first", "second")}
    grant_role(user=people["focal"], role=Role.FOCAL_POINT, entity=undp)
    grant_role(user=people["approver"], role=Role.APPROVER, entity=undp)
    grant_role(user=people["first"], role=Role.TASK_FORCE)
    grant_role(user=people["second"], role=Role.TASK_FORCE)
    framework = Framework.objects.get()
    units = list(Entity.objects.filter(type=EntityType.FUND_OR_PROGRAMME))
    cycle = factories.make_cycle(framework, "2026")
    open_cycle(cycle=cycle, entities=units, by=people["first"], at=factories.AT)
    cycle.refresh_from_db()
    levels = dict.fromkeys(framework.items.values_list("code", flat=True), 1)
    others: dict[Entity, factories.Levels] = {unit: levels for unit in units if unit != undp}
    late = {unit: others.pop(unit) for unit in list(others)[-4:]}
    factories.fill(cycle, others, Status.VALIDATED)
    answered = {code: level for code, level in levels.items() if code != OPEN_ITEM}
    factories.fill(cycle, {undp: answered}, Status.DRAFT)
    return Portal(live_server.url, cycle, undp, people, late)


@pytest.fixture
def sign_in(portal: Portal) -> Callable[[Page, str], None]:
    """Sign in through the page, as a person does."""

    def through_the_page(page: Page, name: str) -> None:
        page.goto(f"{portal.address}/accounts/login/")
        page.locator("input[name=login]").fill(portal.people[name].email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/my/")

    return through_the_page
