"""How the workbook of a paper looks and prints, in which direction it runs, and what it says it corrects."""

import io

import openpyxl
import pytest
from django.utils import translation
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader

from quintet.models import Cycle, Framework
from scorecards.interchange.report_sheets import lines_of
from scorecards.interchange.report_workbook import report_workbook
from scorecards.models import Scorecard
from scorecards.queries.papers import paper_of
from scorecards.services.deciding import add_point
from tests.factories import AT, Cast, fill, make_counted_cycle, make_entities, make_entity
from tests.processes import Office
from tests.scorecards.worked import publish

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LONG = "Entities report by spring what they spend on training for data. " * 8
NOTE = "Six sheets came late."


@pytest.fixture
def cycle(framework: Framework) -> Cycle:
    return make_counted_cycle(framework, {unit: {"DAT-STR": 3, "DAT-LED": 1} for unit in make_entities(12)})


def corrected(cycle: Cycle, cast: Cast, note: str) -> Scorecard:
    """Version 2, with six sheets more and a point for decision of many words."""
    said = {"verb": "requests", "body": "hlcm", "text": LONG, "action": "", "figure": "", "language": "en"}
    publish(cycle, cast)
    fill(cycle, {make_entity(f"LATE-{n}"): {"DAT-STR": 1} for n in range(6)})
    add_point(cycle=cycle, by=cast.task_force, at=AT, **said)
    return publish(cycle, cast, note=note)


def book(scorecard: Scorecard, language: str = "en") -> Workbook:
    with translation.override(language):
        return openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(scorecard))))


def height(sheet: Worksheet, row: int) -> float:
    """In points; of a row that says none the one that all programs take."""
    return float(sheet.row_dimensions[row].height or 15)


@pytest.mark.parametrize(
    ("text", "width", "n_lines"),
    [
        ("", 10, 1),
        ("a word", 10, 1),
        ("word and word", 10, 2),
        ("word and word and word", 10, 3),
        ("0123456789" * 3, 10, 3),
        ("数据战略已经批准", 10, 2),
        ("one\n\nthree, of many words", 10, 4),
        ("استراتيجية البيانات", 11, 2),
    ],
)
def test_a_text_takes_as_many_lines_as_its_words_need(text: str, width: int, n_lines: int) -> None:
    assert lines_of(text, width) == n_lines


class TestASheet:
    def test_is_printed_one_page_wide_with_heads_and_numbers_of_pages(self, cycle: Cycle, cast: Cast) -> None:
        for sheet in book(corrected(cycle, cast, NOTE)).worksheets:
            assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0), sheet.title
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.page_setup.paperSize == int(sheet.PAPERSIZE_A4)
            assert sheet.oddFooter.right.text == "&P / &N"
            assert sheet.oddHeader.left.text.startswith(f"UN 2.0 portal/2026/v2 · {sheet.title}")
            if sheet.title != "About":
                assert (sheet.print_title_rows, sheet.freeze_panes) == ("$1:$1", "B2")

    def test_that_is_wide_lies_across(self, cycle: Cycle, cast: Cast) -> None:
        sheets = book(corrected(cycle, cast, NOTE))
        across = {sheet.title: sheet.page_setup.orientation == "landscape" for sheet in sheets.worksheets}
        assert across["Items"]
        assert not across["About"]

    def test_makes_room_for_long_texts(self, cycle: Cycle, cast: Cast) -> None:
        sheet = book(corrected(cycle, cast, NOTE))["For decision"]
        cell = sheet["D2"]
        assert cell.value == LONG.strip()
        assert cell.alignment.wrap_text
        assert height(sheet, 2) >= 13 * len(LONG) / sheet.column_dimensions["D"].width

    def test_in_arabic_runs_from_right_to_left_and_quotes_english_in_its_own_direction(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        sheets = book(corrected(cycle, cast, NOTE), "ar")
        sheet = sheets.worksheets[1]
        name, question = sheet["B2"], sheet["C2"]
        assert sheet.sheet_view.rightToLeft
        assert (name.alignment.readingOrder, question.alignment.readingOrder) == (2, 1)
        assert sheet.oddFooter.left.text == "&P / &N"


class TestWhatAVersionCorrects:
    def told(self, scorecard: Scorecard, language: str = "en") -> dict[str, str]:
        return {
            str(row[0].value): row[1].value for row in book(scorecard, language).worksheets[0].iter_rows()
        }

    def test_is_said_in_the_words_of_the_task_force(self, cycle: Cycle, cast: Cast) -> None:
        assert self.told(corrected(cycle, cast, NOTE))["What this version corrects"] == NOTE

    def test_is_said_in_facts_where_nobody_found_words(self, cycle: Cycle, cast: Cast) -> None:
        told = self.told(corrected(cycle, cast, ""))
        assert told["What this version corrects"] == "The sheets of 6 units have changed."

    def test_is_nothing_of_a_first_version(self, cycle: Cycle, cast: Cast) -> None:
        assert "What this version corrects" not in self.told(publish(cycle, cast))


def test_printed_by_an_office_every_sheet_is_as_wide_as_a_page(
    cycle: Cycle, cast: Cast, office: Office
) -> None:
    """As many pages as sheets: none goes on to the right, and none of these is longer than a page."""
    content = report_workbook(paper_of(corrected(cycle, cast, NOTE)))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(office.printed(content))).pages]
    n_sheets = len(openpyxl.load_workbook(io.BytesIO(content)).sheetnames)
    assert len(pages) == n_sheets
    assert all(f"{number} / {n_sheets}" in page for number, page in enumerate(pages, start=1))
