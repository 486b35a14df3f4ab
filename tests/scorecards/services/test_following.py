"""Following one sheet gives what computing the whole cycle gives, and touches nothing else."""

import random
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Assessment, Cycle, Item, Snapshot, Status
from scorecards.models import Computation, GroupScore, UnitScore
from scorecards.services import computing
from scorecards.services.computing import compute_cycle, rebuild_cycle
from scorecards.services.following import follow
from tests.factories import (
    AT,
    later,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    sheet_of,
)
from tests.scorecards.stored import figures_of, rows_of

pytestmark = pytest.mark.django_db
LEVELS = [0, 1, 2, 3, 4, 254, 255]


@pytest.fixture
def cycle() -> Cycle:
    """Six organisations and two country teams with validated sheets."""
    units = [
        *make_entities(6),
        *(make_entity(f"UNCT-{code}", type="country_team") for code in ("KEN", "PER")),
    ]
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2, "INN-STR": 3} for unit in units})


def say(sheet: Assessment, status: Status, lot: random.Random) -> None:
    """Let the sheet be in this status, with a new snapshot of any levels where it counts."""
    Assessment.objects.filter(pk=sheet.pk).update(status=status)
    if status in (Status.SUBMITTED, Status.VALIDATED):
        claimed, accepted = (bytes(lot.choices(LEVELS, k=14)) for _basis in range(2))
        number = Snapshot.objects.filter(assessment=sheet).count() + 1
        Snapshot.objects.create(
            assessment=sheet,
            number=number,
            status=status,
            payload="{}",
            sha256=f"{sheet.pk:032}{number:032}",
            claimed=claimed,
            accepted=accepted,
            at=AT,
        )


def steps(cycle: Cycle, seed: int) -> Iterator[Assessment]:
    """Let sheets be handed in, validated and taken back, one after the other."""
    lot = random.Random(seed)
    sheets = list(cycle.assessments.order_by("pk"))
    for _step in range(12):
        sheet = lot.choice(sheets)
        say(sheet, lot.choice([Status.SUBMITTED, Status.VALIDATED, Status.RETURNED]), lot)
        yield sheet


class TestFollowing:
    @pytest.mark.parametrize("seed", range(3))
    def test_any_steps_gives_what_a_whole_computation_gives(
        self, cycle: Cycle, seed: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        with monkeypatch.context() as patch:
            patch.setattr(computing, "compute_cycle", lambda **_arguments: pytest.fail("computed as a whole"))
            for sheet in steps(cycle, seed):
                follow(cycle_id=cycle.pk, assessment_id=sheet.pk, at=later(1))
        figures, rows = figures_of(cycle), [row[1:] for row in rows_of(cycle)]
        compute_cycle(cycle_id=cycle.pk, at=later(2))
        assert Computation.objects.get().at == later(1), "nothing was left to compute"
        rebuild_cycle(cycle_id=cycle.pk, at=later(2))
        assert figures_of(cycle) == figures
        assert [row[1:] for row in rows_of(cycle)] == rows

    def test_touches_the_unit_and_its_groups_alone(self, cycle: Cycle) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        units = dict(UnitScore.objects.values_list("entity__code", "snapshot"))
        groups = dict(GroupScore.objects.filter(basis="claimed").values_list("group", "tally"))
        sheet = sheet_of(cycle, Entity.objects.get(code="UNCT-KEN"))
        say(sheet, Status.SUBMITTED, random.Random(7))
        follow(cycle_id=cycle.pk, assessment_id=sheet.pk, at=AT)
        now = dict(GroupScore.objects.filter(basis="claimed").values_list("group", "tally"))
        assert {group for group in now if now[group] != groups[group]} == {
            "all",
            "country_teams",
            "region:africa",
        }
        changed = dict(UnitScore.objects.values_list("entity__code", "snapshot"))
        assert {unit for unit in units if units[unit] != changed[unit]} == {"UNCT-KEN"}

    def test_computes_the_whole_cycle_where_nothing_stands_yet(self, cycle: Cycle) -> None:
        follow(cycle_id=cycle.pk, assessment_id=cycle.assessments.latest("pk").pk, at=AT)
        assert UnitScore.objects.count() == 8

    def test_computes_the_whole_cycle_for_a_unit_whose_groups_are_new(self, cycle: Cycle) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        Entity.objects.filter(code="ENT-001").update(type="secretariat")
        follow(cycle_id=cycle.pk, assessment_id=sheet_of(cycle, Entity.objects.get(code="ENT-001")).pk, at=AT)
        assert figures_of(cycle)["type:secretariat"]["accepted"]["n_group"] == 1
        assert figures_of(cycle)["type:fund_or_programme"]["accepted"]["n_group"] == 5

    def test_computes_the_whole_cycle_when_weights_have_changed(self, cycle: Cycle) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        Item.objects.filter(code="DAT-STR").update(weight=3)
        follow(cycle_id=cycle.pk, assessment_id=cycle.assessments.latest("pk").pk, at=AT)
        followed = figures_of(cycle)
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        assert followed == figures_of(cycle)

    def test_asks_as_much_of_the_database_whatever_the_size_of_the_cycle(self) -> None:
        asked = []
        units = make_entities(20)
        framework = make_framework()
        for code, number in (("2025", 5), ("2026", 20)):
            cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in units[:number]}, code)
            compute_cycle(cycle_id=cycle.pk, at=AT)
            sheet = sheet_of(cycle, units[0])
            say(sheet, Status.SUBMITTED, random.Random(1))
            with CaptureQueriesContext(connection) as captured:
                follow(cycle_id=cycle.pk, assessment_id=sheet.pk, at=AT)
            asked.append(len(captured))
        assert asked[0] == asked[1]
