"""Computing the figures of a cycle: idempotent, from frozen sheets, by group, the same everywhere."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Answer, Assessment, Cycle, Item, Phase, Status
from quintet.services import reviewing, signing
from scorecards.models import Computation, GroupScore, UnitScore
from scorecards.queries import reading
from scorecards.services.computing import compute_cycle, heal_stale_figures, rebuild_cycle
from tests.factories import (
    AT,
    Cast,
    fill,
    later,
    make_cast,
    make_counted_cycle,
    make_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_region,
    make_token,
    sheet_of,
)
from tests.scorecards.stored import figures_of, rows_of, unit_figures
from un20portal.outbox import services as outbox

pytestmark = pytest.mark.django_db
LEVELS = [0, 1, 2, 2, 3, 3, 4, None]


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """Eight organisations with validated sheets, one level each on DAT-STR."""
    sheets = dict(zip(make_entities(8), [{"DAT-STR": level} for level in LEVELS], strict=True))
    return make_counted_cycle(make_framework(), sheets)


def cell(cycle: Cycle, group: str = "entities", basis: str = "accepted", item: str = "DAT-STR") -> Any:
    return figures_of(cycle)[group][basis]["items"][item]


class TestComputing:
    def test_counts_levels_per_group(self, cycle: Cycle) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        found = cell(cycle)
        assert (found["n_group"], found["n_answered"], found["n_missing"]) == (8, 7, 1)
        assert (found["has"], found["operates"], found["dist"]) == (5, 3, [1, 1, 2, 2, 1])

    def test_again_changes_nothing(self, cycle: Cycle) -> None:
        first = compute_cycle(cycle_id=cycle.pk, at=AT)
        stored = rows_of(cycle)
        again = compute_cycle(cycle_id=cycle.pk, at=later(60))
        assert (again.pk, again.at) == (first.pk, AT)
        assert rows_of(cycle) == stored
        assert len(stored) == 8

    def test_replaces_rows_in_place_when_a_sheet_changed(self, cycle: Cycle, cast: Cast) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        before = {row[0] for row in rows_of(cycle)}
        fill(cycle, {cast_entity("UNDP"): {"DAT-STR": 4}})
        compute_cycle(cycle_id=cycle.pk, at=later(1))
        after = {row[0] for row in rows_of(cycle)}
        assert before < after
        assert len(after) == 9
        assert Computation.objects.count() == 1
        assert cell(cycle)["n_answered"] == 8

    def test_rebuilds_the_same_figures_from_nothing(self, cycle: Cycle) -> None:
        first, figures = compute_cycle(cycle_id=cycle.pk, at=AT), figures_of(cycle)
        anew = rebuild_cycle(cycle_id=cycle.pk, at=later(1))
        assert anew.pk != first.pk
        assert figures_of(cycle) == figures

    def test_reads_the_frozen_sheets_and_not_the_answers(self, cycle: Cycle) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        before = figures_of(cycle)
        Answer.objects.filter(item__code="DAT-STR", claimed__gte=2).update(claimed=0)
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        assert figures_of(cycle) == before

    def test_of_a_cycle_without_counted_sheets_gives_no_groups(self, cast: Cast) -> None:
        empty = make_cycle(make_framework(), phase=Phase.OPEN)
        compute_cycle(cycle_id=empty.pk, at=AT)
        assert figures_of(empty) == {}


def cast_entity(code: str) -> Entity:
    return Entity.objects.get(code=code)


class TestWhatCounts:
    @pytest.mark.parametrize(
        ("status", "claimed", "accepted"),
        [
            (Status.DRAFT, 0, 0),
            (Status.SIGNOFF, 0, 0),
            (Status.RETURNED, 0, 0),
            (Status.SUBMITTED, 1, 0),
            (Status.VALIDATED, 1, 1),
        ],
    )
    def test_depends_on_status_and_basis(
        self, cast: Cast, status: Status, claimed: int, accepted: int
    ) -> None:
        cycle = make_cycle(make_framework(), phase=Phase.OPEN)
        fill(cycle, {cast_entity("UNDP"): {"DAT-STR": 3}}, status)
        compute_cycle(cycle_id=cycle.pk, at=AT)
        assert [cell(cycle, basis=basis)["n_answered"] for basis in ("claimed", "accepted")] == [
            claimed,
            accepted,
        ]
        assert [cell(cycle, basis=basis)["n_missing"] for basis in ("claimed", "accepted")] == [
            1 - claimed,
            1 - accepted,
        ]
        assert cell(cycle)["n_group"] == 1

    def test_is_the_validators_level_on_the_accepted_basis(self, cast: Cast) -> None:
        cycle = make_cycle(make_framework(), phase=Phase.OPEN)
        fill(cycle, {cast_entity("UNDP"): {"DAT-STR": 3}}, Status.SUBMITTED)
        sheet = sheet_of(cycle, cast_entity("UNDP"))
        item = sheet.answers.get(item__code="DAT-STR").item
        reviewing.decide_level(
            assessment=sheet, item=item, accepted=1, reason="A draft.", version=1, by=cast.task_force, at=AT
        )
        reviewing.validate(assessment=sheet, by=cast.task_force, at=AT)
        compute_cycle(cycle_id=cycle.pk, at=AT)
        assert cell(cycle, basis="claimed")["dist"] == [0, 0, 0, 1, 0]
        assert cell(cycle, basis="accepted")["dist"] == [0, 1, 0, 0, 0]

    def test_loses_a_sheet_that_was_returned(self, cycle: Cycle, cast: Cast) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        sheet = sheet_of(cycle, cast_entity("ENT-007"))
        reviewing.reopen(assessment=sheet, by=cast.task_force, at=AT, comment="New facts.")
        outbox.drain(now=lambda: later(5))
        for basis in ("claimed", "accepted"):
            found = cell(cycle, basis=basis)
            assert (found["n_group"], found["n_answered"], found["n_missing"]) == (8, 6, 2)
        assert unit_figures(cycle, "ENT-007", "claimed") == {}

    def test_gains_it_again_with_its_newest_snapshot(self, cycle: Cycle, cast: Cast) -> None:
        entity = cast_entity("UNDP")
        fill(cycle, {entity: {"DAT-STR": 1}}, Status.SUBMITTED)
        sheet = sheet_of(cycle, entity)
        reviewing.return_to_entity(assessment=sheet, by=cast.task_force, at=AT, comment="More evidence.")
        sheet.answers.filter(item__code="DAT-STR").update(claimed=4)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        outbox.drain(now=lambda: later(5))
        assert UnitScore.objects.get(entity=entity).snapshot.number == 2
        assert unit_figures(cycle, "UNDP", "claimed")["DAT"].points == 4
        assert unit_figures(cycle, "UNDP", "accepted") == {}


class TestGroups:
    def test_follow_type_membership_and_region(self, cast: Cast) -> None:
        units = {
            make_entity("UNDP2"): {"DAT-STR": 2},
            make_entity("DCO", ceb_member=False, type="secretariat"): {"DAT-STR": 0},
            make_entity("UNCT-KEN", type="country_team"): {"DAT-STR": 3},
            make_entity("UNCT-PER", type="country_team", region=make_region("lac")): {"DAT-STR": 3},
        }
        cycle = make_counted_cycle(make_framework(), units)
        compute_cycle(cycle_id=cycle.pk, at=AT)
        found = figures_of(cycle)
        assert {group: found[group]["accepted"]["n_group"] for group in found} == {
            "all": 4,
            "entities": 2,
            "ceb31": 1,
            "country_teams": 2,
            "region:africa": 1,
            "region:lac": 1,
            "type:fund_or_programme": 1,
            "type:secretariat": 1,
        }
        assert cell(cycle, "country_teams")["operates"] == 2
        assert cell(cycle, "all")["dist"] == [1, 0, 1, 2, 0]

    @pytest.mark.parametrize(
        ("valid", "counts"),
        [
            ({"valid_to": date(2026, 12, 17)}, False),
            ({"valid_to": date(2026, 12, 18)}, True),
            ({"valid_from": date(2026, 12, 18)}, True),
            ({"valid_from": date(2026, 12, 19)}, False),
            ({}, True),
        ],
    )
    def test_hold_units_that_exist_on_the_closing_date(
        self, cast: Cast, valid: dict[str, date], counts: bool
    ) -> None:
        unit = make_entity("OLD", **valid)
        cycle = make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2}, cast_entity("UNDP"): {}})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        assert cell(cycle)["n_group"] == 1 + counts
        assert cell(cycle)["n_answered"] == int(counts)
        assert UnitScore.objects.filter(entity=unit).exists() is counts

    def test_are_recomputed_when_a_unit_ended(self, cycle: Cycle) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        Entity.objects.filter(code="ENT-001").update(valid_to=date(2026, 1, 1))
        assert heal_stale_figures(at=later(1)) == 1
        assert cell(cycle)["n_group"] == 7
        assert not UnitScore.objects.filter(entity__code="ENT-001").exists()


class TestHealing:
    def test_recomputes_what_is_stale_and_nothing_else(self, cycle: Cycle, cast: Cast) -> None:
        assert heal_stale_figures(at=AT) == 1
        assert heal_stale_figures(at=later(1)) == 0
        Assessment.objects.filter(cycle=cycle, entity__code="ENT-007").update(status=Status.RETURNED)
        assert heal_stale_figures(at=later(2)) == 1
        assert cell(cycle)["n_answered"] == 6
        assert Computation.objects.get().at == later(2)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda groups: groups.filter(group="entities", basis="claimed").update(n_group=99),
            lambda groups: groups.filter(group="all", basis="accepted").delete(),
            lambda groups: groups.create(cycle_id=groups[0].cycle_id, group="x", n_group=1, tally="{}"),
        ],
    )
    def test_counts_groups_again_that_do_not_say_what_their_units_say(
        self, cycle: Cycle, cast: Cast, spoil: Callable[[Any], object]
    ) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        held = GroupScore.objects.order_by("group", "basis").values_list("group", "basis", "n_group", "tally")
        right = list(held)
        spoil(GroupScore.objects.all())
        assert heal_stale_figures(at=later(1)) == 1
        assert heal_stale_figures(at=later(2)) == 0
        assert list(held.all()) == right

    def test_goes_on_after_a_cycle_that_cannot_be_computed(self, cycle: Cycle, cast: Cast) -> None:
        broken = make_counted_cycle(make_framework("other"), {make_entity("NEW"): {"DAT-STR": 2}}, "2020")
        framework = broken.framework
        dimension = framework.dimensions.get(code="DAT")
        Item.objects.create(
            framework=framework, dimension=dimension, code="DAT-NEW", order=0, question="?", level_texts=[]
        )
        later_one = make_counted_cycle(cycle.framework, {}, "2030")
        with pytest.raises(ExceptionGroup) as caught:
            heal_stale_figures(at=AT)
        assert [error.__notes__ for error in caught.value.exceptions] == [["cycle 2020"]]
        assert {computation.cycle for computation in Computation.objects.all()} == {cycle, later_one}

    def test_leaves_planned_cycles_alone(self, cast: Cast) -> None:
        make_cycle(make_framework())
        assert heal_stale_figures(at=AT) == 0
        assert not Computation.objects.exists()


class TestQuestionsToTheDatabase:
    @pytest.mark.parametrize("again", [False, True])
    def test_do_not_grow_with_the_number_of_units(self, cast: Cast, again: bool) -> None:
        framework, units = make_framework(dimensions=("DAT",)), make_entities(20)
        asked = []
        for code, number in (("2025", 10), ("2026", 20)):
            cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in units[:number]}, code)
            if again:
                compute_cycle(cycle_id=cycle.pk, at=AT)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                compute_cycle(cycle_id=cycle.pk, at=AT)
            asked.append(len(captured))
        assert asked[0] == asked[1]


class TestParity:
    """The same number wherever somebody looks."""

    @pytest.mark.parametrize("group", ["entities", "ceb31", "all"])
    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    def test_of_answers_in_the_database_and_figures(self, cycle: Cycle, group: str, basis: str) -> None:
        fill(cycle, {cast_entity("UNDP"): {"DAT-STR": 4, "INN-STR": 2, "DAT-PMS": "na"}})
        fill(cycle, {cast_entity("UNICEF"): {"DAT-STR": 3, "INN-STR": 1}}, Status.SUBMITTED)
        compute_cycle(cycle_id=cycle.pk, at=AT)
        level = "COALESCE(a.accepted, a.claimed)" if basis == "accepted" else "a.claimed"
        statuses = ["validated"] if basis == "accepted" else ["validated", "submitted"]
        members = {"ceb31": "AND e.ceb_member"}.get(group, "")
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT i.code, SUM(CASE WHEN {level} >= 2 THEN 1 ELSE 0 END),"  # noqa: S608  constants
                f" SUM(CASE WHEN {level} >= 3 THEN 1 ELSE 0 END), COUNT({level})"
                " FROM quintet_answer a JOIN quintet_assessment s ON s.id = a.assessment_id"
                " JOIN entities_entity e ON e.id = s.entity_id JOIN quintet_item i ON i.id = a.item_id"
                f" WHERE s.cycle_id = %s AND s.status IN ({', '.join(['%s'] * len(statuses))}) {members}"
                " GROUP BY i.code",
                [cycle.pk, *statuses],
            )
            counted = {code: (has, operates, n) for code, has, operates, n in cursor.fetchall()}
        cells = figures_of(cycle)[group][basis]["items"]
        assert {
            code: (cells[code]["has"], cells[code]["operates"], cells[code]["n_answered"]) for code in cells
        } == counted

    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    def test_of_the_rows_of_units_and_figures(self, cycle: Cycle, basis: str) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        units = [unit_figures(cycle, f"ENT-{number:03}", basis) for number in range(1, 9)]
        from_rows = {
            dimension: tuple(
                sum(getattr(figures[dimension], name) for figures in units)
                for name in ("has", "operates", "answered")
            )
            for dimension in ("DAT", "INN")
        }
        cells = figures_of(cycle)["entities"][basis]["items"]
        from_cells = {
            dimension: tuple(
                sum(entry[name] for code, entry in cells.items() if code.startswith(dimension))
                for name in ("has", "operates", "n_answered")
            )
            for dimension in ("DAT", "INN")
        }
        assert from_rows == from_cells

    def test_of_page_and_api_before_publication(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        figures = reading.provisional_figures(cycle)
        assert figures is not None
        for group in ("entities", "all"):
            for basis in ("accepted", "claimed"):
                page = reading.state_of_play(figures, group=group, basis=basis)
                answer = client.get(
                    f"/api/v1/scorecards/2026/state-of-play/?version=provisional&group={group}&basis={basis}",
                    headers={"Authorization": make_token(cast.task_force)},
                ).json()
                assert [
                    (row.item, row.n_answered, row.has, row.operates, list(row.dist)) for row in page
                ] == [
                    (row["item"], row["n_answered"], row["has"], row["operates"], row["dist"])
                    for row in answer
                ]
                assert answer[0]["share_has"] == "71.4"
