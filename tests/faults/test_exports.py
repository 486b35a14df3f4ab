"""A real worker writes the workbook of everything, whatever waits before it, and after it was killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from entities.models import Entity
from quintet.models import Cycle, CycleExport, ExportState, Status
from quintet.queries.exports import EXPORT
from quintet.queries.mailings import LETTER
from quintet.services.exporting import ask_for_export
from tests import processes
from tests.factories import Cast, fill
from un20portal.celery import app
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
NOBODY = 999_999


@pytest.fixture
def counted(cycle: Cycle, undp: Entity) -> Cycle:
    fill(cycle, {undp: {"DAT-STR": 2}}, Status.SUBMITTED)
    Message.objects.all().delete()  # and no wake-up waits that a worker would run errands for later
    app.control.purge()
    return cycle


@pytest.fixture
def worker(counted: Cycle, tmp_path: Path) -> Iterator[processes.Worker]:
    """A ready worker with a storage of its own."""
    environment = processes.environment(EVIDENCE_DIR=str(tmp_path / "storage"))
    found = processes.Worker(environment=environment, log=tmp_path / "worker.log")
    try:
        found.wait_until_ready()
        yield found
    finally:
        found.end()


def ask(cycle: Cycle, cast: Cast) -> CycleExport:
    return ask_for_export(cycle=cycle, language="fr", by=cast.task_force, at=timezone.now())


def finished(export: CycleExport, worker: processes.Worker) -> CycleExport:
    """The export when its errand has ended, which is noted after the workbook."""
    errand = Message.objects.filter(topic=EXPORT)
    worker.wait_until(lambda: "under way" if errand.exclude(done_at=None).count() < 1 else None)
    export.refresh_from_db()
    assert export.state == ExportState.DONE, worker.output
    return export


class TestAWorker:
    def test_writes_it_before_the_letters_that_wait(
        self, counted: Cycle, cast: Cast, worker: processes.Worker, tmp_path: Path
    ) -> None:
        now = timezone.now()
        Message.objects.create(topic=LETTER, payload={"letter_id": NOBODY}, created_at=now, due_at=now)
        export = finished(ask(counted, cast), worker)
        assert (tmp_path / "storage" / str(export.file.name)).stat().st_size > 5000
        assert Message.objects.get(topic=LETTER).done_at is None

    def test_that_was_killed_in_the_middle_lets_it_be_written_anew(
        self, counted: Cycle, cast: Cast, worker: processes.Worker
    ) -> None:
        worker.kill()
        export = ask(counted, cast)
        CycleExport.objects.update(state=ExportState.RUNNING, units_done=1)
        Message.objects.filter(topic=EXPORT).update(leased_until=timezone.now() + outbox.LEASE)
        assert outbox.run_errands(now=timezone.now, topic=EXPORT) == 0, "its lease has not ended"
        Message.objects.filter(topic=EXPORT).update(leased_until=timezone.now())
        worker.start()
        worker.wait_until_ready()
        finished(export, worker)
