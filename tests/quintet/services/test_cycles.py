"""Planning, opening and ending cycles."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import Entity
from quintet.models import Assessment, Cycle, Framework, Phase, Status
from quintet.services import cycles
from tests.factories import AT, Cast, make_cycle, make_entity, make_framework
from un20portal.lib.errors import InvalidInput, NotAllowed, WrongState

pytestmark = pytest.mark.django_db
NOT_TASK_FORCE = ["viewer", "contributor", "focal", "approver", "stranger", "committee", "administrator"]
YESTERDAY, TODAY = date(2026, 11, 1), AT.date()
DAYS = {"opens_on": date(2027, 9, 15), "closes_on": date(2027, 12, 18)}


@pytest.fixture
def framework() -> Framework:
    return make_framework()


@pytest.fixture
def planned(framework: Framework) -> Cycle:
    return make_cycle(framework)


def phase_of(cycle: Cycle) -> str:
    return Cycle.objects.get(pk=cycle.pk).phase


class TestPlanning:
    def test_makes_a_cycle_without_sheets(self, framework: Framework, cast: Cast) -> None:
        cycle = cycles.plan_cycle(
            code="2027", title="Quintet 2027", framework=framework, by=cast.task_force, at=AT, **DAYS
        )
        assert (cycle.phase, cycle.threshold, cycle.is_demo) == (Phase.PLANNED, 5, False)
        assert not cycle.assessments.exists()

    def test_names_everything_that_is_wrong(self, planned: Cycle, framework: Framework, cast: Cast) -> None:
        with pytest.raises(InvalidInput) as caught:
            cycles.plan_cycle(
                code=planned.code,
                title="Again",
                framework=framework,
                opens_on=date(2027, 2, 1),
                closes_on=date(2027, 1, 1),
                by=cast.task_force,
                at=AT,
            )
        assert [(error.field, error.code) for error in caught.value.errors] == [
            ("code", "taken"),
            ("closes_on", "order"),
        ]
        assert Cycle.objects.count() == 1

    def test_keeps_the_addresses_of_the_portal_free(self, framework: Framework, cast: Cast) -> None:
        with pytest.raises(InvalidInput) as caught:
            cycles.plan_cycle(code="new", title="New", framework=framework, by=cast.task_force, at=AT, **DAYS)
        assert [(error.field, error.code) for error in caught.value.errors] == [("code", "reserved")]

    def test_lets_a_cycle_last_one_day(self, framework: Framework, cast: Cast) -> None:
        day = date(2027, 9, 15)
        cycles.plan_cycle(
            code="2027",
            title="One day",
            framework=framework,
            opens_on=day,
            closes_on=day,
            by=cast.task_force,
            at=AT,
        )

    def test_refuses_a_last_day_that_has_passed(self, framework: Framework, cast: Cast) -> None:
        def plan(closes_on: date) -> Cycle:
            days = {"opens_on": YESTERDAY, "closes_on": closes_on}
            return cycles.plan_cycle(
                code="2026", title="T", framework=framework, by=cast.task_force, at=AT, **days
            )

        with pytest.raises(InvalidInput) as caught:
            plan(YESTERDAY)
        assert [(error.field, error.code) for error in caught.value.errors] == [("closes_on", "past")]
        assert not Cycle.objects.exists()
        assert plan(TODAY).phase == Phase.PLANNED


class TestOpening:
    def test_gives_every_chosen_unit_a_draft(self, planned: Cycle, undp: Entity, cast: Cast) -> None:
        units = [undp, make_entity("UNCT-KEN", type="country_team")]
        assert cycles.open_cycle(cycle=planned, entities=units, by=cast.task_force, at=AT) == 2
        assert phase_of(planned) == Phase.OPEN
        sheets = Assessment.objects.filter(cycle=planned).values_list("entity__code", "status")
        assert list(sheets) == [("UNCT-KEN", Status.DRAFT), ("UNDP", Status.DRAFT)]

    def test_needs_a_unit(self, planned: Cycle, cast: Cast) -> None:
        with pytest.raises(InvalidInput):
            cycles.open_cycle(cycle=planned, entities=[], by=cast.task_force, at=AT)
        assert phase_of(planned) == Phase.PLANNED

    def test_leaves_a_unit_its_sheet(self, planned: Cycle, undp: Entity, cast: Cast) -> None:
        Assessment.objects.create(cycle=planned, entity=undp)
        units = [undp, make_entity("WHO")]
        assert cycles.open_cycle(cycle=planned, entities=units, by=cast.task_force, at=AT) == 1
        assert planned.assessments.count() == 2

    @pytest.mark.parametrize(
        "days",
        [{"valid_to": date(2026, 12, 17)}, {"valid_from": date(2026, 12, 19)}],
        ids=["gone", "to come"],
    )
    def test_refuses_units_that_do_not_exist_on_the_last_day(
        self, planned: Cycle, undp: Entity, cast: Cast, days: dict[str, date]
    ) -> None:
        units = [undp, make_entity("OLD", **days)]
        with pytest.raises(InvalidInput, match="OLD"):
            cycles.open_cycle(cycle=planned, entities=units, by=cast.task_force, at=AT)
        assert phase_of(planned) == Phase.PLANNED
        assert not planned.assessments.exists()

    def test_of_all_entities_leaves_out_those_that_are_gone(
        self, client: Client, planned: Cycle, undp: Entity, cast: Cast
    ) -> None:
        Cycle.objects.update(closes_on=date(2099, 12, 31))  # a page is opened today, whenever that is
        make_entity("OLD", valid_to=date(2026, 12, 17))
        client.force_login(cast.task_force)
        form = {"kinds": "entities", "confirmed": "on"}
        client.post(reverse("quintet:cycle-open", args=[planned.code]), form)
        assert list(planned.assessments.values_list("entity__code", flat=True)) == ["UNDP", "UNICEF"]

    def test_is_possible_until_the_last_day(self, planned: Cycle, undp: Entity, cast: Cast) -> None:
        Cycle.objects.update(opens_on=YESTERDAY, closes_on=YESTERDAY)
        with pytest.raises(WrongState, match="last day of this cycle has passed"):
            cycles.open_cycle(cycle=planned, entities=[undp], by=cast.task_force, at=AT)
        assert phase_of(planned) == Phase.PLANNED
        assert not planned.assessments.exists()
        Cycle.objects.update(closes_on=TODAY)
        cycles.open_cycle(cycle=planned, entities=[undp], by=cast.task_force, at=AT)
        assert phase_of(planned) == Phase.OPEN

    def test_happens_once(self, planned: Cycle, undp: Entity, cast: Cast) -> None:
        cycles.open_cycle(cycle=planned, entities=[undp], by=cast.task_force, at=AT)
        with pytest.raises(WrongState):
            cycles.open_cycle(cycle=planned, entities=[undp], by=cast.task_force, at=AT)
        assert planned.assessments.count() == 1

    def test_marks_the_sheets_of_a_demo_cycle(self, framework: Framework, undp: Entity, cast: Cast) -> None:
        demo = make_cycle(framework, "demo", is_demo=True)
        cycles.open_cycle(cycle=demo, entities=[undp], by=cast.task_force, at=AT)
        assert demo.assessments.get().is_demo


class TestThePhases:
    def test_follow_each_other(self, planned: Cycle, undp: Entity, cast: Cast) -> None:
        cycles.open_cycle(cycle=planned, entities=[undp], by=cast.task_force, at=AT)
        cycles.start_validation(cycle=planned, by=cast.task_force)
        assert phase_of(planned) == Phase.VALIDATION
        cycles.close_cycle(cycle=planned, by=cast.second)
        assert phase_of(planned) == Phase.CLOSED

    @pytest.mark.parametrize(
        ("phase", "possible"),
        [
            (Phase.PLANNED, "open"),
            (Phase.OPEN, "start_validation"),
            (Phase.VALIDATION, "close"),
            (Phase.CLOSED, ""),
        ],
    )
    def test_cannot_be_skipped_or_repeated(
        self, planned: Cycle, undp: Entity, cast: Cast, phase: str, possible: str
    ) -> None:
        by = cast.task_force
        steps = {
            "open": lambda: cycles.open_cycle(cycle=planned, entities=[undp], by=by, at=AT),
            "start_validation": lambda: cycles.start_validation(cycle=planned, by=by),
            "close": lambda: cycles.close_cycle(cycle=planned, by=by),
        }
        for name, step in steps.items():
            if name == possible:
                continue
            Cycle.objects.filter(pk=planned.pk).update(phase=phase)
            with pytest.raises(WrongState):
                step()
            assert phase_of(planned) == phase

    @pytest.mark.parametrize("who", NOT_TASK_FORCE)
    def test_are_moved_by_the_task_force_alone(
        self, planned: Cycle, framework: Framework, undp: Entity, cast: Cast, who: str
    ) -> None:
        by = getattr(cast, who)
        for step in (
            lambda: cycles.plan_cycle(code="2027", title="T", framework=framework, by=by, at=AT, **DAYS),
            lambda: cycles.open_cycle(cycle=planned, entities=[undp], by=by, at=AT),
            lambda: cycles.start_validation(cycle=planned, by=by),
            lambda: cycles.close_cycle(cycle=planned, by=by),
        ):
            with pytest.raises(NotAllowed):
                step()
        assert phase_of(planned) == Phase.PLANNED
        assert Cycle.objects.count() == 1
