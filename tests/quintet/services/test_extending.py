"""More time for one entity: what it changes, when it ends, and who is late."""

from datetime import date, timedelta

import pytest
from django.core import mail

from entities.models import Entity, User
from quintet import tasks
from quintet.models import Answer, Assessment, Cycle, Extension, Item, Letter, Phase, Status
from quintet.models.cycles import DUE_ON, late_by
from quintet.queries.waiting import waiting_for
from quintet.services import answering, cycles, signing
from tests.factories import AT, Cast, Levels, fill, sheet_of
from un20portal.lib.errors import InvalidInput, NotAllowed, WrongState
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: Levels = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}
CLOSES, UNTIL = date(2026, 12, 18), date(2027, 1, 15)
AFTER = AT + timedelta(days=60)  # the cycle's last day has passed, the sheet's has not


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """A complete draft."""
    fill(cycle, {undp: FULL}, Status.DRAFT)
    return sheet_of(cycle, undp)


def extend(sheet: Assessment, cast: Cast, until: date = UNTIL, reason: str = "A flood") -> Extension:
    return cycles.extend(assessment=sheet, until=until, reason=reason, by=cast.task_force, at=AT)


def answer(sheet: Assessment, cast: Cast) -> Answer:
    return answering.record_answer(
        assessment=sheet,
        item=Item.objects.select_related("framework").get(code="DAT-STR"),
        raw={"state": "answered", "claimed": 3},
        version=1,
        by=cast.focal,
        at=AFTER,
        channel="form",
    )


class TestExtending:
    def test_keeps_who_gave_it_why_and_until_when(self, sheet: Assessment, cast: Cast) -> None:
        extend(sheet, cast, reason=" A flood \r\n")
        found = Extension.objects.get()
        assert (found.assessment, found.until, found.reason) == (sheet, UNTIL, "A flood")
        assert (found.by, found.at) == (cast.task_force, AT)
        sheet.refresh_from_db()
        assert (sheet.extended_to, sheet.due_on) == (UNTIL, UNTIL)

    def test_the_last_one_holds(self, sheet: Assessment, cast: Cast) -> None:
        extend(sheet, cast)
        extend(sheet, cast, until=CLOSES, reason="A mistake")
        assert [found.until for found in Extension.objects.all()] == [CLOSES, UNTIL]
        assert Assessment.objects.get(pk=sheet.pk).extended_to == CLOSES

    def test_is_told_to_the_focal_points_without_the_reason(self, sheet: Assessment, cast: Cast) -> None:
        User.objects.filter(pk=cast.focal.pk).update(preferred_language="fr")
        extend(sheet, cast)
        run_errands(now=lambda: AT)
        [letter] = mail.outbox
        assert letter.to == [cast.focal.email]
        assert "15 janvier 2027" in letter.subject
        assert f"/fr/assessments/{sheet.pk}/" in letter.body
        assert "A flood" not in letter.body

    def test_is_told_as_it_is_when_the_letter_is_sent(self, sheet: Assessment, cast: Cast) -> None:
        extend(sheet, cast)
        extend(sheet, cast, until=CLOSES, reason="A mistake")
        run_errands(now=lambda: AT)
        [letter] = mail.outbox
        assert letter.subject == "UNDP, Cycle 2026: answers until 18 December 2026"

    def test_of_a_day_that_holds_already_is_refused(self, sheet: Assessment, cast: Cast) -> None:
        for until in (CLOSES, UNTIL):
            Assessment.objects.filter(pk=sheet.pk).update(extended_to=None if until == CLOSES else until)
            with pytest.raises(InvalidInput) as caught:
                extend(sheet, cast, until=until)
            assert [(error.field, error.code) for error in caught.value.errors] == [("until", "same")]
        assert not Letter.objects.filter(kind="extension").exists()

    def test_to_the_last_day_of_a_cycle_that_ended_before_it_is_more_time(
        self, sheet: Assessment, cast: Cast
    ) -> None:
        cycles.start_validation(cycle=sheet.cycle, by=cast.task_force)
        extend(sheet, cast, until=CLOSES)
        assert Assessment.objects.get(pk=sheet.pk).is_editable

    def test_lets_the_sheet_be_answered_and_submitted_during_validation(
        self, sheet: Assessment, cast: Cast
    ) -> None:
        extend(sheet, cast)
        cycles.start_validation(cycle=sheet.cycle, by=cast.task_force)
        sheet = Assessment.objects.select_related("cycle__framework", "entity").get(pk=sheet.pk)
        assert [task.kind for task in waiting_for(cast.focal)] == ["answer"]
        assert answer(sheet, cast).claimed == 3
        signing.submit(assessment=sheet, by=cast.focal, at=AFTER)
        signing.sign_off(assessment=sheet, by=cast.approver, at=AFTER)
        assert Assessment.objects.get(pk=sheet.pk).status == Status.SUBMITTED

    def test_the_others_are_not_answered_any_more(self, sheet: Assessment, cast: Cast) -> None:
        cycles.start_validation(cycle=sheet.cycle, by=cast.task_force)
        sheet.refresh_from_db()
        with pytest.raises(WrongState):
            answer(sheet, cast)
        with pytest.raises(WrongState):
            signing.submit(assessment=sheet, by=cast.focal, at=AFTER)

    @pytest.mark.parametrize(
        ("until", "reason", "wrong"),
        [
            (AT.date(), "A flood", [("until", "past")]),
            (date(2026, 12, 17), "A flood", [("until", "early")]),
            (date(2028, 1, 15), "A flood", [("until", "late")]),
            (UNTIL, " x ", [("reason", "length")]),
            (UNTIL, "x" * 5001, [("reason", "length")]),
            (AT.date(), "a\x00b", [("until", "past"), ("reason", "length")]),
        ],
    )
    def test_says_what_is_wrong_and_changes_nothing(
        self, sheet: Assessment, cast: Cast, until: date, reason: str, wrong: list[tuple[str, str]]
    ) -> None:
        with pytest.raises(InvalidInput) as caught:
            extend(sheet, cast, until, reason)
        assert [(error.field, error.code) for error in caught.value.errors] == wrong
        assert not Extension.objects.exists()
        assert Assessment.objects.get(pk=sheet.pk).extended_to is None

    @pytest.mark.parametrize(
        ("status", "phase"),
        [(Status.SUBMITTED, Phase.OPEN), (Status.VALIDATED, Phase.VALIDATION), (Status.DRAFT, Phase.CLOSED)],
    )
    def test_is_refused_where_it_makes_no_difference(
        self, sheet: Assessment, cast: Cast, status: str, phase: str
    ) -> None:
        Assessment.objects.update(status=status)
        Cycle.objects.update(phase=phase)
        with pytest.raises(WrongState):
            extend(sheet, cast)

    @pytest.mark.parametrize("who", ["viewer", "contributor", "focal", "approver", "committee"])
    def test_is_for_the_task_force(self, sheet: Assessment, cast: Cast, who: str) -> None:
        with pytest.raises(NotAllowed):
            cycles.extend(assessment=sheet, until=UNTIL, reason="Please", by=getattr(cast, who), at=AT)


class TestTheEnd:
    def test_comes_when_the_day_has_passed(self, sheet: Assessment, cast: Cast) -> None:
        extend(sheet, cast)
        last_day = AT.replace(year=2027, month=1, day=15)
        assert cycles.end_extensions(at=last_day) == 0
        assert cycles.end_extensions(at=last_day + timedelta(days=1)) == 1
        sheet.refresh_from_db()
        assert (sheet.extended_to, sheet.due_on) == (None, CLOSES)
        assert Extension.objects.count() == 1, "what was given stays written"

    def test_is_brought_by_a_task(self, sheet: Assessment) -> None:
        Assessment.objects.filter(pk=sheet.pk).update(extended_to=date(2020, 1, 1))
        tasks.end_extensions()
        assert Assessment.objects.get(pk=sheet.pk).extended_to is None


class TestLateness:
    @pytest.mark.parametrize(
        ("status", "phase", "extended_to", "first_late_day"),
        [
            ("draft", "open", None, date(2026, 12, 19)),
            ("draft", "open", UNTIL, date(2027, 1, 16)),
            ("draft", "validation", None, date(2026, 11, 1)),
            ("draft", "validation", UNTIL, date(2027, 1, 16)),
            ("returned", "validation", None, date(2026, 12, 19)),
            ("signoff", "validation", None, date(2026, 12, 19)),
            ("draft", "closed", None, date(2026, 11, 1)),
            ("submitted", "validation", None, None),
            ("validated", "closed", None, None),
        ],
    )
    def test_begins_when_the_day_has_passed_without_a_submission(
        self,
        sheet: Assessment,
        status: str,
        phase: str,
        extended_to: date | None,
        first_late_day: date | None,
    ) -> None:
        Assessment.objects.update(status=status, extended_to=extended_to)
        Cycle.objects.update(phase=phase)
        days = [date(2026, 11, 1) + timedelta(days=number) for number in range(100)]
        late = [
            day
            for day in days
            if Assessment.objects.annotate(due=DUE_ON).filter(late_by(day), pk=sheet.pk).exists()
        ]
        assert late == ([day for day in days if day >= first_late_day] if first_late_day else [])
