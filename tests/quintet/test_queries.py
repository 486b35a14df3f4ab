"""What waits for whom, which sheets can change, and which snapshots count."""

import itertools
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, User
from quintet.domain import workflow
from quintet.domain.delegating import HandedState
from quintet.models import Answer, Assessment, Cycle, Delegation, Item, Snapshot, Status
from quintet.queries.delegations import handed_items
from quintet.queries.monitoring import counted_snapshots
from quintet.queries.waiting import waiting_for
from quintet.services import signing
from quintet.services.answering import record_answer
from quintet.services.reviewing import return_to_entity
from tests.factories import (
    AT,
    Cast,
    Levels,
    delegate,
    fill,
    make_framework,
    make_open_cycle,
    sheet_of,
)

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: Levels = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}
EVERY_CASE = list(itertools.product(Status.values, workflow.PHASES))
MORE_TIME = [None, date(2027, 1, 15)]


@pytest.fixture
def sheet(undp: Entity, cast: Cast) -> Assessment:
    """A draft with one item in the hands of the contributor."""
    cycle = make_open_cycle(make_framework(), [undp, Entity.objects.get(code="UNICEF")], cast.task_force)
    found = sheet_of(cycle, undp)
    item = Item.objects.get(code="DAT-STR")
    delegate(found, item.code, cast.contributor)
    return found


def put_in(sheet: Assessment, status: str, phase: str, extended_to: date | None = None) -> None:
    Assessment.objects.filter(pk=sheet.pk).update(status=status, extended_to=extended_to)
    Cycle.objects.filter(pk=sheet.cycle_id).update(phase=phase)


class TestSheetsThatCanChange:
    @pytest.mark.parametrize("extended_to", MORE_TIME, ids=["as all", "with more time"])
    @pytest.mark.parametrize(("status", "phase"), EVERY_CASE)
    def test_are_those_of_the_workflow(
        self, sheet: Assessment, status: str, phase: str, extended_to: date | None
    ) -> None:
        put_in(sheet, status, phase, extended_to)
        found = Assessment.objects.editable().filter(pk=sheet.pk).exists()
        is_extended = extended_to is not None
        assert found == workflow.is_editable(status=status, phase=phase, is_extended=is_extended)

    @pytest.mark.parametrize(("status", "phase"), EVERY_CASE)
    @pytest.mark.parametrize(("who", "kind"), [("focal", "answer"), ("contributor", "contribute")])
    def test_and_no_others_wait_for_answers(
        self, sheet: Assessment, cast: Cast, status: str, phase: str, who: str, kind: str
    ) -> None:
        put_in(sheet, status, phase)
        tasks = [(task.kind, task.assessment.pk) for task in waiting_for(getattr(cast, who))]
        is_editable = workflow.is_editable(status=status, phase=phase, is_extended=False)
        assert tasks == ([(kind, sheet.pk)] if is_editable else [])


class TestTheSnapshotsThatCount:
    def test_are_the_newest_of_each_counted_sheet(self, sheet: Assessment, undp: Entity, cast: Cast) -> None:
        fill(sheet.cycle, {undp: FULL, Entity.objects.get(code="UNICEF"): FULL}, Status.SUBMITTED)
        return_to_entity(assessment=sheet, by=cast.task_force, at=AT, comment="More evidence.")
        assert [found.assessment.entity.code for found in counted_snapshots(sheet.cycle)] == ["UNICEF"]
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        found = [(one.assessment.entity.code, one.number) for one in counted_snapshots(sheet.cycle)]
        assert found == [("UNDP", 2), ("UNICEF", 1)]

    def test_are_read_in_one_query_without_their_payload(self, sheet: Assessment, undp: Entity) -> None:
        fill(sheet.cycle, {undp: FULL}, Status.SUBMITTED)
        sha256 = Snapshot.objects.get().sha256
        with CaptureQueriesContext(connection) as queries:
            [found] = counted_snapshots(sheet.cycle)
            assert (found.sha256, found.assessment.entity.code) == (sha256, "UNDP")
        assert len(queries) == 1
        assert "payload" not in queries[0]["sql"]


class TestInputOfColleagues:
    def test_waits_for_the_focal_point_until_it_is_accepted_or_edited(
        self, cycle: Cycle, undp: Entity, cast: Cast
    ) -> None:
        sheet = sheet_of(cycle, undp)
        handed = delegate(sheet, "DAT-STR", cast.contributor)

        def looks() -> list[int]:
            return [task.total for task in waiting_for(cast.focal) if task.kind == "look"]

        assert looks() == []
        said = say(sheet, cast.contributor, 2, 0)
        assert looks() == [1]
        Delegation.objects.filter(pk=handed.pk).update(settled_version=said.version)
        assert looks() == []
        said = say(sheet, cast.contributor, 3, said.version)
        assert looks() == [1]
        say(sheet, cast.focal, 1, said.version)
        assert looks() == []

    def test_that_was_accepted_does_not_wait_again_because_the_task_force_decided(
        self, cycle: Cycle, undp: Entity, cast: Cast
    ) -> None:
        sheet = sheet_of(cycle, undp)
        delegate(sheet, "DAT-STR", cast.contributor)
        said = say(sheet, cast.contributor, 2, 0)
        Delegation.objects.update(settled_version=said.version)
        Answer.objects.update(accepted=1, version=said.version + 1)  # as a decision leaves it
        assert [each.state for each in handed_items(sheet)] == [HandedState.SETTLED]
        assert [task.kind for task in waiting_for(cast.focal)] == ["answer"]

    def test_a_contributor_hears_of_the_days_of_what_is_still_open(
        self, cycle: Cycle, undp: Entity, cast: Cast
    ) -> None:
        sheet = sheet_of(cycle, undp)
        days = {"DAT-STR": date(2026, 11, 10), "DAT-LED": date(2026, 11, 20)}
        for code, day in days.items():
            handed = delegate(sheet, code, cast.contributor)
            Delegation.objects.filter(pk=handed.pk).update(due_on=day)
        assert [task.due_on for task in waiting_for(cast.contributor)] == [days["DAT-STR"]]
        say(sheet, cast.contributor, 2, 0)
        assert [task.due_on for task in waiting_for(cast.contributor)] == [days["DAT-LED"]]

    def test_a_contributor_sees_the_day_that_was_agreed(self, cycle: Cycle, undp: Entity, cast: Cast) -> None:
        handed = delegate(sheet_of(cycle, undp), "DAT-STR", cast.contributor)
        assert [task.due_on for task in waiting_for(cast.contributor)] == [cycle.closes_on]
        Delegation.objects.filter(pk=handed.pk).update(due_on=date(2026, 11, 20))
        assert [task.due_on for task in waiting_for(cast.contributor)] == [date(2026, 11, 20)]


def say(sheet: Assessment, by: User, level: int, version: int) -> Answer:
    item = Item.objects.select_related("framework").get(code="DAT-STR")
    raw = {"state": "answered", "claimed": level, "comment": "so"}
    return record_answer(assessment=sheet, item=item, raw=raw, version=version, by=by, at=AT, channel="form")
