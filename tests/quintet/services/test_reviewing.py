"""The task force's steps: deciding requests and levels, validating, returning, reopening."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from entities.models import Entity
from quintet.domain.packing import unpack
from quintet.models import (
    DECISIONS,
    Answer,
    AnswerRevision,
    Assessment,
    Cycle,
    Item,
    NaDecision,
    Phase,
    RevisionOutcome,
    Snapshot,
    Status,
    Transition,
)
from quintet.queries.history import history, history_entries
from quintet.services import reviewing, signing
from quintet.services.freezing import CHANGED
from tests.factories import (
    AT,
    Cast,
    fill,
    later,
    make_framework,
    make_open_cycle,
    sheet_of,
)
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import InvalidInput, NotAllowed, StaleVersion, WrongState
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
NOT_TASK_FORCE = ["viewer", "contributor", "focal", "approver", "stranger", "committee", "administrator"]
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
# STR claimed 3, DAT-PMS asked to be not applicable, INN-TRN left open
SAID: dict[str, int | str | None] = {
    **{f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS},
    "DAT-STR": 3,
    "DAT-PMS": "na",
    "INN-TRN": None,
}


@pytest.fixture
def cycle(undp: Entity, cast: Cast) -> Cycle:
    return make_open_cycle(make_framework(), [undp], cast.task_force)


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity, cast: Cast) -> Assessment:
    """A sheet that was signed off and waits for the task force."""
    fill(cycle, {undp: SAID}, Status.DRAFT)
    found = sheet_of(cycle, undp)
    signing.submit(assessment=found, by=cast.focal, at=AT)
    signing.sign_off(assessment=found, by=cast.approver, at=AT)
    Message.objects.all().delete()
    return found


@pytest.fixture
def decided(sheet: Assessment, cast: Cast) -> Assessment:
    decide_na(sheet, cast, approve=True)
    return sheet


def item(code: str) -> Item:
    return Item.objects.select_related("framework").get(code=code)


def version_of(sheet: Assessment, code: str) -> int:
    return Answer.objects.get(assessment=sheet, item__code=code).version


def decide_na(sheet: Assessment, cast: Cast, *, approve: bool, code: str = "DAT-PMS") -> Answer:
    return reviewing.decide_na(
        assessment=sheet,
        item=item(code),
        approve=approve,
        version=version_of(sheet, code),
        by=cast.task_force,
        at=later(1),
    )


def decide_level(
    sheet: Assessment, cast: Cast, level: int, reason: str = "", code: str = "DAT-STR"
) -> Answer:
    return reviewing.decide_level(
        assessment=sheet,
        item=item(code),
        accepted=level,
        reason=reason,
        version=version_of(sheet, code),
        by=cast.task_force,
        at=later(1),
    )


def status_of(sheet: Assessment) -> str:
    return Assessment.objects.get(pk=sheet.pk).status


def put_in(sheet: Assessment, status: str, phase: str = Phase.OPEN) -> None:
    Assessment.objects.filter(pk=sheet.pk).update(status=status)
    Cycle.objects.filter(pk=sheet.cycle_id).update(phase=phase)


def steps(cast_member: Any, sheet: Assessment) -> dict[str, Callable[[], object]]:
    """Every step of the task force, taken by this person."""
    at = AT
    return {
        "decide_na": lambda: reviewing.decide_na(
            assessment=sheet, item=item("DAT-PMS"), approve=True, version=1, by=cast_member, at=at
        ),
        "decide_level": lambda: reviewing.decide_level(
            assessment=sheet, item=item("DAT-STR"), accepted=3, reason="", version=1, by=cast_member, at=at
        ),
        "validate": lambda: reviewing.validate(assessment=sheet, by=cast_member, at=at),
        "return": lambda: reviewing.return_to_entity(
            assessment=sheet, by=cast_member, at=at, comment="More evidence."
        ),
        "reopen": lambda: reviewing.reopen(
            assessment=sheet, by=cast_member, at=at, comment="New facts came up."
        ),
    }


class TestWhoReviews:
    @pytest.mark.parametrize("who", NOT_TASK_FORCE)
    def test_is_the_task_force_alone(self, sheet: Assessment, cast: Cast, who: str) -> None:
        for step in steps(getattr(cast, who), sheet).values():
            with pytest.raises(NotAllowed):
                step()
        assert status_of(sheet) == Status.SUBMITTED
        assert not Answer.objects.exclude(accepted=None).exists()

    @pytest.mark.parametrize(
        ("status", "allowed"),
        [
            ("draft", set()),
            ("signoff", set()),
            ("submitted", {"decide_na", "decide_level", "validate", "return"}),
            ("validated", {"reopen"}),
            ("returned", set()),
        ],
    )
    @pytest.mark.parametrize("phase", [Phase.OPEN, Phase.VALIDATION, Phase.CLOSED])
    def test_depends_on_status_and_phase(
        self, sheet: Assessment, cast: Cast, status: str, allowed: set[str], phase: str
    ) -> None:
        done = set()
        for name, step in steps(cast.task_force, sheet).items():
            put_in(sheet, status, phase)
            Answer.objects.filter(item__code="DAT-PMS").update(na_decision=NaDecision.APPROVED)
            try:
                step()
            except WrongState:
                continue
            done.add(name)
        assert done == (set() if phase == Phase.CLOSED else allowed)


class TestDecidingOnARequest:
    @pytest.mark.parametrize(
        ("approve", "decision"), [(True, NaDecision.APPROVED), (False, NaDecision.REJECTED)]
    )
    def test_is_written_with_who_and_when(
        self, sheet: Assessment, cast: Cast, approve: bool, decision: str
    ) -> None:
        before = Answer.objects.get(item__code="DAT-PMS")
        answer = decide_na(sheet, cast, approve=approve)
        answer.refresh_from_db()
        assert (answer.na_decision, answer.version) == (decision, before.version + 1)
        assert (answer.updated_by, answer.updated_at) == (before.updated_by, before.updated_at)
        kept = AnswerRevision.objects.get(outcome=RevisionOutcome.DECIDED)
        assert (kept.by, kept.at, kept.version) == (cast.task_force, later(1), answer.version)
        assert (kept.na_decision, kept.na_reason, kept.state) == (decision, "no programmes", "na")

    def test_can_be_taken_back_while_the_sheet_waits(self, sheet: Assessment, cast: Cast) -> None:
        decide_na(sheet, cast, approve=True)
        assert decide_na(sheet, cast, approve=False).na_decision == NaDecision.REJECTED

    def test_needs_a_request(self, sheet: Assessment, cast: Cast) -> None:
        for code in ("DAT-STR", "INN-TRN"):
            with pytest.raises(WrongState):
                decide_na(sheet, cast, approve=True, code=code)


class TestDecidingOnALevel:
    def test_needs_a_reason_only_when_it_differs(self, sheet: Assessment, cast: Cast) -> None:
        assert decide_level(sheet, cast, 3).accepted == 3
        with pytest.raises(InvalidInput) as caught:
            decide_level(sheet, cast, 1, reason="  ")
        assert [error.code for error in caught.value.errors] == ["missing"]
        answer = decide_level(sheet, cast, 1, reason="  The plan is a draft. ")
        assert (answer.accepted, answer.accepted_reason) == (1, "The plan is a draft.")
        assert answer.claimed == 3

    @pytest.mark.parametrize(
        ("level", "reason", "code"),
        [
            (5, "why", "unknown_level"),
            (-1, "why", "unknown_level"),
            (2, "x" * 5001, "bad_text"),
            (2, "a\x00b", "bad_text"),
            (2, "a\ud800b", "bad_text"),
        ],
    )
    def test_refuses_what_cannot_be_stored(
        self, sheet: Assessment, cast: Cast, level: int, reason: str, code: str
    ) -> None:
        with pytest.raises(InvalidInput) as caught:
            decide_level(sheet, cast, level, reason=reason)
        assert [error.code for error in caught.value.errors] == [code]
        assert Answer.objects.get(item__code="DAT-STR").accepted is None

    def test_needs_an_answered_item(self, sheet: Assessment, cast: Cast) -> None:
        for code in ("DAT-PMS", "INN-TRN"):
            with pytest.raises(WrongState):
                decide_level(sheet, cast, 2, reason="why", code=code)


class TestTwoValidators:
    """Both read version 1; the second decision is refused, and neither is lost."""

    def test_on_a_level_keep_both_decisions(self, sheet: Assessment, cast: Cast) -> None:
        author = Answer.objects.get(item__code="DAT-STR").updated_by
        decide_level(sheet, cast, 2, reason="A draft.")
        with pytest.raises(StaleVersion) as caught:
            reviewing.decide_level(
                assessment=sheet,
                item=item("DAT-STR"),
                accepted=4,
                reason="Seen working.",
                version=1,
                by=cast.second,
                at=later(2),
            )
        assert caught.value.current == {"accepted": 2, "accepted_reason": "A draft.", "version": 2}
        assert caught.value.offered == {"accepted": 4, "accepted_reason": "Seen working."}
        stored = Answer.objects.get(item__code="DAT-STR")
        assert (stored.accepted, stored.version, stored.updated_by) == (2, 2, author)
        kept = AnswerRevision.objects.filter(item__code="DAT-STR", outcome__in=DECISIONS).order_by("pk")
        assert list(
            kept.values_list("outcome", "version", "claimed", "accepted", "accepted_reason", "by")
        ) == [
            ("decided", 2, 3, 2, "A draft.", cast.task_force.pk),
            ("decision_refused", 1, 3, 4, "Seen working.", cast.second.pk),
        ]

    def test_on_a_request_keep_both_decisions(self, sheet: Assessment, cast: Cast) -> None:
        decide_na(sheet, cast, approve=True)
        with pytest.raises(StaleVersion):
            reviewing.decide_na(
                assessment=sheet, item=item("DAT-PMS"), approve=False, version=1, by=cast.second, at=later(2)
            )
        assert Answer.objects.get(item__code="DAT-PMS").na_decision == NaDecision.APPROVED
        kept = AnswerRevision.objects.filter(outcome__in=DECISIONS).order_by("pk")
        assert list(kept.values_list("outcome", "na_decision")) == [
            ("decided", "approved"),
            ("decision_refused", "rejected"),
        ]

    def test_who_decide_the_same_decide_once(self, sheet: Assessment, cast: Cast) -> None:
        for by in (cast.task_force, cast.second):
            reviewing.decide_na(
                assessment=sheet, item=item("DAT-PMS"), approve=True, version=1, by=by, at=later(1)
            )
        assert AnswerRevision.objects.filter(outcome__in=DECISIONS).count() == 1
        assert version_of(sheet, "DAT-PMS") == 2

    def test_see_all_decisions_in_the_history_and_the_entity_those_that_hold(
        self, sheet: Assessment, cast: Cast
    ) -> None:
        self.test_on_a_level_keep_both_decisions(sheet, cast)

        def outcomes(drafted: set[int] | None, *, is_reviewer: bool) -> list[str]:
            keys = [key for key in history(sheet, drafted, is_reviewer=is_reviewer) if key["kind"] == "write"]
            entries = history_entries(keys, is_insider=True)
            found = [entry.event for entry in entries if isinstance(entry.event, AnswerRevision)]
            return [event.outcome for event in found if event.item.code == "DAT-STR"]

        assert outcomes(set(), is_reviewer=True) == ["decided", "decision_refused"]
        assert outcomes(None, is_reviewer=False) == ["saved", "decided"]
        assert outcomes(set(), is_reviewer=False) == []


class TestValidate:
    def test_waits_until_every_request_is_decided(self, sheet: Assessment, cast: Cast) -> None:
        with pytest.raises(WrongState, match="on these items: DAT-PMS"):
            reviewing.validate(assessment=sheet, by=cast.task_force, at=AT)
        assert status_of(sheet) == Status.SUBMITTED
        assert Snapshot.objects.count() == 1
        decide_na(sheet, cast, approve=False)
        reviewing.validate(assessment=sheet, by=cast.task_force, at=AT)
        assert status_of(sheet) == Status.VALIDATED

    def test_freezes_the_sheet_once_more_on_both_bases(self, decided: Assessment, cast: Cast) -> None:
        decide_level(decided, cast, 1, reason="The plan is a draft.")
        reviewing.validate(assessment=decided, by=cast.task_force, at=later(2))
        first, second = Snapshot.objects.filter(assessment=decided)
        assert (first.status, second.status, second.number) == (Status.SUBMITTED, Status.VALIDATED, 2)
        assert second.sha256 == sha256(second.payload) != first.sha256
        rest: list[int | str | None] = [2, 2, 2, 2, 2]
        inn: list[int | str | None] = [2, 2, 2, 2, None, 2, 2]
        assert unpack(bytes(first.claimed)) == [3, *rest, None, *inn]
        assert unpack(bytes(second.claimed)) == [3, *rest, "na", *inn]
        assert unpack(bytes(second.accepted)) == [1, *rest, "na", *inn]

    def test_counts_a_rejected_request_as_missing(self, sheet: Assessment, cast: Cast) -> None:
        decide_na(sheet, cast, approve=False)
        reviewing.validate(assessment=sheet, by=cast.task_force, at=AT)
        latest = Snapshot.objects.filter(assessment=sheet).last()
        assert latest is not None
        assert unpack(bytes(latest.accepted))[6] is None
        assert unpack(bytes(latest.claimed))[6] is None

    def test_leaves_a_trace_and_owes_the_figures(self, decided: Assessment, cast: Cast) -> None:
        reviewing.validate(assessment=decided, by=cast.second, at=later(2))
        step = Transition.objects.filter(assessment=decided).last()
        assert step is not None
        assert (step.action, step.from_status, step.to_status) == ("validate", "submitted", "validated")
        assert (step.by, step.at) == (cast.second, later(2))
        message = Message.objects.get(topic=CHANGED)
        owed = {"cycle_id": decided.cycle_id, "assessment_id": decided.pk}
        assert (message.topic, message.payload) == (CHANGED, owed)

    def test_is_taken_back_with_its_snapshot_and_message(self, decided: Assessment, cast: Cast) -> None:
        with transaction.atomic():
            reviewing.validate(assessment=decided, by=cast.task_force, at=AT)
            transaction.set_rollback(True)
        assert status_of(decided) == Status.SUBMITTED
        assert Snapshot.objects.count() == 1
        assert not Message.objects.filter(topic=CHANGED).exists()

    def test_is_not_done_when_the_figures_could_not_be_owed(
        self, decided: Assessment, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(outbox._handlers, CHANGED)
        for step in ("validate", "return"):
            with pytest.raises(KeyError):
                steps(cast.task_force, decided)[step]()
        assert status_of(decided) == Status.SUBMITTED
        assert Snapshot.objects.count() == 1


class TestGivingBack:
    def test_returns_a_submitted_sheet_with_its_comment(self, sheet: Assessment, cast: Cast) -> None:
        reviewing.return_to_entity(
            assessment=sheet, by=cast.task_force, at=later(3), comment=" More evidence. "
        )
        assert status_of(sheet) == Status.RETURNED
        step = Transition.objects.filter(assessment=sheet).last()
        assert step is not None
        assert (step.action, step.comment, step.by, step.at) == (
            "return",
            "More evidence.",
            cast.task_force,
            later(3),
        )

    def test_reopens_a_validated_sheet(self, decided: Assessment, cast: Cast) -> None:
        reviewing.validate(assessment=decided, by=cast.task_force, at=AT)
        reviewing.reopen(assessment=decided, by=cast.second, at=later(3), comment="New facts came up.")
        assert status_of(decided) == Status.RETURNED
        actions = [step.action for step in Transition.objects.filter(assessment=decided)]
        assert actions == ["submit", "sign_off", "validate", "reopen"]
        assert Snapshot.objects.filter(assessment=decided).count() == 2

    def test_owes_the_figures_because_the_sheet_counts_no_longer(
        self, decided: Assessment, cast: Cast
    ) -> None:
        reviewing.return_to_entity(assessment=decided, by=cast.task_force, at=AT, comment="More evidence.")
        assert Message.objects.filter(topic=CHANGED).count() == 1
        put_in(decided, Status.VALIDATED)
        reviewing.reopen(assessment=decided, by=cast.task_force, at=AT, comment="New facts.")
        assert Message.objects.filter(topic=CHANGED).count() == 2

    @pytest.mark.parametrize("comment", ["", "no", "x" * 5001, "a\x00bc", "a\ud800bc"])
    def test_wants_words(self, sheet: Assessment, cast: Cast, comment: str) -> None:
        with pytest.raises(InvalidInput):
            reviewing.return_to_entity(assessment=sheet, by=cast.task_force, at=AT, comment=comment)
        put_in(sheet, Status.VALIDATED)
        with pytest.raises(InvalidInput):
            reviewing.reopen(assessment=sheet, by=cast.task_force, at=AT, comment=comment)
        assert status_of(sheet) == Status.VALIDATED

    def test_lets_the_entity_answer_again_even_after_the_time_for_answers(
        self, sheet: Assessment, cast: Cast
    ) -> None:
        put_in(sheet, Status.SUBMITTED, Phase.VALIDATION)
        reviewing.return_to_entity(assessment=sheet, by=cast.task_force, at=AT, comment="More evidence.")
        signing.submit(assessment=sheet, by=cast.focal, at=later(4))
        signing.sign_off(assessment=sheet, by=cast.approver, at=later(5))
        assert status_of(sheet) == Status.SUBMITTED
