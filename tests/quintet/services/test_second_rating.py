"""Second ratings: who may give one, of what, and what they are compared with."""

from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, User
from quintet.models import Answer, Assessment, Cycle, Phase, SecondRating, Snapshot, Status
from quintet.queries.samples import sample_of, samples_of
from quintet.queries.second_rating import pairs, second_ratings, sheets_to_rate, wanted
from quintet.queries.validating import check_summary
from quintet.services import reviewing
from quintet.services.second_rating import rate_second
from tests.factories import Cast, fill, later, make_entities, sheet_of
from tests.quintet.checks import NOW, decide, hand_in, item_of, to_rate_twice
from un20portal.lib.errors import InvalidInput, NotAllowed, WrongState

pytestmark = pytest.mark.django_db
NOT_TASK_FORCE = ["viewer", "contributor", "focal", "approver", "stranger", "committee", "administrator"]


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return hand_in(cycle, undp)


@pytest.fixture
def code(sheet: Assessment, cast: Cast) -> str:
    """An item that the first of the task force lowered to 1, and that is to be rated again."""
    code = to_rate_twice(sheet)
    decide(sheet, code, 1, cast.task_force, reason="Only a draft.")
    return code


def rate(
    sheet: Assessment, code: str, by: User, level: int = 2, reason: str = "", minute: int = 5
) -> SecondRating:
    return rate_second(
        assessment=sheet,
        item=item_of(sheet, code),
        level=level,
        reason=reason,
        by=by,
        at=later(minute),
    )


def put_in(sheet: Assessment, status: str, phase: str = Phase.OPEN) -> None:
    Assessment.objects.filter(pk=sheet.pk).update(status=status)
    Cycle.objects.filter(pk=sheet.cycle_id).update(phase=phase)


class TestWhoRates:
    def test_is_another_person_of_the_task_force(self, sheet: Assessment, cast: Cast, code: str) -> None:
        rating = rate(sheet, code, cast.second, 3, " Seen in use. ")
        rating.refresh_from_db()
        assert (rating.level, rating.reason, rating.by, rating.at) == (
            3,
            "Seen in use.",
            cast.second,
            later(5),
        )
        assert rating.snapshot == Snapshot.objects.get(assessment=sheet)

    @pytest.mark.parametrize("who", NOT_TASK_FORCE)
    def test_is_nobody_else(self, sheet: Assessment, cast: Cast, code: str, who: str) -> None:
        with pytest.raises(NotAllowed):
            rate(sheet, code, getattr(cast, who))
        assert not SecondRating.objects.exists()

    def test_is_not_who_decided(self, sheet: Assessment, cast: Cast, code: str) -> None:
        with pytest.raises(NotAllowed):
            rate(sheet, code, cast.task_force)

    def test_is_not_who_decided_before_another_one_did(
        self, sheet: Assessment, cast: Cast, code: str
    ) -> None:
        decide(sheet, code, 0, cast.second, minute=2)
        for person in (cast.task_force, cast.second):
            with pytest.raises(NotAllowed):
                rate(sheet, code, person)

    def test_changes_no_answer(self, sheet: Assessment, cast: Cast, code: str) -> None:
        before = Answer.objects.values().get(assessment=sheet, item__code=code)
        rate(sheet, code, cast.second, 4)
        assert Answer.objects.values().get(assessment=sheet, item__code=code) == before


class TestWhatIsRated:
    def test_is_in_the_second_sample(self, sheet: Assessment, cast: Cast) -> None:
        other = next(item for item in sample_of(sheet).unchecked if item not in sample_of(sheet).second)
        decide(sheet, other, 1, cast.task_force)
        with pytest.raises(WrongState):
            rate(sheet, other, cast.second)

    def test_was_decided_on_before(self, sheet: Assessment, cast: Cast) -> None:
        with pytest.raises(WrongState, match="Nobody has decided"):
            rate(sheet, to_rate_twice(sheet), cast.second)

    @pytest.mark.parametrize(
        ("status", "phase", "is_possible"),
        [
            (Status.SUBMITTED, Phase.OPEN, True),
            (Status.SUBMITTED, Phase.VALIDATION, True),
            (Status.VALIDATED, Phase.OPEN, True),
            (Status.VALIDATED, Phase.VALIDATION, True),
            (Status.RETURNED, Phase.OPEN, False),
            (Status.SUBMITTED, Phase.CLOSED, False),
            (Status.VALIDATED, Phase.CLOSED, False),
        ],
    )
    def test_counts_in_a_cycle_that_runs(
        self, sheet: Assessment, cast: Cast, code: str, status: str, phase: str, is_possible: bool
    ) -> None:
        put_in(sheet, status, phase)
        if is_possible:
            assert rate(sheet, code, cast.second).pk
        else:
            with pytest.raises(WrongState):
                rate(sheet, code, cast.second)

    @pytest.mark.parametrize(
        ("level", "reason", "field"), [(5, "", "level"), (-1, "", "level"), (2, "x" * 5001, "reason")]
    )
    def test_gets_a_level_of_the_scale(
        self, sheet: Assessment, cast: Cast, code: str, level: int, reason: str, field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refusal:
            rate(sheet, code, cast.second, level, reason)
        assert [error.field for error in refusal.value.errors] == [field]
        assert not SecondRating.objects.exists()


class TestOnce:
    def test_the_same_again_changes_nothing(self, sheet: Assessment, cast: Cast, code: str) -> None:
        assert rate(sheet, code, cast.second) == rate(sheet, code, cast.second, minute=9)
        assert SecondRating.objects.get().at == later(5)

    def test_another_level_comes_too_late(self, sheet: Assessment, cast: Cast, code: str) -> None:
        rate(sheet, code, cast.second)
        with pytest.raises(WrongState):
            rate(sheet, code, cast.second, 4)
        assert SecondRating.objects.get().level == 2


class TestWhatIsLeft:
    def left(self, sheet: Assessment, reader: User) -> list[str]:
        return wanted([sheet], samples_of([sheet]), reader)[sheet.pk]

    def test_is_for_those_who_did_not_decide(self, sheet: Assessment, cast: Cast, code: str) -> None:
        assert self.left(sheet, cast.second) == [code]
        assert self.left(sheet, cast.task_force) == []

    def test_is_nothing_once_rated(self, sheet: Assessment, cast: Cast, code: str) -> None:
        assert [(one.pk, count) for one, count in sheets_to_rate(cast.second).shown] == [(sheet.pk, 1)]
        rate(sheet, code, cast.second)
        assert self.left(sheet, cast.second) == []
        assert sheets_to_rate(cast.second).shown == []
        mine = second_ratings(sheet, cast.second, is_open=True).mine
        assert [(one.item.code, one.level) for one in mine] == [(code, 2)]

    def test_is_there_after_validation_too(self, sheet: Assessment, cast: Cast, code: str) -> None:
        put_in(sheet, Status.VALIDATED)
        assert [one.pk for one, _count in sheets_to_rate(cast.second).shown] == [sheet.pk]

    def test_is_told_without_what_the_first_one_decided(
        self, sheet: Assessment, cast: Cast, code: str
    ) -> None:
        [line] = second_ratings(sheet, cast.second, is_open=True).lines
        assert (line.item.code, line.claimed) == (code, NOW[code])
        assert not {"accepted", "accepted_reason", "answer"} & set(vars(line))

    def test_is_shown_of_so_many_sheets_and_counted_of_the_rest(
        self, sheet: Assessment, cast: Cast, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Sheets without anything to rate, and those without decisions of others, take no place."""
        monkeypatch.setattr("quintet.queries.second_rating.MOST_SHEETS", 2)
        units = make_entities(5)
        fill(sheet.cycle, dict.fromkeys(units, NOW), Status.SUBMITTED)
        for unit in units[:4]:
            other = sheet_of(sheet.cycle, unit)
            by = cast.second if unit == units[0] else cast.task_force
            decide(other, to_rate_twice(other), 1, by)
        found = sheets_to_rate(cast.second)
        assert [one.entity.code for one, _count in found.shown] == ["ENT-002", "ENT-003"]
        assert found.more == 2
        rate(sheet_of(sheet.cycle, units[1]), to_rate_twice(sheet_of(sheet.cycle, units[1])), cast.second)
        found = sheets_to_rate(cast.second)
        assert [one.entity.code for one, _count in found.shown] == ["ENT-003", "ENT-004"]
        assert found.more == 1

    def test_takes_as_many_queries_for_many_sheets(self, sheet: Assessment, cast: Cast) -> None:
        counts = []
        decide(sheet, to_rate_twice(sheet), 1, cast.task_force)
        for units in ([], make_entities(5)):
            fill(sheet.cycle, dict.fromkeys(units, NOW), Status.SUBMITTED)
            for unit in units:
                other = sheet_of(sheet.cycle, unit)
                decide(other, to_rate_twice(other), 1, cast.task_force)
            with CaptureQueriesContext(connection) as queries:
                sheets_to_rate(cast.second)
                check_summary(sheet.cycle)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestAgreement:
    def test_is_with_the_decision_that_stood_when_the_second_person_rated(
        self, sheet: Assessment, cast: Cast, code: str
    ) -> None:
        decide(sheet, code, 0, cast.task_force, minute=3)
        rate(sheet, code, cast.second, 3)
        decide(sheet, code, 3, cast.task_force, reason="We agreed.", minute=9)
        assert pairs(sheet.cycle) == [(0, 3)]

    def test_is_not_told_of_four_pairs_but_of_five(self, cycle: Cycle, cast: Cast) -> None:
        units = make_entities(5)
        fill(cycle, dict.fromkeys(units, NOW), Status.SUBMITTED)
        for number, unit in enumerate(units):
            found = check_summary(cycle)
            assert (found.exact, found.kappa, found.has_too_few_pairs) == (None, None, True)
            sheet = sheet_of(cycle, unit)
            code = to_rate_twice(sheet)
            decide(sheet, code, number % 3, cast.task_force)
            rate(sheet, code, cast.second, (number + (number == 4)) % 3)
        found = check_summary(cycle)
        assert (found.pairs, found.exact) == (5, Fraction(80))
        # 0-0, 1-1, 2-2, 0-0, 1-2: observed 1/5; expected, all firsts with all seconds, 35/25: 1 − 1/7
        assert str(found.kappa) == "0.86"

    def test_goes_on_with_what_is_handed_in_again(self, sheet: Assessment, cast: Cast, code: str) -> None:
        rate(sheet, code, cast.second)
        reviewing.return_to_entity(
            assessment=sheet, by=cast.task_force, at=later(10), comment="More, please."
        )
        assert pairs(sheet.cycle) == [(1, 2)]
        assert sheets_to_rate(cast.second).shown == []
