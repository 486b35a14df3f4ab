"""Two sessions at one sheet: a step that waited sees the cycle as it is now; nobody waits in a circle."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from entities.models import Entity, Role
from quintet.models import Answer, Assessment, Cycle, Item, Phase, Status, Transition
from quintet.services import answering, cycles, importing, reviewing, signing
from roadmap.services import cases
from tests.factories import (
    AT,
    Cast,
    Levels,
    case_text,
    fill,
    make_case,
    make_entities,
    make_framework,
    make_open_cycle,
    make_user,
    sheet_of,
)
from tests.sessions import held, until, waiting_sessions
from un20portal.lib.errors import DomainError

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: Levels = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


@pytest.fixture
def cycle(undp: Entity, cast: Cast) -> Cycle:
    return make_open_cycle(make_framework(), [undp, *make_entities(6)], cast.task_force)


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """A complete draft."""
    fill(cycle, {undp: FULL}, Status.DRAFT)
    return sheet_of(cycle, undp)


def in_a_session(pool: ThreadPoolExecutor, act: Callable[[], object]) -> Future[str]:
    """Begin `act` in a thread with a connection of its own; the result names what became of it."""

    def run() -> str:
        try:
            act()
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    return pool.submit(run)


def save(sheet: Assessment, by: Any, text: str = "new", version: int = 1) -> Answer:
    return answering.record_answer(
        assessment=sheet,
        item=Item.objects.select_related("framework").get(code="DAT-STR"),
        raw={"state": "answered", "claimed": 3, "comment": text},
        version=version,
        by=by,
        at=AT,
        channel="form",
    )


class TestAStepThatWaitedForTheSheet:
    @pytest.mark.parametrize(
        ("step", "status"),
        [
            ("save", "draft"),
            ("save_by_name", "draft"),
            ("submit", "draft"),
            ("sign_off", "signoff"),
            ("return", "submitted"),
        ],
    )
    def test_sees_that_the_cycle_was_closed_meanwhile(
        self, sheet: Assessment, cast: Cast, step: str, status: str
    ) -> None:
        steps: dict[str, Callable[[], object]] = {
            "save": lambda: save(sheet, cast.focal),
            "save_by_name": lambda: answering.save_answer(
                sheet=sheet.pk,
                item="DAT-STR",
                raw={"state": "answered", "claimed": 3, "comment": "new"},
                version=1,
                by=cast.focal,
                at=AT,
                channel="form",
            ),
            "submit": lambda: signing.submit(assessment=sheet, by=cast.focal, at=AT),
            "sign_off": lambda: signing.sign_off(assessment=sheet, by=cast.approver, at=AT),
            "return": lambda: reviewing.return_to_entity(
                assessment=sheet, by=cast.task_force, at=AT, comment="Say more."
            ),
        }
        Assessment.objects.filter(pk=sheet.pk).update(status=status)
        with ThreadPoolExecutor(1) as pool:
            with held(sheet) as session:
                outcome = in_a_session(pool, steps[step])
                until(lambda: len(waiting_sessions()) == 1, "the step does not wait for the sheet")
                session.execute("UPDATE quintet_cycle SET phase = 'closed' WHERE id = %s", [sheet.cycle_id])
            assert outcome.result(60) == "wrong_state"
        assert Assessment.objects.get(pk=sheet.pk).status == status
        assert not Transition.objects.exists()
        assert not Answer.objects.filter(comment="new").exists()


def test_a_page_of_the_administration_waits_for_another_that_gives_roles(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.administrator)
    person = make_user("other")
    page = {
        "name": "Other", "preferred_language": "en", "is_active": "on",
        "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0,
        "memberships-0-user": person.pk, "memberships-0-role": Role.ADMINISTRATOR,
    }  # fmt: skip
    with ThreadPoolExecutor(1) as pool:
        with held(person) as session:
            outcome = in_a_session(
                pool, lambda: client.post(f"/admin/entities/user/{person.pk}/change/", page)
            )
            until(lambda: len(waiting_sessions()) == 1, "the page does not wait for the person")
            session.execute(
                "INSERT INTO entities_membership (user_id, role) VALUES (%s, 'task_force')", [person.pk]
            )
        assert outcome.result(60) == "done"
    assert list(person.memberships.values_list("role", flat=True)) == ["task_force"]


@pytest.mark.parametrize("step", ["change", "show"])
def test_who_waited_for_a_case_is_told_that_somebody_changed_it(undp: Entity, cast: Cast, step: str) -> None:
    case = make_case(undp, cast.focal, is_shown=False)
    based: dict[str, Any] = {"case": case, "version": 1, "by": cast.focal, "at": AT}
    steps: dict[str, Callable[[], object]] = {
        "change": lambda: cases.change_case(text=case_text(title="Second"), **based),
        "show": lambda: cases.show_case(**based),
    }
    with ThreadPoolExecutor(1) as pool:
        with held(case) as session:
            outcome = in_a_session(pool, steps[step])
            until(lambda: len(waiting_sessions()) == 1, "the step does not wait for the case")
            session.execute("UPDATE roadmap_case SET title = 'First', version = 2 WHERE id = %s", [case.pk])
        assert outcome.result(60) == "stale_version"
    case.refresh_from_db()
    assert (case.title, case.version, case.is_shown) == ("First", 2, False)


class TestAPhase:
    @pytest.mark.parametrize(
        ("before", "move", "after"),
        [
            (Phase.OPEN, cycles.start_validation, Phase.VALIDATION),
            (Phase.VALIDATION, cycles.close_cycle, Phase.CLOSED),
        ],
    )
    def test_ends_after_the_steps_that_are_under_way(
        self, sheet: Assessment, cast: Cast, before: str, move: Callable[..., None], after: str
    ) -> None:
        Cycle.objects.update(phase=before)
        with ThreadPoolExecutor(1) as pool:
            with held(sheet):
                outcome = in_a_session(pool, lambda: move(cycle=sheet.cycle, by=cast.task_force))
                until(lambda: len(waiting_sessions()) == 1, "the phase ends in the middle of a step")
                assert Cycle.objects.get().phase == before
            assert outcome.result(60) == "done"
        assert Cycle.objects.get().phase == after

    def test_ends_while_everybody_writes(self, sheet: Assessment, cast: Cast) -> None:
        """Saves, an import and the end of the phase at once: each is done or refused, none is a deadlock."""
        others = [importing.SheetToWrite(Entity.objects.get(code="ENT-001"), Status.VALIDATED, {})]
        acts: list[Callable[[], object]] = [
            *[lambda n=n: save(sheet, cast.focal, f"text {n}") for n in range(6)],
            lambda: importing.write_sheets(cycle=sheet.cycle, sheets=others, at=AT, channel="import"),
            lambda: cycles.start_validation(cycle=sheet.cycle, by=cast.task_force),
        ]
        with ThreadPoolExecutor(len(acts)) as pool:
            *saves, imported, moved = [in_a_session(pool, act) for act in acts]
            assert {outcome.result(60) for outcome in saves} <= {"done", "stale_version", "wrong_state"}
            assert (imported.result(60), moved.result(30)) == ("done", "done")
        assert Cycle.objects.get().phase == Phase.VALIDATION
