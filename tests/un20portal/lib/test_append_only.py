"""Append-only tables: PostgreSQL refuses every change; a table that lost its guard is named."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from entities.models import Entity
from quintet.models import (
    AnswerRevision,
    EvidenceChange,
    Extension,
    Item,
    Receipt,
    SecondRating,
    Snapshot,
    Status,
    Thread,
    ThreadPost,
    Transition,
)
from roadmap.models import CaseEvent
from scorecards.models import (
    AskingConsent,
    Checkpoint,
    ComparedPair,
    Consent,
    EntityDocument,
    PaperFile,
    PublicRelease,
    Scorecard,
    Uncertainty,
)
from scorecards.services import publishing
from tests.factories import (
    AT,
    Levels,
    make_case,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.guards import OFF, unguarded
from un20portal.lib.append_only import TRIGGER, append_only_tables

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
MODELS = [
    AnswerRevision,
    AskingConsent,
    CaseEvent,
    Checkpoint,
    ComparedPair,
    Consent,
    EntityDocument,
    EvidenceChange,
    Extension,
    PaperFile,
    PublicRelease,
    Receipt,
    Scorecard,
    SecondRating,
    Snapshot,
    ThreadPost,
    Transition,
    Uncertainty,
]
CHANGES = {
    "UPDATE": "UPDATE {} SET id = id",
    "an empty UPDATE": "UPDATE {} SET id = id WHERE false",
    "DELETE": "DELETE FROM {}",
    "TRUNCATE": "TRUNCATE {} CASCADE",
}


@pytest.fixture
def _rows() -> None:
    """At least one row in every append-only table."""
    cast = make_cast(make_entity("UNDP"), make_entity("UNICEF"))
    sheets: dict[Entity, Levels] = {entity: {"DAT-STR": 2} for entity in make_entities(6)}
    cycle = make_counted_cycle(make_framework(), sheets)
    publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
    scorecard = publishing.confirm(cycle=cycle, by=cast.second, at=AT)
    sheet, item, mine = cycle.assessments.all()[0], Item.objects.all()[0], {"by": cast.task_force, "at": AT}
    EvidenceChange.objects.create(assessment=sheet, item=item, action="attached", document={}, **mine)
    Extension.objects.create(assessment=sheet, until=AT, reason="flood", **mine)
    step = Transition.objects.create(assessment=sheet, from_status="draft", to_status="signoff", **mine)
    Receipt.objects.create(number="1", transition=step, contents_sha256="0" * 64)
    SecondRating.objects.create(snapshot=Snapshot.objects.all()[0], item=item, level=1, **mine)
    thread = Thread.objects.create(assessment=sheet, item=item, opened_by=cast.task_force, opened_at=AT)
    ThreadPost.objects.create(thread=thread, text="why?", status="open", **mine)
    PublicRelease.objects.create(scorecard=scorecard, **mine)
    Checkpoint.objects.create(n_scorecards=1, payload="{}", signature="0", key_id="0", at=AT)
    other = make_counted_cycle(cycle.framework, {}, "2025")
    publishing.propose(cycle=other, by=cast.task_force, at=AT)
    earlier = publishing.confirm(cycle=other, by=cast.second, at=AT)
    ComparedPair.objects.create(before=earlier, after=scorecard, payload="{}", sha256="0" * 64, at=AT)
    Consent.objects.create(cycle=cycle, entity=sheet.entity, audience="public", **mine)
    AskingConsent.objects.create(cycle=cycle, entity=sheet.entity, may_be_asked=True, **mine)
    make_case(Entity.objects.get(code="UNDP"), cast.focal)
    Uncertainty.objects.create(cycle=cycle, inputs_sha256="0" * 64, payload="{}", sha256="0" * 64, at=AT)
    PaperFile.objects.create(
        scorecard=scorecard,
        language="en",
        form="pdf",
        edition=1,
        content=b"0",
        sha256="0" * 64,
        n_bytes=1,
        at=AT,
    )
    connection.check_constraints()  # else TRUNCATE fails for checks put off to the end of the transaction


def findings() -> list[str]:
    return [str(found.id) for found in run_checks(tags=[Tags.database], databases=["default"])]


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_these_tables_are_append_only() -> None:
    assert append_only_tables() == sorted(model._meta.db_table for model in MODELS)


@pytest.mark.usefixtures("_rows")
class TestEveryAppendOnlyTable:
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize("model", MODELS)
    def test_refuses_to_be_changed(self, model: Any, change: str) -> None:
        rows = list(model.objects.order_by("pk").values_list())
        assert rows
        verb, table = change.rpartition(" ")[2], model._meta.db_table
        message = f"Rows of {table} are never changed or removed: {verb} was refused"
        with pytest.raises(ProgrammingError, match=message), transaction.atomic():
            execute(CHANGES[change].format(table))
        assert list(model.objects.order_by("pk").values_list()) == rows

    @pytest.mark.parametrize("act", [lambda rows: rows.delete(), lambda rows: rows.update(id=1)])
    @pytest.mark.parametrize("model", MODELS)
    def test_refuses_the_portal_itself(self, model: Any, act: Callable[[Any], object]) -> None:
        with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
            act(model.objects.all())
        assert model.objects.exists()

    def test_still_takes_new_rows(self) -> None:
        step = Transition.objects.order_by("pk")[0]
        step.pk, step.to_status = None, Status.RETURNED
        step.save(force_insert=True)
        assert Transition.objects.filter(to_status=Status.RETURNED).count() == 1

    def test_is_guarded_again_after_a_test_tampered_with_it(self) -> None:
        with unguarded():
            Receipt.objects.all().delete()
            Transition.objects.all().delete()
        assert not Transition.objects.exists()
        assert findings() == []


class TestTheCheck:
    def test_finds_nothing_after_all_migrations(self) -> None:
        assert findings() == []

    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize(
        "change", [OFF, f"ENABLE TRIGGER {TRIGGER}", f"ENABLE REPLICA TRIGGER {TRIGGER}", "dropped"]
    )
    def test_names_a_table_without_its_guard(self, model: Any, change: str) -> None:
        table = model._meta.db_table
        is_dropped = change == "dropped"
        execute(f"DROP TRIGGER {TRIGGER} ON {table}" if is_dropped else f"ALTER TABLE {table} {change}")
        with pytest.raises(SystemCheckError, match=rf"un20portal\.E004\) Rows of {table} can be changed"):
            call_command("check", databases=["default"])

    def test_leaves_it_to_migrations_that_are_still_to_come(self) -> None:
        execute(f"DROP TRIGGER {TRIGGER} ON {Snapshot._meta.db_table}")
        [newest] = MigrationLoader(connection).graph.leaf_nodes("quintet")
        MigrationRecorder(connection).record_unapplied(*newest)
        assert findings() == []


def test_a_migration_back_takes_the_guard_away() -> None:
    call_command("migrate", "scorecards", "0001", verbosity=0, skip_checks=True)
    execute("UPDATE scorecards_scorecard SET id = id")
    call_command("migrate", "scorecards", verbosity=0, skip_checks=True)
    with pytest.raises(ProgrammingError, match="never changed"), transaction.atomic():
        execute("UPDATE scorecards_scorecard SET id = id")
