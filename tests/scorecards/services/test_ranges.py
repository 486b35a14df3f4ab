"""A large cycle computed range by range gives what one computation gives, whatever is lost or comes twice."""

import random
from collections.abc import Callable
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from entities.models import Entity
from quintet.models import Assessment, Cycle, Item, Status
from scorecards.models import Computation, ComputationRange, ComputationRun, GroupScore
from scorecards.queries.reading import provisional_figures
from scorecards.queries.work import RUN, RunUnderWay, work_owed
from scorecards.services.computing import bring_up_to_date, heal_stale_figures, rebuild_cycle
from scorecards.services.following import follow
from scorecards.services.ranges import PATIENCE, compute_range, finish_run
from tests.factories import (
    AT,
    Cast,
    fill,
    later,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_region,
    sheet_of,
)
from tests.scorecards.services.test_following import say
from tests.scorecards.stored import figures_of, rows_of
from un20portal.lib.errors import NotFound
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
UNITS = 12


@pytest.fixture(autouse=True)
def _large_from_five_on(settings: Settings) -> None:
    settings.SCORECARDS_RANGE_UNITS = 4


@pytest.fixture
def cycle() -> Cycle:
    """Organisations and country teams of two regions, one of them silent; nothing computed yet."""
    units = [
        *make_entities(8),
        *(make_entity(f"UNCT-{code}", type="country_team") for code in ("KEN", "MLI")),
        *(make_entity(f"UNCT-{code}", type="country_team", region=make_region("lac")) for code in ("PER",)),
    ]
    found = make_counted_cycle(
        make_framework(), {unit: {"DAT-STR": place % 5} for place, unit in enumerate(units)}
    )
    fill(found, {make_entity("QUIET"): {}}, Status.DRAFT)
    return found


def outcome(cycle: Cycle) -> tuple[Any, ...]:
    """All that a computation stores, but for the numbers of rows and the time."""
    groups = GroupScore.objects.filter(cycle=cycle).order_by("group", "basis")
    computation = Computation.objects.filter(cycle=cycle).values("method", "shape_sha256", "kinds")
    return (
        [row[1:] for row in rows_of(cycle)],
        list(groups.values_list("group", "basis", "n_group", "tally")),
        list(computation),
    )


def begin(cycle: Cycle) -> ComputationRun:
    assert bring_up_to_date(cycle_id=cycle.pk, at=AT) is None
    return ComputationRun.objects.get(cycle=cycle)


def ids(run: ComputationRun) -> list[int]:
    return list(run.ranges.values_list("pk", flat=True))


def end(run: ComputationRun) -> None:
    for range_id in ids(run):
        compute_range(range_id=range_id)
    finish_run(run_id=run.pk, at=later(5))


class TestASplitComputation:
    @pytest.mark.parametrize("seed", range(8))
    def test_gives_the_bytes_of_a_single_one_whatever_the_ranges_and_their_order(
        self, cycle: Cycle, seed: int, settings: Settings
    ) -> None:
        lot = random.Random(seed)
        settings.SCORECARDS_RANGE_UNITS = lot.randint(1, UNITS - 1)
        run, sheets = begin(cycle), list(cycle.assessments.order_by("pk"))
        steps = lot.sample(ids(run) * 2, k=2 * run.ranges.count())  # each range twice, in any order
        for range_id in steps:
            compute_range(range_id=range_id)
            if lot.random() < 0.4:
                sheet = lot.choice(sheets)
                say(sheet, lot.choice([Status.SUBMITTED, Status.VALIDATED, Status.RETURNED]), lot)
                follow(cycle_id=cycle.pk, assessment_id=sheet.pk, at=AT)
        finish_run(run_id=run.pk, at=later(5))
        split = outcome(cycle)
        assert Computation.objects.get().at == later(5)
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        assert outcome(cycle) == split
        assert len(split[0]) == UNITS

    def test_cuts_the_units_into_ranges_of_the_size_that_is_set(self, cycle: Cycle) -> None:
        run = begin(cycle)
        found = [Entity.objects.filter(pk__range=part.span).count() for part in run.ranges.all()]
        assert found == [4, 4, 4]

    def test_is_for_more_units_than_that(self, cycle: Cycle, settings: Settings) -> None:
        settings.SCORECARDS_RANGE_UNITS = UNITS
        assert bring_up_to_date(cycle_id=cycle.pk, at=AT) is not None
        assert not ComputationRun.objects.exists()

    def test_is_not_for_figures_that_stand(self, cycle: Cycle) -> None:
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        say(cycle.assessments.latest("pk"), Status.SUBMITTED, random.Random(1))
        assert bring_up_to_date(cycle_id=cycle.pk, at=later(1)) == Computation.objects.get()
        assert not ComputationRun.objects.exists()

    def test_leaves_nothing_of_itself(self, cycle: Cycle) -> None:
        end(begin(cycle))
        assert not ComputationRun.objects.exists()
        assert not ComputationRange.objects.exists()


class TestARange:
    def test_is_computed_once_however_often_it_is_asked_for(self, cycle: Cycle) -> None:
        first, *_others = ids(begin(cycle))
        compute_range(range_id=first)
        rows = rows_of(cycle)
        compute_range(range_id=first)
        assert rows_of(cycle) == rows
        assert len(rows) == 4

    def test_of_a_run_that_ended_is_not_computed(self, cycle: Cycle) -> None:
        run = begin(cycle)
        range_ids = ids(run)
        end(run)
        rows = rows_of(cycle)
        for range_id in range_ids:
            compute_range(range_id=range_id)
        finish_run(run_id=run.pk, at=later(9))
        assert rows_of(cycle) == rows
        assert Computation.objects.get().at == later(5)

    def test_that_is_missing_keeps_the_figures_from_standing(self, cycle: Cycle) -> None:
        run = begin(cycle)
        for range_id in ids(run)[:-1]:
            compute_range(range_id=range_id)
        finish_run(run_id=run.pk, at=AT)
        assert not Computation.objects.exists()
        assert not GroupScore.objects.exists()


def new_groups(_cycle: Cycle) -> None:
    Entity.objects.filter(code="ENT-002").update(type="secretariat")


def new_unit(cycle: Cycle) -> None:
    fill(cycle, {make_entity("NEW"): {"DAT-STR": 4}})


def ended_unit(_cycle: Cycle) -> None:
    Entity.objects.filter(code="ENT-002").update(valid_to=date(2026, 1, 1))


class TestWhatChangesMeanwhile:
    @pytest.mark.parametrize("change", [new_groups, new_unit, ended_unit])
    @pytest.mark.parametrize("n_done", range(4))
    def test_among_the_units_is_in_the_figures(
        self, cycle: Cycle, change: Callable[[Cycle], None], n_done: int
    ) -> None:
        run = begin(cycle)
        for range_id in ids(run)[:n_done]:
            compute_range(range_id=range_id)
        change(cycle)
        end(run)
        figures, rows = figures_of(cycle), len(rows_of(cycle))
        assert heal_stale_figures(at=later(9)) == 0, "nothing was left to compute"
        rebuild_cycle(cycle_id=cycle.pk, at=later(9))
        assert figures_of(cycle) == figures
        assert len(rows_of(cycle)) == rows

    def test_among_the_units_and_back_again_loses_no_range(self, cycle: Cycle) -> None:
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        Item.objects.filter(code="DAT-STR").update(weight=3)
        run = begin(cycle)
        new_groups(cycle)
        for range_id in ids(run):
            compute_range(range_id=range_id)
        Entity.objects.filter(code="ENT-002").update(type=Entity.objects.get(code="ENT-001").type)
        finish_run(run_id=run.pk, at=later(5))
        split = outcome(cycle)
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        assert outcome(cycle) == split

    def test_in_a_sheet_begins_no_second_run(self, cycle: Cycle) -> None:
        run = begin(cycle)
        say(cycle.assessments.latest("pk"), Status.SUBMITTED, random.Random(1))
        follow(cycle_id=cycle.pk, assessment_id=cycle.assessments.latest("pk").pk, at=AT)
        assert heal_stale_figures(at=AT) == 1
        assert ComputationRun.objects.get() == run
        assert Message.objects.filter(topic=RUN).count() == 1

    def test_in_one_sheet_touches_its_range_alone(self, cycle: Cycle) -> None:
        run = begin(cycle)
        for range_id in ids(run):
            compute_range(range_id=range_id)
        before = {row[0] for row in rows_of(cycle)}
        say(sheet_of(cycle, Entity.objects.get(code="ENT-001")), Status.SUBMITTED, random.Random(1))
        finish_run(run_id=run.pk, at=AT)
        assert len(before & {row[0] for row in rows_of(cycle)}) == UNITS - 4

    def test_in_the_weights_begins_anew(self, cycle: Cycle) -> None:
        run = begin(cycle)
        first, *others = ids(run)
        compute_range(range_id=first)
        Item.objects.filter(code="DAT-STR").update(weight=3)
        for range_id in others:
            compute_range(range_id=range_id)
        finish_run(run_id=run.pk, at=AT)
        assert run.ranges.filter(counted="").count() == 2, "two methods in one run"
        anew = begin(cycle)
        assert anew != run
        end(anew)
        split = outcome(cycle)
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        assert outcome(cycle) == split


class TestWhatWasLost:
    def test_is_done_by_the_sweep_and_only_that(self, cycle: Cycle) -> None:
        first, *_others = ids(begin(cycle))
        compute_range(range_id=first)
        rows = rows_of(cycle)
        assert outbox.run_errands(now=lambda: AT) == 0, "the workers have their time first"
        assert outbox.run_errands(now=lambda: AT + PATIENCE) == 1
        assert Computation.objects.get().at == AT + PATIENCE
        assert rows_of(cycle)[:4] == rows

    def test_is_nothing_where_the_run_has_ended(self, cycle: Cycle) -> None:
        end(begin(cycle))
        assert outbox.run_errands(now=lambda: later(9)) == 1
        assert Computation.objects.get().at == later(5)

    def test_is_done_by_the_command_that_does_without_a_broker(self, cycle: Cycle) -> None:
        Message.objects.all().delete()
        outbox.put("quintet.assessment_changed", {"cycle_id": cycle.pk}, at=AT)
        out = StringIO()
        call_command("drain_outbox", stdout=out)
        assert out.getvalue() == "2 handled, 0 pending, 0 given up\n"
        assert len(rows_of(cycle)) == UNITS
        assert figures_of(cycle)["all"]["claimed"]["n_group"] == UNITS


class TestCommands:
    @pytest.mark.parametrize("command", ["compute_scorecard", "recompute"])
    def test_leave_figures_that_stand_and_no_run(self, cycle: Cycle, command: str) -> None:
        compute_range(range_id=ids(begin(cycle))[0])
        call_command(command, cycle="2026", stdout=StringIO())
        assert not ComputationRun.objects.exists()
        stands = outcome(cycle)
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        assert outcome(cycle) == stands


class TestWhoLooks:
    def test_sees_no_figures_before_all_stand(self, cycle: Cycle) -> None:
        for range_id in ids(begin(cycle)):
            compute_range(range_id=range_id)
            with pytest.raises(NotFound, match="are being computed"):
                provisional_figures(cycle)

    def test_sees_none_of_another_method_either(self, cycle: Cycle) -> None:
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        Item.objects.filter(code="DAT-STR").update(weight=3)
        begin(cycle)
        with pytest.raises(NotFound, match="are being computed"):
            provisional_figures(cycle)

    def test_sees_how_far_it_is(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        Message.objects.all().delete()
        run = begin(cycle)
        compute_range(range_id=ids(run)[0])
        assert work_owed(cycle).run == RunUnderWay(1, 3, AT, is_failing=False, is_given_up=False)
        assert not work_owed(cycle).is_done
        client.force_login(cast.task_force)
        page = client.get("/scorecards/2026/publication/").content.decode()
        assert "1 of 3 ranges of units are done" in page
        assert "no sheet has been submitted" not in page
        assert "will be tried again" not in page
        end(run)
        assert work_owed(cycle).run is None

    def test_sees_that_it_failed_or_was_given_up(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        begin(cycle)
        client.force_login(cast.task_force)
        for values, told in (
            ({"attempts": 2}, "The computation was tried in vain"),
            ({"attempts": 40, "dead_at": AT}, "The computation was given up"),
        ):
            Message.objects.filter(topic=RUN).update(**values)
            assert told in client.get("/scorecards/2026/publication/").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("in_process")
class TestInProcess:
    @pytest.fixture(autouse=True)
    def _not_computed(self, cycle: Cycle) -> None:
        Computation.objects.all().delete()

    def test_the_figures_stand_after_the_commit(self, cycle: Cycle) -> None:
        with transaction.atomic():
            begin(cycle)
            assert not Computation.objects.exists()
        assert not ComputationRun.objects.exists()
        split = outcome(cycle)
        rebuild_cycle(cycle_id=cycle.pk, at=AT)
        assert outcome(cycle) == split
        assert len(split[0]) == UNITS

    def test_a_range_that_fails_does_not_stop_who_began_it(self, cycle: Cycle) -> None:
        sheet = Assessment.objects.filter(cycle=cycle, status=Status.VALIDATED).earliest("pk")
        snapshot = sheet.snapshots.get()
        snapshot.pk, snapshot.number, snapshot.claimed, snapshot.sha256 = None, 2, b"\x01", "0" * 64
        snapshot.save()
        run = begin(cycle)
        assert run.ranges.filter(counted="").exists()
        assert not Computation.objects.exists()
