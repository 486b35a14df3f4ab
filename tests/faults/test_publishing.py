"""F23 and F25: publishing is killed at any point, or meets what changes. One version, as proposed."""

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone
from pytest_django import Settings

from entities.models import Entity, User
from quintet.models import Assessment, Cycle, Status
from quintet.services import signing
from quintet.services.freezing import CHANGED
from scorecards.models import Draft, DraftDocument, EntityDocument, Proposal, ProposalState, Scorecard
from scorecards.queries.work import COMPOSE
from scorecards.services import drafting, publishing
from scorecards.services.composing import compose
from scorecards.services.gathering import gather
from tests.factories import AT, Cast, fill, make_entities, make_framework, make_open_cycle, sheet_of
from tests.faults.killing import kill_at, noticing
from tests.guards import unguarded
from tests.processes import Worker
from tests.sessions import is_alive, table_held, until, waiting_sessions
from un20portal.celery import app
from un20portal.lib.errors import WrongState
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
LEAST_POINTS = 20
PARTS = 4
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}

# of a worker that has composed: before it begins to keep the draft, and between the bytes and the documents
MOMENTS = ["FOR NO KEY UPDATE", 'INSERT INTO "scorecards_draftdocument"']


@pytest.fixture
def cycle(undp: Entity, cast: Cast) -> Cycle:
    """A running cycle: six validated sheets, and that of UNDP, which waits for its sign-off."""
    others = make_entities(6)
    found = make_open_cycle(make_framework(), [undp, *others], cast.task_force)
    fill(found, dict.fromkeys(others, FULL))
    fill(found, {undp: FULL}, Status.DRAFT)
    signing.submit(assessment=sheet_of(found, undp), by=cast.focal, at=AT)
    return found


@pytest.fixture
def late(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


class TestPublishingIsKilled:
    @pytest.mark.parametrize("part", range(PARTS))  # side by side: all of it in one takes minutes
    def test_at_any_point_and_one_version_comes_of_it(self, cycle: Cycle, cast: Cast, part: int) -> None:
        self.publish(cycle, cast)  # what a process keeps is read once
        self.withdraw()
        points: list[str] = []
        with noticing(points.append):
            clean = self.publish(cycle, cast)
        self.withdraw()
        assert len(points) >= LEAST_POINTS
        for point in range(part, len(points), PARTS):
            kill_at(point, partial(self.publish, cycle, cast))
            assert self.publish(cycle, cast) == clean, f"killed at point {point}: {points[point]}"
            assert EntityDocument.objects.count() == 6
            self.withdraw()

    @staticmethod
    def publish(cycle: Cycle, cast: Cast) -> str:
        """What two persons do until the scorecard is out, wherever they find it; return its hash."""
        first, second = (User.objects.get(pk=person.pk) for person in (cast.task_force, cast.second))
        if not Scorecard.objects.exists():
            if not Proposal.objects.exists():
                publishing.propose(cycle=cycle, by=first, at=AT)
            publishing.confirm(cycle=cycle, by=second, at=AT)
        return Scorecard.objects.get(cycle=cycle).sha256

    @staticmethod
    def withdraw() -> None:
        """Take everything back, as nobody but a test may."""
        with unguarded():
            for model in (EntityDocument, Scorecard, Proposal):
                model._default_manager.all().delete()


class TestASheetIsSignedOffMeanwhile:
    def test_before_the_sheets_are_read_and_nothing_is_published(
        self, cycle: Cycle, late: Assessment, cast: Cast
    ) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        with pytest.raises(WrongState, match="changed since the proposal"):
            self.confirm_while_signed_off("quintet_snapshot", late, cast)
        assert not Scorecard.objects.exists()

    @pytest.mark.parametrize("statement", ["scorecards_scorecard", "scorecards_entitydocument"])
    def test_after_they_were_read_and_what_was_proposed_is_published(
        self, cycle: Cycle, late: Assessment, cast: Cast, statement: str
    ) -> None:
        inputs = gather(cycle_id=cycle.pk).sha256
        proposal = publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        published = self.confirm_while_signed_off(f'INSERT INTO "{statement}"', late, cast)
        assert published.sha256 == proposal.sha256
        assert json.loads(published.payload)["inputs_sha256"] == proposal.inputs_sha256 == inputs
        assert "UNDP" not in json.loads(published.payload)["units"]
        assert gather(cycle_id=cycle.pk).sha256 != inputs
        assert Message.objects.filter(topic=CHANGED, payload__assessment_id=late.pk).exists()
        again = publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        assert again.changed_units == ["UNDP"], "the change is in the next version"

    def test_while_it_is_composed_and_nothing_is_published(
        self, cycle: Cycle, late: Assessment, cast: Cast, settings: Settings
    ) -> None:
        """What was read before the change is composed, and can no longer be confirmed."""
        settings.SCORECARDS_COMPOSED_AT_ONCE = 0
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        meanwhile(
            'INSERT INTO "scorecards_draft"',
            other=lambda: signing.sign_off(assessment=late, by=cast.approver, at=timezone.now()),
            act=compose_owed,
        )
        assert Proposal.objects.get().state == ProposalState.READY
        with pytest.raises(WrongState, match="changed since the proposal"):
            publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        assert not Scorecard.objects.exists()

    @staticmethod
    def confirm_while_signed_off(statement: str, late: Assessment, cast: Cast) -> Scorecard:
        try:
            found: Scorecard = meanwhile(
                statement,
                other=lambda: signing.sign_off(assessment=late, by=cast.approver, at=timezone.now()),
                act=lambda: publishing.confirm(cycle=late.cycle, by=cast.second, at=AT),
            )
            return found
        finally:
            assert Assessment.objects.get(pk=late.pk).status == Status.SUBMITTED


class TestComposingIsDisturbed:
    @pytest.fixture(autouse=True)
    def _large(self, settings: Settings) -> None:
        settings.SCORECARDS_COMPOSED_AT_ONCE = 0

    def test_by_kill_9_and_another_worker_composes_what_was_proposed(
        self, cycle: Cycle, cast: Cast, celery_worker_process: Worker
    ) -> None:
        worker = celery_worker_process
        until(lambda: not Message.objects.pending().exists(), "the sheets are not followed")
        with table_held("scorecards_draftdocument"):
            publishing.propose(cycle=cycle, by=cast.task_force, at=timezone.now())
            until(lambda: len(waiting_sessions()) == 1, "the worker does not begin to compose")
            [session] = waiting_sessions()
            worker.kill()
            until(lambda: not is_alive(session), "the session of the killed worker stays")
        assert Draft.objects.exists()
        assert not DraftDocument.objects.exists(), "killed between the bytes and the documents"
        with pytest.raises(WrongState, match="still being composed"):
            publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        Message.objects.filter(topic=COMPOSE).update(leased_until=timezone.now())  # its lease has ended
        worker.start()
        worker.wait_until_ready()
        app.send_task("un20portal.outbox.tasks.run_errands")  # what beat sends every 30 seconds
        until(lambda: not Proposal.objects.get().is_being_composed, worker.output)
        clean = compose(cycle=cycle).sha256
        published = publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        assert (published.sha256, published.documents.count()) == (clean, 6)

    @pytest.mark.parametrize("statement", MOMENTS)
    def test_by_another_proposal_which_wins(self, cycle: Cycle, cast: Cast, statement: str) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        done = meanwhile(
            statement,
            other=lambda: publishing.propose(cycle=cycle, by=cast.second, at=AT, audience="committee"),
            act=compose_owed,
        )
        assert done == 2, "the older one is done without a trace, the newer one composed"
        assert Draft.objects.get().proposal == Proposal.objects.get(by=cast.second)
        assert publishing.confirm(cycle=cycle, by=cast.task_force, at=AT).audience == "committee"

    @pytest.mark.parametrize("statement", MOMENTS)
    def test_by_another_worker_when_the_lease_is_over(self, cycle: Cycle, cast: Cast, statement: str) -> None:
        """Both compose it, and the one that is late leaves alone what is ready."""
        proposal = publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        drafts: list[int] = []

        def compose_too() -> None:
            drafting.compose_proposal(proposal_id=proposal.pk, at=AT)
            drafts.append(Draft.objects.get().pk)

        meanwhile(
            statement,
            other=compose_too,
            act=lambda: drafting.compose_proposal(proposal_id=proposal.pk, at=AT),
        )
        assert [draft.pk for draft in Draft.objects.all()] == drafts
        assert publishing.confirm(cycle=cycle, by=cast.second, at=AT).documents.count() == 6


class TestProposingAnew:
    """Whoever proposes anew is never refused for the sake of a worker that composes the older proposal."""

    @pytest.fixture(autouse=True)
    def _large(self, settings: Settings) -> None:
        settings.SCORECARDS_COMPOSED_AT_ONCE = 0

    @pytest.fixture
    def older(self, cycle: Cycle, cast: Cast) -> Proposal:
        return publishing.propose(cycle=cycle, by=cast.task_force, at=AT)

    def test_while_a_worker_begins_its_draft(self, cycle: Cycle, cast: Cast, older: Proposal) -> None:
        beside(
            'DELETE FROM "scorecards_proposal"',
            other=lambda: drafting.compose_proposal(proposal_id=older.pk, at=AT),
            act=lambda: publishing.propose(cycle=cycle, by=cast.second, at=AT),
        )
        self.goes_on(cycle, cast, older)

    @pytest.mark.parametrize("taken_over", [False, True])
    def test_while_a_worker_adds_documents(
        self, cycle: Cycle, cast: Cast, older: Proposal, taken_over: bool
    ) -> None:
        """Between the deletion of those there and that of their draft, by a person or by a worker."""
        composed = compose(cycle=cycle)
        draft = drafting._begin(older, composed)
        assert draft
        unit = next(iter(composed.documents))
        refused: list[IntegrityError] = []

        def add() -> None:
            try:
                DraftDocument.objects.create(draft=draft, entity_id=unit, payload="{}", sha256="0" * 64)
            except IntegrityError as error:
                refused.append(error)

        def take_over() -> None:
            drafting._begin(older, composed)

        def propose() -> None:
            publishing.propose(cycle=cycle, by=cast.second, at=AT)

        act = take_over if taken_over else propose
        beside('DELETE FROM "scorecards_draft" ', other=add, act=act)
        assert refused, "the worker, not the person"
        assert not DraftDocument.objects.exists()
        if taken_over:
            propose()
        self.goes_on(cycle, cast, older)

    @staticmethod
    def goes_on(cycle: Cycle, cast: Cast, older: Proposal) -> None:
        assert not Proposal.objects.filter(pk=older.pk).exists()
        compose_owed()
        assert Draft.objects.get().proposal == Proposal.objects.get(by=cast.second)
        assert publishing.confirm(cycle=cycle, by=cast.task_force, at=AT).documents.count() == 6


def compose_owed() -> int:
    return outbox.run_errands(now=timezone.now, topic=COMPOSE)


def beside(statement: str, *, other: Callable[[], object], act: Callable[[], object]) -> None:
    """Act; right before the first such statement another session begins `other`, and may have to wait."""
    begun: list[Future[None]] = []

    def in_another_session() -> None:
        try:
            other()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:

        def notice(sent: str) -> None:
            if statement in sent and not begun:
                begun.append(pool.submit(in_another_session))
                until(lambda: begun[0].done() or bool(waiting_sessions()), "the other session hangs")

        with noticing(notice):
            act()
        [future] = begun
        future.result(60)


def meanwhile(statement: str, *, other: Callable[[], object], act: Callable[[], Any]) -> Any:
    """Act; right before the first such statement another session does `other` and commits."""
    moments: list[str] = []

    def in_another_session() -> None:
        try:
            other()
        finally:
            connection.close()

    def notice(sent: str) -> None:
        if statement in sent and not moments:
            moments.append(sent)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(in_another_session).result(60)

    try:
        with noticing(notice):
            return act()
    finally:
        assert moments, "the moment never came"
