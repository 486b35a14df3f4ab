"""Writing answers: versions, revisions of every text, who may, and in which phase."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection

from entities.models import Entity, Role, User
from entities.services.people import grant_role
from quintet.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Cycle,
    Item,
    NaDecision,
    Phase,
    RevisionOutcome,
    Status,
)
from quintet.services.answering import record_answer, save_answer
from tests.factories import (
    AT,
    Cast,
    delegate,
    fill,
    later,
    make_user,
    sheet_of,
)
from un20portal.lib.errors import DomainError, InvalidInput, NotAllowed, NotFound, StaleVersion, WrongState

pytestmark = pytest.mark.django_db
TWO: dict[str, Any] = {"state": "answered", "claimed": 2, "comment": "A strategy."}
THREE: dict[str, Any] = {"state": "answered", "claimed": 3, "comment": "A reviewed strategy."}
NA: dict[str, Any] = {"state": "na", "na_reason": "no programmes"}
Say = Callable[..., Answer]


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


@pytest.fixture(params=["record_answer", "save_answer"])
def say(request: pytest.FixtureRequest, sheet: Assessment, cast: Cast) -> Say:
    """Write an answer by either service, as the focal point on DAT-STR unless told otherwise."""

    def record(
        raw: dict[str, Any],
        *,
        version: int = 0,
        by: User = cast.focal,
        item: str = "DAT-STR",
        minute: int = 0,
    ) -> Answer:
        said: dict[str, Any] = {
            "raw": raw,
            "version": version,
            "by": by,
            "at": later(minute),
            "channel": "form",
        }
        if request.param == "save_answer":
            return save_answer(sheet=sheet.pk, item=item, **said)
        return record_answer(assessment=sheet, item=Item.objects.get(code=item), **said)

    return record


def texts() -> list[tuple[int, str, str, str]]:
    """Every text that was kept, oldest first: version, outcome, who, comment."""
    rows = AnswerRevision.objects.order_by("pk").select_related("by")
    return [(row.version, row.outcome, str(row.by), row.comment) for row in rows]


class TestAFirstAnswer:
    def test_gets_version_1_with_who_and_when(self, say: Say, cast: Cast) -> None:
        answer = Answer.objects.get(pk=say(TWO, minute=3).pk)
        assert (answer.state, answer.claimed, answer.comment, answer.version) == (
            "answered",
            2,
            "A strategy.",
            1,
        )
        assert (answer.updated_by, answer.updated_at) == (cast.focal, later(3))

    def test_is_kept_as_a_revision_with_its_channel(self, say: Say, cast: Cast) -> None:
        say(TWO)
        revision = AnswerRevision.objects.get()
        assert (revision.version, revision.outcome, revision.channel) == (1, RevisionOutcome.SAVED, "form")
        assert (revision.by, revision.at, revision.claimed) == (cast.focal, AT, 2)

    def test_cannot_be_written_by_a_second_person_who_saw_nothing(self, say: Say) -> None:
        say(TWO)
        with pytest.raises(StaleVersion):
            say(THREE, version=0)


class TestALaterAnswer:
    def test_replaces_the_one_it_is_based_on_and_keeps_both_texts(self, say: Say) -> None:
        say(TWO)
        assert say(THREE, version=1, minute=5).version == 2
        assert Answer.objects.get().claimed == 3
        assert texts() == [
            (1, "saved", "Focal", "A strategy."),
            (2, "saved", "Focal", "A reviewed strategy."),
        ]

    def test_can_leave_an_item_open_again(self, say: Say) -> None:
        say(TWO)
        answer = say({"state": "unanswered", "comment": "figures come later"}, version=1)
        assert (answer.claimed, answer.comment) == (None, "figures come later")

    def test_takes_a_decision_on_the_text_before_away(self, say: Say, cast: Cast) -> None:
        written = say(TWO)
        Answer.objects.filter(pk=written.pk).update(accepted=1, accepted_reason="thin evidence")
        answer = say(THREE, version=1)
        assert (answer.accepted, answer.accepted_reason) == (None, "")

    def test_that_asks_for_not_applicable_waits_for_a_decision(self, say: Say) -> None:
        assert say(NA, item="DAT-PMS").na_decision == NaDecision.PENDING
        assert say(TWO, item="DAT-PMS", version=1).na_decision == ""


class TestTheSameAnswerAgain:
    def test_changes_nothing_whatever_version_it_names(self, say: Say) -> None:
        first = say(TWO)
        for version in (0, 1, 7):
            again = say(TWO, version=version, minute=9)
            assert (again.pk, again.version, again.updated_at) == (first.pk, 1, AT)
        assert len(texts()) == 1

    def test_is_recognised_in_spite_of_white_space_and_line_ends(self, say: Say) -> None:
        say({**TWO, "comment": "one\ntwo"})
        assert say({**TWO, "comment": "  one\r\ntwo\n"}, version=0).version == 1
        assert len(texts()) == 1

    def test_by_another_person_leaves_the_first_name(self, say: Say, cast: Cast, undp: Entity) -> None:
        say(TWO)
        colleague = make_user("colleague", Role.FOCAL_POINT, undp)
        assert say(TWO, version=0, by=colleague).updated_by == cast.focal


class TestAStaleAnswer:
    @pytest.fixture
    def refusal(self, say: Say, undp: Entity) -> StaleVersion:
        say(TWO)
        with pytest.raises(StaleVersion) as caught:
            say(THREE, version=0, by=make_user("colleague", Role.FOCAL_POINT, undp), minute=1)
        return caught.value

    def test_is_refused_with_both_texts(self, refusal: StaleVersion) -> None:
        assert (refusal.current["claimed"], refusal.current["comment"]) == (2, "A strategy.")
        assert refusal.current["version"] == 1
        assert (refusal.offered["claimed"], refusal.offered["comment"]) == (3, "A reviewed strategy.")

    def test_overwrites_nothing(self, refusal: StaleVersion) -> None:
        assert (Answer.objects.get().claimed, Answer.objects.get().version) == (2, 1)

    def test_is_kept_as_a_revision_all_the_same(self, refusal: StaleVersion) -> None:
        assert texts() == [
            (1, "saved", "Focal", "A strategy."),
            (0, "refused", "Colleague", "A reviewed strategy."),
        ]

    def test_can_be_stored_once_the_person_has_seen_the_other_text(
        self, refusal: StaleVersion, say: Say
    ) -> None:
        assert say(THREE, version=refusal.current["version"]).version == 2

    def test_of_the_future_is_stale_too(self, say: Say) -> None:
        with pytest.raises(StaleVersion) as caught:
            say(TWO, version=5)
        assert caught.value.current == {}
        assert not Answer.objects.exists()


@pytest.fixture
def refused(request: pytest.FixtureRequest) -> type[DomainError]:
    """How either service refuses: what may not be read either, `save_answer` does not find."""
    return NotFound if request.node.callspec.params["say"] == "save_answer" else NotAllowed


class TestWhoMayAnswer:
    @pytest.mark.parametrize(
        "who", ["viewer", "contributor", "approver", "stranger", "task_force", "committee", "administrator"]
    )
    def test_refuses_all_but_the_focal_point(
        self, say: Say, refused: type[DomainError], cast: Cast, who: str
    ) -> None:
        with pytest.raises(NotAllowed if who == "approver" else refused):  # approvers read the draft
            say(TWO, by=getattr(cast, who))
        assert not Answer.objects.exists()
        assert not AnswerRevision.objects.exists()

    def test_lets_a_contributor_answer_delegated_items_only(
        self, say: Say, refused: type[DomainError], cast: Cast, sheet: Assessment
    ) -> None:
        item = Item.objects.get(code="DAT-TRN")
        delegate(sheet, item.code, cast.contributor)
        assert say(TWO, item="DAT-TRN", by=cast.contributor).updated_by == cast.contributor
        with pytest.raises(refused):
            say(TWO, item="DAT-STR", by=cast.contributor)

    def test_finds_no_item_by_name_that_may_not_be_read(self, cast: Cast, sheet: Assessment) -> None:
        delegate(sheet, "DAT-TRN", cast.contributor)
        asked = [(cast.stranger, "DAT-STR"), (cast.contributor, "DAT-STR"), (cast.focal, "NO-SUCH")]
        for by, item in asked:
            with pytest.raises(NotFound):
                save_answer(sheet=sheet.pk, item=item, raw=TWO, version=0, by=by, at=AT, channel="form")
        with pytest.raises(NotAllowed):
            save_answer(
                sheet=sheet.pk, item="DAT-STR", raw=TWO, version=0, by=cast.approver, at=AT, channel="form"
            )

    def test_ignores_what_was_delegated_to_somebody_else(
        self, say: Say, refused: type[DomainError], cast: Cast, sheet: Assessment, undp: Entity
    ) -> None:
        other = make_user("other", Role.CONTRIBUTOR, undp)
        delegate(sheet, "DAT-STR", other)
        with pytest.raises(refused):
            say(TWO, by=cast.contributor)

    def test_ignores_a_delegation_once_the_role_is_gone(
        self, say: Say, refused: type[DomainError], cast: Cast, sheet: Assessment
    ) -> None:
        delegate(sheet, "DAT-STR", cast.contributor)
        cast.contributor.memberships.all().delete()
        with pytest.raises(refused):
            say(TWO, by=User.objects.get(pk=cast.contributor.pk))

    def test_refuses_a_focal_point_whose_time_is_over(
        self, say: Say, refused: type[DomainError], undp: Entity
    ) -> None:
        substitute = make_user("substitute")
        grant_role(user=substitute, role=Role.FOCAL_POINT, entity=undp, valid_to=AT.date().replace(year=2020))
        with pytest.raises(refused):
            say(TWO, by=substitute)


class TestWhenAnswersChange:
    @pytest.mark.parametrize(
        ("status", "phase"),
        [
            (Status.DRAFT, Phase.OPEN),
            (Status.RETURNED, Phase.OPEN),
            (Status.RETURNED, Phase.VALIDATION),
        ],
    )
    def test_lets_drafts_and_returned_sheets_change(
        self, say: Say, sheet: Assessment, cycle: Cycle, status: Status, phase: Phase
    ) -> None:
        Assessment.objects.filter(pk=sheet.pk).update(status=status)
        Cycle.objects.filter(pk=cycle.pk).update(phase=phase)
        sheet.refresh_from_db()
        assert say(TWO).version == 1

    @pytest.mark.parametrize(
        ("status", "phase"),
        [
            (Status.DRAFT, Phase.PLANNED),
            (Status.DRAFT, Phase.VALIDATION),
            (Status.DRAFT, Phase.CLOSED),
            (Status.RETURNED, Phase.CLOSED),
            (Status.SIGNOFF, Phase.OPEN),
            (Status.SUBMITTED, Phase.OPEN),
            (Status.VALIDATED, Phase.VALIDATION),
        ],
    )
    def test_refuses_everything_else(
        self, say: Say, sheet: Assessment, cycle: Cycle, status: Status, phase: Phase
    ) -> None:
        Assessment.objects.filter(pk=sheet.pk).update(status=status)
        Cycle.objects.filter(pk=cycle.pk).update(phase=phase)
        with pytest.raises(WrongState):
            say(TWO)
        assert not AnswerRevision.objects.exists()

    def test_looks_at_the_sheet_as_it_is_now_not_as_it_was_read(self, say: Say, sheet: Assessment) -> None:
        assert sheet.status == Status.DRAFT
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SUBMITTED)
        with pytest.raises(WrongState):
            say(TWO)


class TestWhatAnAnswerMaySay:
    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            ({"state": "answered", "claimed": 5}, "unknown_level"),
            ({"state": "answered", "claimed": -1}, "unknown_level"),
            ({"state": "answered", "claimed": True}, "unknown_level"),
            ({"state": "answered"}, "missing"),
            ({"state": "na", "na_reason": "no"}, "na_not_allowed"),
            ({"state": "lost"}, "unknown"),
            ({**TWO, "comment": "x" * 10_001}, "too_long"),
            ({**TWO, "comment": "a\x00b"}, "bad_characters"),
            ({**TWO, "comment": "a\ud800b"}, "bad_characters"),
        ],
    )
    def test_refuses_what_has_no_meaning(self, say: Say, raw: dict[str, Any], code: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            say(raw)
        assert [error.code for error in caught.value.errors] == [code]
        assert not AnswerRevision.objects.exists()

    def test_keeps_texts_of_all_languages_as_written(self, say: Say) -> None:
        text = "Стратегия · استراتيجية · 战略 · 🌍\n\tzweite Zeile"
        say({**TWO, "comment": text})
        assert Answer.objects.get().comment == text
        assert AnswerRevision.objects.get().comment == text


@pytest.mark.django_db(transaction=True)
class TestWritesAtTheSameMoment:
    @staticmethod
    def at_once(acts: list[Callable[[], Any]]) -> list[str]:
        """Run all acts in threads with connections of their own; name what became of each."""

        def run(act: Callable[[], Any]) -> str:
            try:
                act()
            except DomainError as refusal:
                return refusal.code
            finally:
                connection.close()
            return "done"

        with ThreadPoolExecutor(len(acts)) as pool:
            return sorted(pool.map(run, acts))

    def test_store_one_text_and_keep_all(self, say: Say) -> None:
        def write(number: int) -> Callable[[], Any]:
            return lambda: say({**TWO, "comment": f"text {number}"})

        assert self.at_once([write(number) for number in range(8)]) == ["done"] + ["stale_version"] * 7
        assert {comment for *_rest, comment in texts()} == {f"text {number}" for number in range(8)}
        assert Answer.objects.get().version == 1

    def test_on_different_items_are_all_stored(self, say: Say, cycle: Cycle) -> None:
        items = [f"DAT-{enabler}" for enabler in ("STR", "LED", "COE", "HRS", "TRN", "FUN")]
        acts: list[Callable[[], Any]] = [partial(say, TWO, item=item) for item in items]
        assert self.at_once(acts) == ["done"] * 6
        assert Answer.objects.count() == 6

    def test_of_the_same_text_count_once(self, say: Say) -> None:
        assert self.at_once([lambda: say(TWO) for _time in range(6)]) == ["done"] * 6
        assert len(texts()) == 1


def test_a_filled_sheet_has_a_revision_for_every_answer(cycle: Cycle, undp: Entity) -> None:
    fill(cycle, {undp: {"DAT-STR": 2}}, Status.DRAFT)
    assert AnswerRevision.objects.count() == Answer.objects.count() == 14
