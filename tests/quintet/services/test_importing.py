"""Writing whole sheets at once: validated and frozen, all or nothing, with their traces."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.domain.answers import ANSWERED, NA, AnswerValue
from quintet.domain.packing import unpack
from quintet.domain.sheets import ImportedAnswer, Sheets
from quintet.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Cycle,
    Framework,
    NaDecision,
    Phase,
    Snapshot,
    Status,
    Transition,
)
from quintet.services.cycles import open_cycle
from quintet.services.freezing import CHANGED
from quintet.services.importing import import_sheets
from tests.factories import (
    AT,
    Cast,
    fill,
    make_cast,
    make_cycle,
    make_entity,
    make_framework,
    make_open_cycle,
    sheet_of,
)
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import InvalidInput, WrongState
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
TABLES = (Cycle, Assessment, Answer, AnswerRevision, Transition, Snapshot, Message)


@pytest.fixture
def undp() -> Entity:
    make_framework()
    return make_entity("UNDP")


@pytest.fixture
def unicef(undp: Entity) -> Entity:
    return make_entity("UNICEF")


def level(claimed: int, accepted: int | None = None) -> ImportedAnswer:
    return ImportedAnswer(AnswerValue(ANSWERED, claimed, comment="evidence"), accepted)


SHEETS: Sheets = {
    "UNDP": {
        "DAT-STR": level(3, 2),
        "DAT-LED": level(2),
        "DAT-PMS": ImportedAnswer(AnswerValue(NA, na_reason="no programmes"), None),
    },
    "UNICEF": {"DAT-STR": level(4)},
}


def counts() -> list[int]:
    return [model.objects.count() for model in TABLES]


class TestImporting:
    def test_makes_a_closed_cycle_where_there_is_none(self, unicef: Entity) -> None:
        assert import_sheets(sheets=SHEETS, cycle_code="2024", at=AT) == 4
        cycle = Cycle.objects.get()
        assert (cycle.code, cycle.phase, cycle.framework.slug) == ("2024", Phase.CLOSED, "small")
        assert cycle.closes_on == AT.date()
        assert set(cycle.assessments.values_list("status", flat=True)) == {Status.VALIDATED}

    def test_freezes_every_sheet_on_both_bases(self, undp: Entity, unicef: Entity) -> None:
        import_sheets(sheets=SHEETS, cycle_code="2024", at=AT)
        snapshot = Snapshot.objects.get(assessment__entity=undp)
        assert snapshot.sha256 == sha256(snapshot.payload)
        rest: list[int | str | None] = [2, None, None, None, None, "na", *[None] * 7]
        assert unpack(bytes(snapshot.claimed)) == [3, *rest]
        assert unpack(bytes(snapshot.accepted)) == [2, *rest]
        assert Snapshot.objects.count() == 2

    def test_approves_requests_and_leaves_traces(self, unicef: Entity) -> None:
        import_sheets(sheets=SHEETS, cycle_code="2024", at=AT)
        assert Answer.objects.get(item__code="DAT-PMS").na_decision == NaDecision.APPROVED
        steps = Transition.objects.filter(by=None).values_list("action", "from_status", "to_status", "at")
        assert set(steps) == {("import", "draft", "validated", AT)}
        assert len(steps) == 2
        revisions = AnswerRevision.objects.values_list("channel", "version", "outcome")
        assert set(revisions) == {("import", 1, "saved")}
        assert len(revisions) == 4

    def test_owes_the_figures_once(self, unicef: Entity) -> None:
        import_sheets(sheets=SHEETS, cycle_code="2024", at=AT)
        message = Message.objects.get()
        assert (message.topic, message.payload) == (CHANGED, {"cycle_id": Cycle.objects.get().pk})

    def test_fills_the_sheets_of_a_cycle_that_exists(self, undp: Entity, unicef: Entity) -> None:
        cast: Cast = make_cast(undp, unicef)
        cycle = make_open_cycle(Framework.objects.get(), [undp], cast.task_force)
        sheet = sheet_of(cycle, undp)
        import_sheets(sheets=SHEETS, cycle_code="2026", at=AT)
        sheet.refresh_from_db()
        assert sheet.status == Status.VALIDATED
        assert cycle.assessments.count() == 2

    def test_says_from_which_status_a_sheet_came(self, undp: Entity, unicef: Entity) -> None:
        cycle = make_open_cycle(Framework.objects.get(), [undp], make_cast(undp, unicef).task_force)
        cycle.assessments.update(status=Status.RETURNED)
        import_sheets(sheets=SHEETS, cycle_code="2026", at=AT)
        steps = Transition.objects.order_by("assessment__entity__code")
        assert list(steps.values_list("assessment__entity__code", "from_status", "to_status")) == [
            ("UNDP", "returned", "validated"),
            ("UNICEF", "draft", "validated"),
        ]

    def test_writes_no_sheet_of_another_unit(self, undp: Entity, unicef: Entity) -> None:
        cycle = make_open_cycle(Framework.objects.get(), [undp, unicef], make_cast(undp, unicef).task_force)
        sheet = sheet_of(cycle, undp)
        with CaptureQueriesContext(connection) as queries:
            import_sheets(sheets={"UNICEF": SHEETS["UNICEF"]}, cycle_code="2026", at=AT)
        updates = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
        assert len(updates) == 1
        assert f"IN ({sheet_of(cycle, unicef).pk})" in updates[0]
        sheet.refresh_from_db()
        assert sheet.status == Status.DRAFT


class TestAllOrNothing:
    def test_refuses_a_planned_cycle_which_then_opens(self, undp: Entity, unicef: Entity) -> None:
        cycle = make_cycle(Framework.objects.get())
        before = counts()
        with pytest.raises(WrongState, match="only planned"):
            import_sheets(sheets=SHEETS, cycle_code=cycle.code, at=AT)
        assert counts() == before
        by = make_cast(undp, unicef).task_force
        assert open_cycle(cycle=cycle, entities=[undp, unicef], by=by, at=AT) == 2

    def test_refuses_units_that_said_something_already(self, undp: Entity, unicef: Entity) -> None:
        import_sheets(sheets={"UNICEF": SHEETS["UNICEF"]}, cycle_code="2024", at=AT)
        before = counts()
        with pytest.raises(InvalidInput) as caught:
            import_sheets(sheets=SHEETS, cycle_code="2024", at=AT)
        assert [(error.field, error.code) for error in caught.value.errors] == [("UNICEF", "has_answers")]
        assert counts() == before

    def test_leaves_a_draft_that_somebody_began_alone(self, undp: Entity, unicef: Entity) -> None:
        import_sheets(sheets={"UNICEF": SHEETS["UNICEF"]}, cycle_code="2024", at=AT)
        cycle = Cycle.objects.get()
        fill(cycle, {undp: {"DAT-STR": 1}}, Status.DRAFT)
        with pytest.raises(InvalidInput):
            import_sheets(sheets={"UNDP": SHEETS["UNDP"]}, cycle_code="2024", at=AT)
        assert Answer.objects.get(assessment__entity=undp, item__code="DAT-STR").claimed == 1
        assert sheet_of(cycle, undp).status == Status.DRAFT

    def test_is_taken_back_with_its_message(self, unicef: Entity) -> None:
        before = counts()
        with transaction.atomic():
            import_sheets(sheets=SHEETS, cycle_code="2024", at=AT)
            transaction.set_rollback(True)
        assert counts() == before

    def test_writes_nothing_when_the_figures_could_not_be_owed(
        self, unicef: Entity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = counts()
        monkeypatch.delitem(outbox._handlers, CHANGED)
        with pytest.raises(KeyError):
            import_sheets(sheets=SHEETS, cycle_code="2024", at=AT)
        assert counts() == before

    @pytest.mark.parametrize("code", ["", "20 26", "2026/1", "a%b", "x" * 51])
    def test_refuses_a_cycle_that_no_address_could_name(self, unicef: Entity, code: str) -> None:
        before = counts()
        with pytest.raises(InvalidInput):
            import_sheets(sheets=SHEETS, cycle_code=code, at=AT)
        assert counts() == before
