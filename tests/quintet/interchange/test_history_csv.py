"""The life of a sheet as a file: every event a row, and no cell that becomes a formula."""

import csv
import io

import pytest

from entities.models import Entity
from quintet.interchange.history_csv import COLUMNS, history_csv
from quintet.models import Assessment, Cycle, EvidenceChange, Item, Status
from quintet.queries import history as life
from quintet.services import reviewing, signing
from quintet.services.answering import record_answer
from tests.factories import AT, Cast, Levels, fill, later, sheet_of
from tests.formulas import HOSTILE
from un20portal.lib.csv_rows import BOM

ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: Levels = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


def read(sheet: Assessment) -> list[dict[str, str]]:
    keys = life.history(sheet, None, is_reviewer=False)
    text = "".join(history_csv(life.all_lines(keys, is_insider=True)))
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


@pytest.mark.django_db
class TestTheFile:
    @pytest.fixture
    def sheet(self, cycle: Cycle, undp: Entity) -> Assessment:
        return sheet_of(cycle, undp)

    def write(self, sheet: Assessment, cast: Cast, comment: str, version: int, level: int = 2) -> None:
        record_answer(
            assessment=sheet,
            item=Item.objects.get(code="DAT-STR"),
            raw={"state": "answered", "claimed": level, "comment": comment},
            version=version,
            by=cast.focal,
            at=later(version),
            channel="form",
        )

    def test_says_who_when_from_what_to_what_and_how(self, sheet: Assessment, cast: Cast) -> None:
        self.write(sheet, cast, "one", 0, 1)
        self.write(sheet, cast, 'two, with "quotes"\nand a line', 1, 3)
        first, second = read(sheet)
        assert (first["person"], first["at"], first["item"]) == ("Focal", AT.isoformat(), "DAT-STR")
        assert (first["claimed_from"], first["claimed_to"], first["channel"]) == ("", "1", "form")
        assert (second["comment_from"], second["comment_to"]) == ("one", 'two, with "quotes"\nand a line')
        assert (second["claimed_from"], second["claimed_to"], second["version"]) == ("1", "3", "2")

    @pytest.mark.parametrize("text", [text for text in HOSTILE if text == text.strip() and "\0" not in text])
    def test_holds_no_formula_whatever_people_write(self, sheet: Assessment, cast: Cast, text: str) -> None:
        cast.focal.name = text
        cast.focal.save()
        self.write(sheet, cast, text, 0)
        EvidenceChange.objects.create(
            assessment=sheet,
            item=Item.objects.get(code="DAT-STR"),
            action="attached",
            document={"title": text},
            channel="form",
            by=cast.focal,
            at=AT,
        )
        for row in read(sheet):
            assert not [cell for cell in row.values() if cell and cell[0] in "=+-@\t\r\n\0＝＋－＠"]
            assert row["person"] == f"'{text}"

    def test_holds_every_kind_of_event(self, sheet: Assessment, cast: Cast, cycle: Cycle) -> None:
        fill(cycle, {sheet.entity: FULL}, Status.DRAFT)
        signing.submit(assessment=sheet, by=cast.focal, at=later(1))
        signing.sign_off(assessment=sheet, by=cast.approver, at=later(2))
        reviewing.decide_level(
            assessment=sheet,
            item=Item.objects.get(code="DAT-STR"),
            accepted=1,
            reason="no plan",
            version=1,
            by=cast.task_force,
            at=later(3),
        )
        rows = read(sheet)
        assert len(rows) == 14 + 2 + 1
        assert set(rows[0]) == set(COLUMNS)
        last = rows[-1]
        assert (last["outcome"], last["accepted_from"], last["accepted_to"]) == ("decided", "", "1")
        assert (last["accepted_reason_to"], last["person"]) == ("no plan", "Taskforce")
        step = rows[-2]
        assert (step["action"], step["status_from"], step["status_to"]) == (
            "sign_off",
            "signoff",
            "submitted",
        )
