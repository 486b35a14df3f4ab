"""What may come in as a workbook: every file of the corpus is refused at once, and changes nothing."""

import fcntl
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from entities.models import Entity
from quintet.interchange import workbook_cells, workbook_reading
from quintet.interchange.workbook_writing import write_workbook
from quintet.models import Answer, AnswerRevision, Assessment, Cycle, Framework, Status, WorkbookUpload
from quintet.queries.workbooks import book_of
from quintet.views.workbooks import UploadThrottle
from tests.factories import Cast, fill, make_open_cycle, sheet_of
from tests.quintet.hostile import FILES, ROWS
from tests.quintet.pages import flat, words
from tests.quintet.workbook_files import filled, parts, sheet_part, with_part
from un20portal.lib.errors import InvalidInput, Unavailable

pytestmark = pytest.mark.django_db
SECONDS, MEGABYTES = 2, 512
HEAVY = list(FILES)[: list(FILES).index("a workbook of somebody else")]  # the others are good files, edited


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """A draft in which some items are answered."""
    fill(cycle, {undp: {"DAT-STR": 2, "DAT-LED": 0, "INN-PMS": "na"}}, status=Status.DRAFT)
    return sheet_of(cycle, undp)


@pytest.fixture
def good(sheet: Assessment, cast: Cast) -> bytes:
    return write_workbook(book_of(sheet, cast.focal))


def send(client: Client, sheet: Assessment, data: bytes, name: str = "filled.xlsx") -> Any:
    file = SimpleUploadedFile(name, data, "application/octet-stream")
    return client.post(f"/assessments/{sheet.pk}/workbook/", {"file": file})


def state() -> str:
    """One hash over all answers and all that was ever written of them."""
    rows = [list(model._default_manager.order_by("pk").values_list()) for model in (Answer, AnswerRevision)]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def seconds() -> float:
    """Processor time of this process and of its children: a busy machine does not change it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


# A small process starts the reader: the system counts for a child what its parent held when it began.
MEASURE = """
import json, resource, subprocess, sys
with open(sys.argv[1], "rb") as file:
    done = subprocess.run(sys.argv[2:], stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
print(json.dumps([
    done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.stderr.decode()
]))
"""


class TestLimits:
    def test_so_many_files_an_hour_are_read_and_no_more(
        self, client: Client, sheet: Assessment, cast: Cast, good: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client.force_login(cast.focal)
        monkeypatch.setattr(UploadThrottle, "rate", "10/hour")
        assert [send(client, sheet, b"no workbook").status_code for _time in range(9)] == [400] * 9
        assert send(client, sheet, good).status_code == 302
        answer = send(client, sheet, good)
        assert answer.status_code == 429
        assert "many workbooks within an hour: wait a while" in flat(answer)

    def test_the_places_for_reading_are_counted_and_given_back(
        self, good: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(workbook_reading, "TURN_SECONDS", 0)
        with ExitStack() as taken:
            for number in range(2):
                file = taken.enter_context(workbook_reading.lock_file(number).open("w"))
                fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(Unavailable, match="Try again in a minute"):
                workbook_reading.read_workbook(good)
        for _time in range(3):
            workbook_reading.read_workbook(good)


@pytest.mark.once  # what is refused is read by a program of its own and never meets the database
class TestTheCorpus:
    def test_is_large(self) -> None:
        assert len(FILES) + len(ROWS) >= 60

    @pytest.mark.parametrize("name", FILES)
    def test_a_file_is_refused_at_once_and_clearly(
        self, name: str, good: bytes, sheet: Assessment, cast: Cast, client: Client
    ) -> None:
        make, told = FILES[name]
        data = make(good)
        client.force_login(cast.focal)
        before, begun = state(), seconds()
        answer = send(client, sheet, data)
        assert seconds() - begun < SECONDS
        assert answer.status_code == 400
        page = flat(answer)
        assert "The workbook was not read" in page
        assert told in words(page), words(page)[:2000]
        assert state() == before
        assert not WorkbookUpload.objects.exists()

    @pytest.mark.parametrize("name", HEAVY)
    def test_reading_a_file_needs_little_memory(self, name: str, good: bytes, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(FILES[name][0](good))
        measured = subprocess.run(
            [sys.executable, "-c", MEASURE, str(path), *workbook_reading.COMMAND],
            capture_output=True,
            text=True,
            check=True,
        )
        code, kilobytes, errors = json.loads(measured.stdout)
        assert (code, errors) == (0, ""), "it answered and did not die"
        assert kilobytes < MEGABYTES * 1024

    @pytest.mark.parametrize("name", ROWS)
    def test_a_row_is_refused_with_its_cell_and_its_reason(
        self, name: str, good: bytes, sheet: Assessment, cast: Cast, client: Client
    ) -> None:
        cells, told = ROWS[name]
        client.force_login(cast.focal)
        before = state()
        answer = send(client, sheet, filled(good, {**cells, "INN!H2": 4}))
        assert answer.status_code == 302
        page = words(flat(client.get(answer.url)))
        place = next(iter(cells))
        assert place in page
        assert told in page
        refused = client.post(answer.url, {"step": "confirm"})
        assert refused.status_code == 400
        assert told in words(flat(refused))
        assert state() == before, "all or nothing"
        assert client.post(answer.url, {"step": "confirm", "leave_out": "on"}).status_code == 302
        assert Answer.objects.get(assessment=sheet, item__code="INN-STR").claimed == 4
        assert Answer.objects.get(assessment=sheet, item__code="DAT-STR").claimed == 2


class TestAWorkbookOfAnotherAssessment:
    @pytest.fixture
    def others(self, cycle: Cycle, cast: Cast, undp: Entity) -> dict[str, bytes]:
        unicef = Entity.objects.get(code="UNICEF")
        later = make_open_cycle(cycle.framework, [undp, unicef], cast.task_force, "2027")
        return {
            "of UNICEF in cycle 2026": write_workbook(book_of(sheet_of(cycle, unicef), cast.stranger)),
            "of cycle 2027": write_workbook(book_of(sheet_of(later, undp), cast.focal)),
        }

    def test_is_named_and_refused(
        self, others: dict[str, bytes], sheet: Assessment, cast: Cast, client: Client
    ) -> None:
        client.force_login(cast.focal)
        before = state()
        for told, data in others.items():
            answer = send(client, sheet, data)
            assert answer.status_code == 400
            assert told in words(flat(answer))
        assert state() == before

    def test_one_of_an_older_questionnaire_is_refused(
        self, good: bytes, sheet: Assessment, cast: Cast, client: Client
    ) -> None:
        Framework.objects.update(version="2")
        client.force_login(cast.focal)
        answer = send(client, sheet, good)
        assert answer.status_code == 400
        assert "questionnaire has changed since" in words(flat(answer))


@pytest.mark.once
class TestReading:
    def test_believes_no_size_that_a_sheet_claims(self, good: bytes) -> None:
        name = sheet_part(good, "DAT")
        lying = parts(good)[name].replace(b'ref="A1:K8"', b'ref="A1:XFD1048576"')
        assert lying != parts(good)[name]
        read = workbook_reading.read_workbook(with_part(good, name, lying))
        assert read.rows == workbook_reading.read_workbook(good).rows

    def test_takes_words_of_any_language_and_digits_of_any_script(self, good: bytes) -> None:
        cells = {"DAT!H2": " ٣ ", "DAT!H3": 4.0, "DAT!H8": "Sans objet", "DAT!H4": "na", "DAT!H5": "OPEN"}
        rows = {row.item: row for row in workbook_reading.read_workbook(filled(good, cells)).rows}
        said = [(rows[f"DAT-{code}"].state, rows[f"DAT-{code}"].claimed) for code in ("STR", "LED", "PMS")]
        assert said == [("answered", "3"), ("answered", "4"), ("na", "")]
        assert [rows[f"DAT-{code}"].state for code in ("COE", "HRS")] == ["na", "unanswered"]

    def test_keeps_openpyxl_out_of_the_portal(self) -> None:
        program = (
            "import sys, django; django.setup(); import un20portal.urls, quintet.views.workbooks;"
            "print('openpyxl' in sys.modules)"
        )
        command = [workbook_reading.COMMAND[0], "-c", program]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "un20portal.settings"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert (done.stdout.strip(), done.returncode) == ("False", 0), done.stderr

    def test_ends_a_child_that_takes_too_long(self, monkeypatch: pytest.MonkeyPatch, good: bytes) -> None:
        monkeypatch.setattr(workbook_reading, "WALL_SECONDS", 0.01)
        with pytest.raises(InvalidInput, match="too much time or memory"):
            workbook_reading.read_workbook(good)

    @pytest.mark.parametrize("ours", ["_text", "_judge_parts", "_Count"])
    def test_takes_no_mistake_of_ours_for_a_damaged_file(
        self, ours: str, good: bytes, sheet: Assessment, cast: Cast, client: Client,
        monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    ) -> None:  # fmt: skip
        program = f"from quintet.interchange import workbook_cells as w; w.{ours} = None; w.main()"
        monkeypatch.setattr(workbook_reading, "COMMAND", [*workbook_reading.COMMAND[:3], "-c", program])
        client.force_login(cast.focal)
        client.raise_request_exception = False
        assert send(client, sheet, good).status_code == 500
        assert "TypeError: 'NoneType' object is not callable" in caplog.text
        assert not WorkbookUpload.objects.exists()

    def test_tells_a_file_that_needs_too_much_memory_from_a_damaged_one(
        self, good: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        greedy = "w._judge_parts = lambda data: bytearray(w.MEMORY)"
        program = f"from quintet.interchange import workbook_cells as w; {greedy}; w.main()"
        monkeypatch.setattr(workbook_reading, "COMMAND", [*workbook_reading.COMMAND[:3], "-c", program])
        with pytest.raises(InvalidInput, match="too much time or memory"):
            workbook_reading.read_workbook(good)

    def test_gives_the_child_limits(self) -> None:
        assert (workbook_cells.MEMORY, workbook_cells.SECONDS) == (512 * 1024 * 1024, 10)
