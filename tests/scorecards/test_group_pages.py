"""The pages on which the task force keeps its custom groups."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from entities.models import Entity
from scorecards.models import CustomGroup
from scorecards.services.computing import compute_cycle
from scorecards.services.grouping import create_group
from tests.factories import AT, Cast, make_counted_cycle, make_entities, make_entity, make_framework

pytestmark = pytest.mark.django_db
LIST, NEW = "/scorecards/groups/", "/scorecards/groups/new/"
CHANGE, DELETE = "/scorecards/groups/small/change/", "/scorecards/groups/small/delete/"
SENT: dict[str, Any] = {"code": "small", "name": " Small ones ", "units": ["ENT-001", "ENT-002"]}


@pytest.fixture
def units() -> list[Entity]:
    return [*make_entities(3), make_entity("UNCT-KEN", type="country_team")]


@pytest.fixture
def group(cast: Cast, units: list[Entity]) -> CustomGroup:
    return create_group(code="small", name="Small ones", units=units[:2], by=cast.task_force, at=AT)


@pytest.fixture
def task_force(client: Client, cast: Cast) -> Client:
    client.force_login(cast.task_force)
    return client


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def codes(group: CustomGroup) -> list[str]:
    return [unit.code for unit in group.units.all()]


class TestTheList:
    def test_says_when_there_is_none(self, task_force: Client) -> None:
        assert "There is no custom group yet." in text(task_force.get(LIST))

    def test_leads_to_the_provisional_figures_of_a_group_that_was_asked(
        self, task_force: Client, cast: Cast, units: list[Entity], group: CustomGroup
    ) -> None:
        create_group(code="other", name="Others", units=units[3:], by=cast.task_force, at=AT)
        cycle = make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in units[:3]})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        shown = text(task_force.get(LIST))
        address = "/scorecards/2026/?version=provisional&amp;group=custom:"
        assert f"{address}small" in shown
        assert f"{address}other" not in shown
        assert "2 units" in shown
        assert "1 unit " in shown

    def test_asks_the_database_as_often_for_many_groups(
        self, task_force: Client, cast: Cast, units: list[Entity], group: CustomGroup
    ) -> None:
        task_force.get(LIST)
        counts = []
        for batch in ("a", "b"):
            for number in range(4):
                code = f"{batch}-{number}"
                create_group(code=code, name=code, units=units, by=cast.second, at=AT)
            with CaptureQueriesContext(connection) as queries:
                assert task_force.get(LIST).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_is_found_from_the_figures_and_from_publication(
        self, task_force: Client, units: list[Entity]
    ) -> None:
        cycle = make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in units})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        for page in ("/scorecards/2026/?version=provisional", "/scorecards/2026/publication/"):
            assert f'href="{LIST}"' in text(task_force.get(page))


class TestANewGroup:
    def test_is_saved(self, task_force: Client, cast: Cast, units: list[Entity]) -> None:
        answer = task_force.post(NEW, SENT)
        assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
        assert "“Small ones” is saved." in text(task_force.get(LIST))
        group = CustomGroup.objects.get()
        assert (group.code, group.name, group.by) == ("small", "Small ones", cast.task_force)
        assert codes(group) == ["ENT-001", "ENT-002"]

    def test_offers_the_units_that_exist_by_type(self, task_force: Client, units: list[Entity]) -> None:
        Entity.objects.filter(code="ENT-003").update(valid_to="2020-12-31")
        shown = text(task_force.get(NEW))
        assert 'Country team <span class="tick-note"> 0 of 1 chosen </span>' in shown
        assert 'value="ENT-002"' in shown
        assert 'value="ENT-003"' not in shown

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"units": []}, "Choose at least one unit."),
            ({"name": ""}, "This field is required."),
            ({"code": "Small!"}, "A group&#x27;s code has 1 to 40 small letters, digits and hyphens"),
            ({"units": ["ENT-001", "NOBODY"]}, "NOBODY is not one of the available choices."),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_chosen(
        self, task_force: Client, units: list[Entity], sent: dict[str, Any], said: str
    ) -> None:
        shown = text(task_force.post(NEW, {**SENT, **sent}), status=400)
        assert said in shown
        assert ('value="ENT-001" checked' in shown) == ("ENT-001" in {**SENT, **sent}["units"])
        assert not CustomGroup.objects.exists()

    def test_says_that_the_code_is_taken(self, task_force: Client, group: CustomGroup) -> None:
        shown = text(task_force.post(NEW, {**SENT, "name": "Others"}), status=400)
        assert "There is already a group with this code." in shown


class TestAGroup:
    def test_shows_who_is_in_it(self, task_force: Client, group: CustomGroup) -> None:
        shown = text(task_force.get(CHANGE))
        assert shown.count(" checked") == 2
        assert "2 of 5 chosen" in shown  # with UNDP and UNICEF
        assert 'name="code"' not in shown

    def test_keeps_a_unit_that_exists_no_more(self, task_force: Client, group: CustomGroup) -> None:
        Entity.objects.filter(code="ENT-001").update(valid_to="2020-12-31")
        assert 'value="ENT-001" checked' in text(task_force.get(CHANGE))
        assert task_force.post(CHANGE, {"name": "Small", "units": ["ENT-001"]}).status_code == 302
        assert codes(group) == ["ENT-001"]

    def test_is_changed_but_for_its_code(self, task_force: Client, group: CustomGroup) -> None:
        sent = {"code": "another", "name": "Others", "units": ["ENT-002", "UNCT-KEN"]}
        assert task_force.post(CHANGE, sent).status_code == 302
        group.refresh_from_db()
        assert (group.code, group.name, codes(group)) == ("small", "Others", ["ENT-002", "UNCT-KEN"])

    def test_is_not_emptied(self, task_force: Client, group: CustomGroup) -> None:
        assert "Choose at least one unit." in text(task_force.post(CHANGE, {"name": "None"}), status=400)
        assert codes(group) == ["ENT-001", "ENT-002"]

    def test_is_deleted(self, task_force: Client, group: CustomGroup) -> None:
        assert task_force.post(DELETE).status_code == 302
        assert "“Small ones” is deleted." in text(task_force.get(LIST))
        assert not CustomGroup.objects.exists()

    @pytest.mark.parametrize("person", ["committee", "approver", "administrator"])
    def test_is_refused_to_others_as_one_that_is_not_there(
        self, client: Client, cast: Cast, group: CustomGroup, person: str
    ) -> None:
        client.force_login(getattr(cast, person))
        for address in (CHANGE, DELETE):
            sent = {"name": "Mine", "units": ["ENT-003"]}
            told = client.post(address, sent)
            unknown = client.post(address.replace("small", "no-such-group"), sent)
            assert (told.status_code, unknown.status_code) == (403, 403)
            assert "Small ones" not in told.content.decode()
        assert codes(group) == ["ENT-001", "ENT-002"]


class TestInABrowser:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(("width", "prefix"), [(390, ""), (390, "/ar"), (1280, "")])
    def test_axe_finds_nothing_and_nothing_scrolls_sideways(
        self,
        live_server: LiveServer,
        page_at: Callable[[int], Page],
        task_force: Client,
        units: list[Entity],
        group: CustomGroup,
        width: int,
        prefix: str,
    ) -> None:
        cycle = make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in units})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        session, page = task_force.cookies["sessionid"].value, page_at(width)
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        for path in (LIST, NEW, CHANGE, "/scorecards/2026/?version=provisional&group=custom:small"):
            page.goto(live_server.url + prefix + path)
            assert Axe().run(page).response["violations"] == [], path
            assert not page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            ), path
