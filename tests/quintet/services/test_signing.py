"""The entity's steps: submitting, signing off, sending back; who may, the trace, the frozen sheet."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from entities.models import Entity, Role
from entities.services.people import grant_role
from quintet.domain.packing import unpack
from quintet.models import Assessment, Cycle, Item, Letter, Phase, Receipt, Snapshot, Status, Transition
from quintet.queries.waiting import waiting_for
from quintet.services import signing
from quintet.services.answering import record_answer
from quintet.services.freezing import CHANGED
from tests.factories import (
    AT,
    Cast,
    delegate,
    fill,
    later,
    make_user,
    sheet_of,
)
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import DomainError, InvalidInput, NotAllowed, WrongState
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """A complete draft."""
    fill(cycle, {undp: FULL}, Status.DRAFT)
    Message.objects.all().delete()
    return sheet_of(cycle, undp)


@pytest.fixture
def submitted(sheet: Assessment, cast: Cast) -> Assessment:
    """A sheet that waits for sign-off."""
    signing.submit(assessment=sheet, by=cast.focal, at=AT)
    return sheet


def status_of(sheet: Assessment) -> str:
    return Assessment.objects.get(pk=sheet.pk).status


def put_in(sheet: Assessment, status: str, phase: str) -> None:
    Assessment.objects.filter(pk=sheet.pk).update(status=status)
    Cycle.objects.filter(pk=sheet.cycle_id).update(phase=phase)


class TestSubmit:
    def test_hands_the_sheet_to_the_approver_and_leaves_a_trace(self, sheet: Assessment, cast: Cast) -> None:
        signing.submit(assessment=sheet, by=cast.focal, at=later(4))
        assert status_of(sheet) == Status.SIGNOFF
        step = Transition.objects.get(assessment=sheet)
        assert (step.action, step.from_status, step.to_status) == ("submit", "draft", "signoff")
        assert (step.by, step.at, step.comment) == (cast.focal, later(4), "")
        assert Assessment.objects.get(pk=sheet.pk).submitted_by == cast.focal

    def test_does_not_count_the_sheet_yet(self, submitted: Assessment) -> None:
        assert not Snapshot.objects.exists()
        assert not Message.objects.filter(topic=CHANGED).exists()

    def test_refuses_an_incomplete_sheet_and_names_every_open_item(self, cycle: Cycle, cast: Cast) -> None:
        unicef = sheet_of(cycle, Entity.objects.get(code="UNICEF"))
        with pytest.raises(InvalidInput) as caught:
            signing.submit(assessment=unicef, by=cast.stranger, at=AT)
        assert [error.field for error in caught.value.errors] == list(FULL)
        assert {error.code for error in caught.value.errors} == {"missing"}
        assert status_of(unicef) == Status.DRAFT
        assert not Transition.objects.filter(assessment=unicef).exists()

    def test_allows_items_left_open_with_a_reason(self, sheet: Assessment, cast: Cast) -> None:
        sheet.answers.filter(item__code="DAT-STR").update(
            state="unanswered", claimed=None, comment="figures come in spring"
        )
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        assert status_of(sheet) == Status.SIGNOFF

    def test_refuses_items_left_open_without_a_reason(self, sheet: Assessment, cast: Cast) -> None:
        sheet.answers.filter(item__code="DAT-STR").update(state="unanswered", claimed=None, comment="")
        with pytest.raises(InvalidInput, match="1 items need attention"):
            signing.submit(assessment=sheet, by=cast.focal, at=AT)

    def test_refuses_a_second_time(self, submitted: Assessment, cast: Cast) -> None:
        with pytest.raises(WrongState):
            signing.submit(assessment=submitted, by=cast.focal, at=AT)
        assert Transition.objects.filter(action="submit", assessment=submitted).count() == 1

    @pytest.mark.parametrize(
        "who", ["viewer", "contributor", "approver", "stranger", "task_force", "committee", "administrator"]
    )
    def test_is_for_the_focal_point_alone(self, sheet: Assessment, cast: Cast, who: str) -> None:
        with pytest.raises(NotAllowed):
            signing.submit(assessment=sheet, by=getattr(cast, who), at=AT)
        assert status_of(sheet) == Status.DRAFT

    @pytest.mark.parametrize(
        ("status", "phase", "allowed"),
        [
            ("draft", Phase.OPEN, True),
            ("returned", Phase.OPEN, True),
            ("returned", Phase.VALIDATION, True),
            ("draft", Phase.VALIDATION, False),
            ("draft", Phase.PLANNED, False),
            ("draft", Phase.CLOSED, False),
            ("returned", Phase.CLOSED, False),
            ("signoff", Phase.OPEN, False),
            ("submitted", Phase.OPEN, False),
            ("validated", Phase.OPEN, False),
        ],
    )
    def test_depends_on_status_and_phase(
        self, sheet: Assessment, cast: Cast, status: str, phase: str, allowed: bool
    ) -> None:
        put_in(sheet, status, phase)
        if allowed:
            signing.submit(assessment=sheet, by=cast.focal, at=AT)
            assert status_of(sheet) == Status.SIGNOFF
        else:
            with pytest.raises(WrongState):
                signing.submit(assessment=sheet, by=cast.focal, at=AT)
            assert status_of(sheet) == status


class TestSignOff:
    def test_freezes_and_counts_the_sheet(self, submitted: Assessment, cast: Cast) -> None:
        signing.sign_off(assessment=submitted, by=cast.approver, at=later(10))
        assert status_of(submitted) == Status.SUBMITTED
        step = Transition.objects.filter(assessment=submitted).last()
        assert step is not None
        assert (step.action, step.by, step.at) == ("sign_off", cast.approver, later(10))
        snapshot = Snapshot.objects.get(assessment=submitted)
        assert (snapshot.number, snapshot.status, snapshot.at) == (1, Status.SUBMITTED, later(10))
        assert snapshot.sha256 == sha256(snapshot.payload)
        assert unpack(bytes(snapshot.claimed)) == [2] * 14

    def test_owes_the_figures(self, submitted: Assessment, cast: Cast) -> None:
        signing.sign_off(assessment=submitted, by=cast.approver, at=AT)
        message = Message.objects.get(topic=CHANGED)
        owed = {"cycle_id": submitted.cycle_id, "assessment_id": submitted.pk}
        assert (message.topic, message.payload) == (CHANGED, owed)

    def test_of_the_person_who_submitted_is_refused(self, submitted: Assessment, cast: Cast) -> None:
        grant_role(user=cast.focal, role=Role.APPROVER, entity=submitted.entity)
        both = type(cast.focal).objects.get(pk=cast.focal.pk)
        for step in (
            lambda: signing.sign_off(assessment=submitted, by=both, at=AT),
            lambda: signing.send_back(assessment=submitted, by=both, at=AT, comment="Please check."),
        ):
            with pytest.raises(NotAllowed, match="submitted"):
                step()
        assert status_of(submitted) == Status.SIGNOFF

    def test_of_somebody_who_answered_in_the_sheet_is_refused(
        self, sheet: Assessment, cast: Cast, undp: Entity
    ) -> None:
        deputy = make_user("deputy", Role.CONTRIBUTOR, undp)
        delegate(sheet, "DAT-STR", deputy)
        raw = {"state": "answered", "claimed": 4, "comment": "mine"}
        item = Item.objects.get(code="DAT-STR")
        record_answer(assessment=sheet, item=item, raw=raw, version=1, by=deputy, at=AT, channel="form")
        record_answer(
            assessment=sheet, item=item, raw={**raw, "claimed": 3}, version=2, by=cast.focal, at=AT,
            channel="form",
        )  # fmt: skip
        grant_role(user=deputy, role=Role.APPROVER, entity=undp)
        deputy = type(deputy).objects.get(pk=deputy.pk)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        with pytest.raises(NotAllowed, match="another approver"):
            signing.sign_off(assessment=sheet, by=deputy, at=AT)
        with pytest.raises(NotAllowed, match="another approver"):
            signing.send_back(assessment=sheet, by=deputy, at=AT, comment="Please check.")
        assert [task.kind for task in waiting_for(deputy)] == []
        assert [task.kind for task in waiting_for(cast.approver)] == ["sign_off"]
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)

    @pytest.mark.parametrize(
        "who", ["viewer", "contributor", "focal", "stranger", "task_force", "committee", "administrator"]
    )
    def test_is_for_the_approver_alone(self, submitted: Assessment, cast: Cast, who: str) -> None:
        for step in (
            lambda by: signing.sign_off(assessment=submitted, by=by, at=AT),
            lambda by: signing.send_back(assessment=submitted, by=by, at=AT, comment="Please check."),
        ):
            with pytest.raises(NotAllowed):
                step(getattr(cast, who))
        assert status_of(submitted) == Status.SIGNOFF

    @pytest.mark.parametrize("status", ["draft", "submitted", "validated", "returned"])
    def test_needs_a_sheet_that_waits_for_it(self, sheet: Assessment, cast: Cast, status: str) -> None:
        put_in(sheet, status, Phase.OPEN)
        with pytest.raises(WrongState):
            signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        with pytest.raises(WrongState):
            signing.send_back(assessment=sheet, by=cast.approver, at=AT, comment="Please check.")
        assert status_of(sheet) == status

    def test_is_possible_after_the_time_for_answers_but_not_after_the_end(
        self, submitted: Assessment, cast: Cast
    ) -> None:
        put_in(submitted, Status.SIGNOFF, Phase.CLOSED)
        with pytest.raises(WrongState):
            signing.sign_off(assessment=submitted, by=cast.approver, at=AT)
        put_in(submitted, Status.SIGNOFF, Phase.VALIDATION)
        signing.sign_off(assessment=submitted, by=cast.approver, at=AT)

    def test_after_a_second_round_freezes_a_second_snapshot_and_keeps_the_first(
        self, submitted: Assessment, cast: Cast
    ) -> None:
        signing.sign_off(assessment=submitted, by=cast.approver, at=AT)
        first = Snapshot.objects.get()
        put_in(submitted, Status.RETURNED, Phase.OPEN)
        submitted.answers.filter(item__code="DAT-STR").update(claimed=4)
        signing.submit(assessment=submitted, by=cast.focal, at=later(1))
        signing.sign_off(assessment=submitted, by=cast.approver, at=later(2))
        second = Snapshot.objects.get(number=2)
        assert unpack(bytes(second.claimed)) == [4] + [2] * 13
        kept = Snapshot.objects.get(number=1)
        assert (kept.payload, kept.sha256) == (first.payload, first.sha256)


class TestOneTransaction:
    def test_takes_trace_snapshot_and_message_back_together(self, submitted: Assessment, cast: Cast) -> None:
        with transaction.atomic():
            signing.sign_off(assessment=submitted, by=cast.approver, at=AT)
            assert Message.objects.filter(topic=CHANGED).exists()
            transaction.set_rollback(True)
        assert status_of(submitted) == Status.SIGNOFF
        assert not Snapshot.objects.exists()
        assert not Message.objects.filter(topic=CHANGED).exists()
        assert Receipt.objects.count() == Letter.objects.filter(kind="receipt").count() == 1, "of submitting"
        assert Transition.objects.filter(assessment=submitted).count() == 1

    def test_takes_the_step_back_when_nobody_would_compute_the_figures(
        self, submitted: Assessment, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(outbox._handlers, CHANGED)
        with pytest.raises(KeyError):
            signing.sign_off(assessment=submitted, by=cast.approver, at=AT)
        assert status_of(submitted) == Status.SIGNOFF
        assert not Snapshot.objects.exists()
        assert Transition.objects.filter(assessment=submitted).count() == 1


class TestSendBack:
    def test_tells_the_focal_point_what_to_change(self, submitted: Assessment, cast: Cast) -> None:
        signing.send_back(
            assessment=submitted, by=cast.approver, at=later(1), comment="  Please check DAT-STR.  "
        )
        assert status_of(submitted) == Status.RETURNED
        step = Transition.objects.filter(assessment=submitted).last()
        assert step is not None
        assert (step.action, step.comment, step.by) == (
            "send_back",
            "Please check DAT-STR.",
            cast.approver,
        )
        assert not Message.objects.filter(topic=CHANGED).exists()

    @pytest.mark.parametrize("comment", ["", "  ", "no", "x" * 5001, "three\x00four"])
    def test_wants_words_of_a_sensible_length(self, submitted: Assessment, cast: Cast, comment: str) -> None:
        with pytest.raises(InvalidInput):
            signing.send_back(assessment=submitted, by=cast.approver, at=AT, comment=comment)
        assert status_of(submitted) == Status.SIGNOFF

    def test_lets_the_sheet_be_submitted_again(self, submitted: Assessment, cast: Cast) -> None:
        signing.send_back(assessment=submitted, by=cast.approver, at=AT, comment="Please check.")
        signing.submit(assessment=submitted, by=cast.focal, at=later(5))
        actions = [step.action for step in Transition.objects.filter(assessment=submitted)]
        assert actions == ["submit", "send_back", "submit"]


@pytest.mark.django_db(transaction=True)
class TestTwoAtTheSameMoment:
    @staticmethod
    def outcomes(act: Callable[[], object], times: int) -> list[str]:
        def run(_number: int) -> str:
            try:
                act()
            except DomainError as refusal:
                return refusal.code
            finally:
                connection.close()
            return "done"

        with ThreadPoolExecutor(times) as pool:
            return sorted(pool.map(run, range(times)))

    def test_submit_once(self, sheet: Assessment, cast: Cast) -> None:
        found = self.outcomes(lambda: signing.submit(assessment=sheet, by=cast.focal, at=AT), 6)
        assert found == ["done"] + ["wrong_state"] * 5
        assert Transition.objects.filter(action="submit", assessment=sheet).count() == 1

    def test_sign_off_once_with_one_snapshot(self, submitted: Assessment, cast: Cast) -> None:
        found = self.outcomes(lambda: signing.sign_off(assessment=submitted, by=cast.approver, at=AT), 6)
        assert found == ["done"] + ["wrong_state"] * 5
        assert Snapshot.objects.filter(assessment=submitted).count() == 1
        assert Message.objects.filter(topic=CHANGED).count() == 1
