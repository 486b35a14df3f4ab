"""Every step of a case leaves a record; what is withdrawn or deleted is read by those it concerns."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from entities.models import Entity, User
from roadmap.models import Case, CaseEvent
from roadmap.queries.cases import cases_for
from roadmap.services import cases as writing
from roadmap.services.cases import change_case, delete_case, show_case, withdraw_case
from tests.factories import AT, Cast, case_text, make_case
from un20portal.lib.errors import InvalidInput, NotAllowed, NotFound, StaleVersion, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(undp: Entity, cast: Cast) -> Case:
    """One that is shown."""
    return make_case(undp, cast.focal)


def withdraw(case: Case, by: User, *, version: int = 0, reason: str = "Not true any more.") -> Case:
    """Based on the case as the test read it, unless another version is named."""
    withdraw_case(case=case, version=version or case.version, reason=reason, by=by, at=AT)
    return Case.objects.get(pk=case.pk)


def change(case: Case, by: User, *, version: int = 0, at: datetime = AT, **said: object) -> Case:
    """Likewise."""
    return change_case(case=case, text=case_text(**said), version=version or case.version, by=by, at=at)


def is_read_by(case: Case, person: User) -> bool:
    return Case.objects.visible_to(person).filter(pk=case.pk).exists()


class TestTheRecord:
    def test_has_every_step_with_the_texts_as_they_were(self, case: Case, cast: Cast) -> None:
        change(case, cast.focal, title="New")
        withdraw(case, cast.task_force, version=3)
        change(case, cast.focal, version=4, title="Newer")
        show_case(case=case, version=5, by=cast.focal, at=AT)
        withdraw(case, cast.focal, version=6)
        delete_case(case=case, version=7, by=cast.focal, at=AT)
        events = CaseEvent.objects.filter(case=case)
        assert [(event.step, event.version, event.by, event.is_by_task_force) for event in events] == [
            ("written", 1, cast.focal, False),
            ("shown", 2, cast.focal, False),
            ("changed", 3, cast.focal, False),
            ("withdrawn", 4, cast.task_force, True),
            ("changed", 5, cast.focal, False),
            ("shown", 6, cast.focal, False),
            ("withdrawn", 7, cast.focal, False),
            ("deleted", 7, cast.focal, False),
        ]
        titles = ["A plan", "A plan", "New", "New", "Newer", "Newer", "Newer", "Newer"]
        assert [json.loads(event.text) for event in events] == [
            asdict(case_text(title=one)) for one in titles
        ]
        assert [event.reason for event in events if event.reason] == ["Not true any more."] * 2

    def test_has_nothing_of_what_was_refused_or_changed_nothing(self, case: Case, cast: Cast) -> None:
        change(case, cast.focal)
        with pytest.raises(StaleVersion):
            withdraw(case, cast.focal, version=1)
        with pytest.raises(InvalidInput):
            withdraw(case, cast.focal, reason="\u200b")
        assert CaseEvent.objects.filter(case=case).count() == 2

    def test_says_when_a_shown_text_was_changed(self, undp: Entity, case: Case, cast: Cast) -> None:
        def changed_at(one: Case) -> object:
            return vars(cases_for(cast.focal).get(pk=one.pk))["changed_at"]

        assert changed_at(case) is None
        for hours in (2, 1):  # the last step counts, whatever its clock says
            changed = change(
                case, cast.focal, version=4 - hours, title=f"New {hours}", at=AT + timedelta(hours=hours)
            )
        assert changed_at(case) == AT + timedelta(hours=1)
        show_case(case=withdraw(changed, cast.focal), version=5, by=cast.focal, at=AT + timedelta(hours=3))
        assert changed_at(case) == AT + timedelta(hours=1), "showing it again is no change"
        draft = change(make_case(undp, cast.focal, is_shown=False), cast.focal, title="New")
        show_case(case=draft, version=2, by=cast.focal, at=AT)
        assert changed_at(draft) is None, "changed before anybody else read it"

    def test_begins_for_older_cases_with_what_is_known(self, undp: Entity, cast: Cast) -> None:
        said = asdict(case_text(title="Older"))
        shared = {"entity": undp, "by": cast.focal, "at": AT, **said}
        Case.objects.create(version=3, shown_at=AT, **shared)
        Case.objects.create(**shared)
        migration = import_module("roadmap.migrations.0004_case_events")
        migration.begin(apps, SimpleNamespace(connection=connection))
        events = list(CaseEvent.objects.values_list("step", "version", "by", "text"))
        assert [event[:3] for event in events] == [
            ("written", 3, cast.focal.pk),
            ("shown", 3, cast.focal.pk),
            ("written", 1, cast.focal.pk),
        ]
        assert {json.loads(event[3])["title"] for event in events} == {"Older"}

    @pytest.mark.parametrize("wrong", [{"step": "lost"}, {"reason": "why?"}, {"step": "withdrawn"}], ids=str)
    def test_holds_known_steps_and_a_reason_of_withdrawals_alone(
        self, case: Case, cast: Cast, wrong: dict[str, str]
    ) -> None:
        good = {"case": case, "step": "shown", "version": 1, "text": "{}", "by": cast.focal, "at": AT}
        with pytest.raises(IntegrityError), transaction.atomic():
            CaseEvent.objects.create(**good | wrong)

    def test_is_written_with_the_step_or_neither_is(
        self, case: Case, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_args: object, **_options: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(writing, "_record", fail)
        with pytest.raises(RuntimeError):
            withdraw(case, cast.focal)
        with pytest.raises(RuntimeError):
            change(case, cast.focal, title="New")
        case.refresh_from_db()
        assert (case.is_shown, case.title) == (True, "A plan")


class TestWithdrawing:
    def test_is_for_the_entity_and_the_task_force(self, undp: Entity, cast: Cast) -> None:
        for person in (cast.focal, cast.task_force):
            case = withdraw(make_case(undp, cast.focal), person)
            assert not case.is_shown
            with pytest.raises(WrongState):
                withdraw(case, person)
        for person in (cast.stranger, cast.approver, cast.committee):
            with pytest.raises(NotAllowed):
                withdraw(make_case(undp, cast.focal), person)

    @pytest.mark.parametrize("reason", ["", " \n", "…", "x" * 1001, "a\x00b", "a\u202eb"])
    def test_takes_a_reason_in_words(self, case: Case, cast: Cast, reason: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            withdraw(case, cast.focal, reason=reason)
        assert {error.field for error in caught.value.errors} == {"reason"}

    def test_is_of_the_text_that_was_read(self, case: Case, cast: Cast) -> None:
        change(case, cast.focal, title="New")
        with pytest.raises(StaleVersion):
            withdraw(case, cast.task_force)
        assert Case.objects.get().is_shown

    def test_and_showing_are_told_to_who_read_what_was_before(self, case: Case, cast: Cast) -> None:
        withdraw(case, cast.task_force)
        with pytest.raises(StaleVersion, match="was withdrawn in the meantime"):
            change(case, cast.focal, title="New")
        draft = make_case(case.entity, cast.focal, is_shown=False)
        show_case(case=draft, version=1, by=cast.focal, at=AT)
        with pytest.raises(StaleVersion, match="was shown to everybody in the meantime"):
            change(draft, cast.focal, title="New")
        assert set(Case.objects.values_list("title", "version")) == {("A plan", 3), ("A plan", 2)}

    def test_by_the_entity_lets_it_show_the_same_text_again(self, case: Case, cast: Cast) -> None:
        withdraw(case, cast.focal)
        assert not is_read_by(case, cast.task_force)
        show_case(case=case, version=3, by=cast.focal, at=AT)
        assert Case.objects.get().is_shown

    def test_by_the_task_force_asks_for_another_text(self, case: Case, cast: Cast) -> None:
        withdraw(case, cast.task_force)
        with pytest.raises(WrongState, match="change its words before"):
            show_case(case=case, version=3, by=cast.focal, at=AT)
        change(case, cast.focal, version=3, title="New")
        change(case, cast.focal, version=4)
        with pytest.raises(WrongState, match="change its words before"):
            show_case(case=case, version=5, by=cast.focal, at=AT)
        change(case, cast.focal, version=5, title="New")
        show_case(case=case, version=6, by=cast.focal, at=AT)
        assert Case.objects.get().is_shown

    def test_leaves_the_text_to_the_task_force_until_it_is_changed(self, case: Case, cast: Cast) -> None:
        withdraw(case, cast.task_force)
        assert [is_read_by(case, one) for one in (cast.focal, cast.task_force, cast.stranger)] == [
            True,
            True,
            False,
        ]
        change(case, cast.focal, version=3, title="New")
        assert [is_read_by(case, one) for one in (cast.focal, cast.task_force)] == [True, False]


class TestDeleting:
    def test_takes_a_draft_off_all_pages_and_keeps_its_row(self, case: Case, cast: Cast) -> None:
        with pytest.raises(WrongState):
            delete_case(case=case, version=2, by=cast.focal, at=AT)
        withdraw(case, cast.task_force)
        delete_case(case=case, version=3, by=cast.focal, at=AT)
        assert not any(is_read_by(case, one) for one in (cast.focal, cast.task_force))
        assert not Case.objects.drafts().exists()
        assert Case.objects.get().deleted_at == AT

    def test_is_the_end(self, undp: Entity, cast: Cast) -> None:
        draft = make_case(undp, cast.focal, is_shown=False)
        delete_case(case=draft, version=1, by=cast.focal, at=AT)
        steps = (
            lambda: delete_case(case=draft, version=1, by=cast.focal, at=AT),
            lambda: show_case(case=draft, version=1, by=cast.focal, at=AT),
            lambda: change(draft, cast.focal, title="New"),
            lambda: withdraw(draft, cast.focal),
        )
        for step in steps:
            with pytest.raises(NotFound):
                step()

    def test_is_for_focal_points_of_the_entity_who_read_the_text(self, undp: Entity, cast: Cast) -> None:
        draft = make_case(undp, cast.focal, is_shown=False)
        for person in (cast.stranger, cast.task_force, cast.approver):
            with pytest.raises(NotAllowed):
                delete_case(case=draft, version=1, by=person, at=AT)
        change(draft, cast.focal, title="New")
        with pytest.raises(StaleVersion):
            delete_case(case=draft, version=1, by=cast.focal, at=AT)
