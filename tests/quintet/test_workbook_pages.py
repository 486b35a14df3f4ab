"""The workbook as people meet it: downloaded, filled, saved by LibreOffice, uploaded, compared, confirmed."""

from io import BytesIO
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook
from playwright.sync_api import FilePayload, Page

from entities.models import Entity
from quintet.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Cycle,
    Framework,
    Item,
    Phase,
    Status,
    WorkbookUpload,
)
from quintet.services.reference import FILES, load_questions
from quintet.tasks import forget_waiting_workbooks
from tests.conftest import NewContext
from tests.factories import AT, Cast, delegate, fill, make_open_cycle, sheet_of
from tests.processes import Office
from tests.quintet.pages import flat, words
from tests.quintet.workbook_files import LEVEL, filled, parts
from un20portal.lib.reference import read_fixtures

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]
TEXTS = [
    "Decision 2026/3, https://example.org/a?b=c&d=<e>",
    "سياسة البيانات معتمدة",
    "第一行\nвторая строка\nthird line",
    "=SUM(A1:A9) is text here",
    '\'quoted, "twice"; 50 % – naïve café',
    "_x0041_ stays as it is",
]


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """A draft in which some items are answered."""
    fill(cycle, {undp: {"DAT-STR": 2, "DAT-LED": 0, "INN-PMS": "na"}}, Status.DRAFT)
    return sheet_of(cycle, undp)


@pytest.fixture
def real_sheet(undp: Entity, cast: Cast) -> Assessment:
    """An empty draft of the real questionnaire with its 65 items."""
    load_questions(fixtures=read_fixtures(settings.REFERENCE_DIR, FILES))
    framework = Framework.objects.get(slug="quintet-2026")
    return sheet_of(make_open_cycle(framework, [undp], cast.task_force, "real"), undp)


def download(client: Client, sheet: Assessment, language: str = "en") -> bytes:
    prefix = "" if language == "en" else f"/{language}"
    answer = client.get(f"{prefix}/assessments/{sheet.pk}/workbook.xlsx")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="UNDP-{sheet.cycle.code}.xlsx"'
    return answer.content


def upload(client: Client, sheet: Assessment, data: bytes, name: str = "filled.xlsx") -> Any:
    file = SimpleUploadedFile(name, data, "application/octet-stream")
    return client.post(f"/assessments/{sheet.pk}/workbook/", {"file": file})


def workbook(data: bytes) -> Workbook:
    return load_workbook(BytesIO(data))


class TestTheRoundTrip:
    def test_of_all_items_through_libreoffice_loses_nothing(
        self, client: Client, cast: Cast, real_sheet: Assessment, office: Office
    ) -> None:
        client.force_login(cast.focal)
        data = download(client, real_sheet)
        expected, cells = self._answers(data)
        saved = office.resave(filled(data, cells))
        page = upload(client, real_sheet, saved)
        assert page.status_code == 302
        assert not Answer.objects.exists(), "nothing is written before it is confirmed"
        told = words(flat(client.get(page.url)))
        assert f"New answers {len(expected)}" in told
        client.post(page.url, {"step": "confirm"})
        stored = {
            answer.item.code: (answer.state, answer.claimed, answer.na_reason, answer.comment)
            for answer in Answer.objects.filter(assessment=real_sheet).select_related("item")
        }
        assert len(stored) == 65
        assert stored == expected
        again = upload(client, real_sheet, office.resave(download(client, real_sheet)))
        assert "65 items say what the portal says" in words(flat(client.get(again.url)))

    def _answers(self, data: bytes) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
        """An answer to every item: all levels, requests, items left open, texts that are hard to keep."""
        expected: dict[str, tuple[Any, ...]] = {}
        cells: dict[str, Any] = {}
        na_allowed = set(Item.objects.filter(na_allowed=True).values_list("code", flat=True))
        book, number = workbook(data), 0
        for name in book.sheetnames[1:-1]:
            for row in range(2, book[name].max_row + 1):
                code, text = book[name][f"A{row}"].value, TEXTS[number % len(TEXTS)]
                value: Any = number % 5
                if code in na_allowed and number % 2:
                    value, state = "Not applicable", ("na", None, text, text)
                elif number % 11 == 7:
                    value, state = "Leave open", ("unanswered", None, "", text)
                else:
                    state = ("answered", value, "", text)
                expected[code] = state
                cells |= {f"{name}!H{row}": value, f"{name}!I{row}": state[2] or None, f"{name}!J{row}": text}
                number += 1
        return expected, cells

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_in_every_language_reads_as_it_was_written(
        self, client: Client, cast: Cast, sheet: Assessment, language: str, office: Office
    ) -> None:
        client.force_login(cast.focal)
        data = download(client, sheet, language)
        data = office.resave(data) if language in ("ar", "zh-hans") else data
        page = upload(client, sheet, data)
        assert page.status_code == 302, words(flat(page))
        assert "14 items say what the portal says" in words(flat(client.get(page.url)))


class TestTheWorkbook:
    def test_is_protected_with_only_the_cells_to_fill_open(
        self, client: Client, cast: Cast, sheet: Assessment, office: Office
    ) -> None:
        client.force_login(cast.focal)
        data = download(client, sheet)
        assert b'<workbookProtection lockStructure="1"/>' in parts(data)["xl/workbook.xml"]
        assert workbook(data)["DAT"].freeze_panes == "C2"
        for book in (workbook(data), workbook(office.resave(data))):
            assert all(one.protection.sheet for one in book.worksheets)
            assert book["_un20"].sheet_state != "visible"
            row = {cell.column_letter: cell.protection.locked for cell in book["DAT"][2]}
            assert [letter for letter, locked in row.items() if not locked] == [LEVEL, "J"], "no reason here"
            assert not book["DAT"]["I8"].protection.locked, "this item may be not applicable"
            lists = {
                str(area): one.formula1
                for one in book["DAT"].data_validations.dataValidation
                if one.type == "list"
                for area in one.sqref.ranges
            }
            assert len(lists) >= 2
            assert any("Not applicable" in formula for formula in lists.values())

    def test_names_its_assessment_and_its_framework_inside(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        rows = workbook(download(client, sheet))["_un20"].iter_rows(values_only=True)
        facts = {row[0]: row[1] for row in rows if row[0] != "item"}
        assert (facts["assessment"], facts["entity"], facts["cycle"]) == (str(sheet.pk), "UNDP", "2026")
        assert (facts["framework"], facts["framework_version"]) == ("small", "1")

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_is_right_to_left_where_the_language_is(
        self, client: Client, cast: Cast, sheet: Assessment, language: str, office: Office
    ) -> None:
        client.force_login(cast.focal)
        data = download(client, sheet, language)
        books = [workbook(data)] + ([workbook(office.resave(data))] if language == "ar" else [])
        for book in books:
            sides = {bool(one.sheet_view.rightToLeft) for one in book.worksheets if one.title != "_un20"}
            assert sides == {language == "ar"}

    def test_holds_no_formula_whatever_people_wrote(
        self, client: Client, cast: Cast, sheet: Assessment, office: Office
    ) -> None:
        comments = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/c calc'!A0", "\t=1", "{=1}"]
        for answer, comment in zip(Answer.objects.order_by("pk"), comments, strict=False):
            Answer.objects.filter(pk=answer.pk).update(comment=comment)
        client.force_login(cast.focal)
        for book in (workbook(data := download(client, sheet)), workbook(office.resave(data))):
            kinds = {cell.data_type for one in book.worksheets for row in one.iter_rows() for cell in row}
            assert "f" not in kinds
        found = [book["DAT"][f"J{row}"].value for row in range(2, 9)]
        assert found == comments

    def test_says_that_the_framework_is_a_draft(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        client.force_login(cast.focal)
        guidance = workbook(download(client, sheet)).worksheets[0]
        told = " ".join(str(value) for row in guidance.iter_rows(values_only=True) for value in row if value)
        assert "a draft of this project and not a UN document" in told
        assert "Fill only the yellow cells" in told

    def test_is_a_copy_to_read_for_those_who_do_not_answer(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        Assessment.objects.update(status=Status.SUBMITTED)
        for person in (cast.focal, cast.approver, cast.viewer, cast.task_force):
            client.force_login(person)
            book = workbook(download(client, sheet))
            assert all(cell.protection.locked for row in book["DAT"].iter_rows() for cell in row)
            told = words(flat(client.get(f"/assessments/{sheet.pk}/")))
            assert "The assessment as a workbook, to read." in told
            assert "Upload and compare" not in told


class TestTheDifference:
    def test_shows_both_texts_item_by_item(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        client.force_login(cast.focal)
        data = filled(download(client, sheet), {"DAT!H2": 4, "DAT!J2": "<b>now</b>", "DAT!H3": "x"})
        page = flat(client.get(upload(client, sheet, data).url))
        told = words(page)
        assert "Nothing is written yet." in told
        assert "DAT-STR · DAT!H2 DAT STR? On the portal now Level 2 evidence In the workbook Level 4" in told
        assert "&lt;b&gt;now&lt;/b&gt;" in page
        assert "DAT-LED · DAT!H3 DAT LED? Choose a level from 0 to 4." in told

    def test_asks_for_a_choice_in_a_conflict_and_takes_it(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        data = filled(download(client, sheet), {"DAT!H2": 4})
        version = Answer.objects.get(assessment=sheet, item__code="DAT-STR").version
        client.post(
            f"/assessments/{sheet.pk}/answers/DAT-STR/",
            {"choice": "1", "comment": "meanwhile", "version": version},
        )
        page = upload(client, sheet, data)
        told = words(flat(client.get(page.url)))
        assert "Conflicts: changed in both places" in told
        assert "meanwhile" in told
        assert cast.focal.name in told
        refused = client.post(page.url, {"step": "confirm"})
        assert refused.status_code == 400
        seen = {"step": "confirm", "seen-DAT-STR": version + 1}
        stale = client.post(page.url, {**seen, "seen-DAT-STR": version, "keep-DAT-STR": "mine"})
        assert stale.status_code == 412
        assert "has changed again since you chose" in words(flat(stale))
        done = client.post(page.url, {**seen, "keep-DAT-STR": "mine"}, follow=True)
        assert "1 answer was taken over from filled.xlsx." in words(flat(done))
        assert Answer.objects.get(assessment=sheet, item__code="DAT-STR").claimed == 4

    def test_is_read_by_nobody_else(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        client.force_login(cast.focal)
        page = upload(client, sheet, download(client, sheet))
        for person in (cast.approver, cast.contributor, cast.stranger, cast.task_force):
            client.force_login(person)
            assert client.get(page.url).status_code == 404
            assert client.post(page.url, {"step": "discard"}).status_code == 404

    def test_waits_on_the_overview_until_it_is_decided_or_forgotten(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        overview = f"/assessments/{sheet.pk}/"
        first, second = (upload(client, sheet, download(client, sheet), f"{name}.xlsx").url for name in "ab")
        told = words(flat(client.get(overview)))
        assert "Uploaded, not confirmed yet" in told
        assert ("a.xlsx" in told, "b.xlsx" in told) == (False, True), "one waits, the newer one"
        client.post(second, {"step": "discard"})
        assert "Uploaded, not confirmed yet" not in flat(client.get(overview))
        for decided in (first, second):
            assert client.post(decided, {"step": "confirm"}).status_code == 409
        third = upload(client, sheet, download(client, sheet), "c.xlsx").url
        WorkbookUpload.objects.filter(file_name="c.xlsx").update(at=AT.replace(year=2020))
        assert forget_waiting_workbooks() == 1
        assert client.get(third).status_code == 404

    def test_tells_a_contributor_which_rows_do_not_count(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        data = filled(download(client, sheet), {"DAT!H2": 4, "DAT!H3": 4})
        delegate(sheet, "DAT-STR", cast.contributor)
        client.force_login(cast.contributor)
        page = upload(client, sheet, data)
        told = words(flat(client.get(page.url)))
        assert "13 items are not handed to you: their rows are ignored" in told
        client.post(page.url, {"step": "confirm"})
        changed = AnswerRevision.objects.filter(channel="workbook").values_list("item__code", flat=True)
        assert list(changed) == ["DAT-STR"]

    def test_cannot_be_confirmed_when_the_sheet_is_closed(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        page = upload(client, sheet, filled(download(client, sheet), {"DAT!H2": 4}))
        Cycle.objects.update(phase=Phase.VALIDATION)
        assert "cannot be confirmed" in words(flat(client.get(page.url)))
        assert client.post(page.url, {"step": "confirm"}).status_code == 409
        assert upload(client, sheet, b"whatever").status_code == 409


class TestInABrowser:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [390, 1280])
    @pytest.mark.django_db(transaction=True)
    def test_axe_finds_nothing_on_the_pages(
        self,
        live_server: Any,
        new_context: NewContext,
        cast: Cast,
        sheet: Assessment,
        client: Client,
        width: int,
        scheme: str,
    ) -> None:
        client.force_login(cast.focal)
        data = filled(download(client, sheet), {"DAT!H2": 4, "DAT!J2": "x" * 300, "DAT!H3": 3, "INN!H2": 9})
        Answer.objects.filter(item__code="DAT-STR").update(version=2, claimed=0)
        context = new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        signed_in = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": signed_in, "url": live_server.url}])
        page: Page = context.new_page()
        overview = f"{live_server.url}/assessments/{sheet.pk}/"
        for name, content in (("filled.xlsx", data), ("a.csv", b"a,b")):
            page.goto(overview)
            file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
            page.get_by_label("Filled workbook").set_input_files(file)
            page.get_by_role("button", name="Upload and compare").click()
            page.get_by_role("heading", level=1, name="workbook").wait_for()
            assert Axe().run(page).response["violations"] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
