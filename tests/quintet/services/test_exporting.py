"""The workbook of everything: asked for once, written from frozen sheets, removed after some days."""

import hashlib
import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from entities.models import Entity
from quintet.interchange.everything_xlsx import write_everything
from quintet.models import Assessment, Cycle, CycleExport, ExportState, Framework, Snapshot, Status
from quintet.models.evidence import evidence_storage
from quintet.queries import exports
from quintet.queries.exports import Everything, everything, open_export
from quintet.services import evidence, exporting
from quintet.services.exporting import KEPT, ask_for_export, sweep_exports, write_export
from tests.factories import AT, Cast, Levels, fill, later, make_counted_cycle, make_entities, sheet_of
from un20portal.lib.errors import NotAllowed, NotFound, WrongState
from un20portal.lib.storage import folder
from un20portal.outbox.models import Message
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db
SOME: Levels = {"DAT-STR": 2, "DAT-PMS": "na"}


@pytest.fixture
def stored(tmp_path: Path, settings: Settings) -> Path:
    """The folder of the storage, empty."""
    place = tmp_path / "storage"
    settings.STORAGES = {**settings.STORAGES, "evidence": folder(str(place))}
    return place


def ask(cycle: Cycle, cast: Cast, language: str = "en") -> CycleExport:
    return ask_for_export(cycle=cycle, language=language, by=cast.task_force, at=AT)


def write(export: CycleExport, at: Any = AT) -> CycleExport:
    write_export(export_id=export.pk, at=at, write=write_everything)
    export.refresh_from_db()
    return export


def files(place: Path) -> list[str]:
    """The files in the storage, by their names in it."""
    return [str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()]


@pytest.fixture
def counted(cycle: Cycle, undp: Entity) -> Cycle:
    """A cycle in which UNDP has submitted, and UNICEF has a draft."""
    fill(cycle, {undp: SOME}, Status.SUBMITTED)
    fill(cycle, {Entity.objects.get(code="UNICEF"): SOME}, Status.DRAFT)
    return cycle


class TestAsking:
    def test_owes_one_errand_and_notes_who_asked(self, counted: Cycle, cast: Cast) -> None:
        export = ask(counted, cast, "fr")
        assert (export.by, export.at, export.language) == (cast.task_force, AT, "fr")
        assert (export.state, export.units_total) == (ExportState.WAITING, 1)
        assert Message.objects.get(topic=exports.EXPORT).payload == {"export_id": export.pk}

    def test_while_one_is_under_way_gives_that_one(self, counted: Cycle, cast: Cast) -> None:
        first = ask(counted, cast)
        CycleExport.objects.update(state=ExportState.RUNNING)
        second = ask_for_export(cycle=counted, language="ar", by=cast.second, at=later(1))
        assert second == first
        assert Message.objects.filter(topic=exports.EXPORT).count() == 1

    def test_after_one_is_finished_writes_a_new_one(self, counted: Cycle, cast: Cast, stored: Path) -> None:
        first = write(ask(counted, cast))
        assert ask(counted, cast) != first

    def test_is_for_the_task_force_alone(self, counted: Cycle, cast: Cast) -> None:
        for person in (cast.focal, cast.approver, cast.viewer, cast.committee, cast.administrator):
            with pytest.raises(NotAllowed):
                ask_for_export(cycle=counted, language="en", by=person, at=AT)
        assert not CycleExport.objects.exists()

    def test_is_refused_while_nothing_was_submitted(self, cycle: Cycle, undp: Entity, cast: Cast) -> None:
        fill(cycle, {undp: SOME}, Status.DRAFT)
        with pytest.raises(WrongState, match="Nothing has been submitted in this cycle yet"):
            ask(cycle, cast)

    def test_is_refused_for_more_than_a_workbook_holds(
        self, counted: Cycle, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exporting, "MOST_ROWS", 14)
        assert ask(counted, cast).units_total == 1
        CycleExport.objects.all().delete()
        monkeypatch.setattr(exporting, "MOST_ROWS", 13)
        with pytest.raises(WrongState, match="more answers than one workbook can hold"):
            ask(counted, cast)

    def test_the_database_knows_of_one_under_way(self, counted: Cycle, cast: Cast) -> None:
        export = ask(counted, cast)
        with pytest.raises(IntegrityError, match="cycle"), transaction.atomic():
            CycleExport.objects.create(cycle=counted, language="en", units_total=1, by=cast.second, at=AT)
        with (
            pytest.raises(IntegrityError, match="exactly_a_finished_export_has_a_file"),
            transaction.atomic(),
        ):
            CycleExport.objects.filter(pk=export.pk).update(state=ExportState.DONE)


class TestWriting:
    def test_stores_the_file_under_a_name_that_says_nothing(
        self, counted: Cycle, cast: Cast, stored: Path
    ) -> None:
        ask(counted, cast)
        assert run_errands(now=lambda: later(1), topic=exports.EXPORT) == 1
        export = CycleExport.objects.get()
        assert (export.state, export.units_done, export.units_total) == (ExportState.DONE, 1, 1)
        assert export.finished_at == later(1)
        [name] = files(stored)
        assert name == export.file.name
        assert name.startswith("exports/")
        assert len(name) == len("exports/") + 32
        with open_export(export) as file:
            assert hashlib.sha256(file.read()).hexdigest() == export.sha256

    def test_reads_the_last_frozen_sheets_of_units_that_count(
        self, counted: Cycle, cast: Cast, undp: Entity
    ) -> None:
        fill_again = sheet_of(counted, undp)
        old = Snapshot.objects.get(assessment=fill_again)
        Snapshot.objects.create(
            assessment=fill_again, number=2, status=Status.VALIDATED, payload=old.payload, at=later(5)
        )
        [sheet] = everything(ask(counted, cast)).sheets
        assert (sheet.snapshot.number, sheet.submitted_at, sheet.validated_at) == (2, AT, later(5))
        Assessment.objects.filter(pk=fill_again.pk).update(status=Status.RETURNED)
        assert everything(CycleExport.objects.get()).sheets == []

    def test_tells_how_far_it_is(
        self, cast: Cast, cycle: Cycle, stored: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        crowd = make_counted_cycle(cycle.framework, dict.fromkeys(make_entities(7), SOME), "crowd")
        monkeypatch.setattr(exporting, "CHUNK", 3)
        export, seen = ask(crowd, cast), list[tuple[str, int, int]]()

        def watch(path: Path, content: Everything, tell: Any) -> None:
            def look(done: int) -> None:
                tell(done)
                now = CycleExport.objects.get()
                seen.append((now.state, now.units_done, now.units_total))

            write_everything(path, content, look)

        write_export(export_id=export.pk, at=AT, write=watch)
        assert {(state, total) for state, _done, total in seen} == {(ExportState.RUNNING, 7)}
        assert [done for _state, done, _total in seen] == [0, 0, 3, 3, 3, 6, 6]
        assert CycleExport.objects.get().units_done == 7

    def test_of_a_finished_one_again_changes_nothing(self, counted: Cycle, cast: Cast, stored: Path) -> None:
        export = write(ask(counted, cast))
        again = write(export, later(9))
        assert (again.file.name, again.finished_at) == (files(stored)[0], AT)
        assert len(files(stored)) == 1

    def test_after_a_worker_was_killed_begins_anew(self, counted: Cycle, cast: Cast, stored: Path) -> None:
        export = ask(counted, cast)
        CycleExport.objects.update(state=ExportState.RUNNING, units_done=40, units_total=50)
        assert write(export).state == ExportState.DONE
        assert (export.units_done, export.units_total) == (1, 1)

    def test_needs_the_same_queries_for_more_units_of_a_chunk(
        self, framework: Framework, cast: Cast, stored: Path
    ) -> None:
        def queries(count: int) -> int:
            units = Entity.objects.filter(code__startswith="ENT-")[:count]
            of_them = make_counted_cycle(framework, dict.fromkeys(units, SOME), f"of-{count}")
            export = ask(of_them, cast)
            with CaptureQueriesContext(connection) as captured:
                write(export)
            assert export.state == ExportState.DONE
            return len(captured)

        make_entities(2 * exports.CHUNK)
        few, chunk = queries(exports.CHUNK // 2), queries(exports.CHUNK)
        assert chunk == few + 1, "the progress is noted once for a whole chunk"
        assert queries(2 * exports.CHUNK) == chunk + 2, "one to read, one to note the progress"

    @pytest.fixture
    def framework(self, cycle: Cycle) -> Framework:
        return cycle.framework


class StopsInTheMiddle(FileSystemStorage):
    """A disk that fills up while a file is written."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        super().save(name, ContentFile(content.read(100)), max_length)
        raise OSError("no space left on device")


class StopsForGood(StopsInTheMiddle):
    """A disk that then is gone."""

    def delete(self, name: str) -> None:
        raise OSError("no such device")


def kept_by(storage: type[FileSystemStorage], place: Path) -> dict[str, Any]:
    return {**folder(str(place)), "BACKEND": f"{__name__}.{storage.__name__}"}


class TestFailing:
    def test_of_the_storage_says_so_and_leaves_no_half_file(
        self, counted: Cycle, cast: Cast, stored: Path, settings: Settings
    ) -> None:
        good = settings.STORAGES
        settings.STORAGES = {**good, "evidence": kept_by(StopsInTheMiddle, stored)}
        ask(counted, cast)
        assert run_errands(now=lambda: AT, topic=exports.EXPORT) == 1, "it is settled: a person asks again"
        failed = CycleExport.objects.get()
        assert (failed.state, failed.file.name, failed.sha256) == (ExportState.FAILED, "", "")
        assert failed.error.startswith("The finished workbook could not be stored.")
        assert files(stored) == []
        settings.STORAGES = good
        assert write(ask(counted, cast)).state == ExportState.DONE

    def test_of_a_storage_that_keeps_the_half_leaves_it_to_the_sweep(
        self, counted: Cycle, cast: Cast, stored: Path, settings: Settings
    ) -> None:
        good = settings.STORAGES
        settings.STORAGES = {**good, "evidence": kept_by(StopsForGood, stored)}
        export = write(ask(counted, cast))
        assert export.error.startswith("The finished workbook could not be stored.")
        half = files(stored)
        settings.STORAGES = good
        assert sweep_exports(at=later(60 * 24 * 365 * 50)) == half

    def test_of_the_writing_says_so_and_leaves_no_scratch_files(
        self,
        counted: Cycle,
        cast: Cast,
        stored: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(scratch))

        def break_off(path: Path, content: Everything, _tell: Any) -> None:
            def fail(_done: int) -> None:
                raise ZeroDivisionError

            write_everything(path, content, fail)

        export = ask(counted, cast)
        with caplog.at_level(logging.ERROR):
            write_export(export_id=export.pk, at=AT, write=break_off)
        export.refresh_from_db()
        assert export.state == ExportState.FAILED
        assert export.error.startswith("Something went wrong while the workbook was written")
        assert "ZeroDivisionError" in caplog.text
        assert not stored.exists()
        assert list(scratch.iterdir()) == []


class TestOpening:
    def test_is_for_finished_ones(self, counted: Cycle, cast: Cast, stored: Path) -> None:
        export = ask(counted, cast)
        with pytest.raises(WrongState, match="not ready"):
            open_export(export)
        write(export)
        evidence_storage().delete(str(export.file.name))
        with pytest.raises(NotFound, match="ask for a new one"):
            open_export(export)


class TestSweeping:
    def test_removes_the_file_and_keeps_the_record(self, counted: Cycle, cast: Cast, stored: Path) -> None:
        export = write(ask(counted, cast))
        assert sweep_exports(at=AT + KEPT) == []
        self.age(stored)
        assert sweep_exports(at=AT + KEPT + timedelta(seconds=1)) == [export.file.name]
        assert files(stored) == []
        export.refresh_from_db()
        assert (export.state, export.by, export.file.name) == (ExportState.EXPIRED, cast.task_force, "")
        assert len(export.sha256) == 64
        with pytest.raises(NotFound, match="ask for a new one"):
            open_export(export)

    def test_leaves_what_others_keep_there_and_what_is_new(self, cycle: Cycle, stored: Path) -> None:
        storage = evidence_storage()
        for name in ("0" * 32, "exports/" + "1" * 32, "other/" + "2" * 32):
            storage.save(name, ContentFile(b"x"))
        self.age(stored)
        storage.save("exports/" + "3" * 32, ContentFile(b"its row is on the way"))
        assert sweep_exports(at=AT + KEPT) == ["exports/" + "1" * 32]
        assert len(files(stored)) == 3

    def test_of_evidence_leaves_workbooks_alone(self, counted: Cycle, cast: Cast, stored: Path) -> None:
        export = write(ask(counted, cast))
        assert evidence.sweep(at=later(60 * 24 * 365 * 50)).removed == []
        assert files(stored) == [export.file.name]

    def test_of_nothing_finds_nothing(self, db: None, stored: Path) -> None:
        assert sweep_exports(at=AT) == []

    @staticmethod
    def age(place: Path) -> None:
        """The files there were written when AT was."""
        for path in place.rglob("*"):
            os.utime(path, (AT.timestamp(), AT.timestamp()))
