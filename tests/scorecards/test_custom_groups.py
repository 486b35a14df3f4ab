"""A custom group has the provisional figures of its units, for the task force; for nobody else it exists."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Assessment, Cycle, Framework, Phase, Status
from quintet.queries.monitoring import counted_snapshots
from scorecards.domain.figures import Unit, group_figures, score_units, tally_units
from scorecards.models import CustomGroup, Scorecard
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.sheets import units_with_sheets
from scorecards.services.composing import basis_of
from scorecards.services.computing import compute_cycle
from scorecards.services.following import follow
from scorecards.services.grouping import change_group, create_group
from scorecards.services.simulating import simulate_cycle
from tests.factories import (
    AT,
    Cast,
    fill,
    make_counted_cycle,
    make_cycle,
    make_entities,
    make_entity,
    sheet_of,
)
from tests.scorecards.stored import figures_of
from tests.scorecards.worked import publish

pytestmark = pytest.mark.django_db
PROVISIONAL = "version=provisional"
FACES = [
    "/scorecards/2026/?group={group}&",
    "/scorecards/2026/figure/?group={group}&",
    "/scorecards/2026/receipt/?group={group}&item=DAT-STR&",
    "/scorecards/2026/receipt/?group={group}&dimension=DAT&",
    "/api/v1/scorecards/2026/items/?group={group}&",
    "/api/v1/scorecards/2026/state-of-play/?group={group}&",
    "/api/v1/scorecards/2026/dimensions/?group={group}&",
    "/api/v1/scorecards/2026/receipt/?group={group}&item=DAT-STR&",
]


@pytest.fixture
def units() -> list[Entity]:
    return make_entities(7)


@pytest.fixture
def cycle(framework: Framework, units: list[Entity]) -> Cycle:
    """Six sheets that are validated, with levels, gaps and “not applicable”, and a submitted one."""
    levels: list[dict[str, int | str | None]] = [
        {"DAT-STR": level, "DAT-LED": 3, "INN-PMS": "na" if level else None, "INN-LED": 4 - level}
        for level in (0, 1, 2, 3, 4, 2)
    ]
    cycle = make_counted_cycle(framework, dict(zip(units, levels, strict=False)))
    fill(cycle, {units[6]: {"DAT-STR": 1}}, status=Status.SUBMITTED)
    compute_cycle(cycle_id=cycle.pk, at=AT)
    return cycle


@pytest.fixture
def make(cast: Cast) -> Callable[..., str]:
    def make_group(units: list[Entity], code: str = "some", name: str = "Some of them") -> str:
        create_group(code=code, name=name, units=units, by=cast.task_force, at=AT)
        return f"custom:{code}"

    return make_group


def n_counted(cycle: Cycle, group: str) -> tuple[int, int]:
    found = figures_of(cycle)[group]["accepted"]
    return found["n_group"], found["n_counted"]


def status_of(client: Client, address: str, group: str, version: str = PROVISIONAL) -> int:
    return client.get(address.format(group=group) + version).status_code


class TestFigures:
    def test_of_all_entities_are_those_of_entities(
        self, cycle: Cycle, units: list[Entity], make: Callable[..., str]
    ) -> None:
        group = make(units)
        figures = figures_of(cycle)
        assert figures[group] == figures["entities"]
        assert figures[group]["claimed"]["n_counted"] == 7 > figures[group]["accepted"]["n_counted"] == 6

    def test_are_what_the_tally_of_its_units_gives(
        self, cycle: Cycle, units: list[Entity], make: Callable[..., str]
    ) -> None:
        group, shape = make(units[2:]), framework_shape(cycle.framework)
        sheets = units_with_sheets(cycle, counted_snapshots(cycle))
        chosen = [Unit(unit.code, (group,), unit.sheets) for unit in sheets if unit.code > "ENT-002"]
        tallies = tally_units(chosen, shape, score_units(chosen, shape))
        assert figures_of(cycle)[group] == group_figures(tallies, shape)[group]
        assert len(chosen) == 5

    def test_follow_a_sheet_and_the_group_at_once(
        self, cycle: Cycle, cast: Cast, units: list[Entity], make: Callable[..., str]
    ) -> None:
        group = make(units[:2])
        assert n_counted(cycle, group) == (2, 2)
        Assessment.objects.filter(entity=units[0]).update(status=Status.RETURNED)
        follow(cycle_id=cycle.pk, assessment_id=sheet_of(cycle, units[0]).pk, at=AT)
        assert n_counted(cycle, group) == (2, 1)
        kept = CustomGroup.objects.get()
        change_group(group=kept, name="More", units=units[:4], by=cast.task_force, at=AT)
        assert n_counted(cycle, group) == (4, 3)

    def test_are_of_units_that_were_asked_alone(
        self, cycle: Cycle, units: list[Entity], make: Callable[..., str]
    ) -> None:
        strangers = [make_entity("ENT-900"), make_entity("ENT-901")]
        mixed, unasked = make([*units[:2], *strangers]), make(strangers, "others")
        figures = figures_of(cycle)
        assert figures[mixed]["accepted"]["n_group"] == 2
        assert unasked not in figures

    def test_are_counted_once_for_all_parts_of_a_page(
        self, client: Client, cycle: Cycle, cast: Cast, units: list[Entity], make: Callable[..., str]
    ) -> None:
        group = make(units)
        client.force_login(cast.task_force)
        with CaptureQueriesContext(connection) as asked:
            assert status_of(client, FACES[0], group) == 200
        levels = [query["sql"] for query in asked if '"quintet_snapshot"."accepted"' in query["sql"]]
        assert len(levels) == 1

    def test_cost_the_same_number_of_queries_whatever_the_number_of_units(
        self, client: Client, cycle: Cycle, cast: Cast, units: list[Entity], make: Callable[..., str]
    ) -> None:
        client.force_login(cast.task_force)
        few, all_of_them = make(units[:1], "few"), make(units, "all")
        status_of(client, FACES[0], few)  # the first page of a process reads what later ones know
        counts = []
        for group in (few, all_of_them):
            with CaptureQueriesContext(connection) as queries:
                assert status_of(client, FACES[0], group) == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestTheTaskForce:
    def test_reads_it_on_every_face(
        self, client: Client, cycle: Cycle, cast: Cast, units: list[Entity], make: Callable[..., str]
    ) -> None:
        group = make(units[:3])
        client.force_login(cast.task_force)
        assert {status_of(client, face, group) for face in FACES} == {200}
        page = client.get(f"/scorecards/2026/?{PROVISIONAL}").content.decode()
        assert f'<option value="{group}">Some of them (3)</option>' in page
        shown = client.get(f"/scorecards/2026/?group={group}&{PROVISIONAL}").content.decode()
        assert "Only the task force knows of it." in shown

    def test_reads_in_the_api_what_stands_in_figures(
        self, client: Client, cycle: Cycle, cast: Cast, units: list[Entity], make: Callable[..., str]
    ) -> None:
        group = make(units)
        client.force_login(cast.task_force)
        for rows in ("items", "state-of-play", "dimensions"):
            address = f"/api/v1/scorecards/2026/{rows}/?basis=claimed&{PROVISIONAL}&group="
            mine, theirs = client.get(address + group).json(), client.get(f"{address}entities").json()
            for row in (*mine, *theirs):
                row.pop("baseline_2023", None)
            assert mine == theirs != []

    def test_finds_its_counted_units_in_the_receipt(
        self, client: Client, cycle: Cycle, cast: Cast, units: list[Entity], make: Callable[..., str]
    ) -> None:
        group = make([*units[1:3], make_entity("ENT-900")])
        client.force_login(cast.task_force)
        receipt = client.get(FACES[-1].format(group=group) + PROVISIONAL).json()
        assert [unit["entity"] for unit in receipt["units"]] == ["ENT-002", "ENT-003"]
        assert (receipt["group"], receipt["state"], receipt["figure"]["n_group"]) == (group, "provisional", 2)
        page = client.get(FACES[2].format(group=group) + PROVISIONAL).content.decode()
        assert "in place, Some of them: 1 of 2" in page
        assert "Only the task force knows of it." in page


class TestNothingPublished:
    @pytest.fixture
    def group(self, cycle: Cycle, cast: Cast, units: list[Entity], make: Callable[..., str]) -> str:
        group = make(units[:6], name="Canaries")
        publish(cycle, cast)
        return group

    def test_holds_it(self, cycle: Cycle, group: str) -> None:
        scorecard = Scorecard.objects.get()
        assert "custom" not in scorecard.payload
        assert "Canaries" not in scorecard.payload

    def test_is_the_same_without_it(
        self, cycle: Cycle, cast: Cast, units: list[Entity], make: Callable[..., str]
    ) -> None:
        before = basis_of(cycle=cycle, note="")
        make(units[:5])
        assert basis_of(cycle=cycle, note="") == before

    def test_answers_for_it_also_to_the_task_force(
        self, client: Client, cycle: Cycle, cast: Cast, group: str
    ) -> None:
        client.force_login(cast.task_force)
        for face in FACES:
            unknown = status_of(client, face, "custom:no-such-group", "version=1")
            assert status_of(client, face, group, "version=1") == unknown in (400, 404), face
        assert "Canaries" not in client.get("/scorecards/2026/").content.decode()

    def test_is_compared_with_it(
        self, client: Client, framework: Framework, cast: Cast, units: list[Entity], group: str
    ) -> None:
        days = {"opens_on": date(2025, 1, 1), "closes_on": date(2025, 6, 30)}
        earlier = make_cycle(framework, "2025", phase=Phase.VALIDATION, **days)
        fill(earlier, {unit: {"DAT-STR": 1} for unit in units})
        compute_cycle(cycle_id=earlier.pk, at=AT)
        publish(earlier, cast)
        client.force_login(cast.task_force)
        page = "/scorecards/2026/movement/?from=2025&group={group}&"
        assert status_of(client, page, "entities") == 200
        assert status_of(client, page, group) == 404
        assert status_of(client, f"/api/v1{page}", group) == 400
        assert "/movement/" in client.get(f"/scorecards/2026/?{PROVISIONAL}").content.decode()
        shown = client.get(f"/scorecards/2026/?{PROVISIONAL}&group={group}").content.decode()
        assert "/movement/" not in shown

    def test_is_estimated_of_it(self, client: Client, cycle: Cycle, cast: Cast, group: str) -> None:
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        client.force_login(cast.task_force)
        answer = client.get(f"/api/v1/scorecards/2026/uncertainty/?{PROVISIONAL}")
        assert b'"entities"' in answer.content
        assert b"custom" not in answer.content
        assert "Canaries" not in client.get(f"/scorecards/2026/uncertainty/?{PROVISIONAL}").content.decode()


class TestNobodyElse:
    @pytest.mark.parametrize("person", ["committee", "approver", "administrator", None])
    def test_learns_that_it_exists(
        self,
        client: Client,
        cycle: Cycle,
        cast: Cast,
        units: list[Entity],
        make: Callable[..., str],
        person: str,
    ) -> None:
        group = make(units, name="Canaries")
        publish(cycle, cast)
        if person:
            client.force_login(getattr(cast, person))
        for face in FACES:
            for version in ("", "version=1", PROVISIONAL):
                statuses = [
                    status_of(client, face, code, version) for code in (group, "custom:no-such-group")
                ]
                assert statuses in ([400, 400], [404, 404]), (face, version)
        page = client.get(f"/api/v1/scorecards/2026/items/?group={group}")
        assert "Canaries" not in page.content.decode()
        assert "custom:some" not in str(page.json()["errors"])
        for address in ("/", "/scorecards/", "/scorecards/2026/", "/scorecards/2026/figure/"):
            assert "Canaries" not in client.get(address).content.decode()
