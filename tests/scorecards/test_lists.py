"""Lists of published versions: what they say stands in the rows, follows from the bytes, and is checked."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Cycle, Framework, Phase
from scorecards.models import Scorecard
from scorecards.queries import publications
from scorecards.queries.publications import leading_scorecard, said_in_lists
from tests.factories import (
    Cast,
    fill,
    make_counted_cycle,
    make_entities,
    make_entity,
)
from tests.guards import unguarded
from tests.scorecards.worked import publish
from un20portal.lib.append_only import unguarded_tables

pytestmark = pytest.mark.django_db
BEFORE = ("scorecards", "0011_custom_groups")
LISTS = ["/scorecards/", "/api/v1/scorecards/", "/scorecards/2026/publication/"]
COLUMNS = ("is_final", "note", "n_changed", "n_regrouped")
Said = tuple[bool, str, int, int]


@pytest.fixture
def said(cast: Cast, framework: Framework) -> list[Said]:
    """Three versions of a cycle: interim, corrected, final; what their rows should say."""
    units = make_entities(6)
    cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in units})
    publish(cycle, cast)
    fill(cycle, {make_entity(f"LATE-{number}"): {"DAT-STR": 3} for number in range(2)})
    Entity.objects.filter(code="ENT-005").update(ceb_member=False)
    publish(cycle, cast, note="Two sheets came late.")
    Cycle.objects.filter(pk=cycle.pk).update(phase=Phase.CLOSED)
    publish(cycle, cast)
    return [(False, "", 0, 0), (False, "Two sheets came late.", 2, 1), (True, "", 0, 0)]


def rows() -> list[Any]:
    return list(Scorecard.objects.values_list(*COLUMNS))


class TestWhatTheySay:
    def test_stands_in_the_rows(self, said: list[Said]) -> None:
        assert rows() == said

    def test_is_read_without_the_bytes(self, said: list[Said], cast: Cast, client: Client) -> None:
        client.force_login(cast.task_force)
        publications.published_document.cache_clear()
        publications.published_bytes.cache_clear()
        for address in LISTS:
            with CaptureQueriesContext(connection) as captured:
                answer = client.get(address)
            assert "Two sheets came late." in answer.content.decode()
            read = [query["sql"] for query in captured if '"scorecards_scorecard"."payload"' in query["sql"]]
            assert not read, address
        assert publications.published_document.cache_info().misses == 0

    def test_asks_the_database_as_often_for_more_versions(
        self, said: list[Said], cast: Cast, client: Client
    ) -> None:
        client.force_login(cast.task_force)
        found = []
        cycle = Cycle.objects.get()
        for level in range(3, 5):
            for number in range(5):
                fill(cycle, {make_entity(f"NEW-{level}-{number}"): {"DAT-STR": level}})
                publish(cycle, cast)
            asked = []
            for address in LISTS:
                client.get(address)
                with CaptureQueriesContext(connection) as captured:
                    client.get(address)
                asked.append(len(captured))
            found.append(asked)
        assert found[0] == found[1]


class TestTheLeadingOne:
    def test_is_found_by_one_question_that_reads_no_bytes(
        self, said: list[Said], cast: Cast, framework: Framework
    ) -> None:
        interim = make_counted_cycle(framework, {}, "2027")
        Cycle.objects.filter(pk=interim.pk).update(closes_on="2027-12-18")
        publish(interim, cast)
        with CaptureQueriesContext(connection) as captured:
            found = leading_scorecard(cast.focal)
        assert found
        assert (found.cycle.code, found.version) == ("2026", 3)
        assert sum("scorecards_scorecard" in query["sql"] for query in captured) == 1
        assert "payload" not in captured[-1]["sql"]


class TestVerifying:
    def test_finds_nothing_in_what_was_published(self, said: list[Said]) -> None:
        out = StringIO()
        call_command("verify_publications", stdout=out)
        assert out.getvalue().endswith(": 3.\n")

    @pytest.mark.parametrize(
        "changes", [{"is_final": True}, {"note": "x"}, {"n_changed": 3}, {"n_regrouped": 0, "n_changed": 1}]
    )
    def test_names_the_columns_that_do_not_follow_from_the_bytes(
        self, said: list[Said], changes: dict[str, Any]
    ) -> None:
        with unguarded():
            Scorecard.objects.filter(version=2).update(**changes)
        with pytest.raises(CommandError) as refused:
            call_command("verify_publications", stdout=StringIO())
        names = ", ".join(sorted(changes))
        assert str(refused.value) == f"2026 version 2: the row says otherwise than its bytes: {names}."

    def test_reads_bytes_of_before_that_name_less(self) -> None:
        """The first versions had neither a note nor groups."""
        of_before = {"cycle": {"phase": "closed"}, "supersedes": "0" * 64, "changed_units": ["UNDP"]}
        assert tuple(said_in_lists(of_before).values()) == (True, "", 1, 0)
        first: dict[str, Any] = {"cycle": {"phase": "open"}, "supersedes": None, "changed_units": []}
        assert tuple(said_in_lists(first).values()) == (False, "", 0, 0)


class TestTheMigration:
    @pytest.mark.django_db(transaction=True)
    def test_fills_the_rows_that_are_there_and_leaves_them_guarded(self, said: list[Said]) -> None:
        latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
        try:
            MigrationExecutor(connection).migrate([BEFORE])
            with connection.cursor() as cursor:
                names = connection.introspection.get_table_description(cursor, Scorecard._meta.db_table)
            assert not {column.name for column in names} & set(COLUMNS)
        finally:
            MigrationExecutor(connection).migrate(latest)
        assert rows() == said
        if connection.vendor == "postgresql":
            assert unguarded_tables(connection) == []
            with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
                Scorecard.objects.update(note="x")
