"""What the figures of a cycle wait for, as the publication page says it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Cycle, Status
from quintet.services.freezing import CHANGED, announce_change
from scorecards.models import ComputationRun
from scorecards.queries.work import COMPOSE, RUN, WorkOwed, progress_of, work_owed
from tests.factories import AT, Cast, fill, later, make_entities, make_framework, make_open_cycle, sheet_of
from un20portal.outbox.models import Message
from un20portal.outbox.services import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """A cycle of three submitted sheets whose figures nobody has computed."""
    entities = make_entities(3)
    found = make_open_cycle(make_framework(), entities, cast.task_force)
    fill(found, {entity: {"DAT-STR": 2} for entity in entities}, Status.SUBMITTED)
    Message.objects.all().delete()
    return found


def announce(cycle: Cycle, minutes: int, code: str) -> Message:
    announce_change(assessment=sheet_of(cycle, Entity.objects.get(code=code)), at=later(minutes))
    return Message.objects.latest("pk")


def the_page(client: Client, cast: Cast) -> str:
    client.force_login(cast.task_force)
    return client.get("/scorecards/2026/publication/").content.decode()


def plans(queries: CaptureQueriesContext) -> list[str]:
    """How PostgreSQL would do these queries."""
    with connection.cursor() as cursor:
        found = []
        for query in list(queries.captured_queries):
            cursor.execute(f"EXPLAIN {query['sql']}")
            found.append("\n".join(line for (line,) in cursor.fetchall()))
    return found


class TestWorkOwed:
    @pytest.mark.servers
    def test_is_found_by_its_index_however_much_was_done(self, cycle: Cycle) -> None:
        ComputationRun.objects.create(cycle=cycle, kinds=[], begun_at=AT)
        Message.objects.bulk_create(
            Message(topic=topic, payload={}, created_at=AT, due_at=AT, done_at=AT)
            for topic in [CHANGED, RUN] * 2000
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE outbox_message")
        with CaptureQueriesContext(connection) as queries:
            work_owed(cycle)
            progress_of(COMPOSE, at=AT, proposal_id=1)
        reading = [plan for plan in plans(queries) if "outbox_message" in plan]
        assert len(reading) == 4
        assert all("outbox_not_done" in plan for plan in reading)

    def test_is_none_when_every_change_is_in_the_figures(self, cycle: Cycle) -> None:
        announce(cycle, 0, "ENT-001")
        drain(now=lambda: later(1))
        assert work_owed(cycle) == WorkOwed(0, 0, 0, None)
        assert work_owed(cycle).is_done

    def test_counts_what_waits_failed_and_was_given_up(self, cycle: Cycle) -> None:
        for minutes, code in enumerate(("ENT-001", "ENT-002", "ENT-003")):
            announce(cycle, minutes, code)
        _waits, failed, dead = Message.objects.order_by("pk")
        Message.objects.filter(pk=failed.pk).update(attempts=2)
        Message.objects.filter(pk=dead.pk).update(attempts=5, dead_at=later(9))
        assert work_owed(cycle) == WorkOwed(2, 1, 1, AT)

    def test_is_that_of_this_cycle_and_of_its_figures(self, cycle: Cycle) -> None:
        announce(cycle, 0, "ENT-001")
        Message.objects.create(topic=CHANGED, payload={"cycle_id": cycle.pk + 1}, created_at=AT, due_at=AT)
        Message.objects.create(
            topic="quintet.letter", payload={"cycle_id": cycle.pk}, created_at=AT - timedelta(1), due_at=AT
        )
        assert work_owed(cycle) == WorkOwed(1, 0, 0, AT)


class TestThePublicationPage:
    def test_says_that_nothing_is_owed(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        announce(cycle, 0, "ENT-001")
        drain(now=lambda: later(1))
        assert "Every change of a sheet is in these figures." in the_page(client, cast)

    def test_says_what_is_not_in_the_figures_yet(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        announce(cycle, 0, "ENT-001")
        drain(now=lambda: later(1))
        announce(cycle, 2, "ENT-002")
        announce(cycle, 3, "ENT-003")
        page = the_page(client, cast)
        assert "The figures stand as of" in page
        assert "2 changes of sheets are not in the figures yet." in page
        assert "tried in vain" not in page

    def test_does_not_say_that_no_sheet_came_while_the_first_one_waits(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        assert "no sheet has been submitted" in the_page(client, cast)
        announce(cycle, 0, "ENT-001")
        page = the_page(client, cast)
        assert "no sheet has been submitted" not in page
        assert "1 change of a sheet is not in the figures yet." in page

    def test_says_that_an_administrator_must_look(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        announce(cycle, 0, "ENT-001")
        Message.objects.update(attempts=5, dead_at=later(9))
        assert "1 change was given up after too many attempts" in the_page(client, cast)
