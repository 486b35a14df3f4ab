"""F23 and F25: publishing is killed at any point, or meets a sheet that changes. One version, as proposed."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from entities.models import Entity, User
from quintet.models import Assessment, Cycle, Status
from quintet.services import signing
from quintet.services.freezing import CHANGED
from scorecards.models import EntityDocument, Proposal, Scorecard
from scorecards.services import publishing
from scorecards.services.gathering import gather
from tests.factories import AT, Cast, fill, make_entities, make_framework, make_open_cycle, sheet_of
from tests.faults.killing import kill_at, noticing
from tests.guards import unguarded
from un20portal.lib.errors import WrongState
from un20portal.outbox.models import Message

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
LEAST_POINTS = 20
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


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
    def test_at_any_point_and_one_version_comes_of_it(self, cycle: Cycle, cast: Cast) -> None:
        self.publish(cycle, cast)  # what a process keeps is read once
        self.withdraw()
        points: list[str] = []
        with noticing(points.append):
            clean = self.publish(cycle, cast)
        self.withdraw()
        assert len(points) >= LEAST_POINTS
        for point, statement in enumerate(points):
            kill_at(point, partial(self.publish, cycle, cast))
            assert self.publish(cycle, cast) == clean, f"killed at point {point}: {statement}"
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

    @staticmethod
    def confirm_while_signed_off(statement: str, late: Assessment, cast: Cast) -> Scorecard:
        """Confirm; right before the first such statement another session signs off and commits."""
        moments: list[str] = []

        def sign_off() -> None:
            try:
                signing.sign_off(assessment=late, by=cast.approver, at=timezone.now())
            finally:
                connection.close()

        def notice(sent: str) -> None:
            if statement in sent and not moments:
                moments.append(sent)
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(sign_off).result(20)

        try:
            with noticing(notice):
                return publishing.confirm(cycle=late.cycle, by=cast.second, at=AT)
        finally:
            assert moments, "the moment never came"
            assert Assessment.objects.get(pk=late.pk).status == Status.SUBMITTED
