"""The workbook of everything, opened again: a row per answer, nothing of drafts, and never a formula."""

import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from openpyxl import Workbook, load_workbook

from entities.models import Entity, EntityType
from quintet.interchange.everything_xlsx import write_everything
from quintet.models import (
    Answer,
    Cycle,
    CycleExport,
    Evidence,
    EvidenceKind,
    EvidenceUse,
    Framework,
    Item,
    NaDecision,
    Snapshot,
    Status,
)
from quintet.queries.exports import everything
from quintet.services.freezing import freeze
from tests.factories import AT, Cast, Levels, fill, make_entity, sheet_of
from tests.formulas import HOSTILE
from tests.processes import Office

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]
SOME: Levels = {"DAT-STR": 2, "DAT-LED": 3, "DAT-PMS": "na"}
HEADINGS = [
    "Unit", "Name", "Type", "Region", "Status", "Submitted (UTC)", "Validated (UTC)", "Item", "Dimension",
    "State", "Claimed level", "Accepted level", "Reason of the task force", "Why it does not apply",
    "Decision on it", "Comment and evidence", "Documents",
]  # fmt: skip


@pytest.fixture
def unicef(cycle: Cycle) -> Entity:
    return Entity.objects.get(code="UNICEF")


def write(cycle: Cycle, cast: Cast, place: Path, language: str = "en") -> Path:
    """The file as the errand writes it."""
    export = CycleExport(cycle=cycle, language=language, units_total=1, by=cast.task_force, at=AT)
    path = place / "everything.xlsx"
    with translation.override(language):
        write_everything(path, everything(export), lambda _done: None)
    return path


def opened(path: Path) -> Workbook:
    return load_workbook(path)


def rows(book: Workbook, sheet: str) -> list[dict[str, Any]]:
    """The rows of a sheet by their headings."""
    heads, *found = book[sheet].iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in found]


def decide(cycle: Cycle, unit: Entity, code: str, **decision: Any) -> None:
    Answer.objects.filter(assessment=sheet_of(cycle, unit), item__code=code).update(**decision)


def validate(cycle: Cycle, unit: Entity) -> None:
    """Freeze the sheet a second time, two days after it was submitted."""
    sheet = sheet_of(cycle, unit)
    sheet.status = Status.VALIDATED
    sheet.save()
    freeze(assessment=sheet, at=AT + timedelta(days=2))


def cells(book: Workbook) -> Iterator[Any]:
    for sheet in book:
        for row in sheet.iter_rows():
            yield from row


class TestTheAnswers:
    def test_stand_in_a_row_for_each_unit_and_item(
        self, cycle: Cycle, cast: Cast, undp: Entity, unicef: Entity, tmp_path: Path
    ) -> None:
        fill(cycle, {undp: SOME, unicef: SOME}, Status.SUBMITTED)
        document = Evidence.objects.create(
            assessment=sheet_of(cycle, undp), kind=EvidenceKind.LINK, title="Plan", added_at=AT,
            url="https://example.org/plan", effective_on=AT.date(),
        )  # fmt: skip
        EvidenceUse.objects.create(evidence=document, item=Item.objects.get(code="DAT-LED"))
        decide(cycle, undp, "DAT-LED", accepted=1, accepted_reason="No owner is named.")
        decide(cycle, undp, "DAT-PMS", na_decision=NaDecision.APPROVED)
        validate(cycle, undp)
        book = opened(write(cycle, cast, tmp_path))
        found = rows(book, "Answers")
        assert list(found[0]) == HEADINGS
        assert [(row["Unit"], row["Item"]) for row in found] == [
            (unit, item.code) for unit in ("UNDP", "UNICEF") for item in Item.objects.in_order()
        ]
        strategy, leadership = found[0], found[1]
        assert strategy == {
            "Unit": "UNDP", "Name": "UNDP in English", "Type": "Fund or programme", "Region": None,
            "Status": "validated", "Submitted (UTC)": AT.replace(tzinfo=None),
            "Validated (UTC)": (AT + timedelta(days=2)).replace(tzinfo=None),
            "Item": "DAT-STR", "Dimension": "DAT", "State": "answered", "Claimed level": 2,
            "Accepted level": 2, "Reason of the task force": None, "Why it does not apply": None,
            "Decision on it": None, "Comment and evidence": "evidence", "Documents": 0,
        }  # fmt: skip
        assert (leadership["Claimed level"], leadership["Accepted level"]) == (3, 1)
        assert leadership["Reason of the task force"] == "No owner is named."
        assert leadership["Documents"] == 1
        asked = found[6]
        assert (asked["State"], asked["Claimed level"], asked["Accepted level"]) == (
            "not applicable", None, None,
        )  # fmt: skip
        assert (asked["Why it does not apply"], asked["Decision on it"]) == ("no programmes", "approved")
        left_open = found[3]
        assert (left_open["State"], left_open["Claimed level"], left_open["Comment and evidence"]) == (
            "unanswered", None, "left open",
        )  # fmt: skip
        submitted = found[14]
        assert (submitted["Unit"], submitted["Status"]) == ("UNICEF", "submitted")
        assert (submitted["Claimed level"], submitted["Accepted level"]) == (2, None), "nobody decided yet"
        assert submitted["Validated (UTC)"] is None

    def test_are_those_of_the_frozen_sheet(
        self, cycle: Cycle, cast: Cast, undp: Entity, unicef: Entity, tmp_path: Path
    ) -> None:
        fill(cycle, {undp: SOME}, Status.SUBMITTED)
        fill(cycle, {unicef: SOME}, Status.DRAFT)
        Answer.objects.update(comment="changed after it was handed in")
        found = rows(opened(write(cycle, cast, tmp_path)), "Answers")
        assert {row["Unit"] for row in found} == {"UNDP"}
        assert {row["Comment and evidence"] for row in found} == {"evidence", "left open", None}

    def test_of_country_teams_come_last_with_their_region(
        self, cycle: Cycle, cast: Cast, unicef: Entity, tmp_path: Path
    ) -> None:
        team = make_entity("UNCT-AGO", type=EntityType.COUNTRY_TEAM, acronym="Angola")
        cycle.assessments.create(entity=team)
        fill(cycle, {team: SOME, unicef: SOME}, Status.SUBMITTED)
        units = rows(opened(write(cycle, cast, tmp_path)), "Units")
        assert [(row["Unit"], row["Region"]) for row in units] == [("UNICEF", None), ("UNCT-AGO", "Africa")]


class TestTheOtherSheets:
    def test_count_the_states_and_name_the_hash_of_each_unit(
        self, cycle: Cycle, cast: Cast, undp: Entity, tmp_path: Path
    ) -> None:
        fill(cycle, {undp: SOME}, Status.SUBMITTED)
        book = opened(write(cycle, cast, tmp_path))
        [unit] = rows(book, "Units")
        assert [unit[name] for name in ("Answered", "Not applicable", "Unanswered")] == [2, 1, 11]
        assert unit["SHA-256 of the snapshot"] == Snapshot.objects.get().sha256
        items = rows(book, "Items")
        assert [row["Item"] for row in items] == [item.code for item in Item.objects.in_order()]
        assert items[0] == {
            "Item": "DAT-STR", "Dimension": "DAT", "Name of the dimension": "Data", "Question": "DAT STR?",
            "Measure": None, "May be not applicable": "no", "Weight": 1,
        }  # fmt: skip

    def test_say_what_it_is_who_asked_and_what_it_is_not(
        self, cycle: Cycle, cast: Cast, undp: Entity, tmp_path: Path
    ) -> None:
        fill(cycle, {undp: SOME}, Status.SUBMITTED)
        about = self.about(cycle, cast, tmp_path)
        for text in (
            "Cycle 2026 | Cycle | 2026 · open for answers | Framework | Small | Version | 1",
            "Asked for (UTC) | 2026-11-02 09:30 | By | Taskforce",
            "Units in this workbook | 1 | Units asked in this cycle | 2",
            "the entities' own statements",
            "Drafts are not in it.",
            "a draft of this project and not a UN document",
        ):
            assert text in about
        assert "Synthetic data" not in about

    def test_say_that_data_are_synthetic(
        self, cycle: Cycle, cast: Cast, undp: Entity, tmp_path: Path
    ) -> None:
        fill(cycle, {undp: SOME}, Status.SUBMITTED)
        cycle.assessments.filter(entity=undp).update(is_demo=True)
        assert "Synthetic data: invented answers" in self.about(cycle, cast, tmp_path)

    @staticmethod
    def about(cycle: Cycle, cast: Cast, place: Path) -> str:
        found = opened(write(cycle, cast, place))["About"].iter_rows(values_only=True)
        return " | ".join(str(value) for row in found for value in row if value is not None)


class TestEverySheet:
    def test_holds_no_formula_whatever_people_wrote(
        self, cycle: Cycle, cast: Cast, undp: Entity, tmp_path: Path
    ) -> None:
        self.hostile(cycle, cast, undp)
        book = opened(write(cycle, cast, tmp_path))
        assert [cell.coordinate for cell in cells(book) if cell.data_type == "f" or cell.hyperlink] == []
        comments = [row["Comment and evidence"] for row in rows(book, "Answers")]
        expected = [text.replace("\0", "").replace("\r", "") for text in HOSTILE]
        assert comments == expected[:14]
        assert book["About"]["A1"].value == "=1+1"

    def test_holds_none_after_libreoffice_has_saved_it(
        self, cycle: Cycle, cast: Cast, undp: Entity, tmp_path: Path, office: Office
    ) -> None:
        self.hostile(cycle, cast, undp)
        before = write(cycle, cast, tmp_path)
        after = tmp_path / "saved.xlsx"
        after.write_bytes(office.resave(before.read_bytes()))
        book = opened(after)
        assert [cell.coordinate for cell in cells(book) if cell.data_type == "f"] == []
        assert book.sheetnames == ["About", "Answers", "Units", "Items"]
        assert rows(book, "Answers") == rows(opened(before), "Answers")
        assert rows(book, "Units") == rows(opened(before), "Units")

    @staticmethod
    def hostile(cycle: Cycle, cast: Cast, unit: Entity) -> None:
        """A submitted sheet whose texts are taken for formulas, down to the names of people and units."""
        fill(cycle, {unit: SOME}, Status.DRAFT)
        answers = list(Answer.objects.order_by("item__dimension__order", "item__order"))
        for answer, text in zip(answers, HOSTILE, strict=True):
            answer.comment = text.replace("\0", "") if text == "\0=1" else text
            answer.save()
        sheet = sheet_of(cycle, unit)
        sheet.status = Status.SUBMITTED
        sheet.save()
        Cycle.objects.update(title="=1+1")
        Entity.objects.update(names={"en": '=HYPERLINK("https://evil.example")'})
        cast.task_force.name = "@SUM(A1)"
        cast.task_force.save()
        cycle.refresh_from_db()
        freeze(assessment=sheet, at=AT)

    def test_has_headings_that_stay_and_a_filter(
        self, cycle: Cycle, cast: Cast, undp: Entity, tmp_path: Path
    ) -> None:
        fill(cycle, {undp: SOME}, Status.SUBMITTED)
        book = opened(write(cycle, cast, tmp_path))
        assert book["Answers"].freeze_panes == book["Units"].freeze_panes == "B2"
        assert (book["Answers"].auto_filter.ref, book["Units"].auto_filter.ref) == ("A1:Q15", "A1:L2")
        assert book["Answers"].column_dimensions["P"].width > 50
        assert book["Answers"]["F2"].number_format == "yyyy-mm-dd hh:mm"

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_reads_in_the_language_of_the_person(
        self, cycle: Cycle, cast: Cast, undp: Entity, tmp_path: Path, language: str
    ) -> None:
        fill(cycle, {undp: SOME}, Status.SUBMITTED)
        book = opened(write(cycle, cast, tmp_path, language))
        assert len(book.sheetnames) == len(set(book.sheetnames)) == 4
        answers = book.worksheets[1]
        with translation.override(language):
            assert answers["C2"].value == undp.get_type_display()
            assert answers["E2"].value == str(Status.SUBMITTED.label)
        assert bool(answers.sheet_view.rightToLeft) == (language == "ar")

    def test_holds_few_rows_in_memory(self, cycle: Cycle, cast: Cast, undp: Entity, tmp_path: Path) -> None:
        """Written row by row: texts stand in their cells, not in a table of all texts."""
        fill(cycle, {undp: SOME}, Status.SUBMITTED)
        with zipfile.ZipFile(write(cycle, cast, tmp_path)) as archive:
            assert "xl/sharedStrings.xml" not in archive.namelist()
            assert b'<c r="A2"' in archive.read("xl/worksheets/sheet2.xml")


def test_a_framework_that_was_extended_meanwhile_keeps_the_items_of_the_frozen_sheet(
    cycle: Cycle, cast: Cast, undp: Entity, tmp_path: Path
) -> None:
    fill(cycle, {undp: SOME}, Status.SUBMITTED)
    framework = Framework.objects.get(pk=cycle.framework_id)
    dimension = framework.dimensions.get(code="INN")
    Item.objects.create(
        framework=framework, dimension=dimension, code="INN-NEW", order=9, question="?", level_texts=[]
    )
    book = opened(write(cycle, cast, tmp_path))
    assert (len(rows(book, "Answers")), len(rows(book, "Items"))) == (14, 15)
