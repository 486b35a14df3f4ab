"""Carrying answers forward: item by item, by a person; what nobody confirmed is unanswered."""

from datetime import date

import pytest

from entities.models import Entity
from quintet.domain.evidence import Details
from quintet.models import (
    Answer,
    AnswerRevision,
    AnswerState,
    Assessment,
    Cycle,
    Evidence,
    EvidenceChange,
    EvidenceUse,
    Item,
    NaDecision,
    Status,
)
from quintet.queries.earlier import earlier_sheet
from quintet.queries.samples import sample_of
from quintet.queries.sheets import progress
from quintet.services.carrying import confirm_still_true
from quintet.services.evidence import carry
from tests.factories import AT, Cast, Levels, fill, later, make_cycle, make_framework, sheet_of, write_link
from un20portal.lib.errors import NotAllowed, StaleVersion, WrongState

pytestmark = pytest.mark.django_db
LAST: Levels = {"DAT-STR": 3, "DAT-LED": 0, "DAT-PMS": "na"}


@pytest.fixture
def last(cycle: Cycle, undp: Entity) -> Assessment:
    """UNDP's validated sheet of the year before: two levels, one approved request, the rest left open."""
    days = {"opens_on": date(2025, 9, 15), "closes_on": date(2025, 12, 18)}
    before = make_cycle(cycle.framework, "2025", phase="validation", **days)
    fill(before, {undp: LAST})
    return sheet_of(before, undp)


@pytest.fixture
def sheet(last: Assessment, cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


def confirm(sheet: Assessment, cast: Cast, item: str = "DAT-STR", version: int = 0) -> Answer:
    asked = Item.objects.select_related("framework").get(code=item)
    return confirm_still_true(assessment=sheet, item=asked, version=version, by=cast.focal, at=later(1))


class TestTheEarlierSheet:
    def test_is_the_last_one_that_counted(self, sheet: Assessment, last: Assessment) -> None:
        found = earlier_sheet(sheet)
        assert found is not None
        assert found.sheet == last
        assert dict(found.levels) == {"DAT-STR": 3, "DAT-LED": 0, "DAT-PMS": "na"}
        assert found.answers["DAT-PMS"].na_reason == "no programmes"
        assert "DAT-COE" not in found.answers, "what was left open says nothing"

    def test_is_none_for_a_first_one_and_for_one_that_did_not_count(
        self, sheet: Assessment, last: Assessment
    ) -> None:
        Assessment.objects.filter(pk=last.pk).update(status=Status.RETURNED)
        assert earlier_sheet(sheet) is None
        assert earlier_sheet(last) is None

    def test_is_none_of_another_framework_although_its_codes_are_the_same(
        self, sheet: Assessment, last: Assessment, cast: Cast
    ) -> None:
        """Rule R11: what another framework asks under a code may be something else."""
        Cycle.objects.filter(pk=last.cycle.pk).update(framework=make_framework("another"))
        assert earlier_sheet(sheet) is None
        assert sample_of(sheet).earlier is None

    def test_is_that_of_the_same_framework_where_another_lies_between(
        self, sheet: Assessment, last: Assessment, undp: Entity
    ) -> None:
        days = {"opens_on": date(2026, 1, 15), "closes_on": date(2026, 3, 18)}
        between = make_cycle(make_framework("another"), "2026a", phase="closed", **days)
        fill(between, {undp: LAST})
        found = earlier_sheet(sheet)
        assert found is not None
        assert found.sheet == last


class TestConfirming:
    def test_until_then_nothing_is_answered(self, sheet: Assessment) -> None:
        assert not Answer.objects.filter(assessment=sheet).exists()
        assert [step.settled for step in progress(sheet)] == [0, 0]

    def test_says_the_same_again_and_where_it_came_from(self, sheet: Assessment, cast: Cast) -> None:
        answer = confirm(sheet, cast)
        assert (answer.claimed, answer.comment, answer.version) == (3, "evidence", 1)
        revision = AnswerRevision.objects.get(assessment=sheet)
        assert (revision.channel, revision.origin, revision.by) == ("carried", "2025", cast.focal)

    def test_level_0_is_an_answer(self, sheet: Assessment, cast: Cast) -> None:
        assert confirm(sheet, cast, "DAT-LED").claimed == 0

    def test_confirms_the_level_that_counted_not_the_one_that_was_claimed(
        self, cycle: Cycle, undp: Entity, cast: Cast, last: Assessment
    ) -> None:
        found = earlier_sheet(sheet_of(cycle, undp))
        assert found is not None
        payload = found.snapshot.payload.replace('"accepted":null', '"accepted":1', 1)
        assert payload != found.snapshot.payload
        found.snapshot.payload = payload
        lowered = found.answers["DAT-STR"]
        assert (lowered.claimed, lowered.level, lowered.choice) == (3, 1, "1")

    def test_a_request_is_asked_for_again(self, sheet: Assessment, cast: Cast) -> None:
        answer = confirm(sheet, cast, "DAT-PMS")
        assert (answer.state, answer.na_decision) == (AnswerState.NA, NaDecision.PENDING)
        assert answer.na_reason == "no programmes"

    def test_where_nothing_was_said_there_is_nothing_to_confirm(self, sheet: Assessment, cast: Cast) -> None:
        with pytest.raises(WrongState, match="no answer of an earlier cycle"):
            confirm(sheet, cast, "DAT-COE")
        assert not AnswerRevision.objects.filter(assessment=sheet).exists()

    def test_comes_too_late_like_any_write(self, sheet: Assessment, cast: Cast) -> None:
        confirm(sheet, cast)
        Answer.objects.filter(assessment=sheet).update(claimed=2, version=2)
        with pytest.raises(StaleVersion):
            confirm(sheet, cast, version=1)
        refused = AnswerRevision.objects.filter(assessment=sheet, outcome="refused").get()
        assert (refused.claimed, refused.channel) == (3, "carried")

    def test_is_for_those_who_may_answer(self, sheet: Assessment, cast: Cast) -> None:
        asked = Item.objects.select_related("framework").get(code="DAT-STR")
        for person in (cast.viewer, cast.contributor, cast.approver, cast.stranger, cast.task_force):
            with pytest.raises(NotAllowed):
                confirm_still_true(assessment=sheet, item=asked, version=0, by=person, at=AT)


class TestDocuments:
    @pytest.fixture
    def said(self, last: Assessment, cast: Cast) -> None:
        """A link beside DAT-STR in the sheet of the year before."""
        item = Item.objects.get(code="DAT-STR")
        details = Details("The plan", date(2025, 3, 1), page="12")
        write_link(assessment=last, item=item, url="https://example.org/plan", details=details)

    def test_come_along_with_their_pages(self, said: None, sheet: Assessment, cast: Cast) -> None:
        confirm(sheet, cast)
        [use] = EvidenceUse.objects.filter(evidence__assessment=sheet)
        assert (use.item.code, use.page, use.evidence.url) == ("DAT-STR", "12", "https://example.org/plan")
        change = EvidenceChange.objects.get(assessment=sheet)
        assert (change.channel, change.by) == ("carried", cast.focal)

    def test_come_once(self, said: None, sheet: Assessment, cast: Cast) -> None:
        confirm(sheet, cast)
        confirm(sheet, cast, version=1)
        assert EvidenceUse.objects.filter(evidence__assessment=sheet).count() == 1

    def test_join_the_same_link_that_is_here_already(self, said: None, sheet: Assessment, cast: Cast) -> None:
        item, details = Item.objects.get(code="DAT-LED"), Details("The plan", date(2025, 3, 1))
        url = "https://example.org/plan#page=2"
        write_link(assessment=sheet, item=item, url=url, details=details)
        confirm(sheet, cast)
        assert Evidence.objects.get(assessment=sheet).uses.count() == 2

    def test_that_vanished_meanwhile_stay_away(
        self, said: None, sheet: Assessment, cast: Cast, last: Assessment
    ) -> None:
        uses = list(EvidenceUse.objects.filter(evidence__assessment=last).select_related("evidence"))
        Evidence.objects.all().delete()
        item = Item.objects.get(code="DAT-STR")
        carry(assessment=sheet, item=item, uses=uses, by=cast.focal, at=later(1))
        assert not Evidence.objects.exists()

    def test_do_not_come_with_an_answer_that_came_too_late(
        self, said: None, sheet: Assessment, cast: Cast
    ) -> None:
        fill(sheet.cycle, {sheet.entity: {"DAT-STR": 2}}, Status.DRAFT)
        with pytest.raises(StaleVersion):
            confirm(sheet, cast)
        assert not EvidenceUse.objects.filter(evidence__assessment=sheet).exists()
