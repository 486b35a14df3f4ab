"""The sample of a sheet out of its snapshots, how long sheets wait, and the command that draws again."""

from datetime import date, timedelta
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.domain.sampling import DRAWN, NEW_TOP, RISE, drawn
from quintet.models import Assessment, Cycle, Phase, Status
from quintet.queries.earlier import earlier_sheet
from quintet.queries.samples import sample_of, samples_of
from quintet.queries.turnaround import usual_turnaround, waiting
from quintet.queries.validating import check_summary
from quintet.services import reviewing, signing
from tests.factories import AT, Cast, fill, make_cycle, make_entities, sheet_of
from tests.quintet.checks import BEFORE, CODES, NOW, SEED, decide, hand_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return hand_in(cycle, undp)


class TestTheSampleOfASheet:
    def test_has_new_levels_4_rises_and_what_the_lot_falls_on(self, sheet: Assessment) -> None:
        reasons = {check.item: check.reasons for check in sample_of(sheet).checks}
        lot = drawn(
            (code for code, level in NOW.items() if level in (2, 3)), seed=SEED, unit="UNDP", submission=1
        )
        assert lot == {"DAT-COE", "INN-TRN"}
        assert reasons == {
            "DAT-STR": (NEW_TOP, RISE),
            "DAT-COE": (RISE, DRAWN),
            "INN-TRN": (DRAWN,),
        }

    def test_stands_in_framework_order(self, sheet: Assessment) -> None:
        items = [check.item for check in sample_of(sheet).checks]
        assert items == sorted(items, key=CODES.index)

    def test_stays_the_same_while_it_is_checked(self, sheet: Assessment, cast: Cast) -> None:
        before = sample_of(sheet)
        for code in before.unchecked:
            decide(sheet, code, 0, cast.task_force)
        after = sample_of(sheet)
        assert (after.checks, after.second) == (before.checks, before.second)
        assert (after.checked, after.unchecked) == (before.unchecked, [])

    def test_stays_the_same_after_validation(self, sheet: Assessment, cast: Cast) -> None:
        before = sample_of(sheet).checks
        approve_request(sheet, cast)
        reviewing.validate(assessment=sheet, by=cast.task_force, at=AT)
        assert sample_of(sheet).checks == before

    def test_is_drawn_anew_when_the_sheet_comes_back(self, cycle: Cycle, undp: Entity, cast: Cast) -> None:
        """Who saw what was checked the first time cannot tell what is checked the second time."""
        Cycle.objects.filter(pk=cycle.pk).update(sample_seed=SEED)
        fill(cycle, {undp: dict.fromkeys(CODES, 2)}, Status.DRAFT)
        hand_in_and_decide(sheet_of(cycle, undp), cast, 1)
        first = sample_of(sheet_of(cycle, undp))
        hand_in_and_decide(sheet_of(cycle, undp), cast, 2)
        second = sample_of(sheet_of(cycle, undp))
        assert (first.submission, second.submission) == (1, 2)
        assert {check.item for check in first.checks} != {check.item for check in second.checks}

    def test_takes_as_many_queries_for_many_sheets(self, sheet: Assessment) -> None:
        fill(sheet.cycle, dict.fromkeys(make_entities(10), NOW), Status.SUBMITTED)
        sheets = list(Assessment.objects.filter(cycle=sheet.cycle).select_related("cycle", "entity"))
        with CaptureQueriesContext(connection) as queries:
            found = samples_of(sheets)
        assert len(found) == len(sheets) > 10
        assert len(queries) == 7


def accepted_before(sheet: Assessment) -> dict[str, int]:
    found = earlier_sheet(sheet)
    return dict(found.accepted) if found else {}


class TestTheLevelsBefore:
    def test_are_those_accepted_in_the_last_counted_sheet_of_the_unit(
        self, sheet: Assessment, undp: Entity
    ) -> None:
        older = make_cycle(
            sheet.cycle.framework,
            "2020",
            phase=Phase.CLOSED,
            opens_on=date(2020, 1, 1),
            closes_on=date(2020, 6, 1),
        )
        fill(older, {undp: dict.fromkeys(CODES, 3)})
        assert accepted_before(sheet) == BEFORE

    def test_pass_over_a_sheet_that_never_counted(self, sheet: Assessment) -> None:
        Assessment.objects.filter(cycle__code="2025").update(status=Status.DRAFT)
        assert accepted_before(sheet) == {}

    def test_hold_no_level_for_what_was_left_open(self, cycle: Cycle, undp: Entity) -> None:
        days = {"opens_on": date(2025, 1, 1), "closes_on": date(2025, 6, 1)}
        before = make_cycle(cycle.framework, "2025", phase=Phase.CLOSED, **days)
        fill(before, {undp: {"DAT-STR": 0, "DAT-PMS": "na"}})
        assert accepted_before(sheet_of(cycle, undp)) == {"DAT-STR": 0}


def approve_request(sheet: Assessment, cast: Cast) -> None:
    answer = sheet.answers.select_related("item__framework").get(item__code="DAT-PMS")
    reviewing.decide_na(
        assessment=sheet, item=answer.item, approve=True, version=answer.version, by=cast.task_force, at=AT
    )


def hand_in_and_decide(sheet: Assessment, cast: Cast, days: float) -> None:
    """Signed off, and returned so many days later."""
    signing.submit(assessment=sheet, by=cast.focal, at=AT)
    signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
    reviewing.return_to_entity(
        assessment=sheet, by=cast.task_force, at=AT + days * DAY, comment="More, please."
    )


class TestTheTurnaround:
    def test_is_not_known_before_the_first_decision(self, sheet: Assessment) -> None:
        assert usual_turnaround() is None

    @pytest.mark.parametrize(
        ("days", "expected"), [([0], 1), ([0.5], 1), ([2], 2), ([2.1], 3), ([1, 9, 4], 4), ([1, 2], 2)]
    )
    def test_is_the_median_in_full_days(
        self, cycle: Cycle, undp: Entity, cast: Cast, days: list[float], expected: int
    ) -> None:
        fill(cycle, {undp: {**NOW, "DAT-PMS": 2}}, Status.DRAFT)
        for one in days:
            hand_in_and_decide(sheet_of(cycle, undp), cast, one)
        found = usual_turnaround()
        assert found is not None
        assert (found.days, found.n) == (expected, len(days))

    def test_counts_from_the_last_handing_in(self, cycle: Cycle, undp: Entity, cast: Cast) -> None:
        fill(cycle, {undp: {**NOW, "DAT-PMS": 2}}, Status.DRAFT)
        sheet = sheet_of(cycle, undp)
        hand_in_and_decide(sheet, cast, 5)
        again = AT + 10 * DAY
        signing.submit(assessment=sheet, by=cast.focal, at=again)
        signing.sign_off(assessment=sheet, by=cast.approver, at=again)
        sheet.refresh_from_db()
        found = waiting(sheet, at=again + 3 * DAY)
        assert found is not None
        assert (found.since, found.days) == (again, 3)

    def test_no_decided_sheet_waits(self, sheet: Assessment, cast: Cast) -> None:
        approve_request(sheet, cast)
        reviewing.validate(assessment=sheet, by=cast.task_force, at=AT)
        sheet.refresh_from_db()
        assert waiting(sheet, at=AT) is None


class TestTheSummaryOfACycle:
    def test_counts_what_was_checked_and_what_differed(self, sheet: Assessment, cast: Cast) -> None:
        decide(sheet, "DAT-STR", 3, cast.task_force)
        decide(sheet, "DAT-COE", 2, cast.task_force)
        decide(sheet, "DAT-LED", 1, cast.task_force)  # outside of the sample
        found = check_summary(sheet.cycle)
        assert (found.total, found.checked, found.differing) == (sample_of(sheet).total, 2, 1)
        assert found.share_differing == 50

    def test_gives_the_error_rate_of_the_items_drawn_alone(self, sheet: Assessment, cast: Cast) -> None:
        """A new level 4 that was lowered says nothing about levels 2 and 3; a rise that was drawn does."""
        decide(sheet, "DAT-STR", 3, cast.task_force)  # a new level 4
        decide(sheet, "DAT-COE", 1, cast.task_force)  # a rise that was drawn, too
        decide(sheet, "INN-TRN", 2, cast.task_force)  # drawn
        found = check_summary(sheet.cycle)
        assert (found.checked, found.differing) == (3, 2)
        assert (found.drawn, found.drawn_differing) == (2, 1)
        assert found.error_rate == 50

    def test_has_no_rate_where_nothing_was_checked(self, sheet: Assessment) -> None:
        found = check_summary(sheet.cycle)
        assert (found.checked, found.drawn, found.share_checked) == (0, 0, Fraction(0))
        assert found.error_rate is None


class TestDrawingAgain:
    def draw(self, **options: str) -> list[str]:
        out = StringIO()
        call_command("draw_sample", stdout=out, **options)
        return out.getvalue().splitlines()

    def test_prints_the_sample_of_every_sheet_that_counts(self, sheet: Assessment) -> None:
        head, *lines = self.draw(cycle="2026")
        sample = sample_of(sheet)
        assert head == "entity,item,claimed,reason,second,submission"
        assert lines == [
            f"UNDP,{check.item},{sample.claimed[check.item]},{' '.join(check.reasons)},"
            f"{'yes' if check.item in sample.second else 'no'},1"
            for check in sample.checks
        ]

    def test_gives_these_items_on_every_database(self, sheet: Assessment) -> None:
        """As sha256sum has it: the lot falls on DAT-COE and INN-TRN, the second one on INN-TRN."""
        assert self.draw(cycle="2026")[1:] == [
            "UNDP,DAT-STR,4,new_top rise,no,1",
            "UNDP,DAT-COE,2,rise drawn,no,1",
            "UNDP,INN-TRN,2,drawn,yes,1",
        ]

    def test_can_be_of_one_unit(self, sheet: Assessment) -> None:
        fill(sheet.cycle, {make_entities(1)[0]: NOW}, Status.SUBMITTED)
        units = {line.split(",")[0] for line in self.draw(cycle="2026", entity="undp")[1:]}
        assert units == {"UNDP"}

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"cycle": "1999"}, "There is no cycle 1999."),
            ({"cycle": "2026", "entity": "UNICEF"}, "No sheet of UNICEF counts in 2026."),
        ],
    )
    def test_says_what_is_not_there(self, sheet: Assessment, options: dict[str, str], told: str) -> None:
        with pytest.raises(CommandError, match=told):
            self.draw(**options)
