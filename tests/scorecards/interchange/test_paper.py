"""The committee paper as files: read back, the same numbers as API and CSV, nothing hidden in it."""

import csv
import io
import re
import subprocess
import sys
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import translation
from pypdf import PageObject, PdfReader

from entities.models import Entity
from quintet.models import Cycle, Framework, Item
from quintet.queries.frameworks import item_codes
from scorecards.interchange import paper
from scorecards.interchange.paper import paper_html, paper_pdf
from scorecards.interchange.report_workbook import report_workbook
from scorecards.interchange.tables import scorecard_csv
from scorecards.models import Basis, Scorecard
from scorecards.queries.papers import paper_of
from tests import processes
from tests.factories import (
    Cast,
    Levels,
    make_counted_cycle,
    make_entities,
    make_framework,
)
from tests.scorecards.worked import publish
from tests.scorecards.years import CODES, Compared

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # typeset from bytes that no database changes
HIDDEN = "DAT-LED"


@pytest.fixture
def cast(outside_cast: Cast) -> Cast:
    return outside_cast


@pytest.fixture
def scorecard(compared: Compared) -> Scorecard:
    """The second of two compared years, of 24 units."""
    return Scorecard.objects.select_related("cycle__framework").get(cycle=compared.cycles[1])


@pytest.fixture
def guarded(cast: Cast) -> Scorecard:
    """Twelve units, of which three answer one item: it is suppressed."""

    def levels(number: int) -> Levels:
        answers: dict[str, int | str | None] = {
            code: (number + place) % 5 for place, code in enumerate(CODES)
        }
        if number >= 3:
            answers[HIDDEN] = None
        return answers

    units: list[Entity] = make_entities(12)
    cycle = make_counted_cycle(make_framework(), {unit: levels(n) for n, unit in enumerate(units)})
    publish(cycle, cast)
    return Scorecard.objects.select_related("cycle__framework").get(cycle=cycle)


WRITTEN: dict[bytes, bytes] = {}  # what is typeset from a page is the same each time, as a test says


def pdf(scorecard: Scorecard, language: str = "en") -> PdfReader:
    with translation.override(language):
        paper = paper_of(scorecard)
        page = paper_html(paper).encode()
        if page not in WRITTEN:
            WRITTEN[page] = paper_pdf(paper)
        return PdfReader(io.BytesIO(WRITTEN[page]))


def root_of(reader: PdfReader) -> Any:
    return reader.trailer["/Root"]


def text_of(reader: PdfReader) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


def sheet(scorecard: Scorecard, name: str) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(scorecard))))
    head, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def api(client: Client, cycle: Cycle, basis: str = "accepted") -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/scorecards/{cycle.code}/items/?basis={basis}")
    assert answer.status_code == 200
    rows: list[dict[str, Any]] = answer.json()
    return rows


class TestThePdf:
    def test_is_tagged_and_names_language_title_and_bookmarks(self, scorecard: Scorecard) -> None:
        reader = pdf(scorecard)
        root = root_of(reader)
        assert root["/Lang"] == "en"
        assert root["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in root
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert reader.metadata is not None
        assert "version 1" in str(reader.metadata.title)
        assert b"pdfuaid" in root["/Metadata"].get_data()
        titles = [str(entry.title) for entry in _flat(reader.outline)]
        assert titles.index("State of play") < titles.index("Movement") < titles.index("Quality of data")

    def test_says_in_order_what_it_is_where_it_comes_from_and_what_moved(self, scorecard: Scorecard) -> None:
        text = text_of(pdf(scorecard))
        expected = [
            "UN 2.0 portal/2026/v1", "no official symbol", scorecard.sha256, "Purpose", "State of play",
            "Dimensions", "Compared with", "Quality of data", "How to check", "The designations employed",
        ]  # fmt: skip
        places = [text.index(part) for part in expected]
        assert places == sorted(places)
        assert re.search(r"[01]?\d? ?(of|items) .*changed clearly", text)

    def test_has_the_numbers_of_the_api_for_every_item(self, scorecard: Scorecard, client: Client) -> None:
        text, rows = text_of(pdf(scorecard)), api(client, scorecard.cycle)
        assert len(rows) == len(CODES)
        for row in rows:
            shares = [round(float(row[name])) for name in ("share_has", "share_operates")]
            shown = f"{row['has']} ({shares[0]}%) {row['operates']} ({shares[1]}%)"
            found = text[text.index(f"{row['item']} ") :][:120]
            assert shown in found, row["item"]
            assert f"{row['n_answered']} of {row['n_group']}" in found

    def test_gives_each_figure_its_words(self, scorecard: Scorecard) -> None:
        reader = pdf(scorecard)
        alternatives = _alternatives(root_of(reader)["/StructTreeRoot"])
        assert len(alternatives) == len(CODES)
        assert all("In place in" in words for words in alternatives)

    @pytest.mark.parametrize(
        ("language", "word"), [("ar", "البيانات"), ("zh-hans", "数据"), ("ru", "Данные"), ("fr", "Données")]
    )
    def test_has_glyphs_in_every_script(self, scorecard: Scorecard, language: str, word: str) -> None:
        reader = pdf(scorecard, language)
        assert root_of(reader)["/Lang"] == {"zh-hans": "zh-Hans"}.get(language, language)
        assert word in text_of(reader)
        assert not _missing_glyphs(reader)

    def test_is_the_same_to_the_byte_in_another_process(self, scorecard: Scorecard) -> None:
        page = paper_html(paper_of(scorecard)).encode()
        again = subprocess.run(
            [sys.executable, "-m", "scorecards.interchange.typesetting"],
            input=page, capture_output=True, check=True, cwd=processes.ROOT,
            env={"SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "7", "PATH": ""},
        )  # fmt: skip
        assert again.stdout == paper_pdf(paper_of(scorecard))
        assert b"\x00" not in page

    def test_sets_a_space_between_its_sentences(self, scorecard: Scorecard) -> None:
        paragraphs = re.findall(r'<p class="numbered">(.*?)</p>', paper_html(paper_of(scorecard)), re.DOTALL)
        assert any("changed clearly" in paragraph for paragraph in paragraphs)
        assert not [found for text in paragraphs for found in re.findall(r"\w+\.[A-Z]\w+", text)]

    def test_names_every_enabler_also_where_the_first_capability_has_none(self, cast: Cast) -> None:
        framework = make_framework()
        Item.objects.filter(framework=framework, code="DAT-PMS").delete()
        cycle = make_counted_cycle(framework, {unit: {"INN-PMS": 3} for unit in make_entities(12)})
        publish(cycle, cast)
        scorecard = Scorecard.objects.select_related("cycle__framework").get()
        matrix = paper_html(paper_of(scorecard)).partition('class="matrix"')[2].partition("</table>")[0]
        names = re.findall(r'<th scope="row">(.*?)</th>', matrix)
        assert len(names) == len(set(names)) == 7
        assert all(names)

    def test_that_hangs_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(paper, "COMMAND", [sys.executable, "-c", "import time; time.sleep(60)"])
        monkeypatch.setattr(paper, "WALL_SECONDS", 0.2)
        with pytest.raises(TimeoutError):
            paper._typeset(b"")

    def test_tells_nothing_of_a_suppressed_item(self, guarded: Scorecard) -> None:
        text = text_of(pdf(guarded))
        for found in re.finditer(rf"{HIDDEN} (.{{0,24}})", text):
            assert found[1].startswith("suppressed"), found[0]
        assert (
            "1 figure is suppressed: fewer than 5 units answered, or it would tell what so few answered."
            in text
        )


class TestTheWorkbook:
    def test_has_the_numbers_of_api_and_csv_for_every_item(
        self, scorecard: Scorecard, client: Client
    ) -> None:
        rows = {(row["Item"], row["Basis"]): row for row in sheet(scorecard, "Items")}
        told = {
            (row["item"], row["basis"]): row
            for row in csv.DictReader(io.StringIO(scorecard_csv(scorecard.payload)))
            if row["group"] == "entities"
        }
        for basis, name in (("accepted", "Accepted"), ("claimed", "Claimed")):
            for row in api(client, scorecard.cycle, basis):
                ours, theirs = rows[row["item"], name], told[row["item"], basis]
                assert [ours["Group"], ours["Answers"], ours["No answer"], ours["Not applicable"]] == [
                    row["n_group"], row["n_answered"], row["n_missing"], row["n_na"]
                ]  # fmt: skip
                assert [ours["In place"], ours["Operating"]] == [row["has"], row["operates"]]
                assert [str(ours["In place"]), str(ours["Operating"])] == [theirs["has"], theirs["operates"]]
                assert ours["In place (%)"] == float(row["share_has"]) == float(theirs["share_has"])
                assert ours["Upper bound (%)"] == float(row["bounds_has"][1])

    def test_prints_values_of_before_as_the_paper_does_with_year_and_limits(self, cast: Cast) -> None:
        """Of the brief's values two are of 2022, and three of something near."""
        call_command("load_reference", verbosity=0)
        framework = Framework.objects.get(slug="quintet-2026")
        answers = dict.fromkeys(item_codes(framework), 3)
        scorecard = publish(make_counted_cycle(framework, dict.fromkeys(make_entities(12), answers)), cast)
        heads = ("In 2023", "Sign of the value", "Year of the value", "Comparability")
        rows = [row for row in sheet(scorecard, "Items") if row["Basis"] == "Accepted"]
        said = {row["Item"]: tuple(row[head] for head in heads) for row in rows if row["In 2023"]}
        approach, ability = "near concept: strategic approach", "near concept: self-assessed ability"
        assert said == {
            "DAT-STR": (67, "≈", 2023, "same concept"),
            "INN-STR": (60, None, 2023, "same concept"),
            "INN-PMS": (60, "≈", 2023, ability),
            "DIG-STR": (66.7, None, 2022, "same concept"),
            "DIG-PMS": (40, "≈", 2022, ability),
            "FOR-STR": (34, None, 2023, "same concept"),
            "BES-STR": (20, None, 2023, approach),
        }
        html = re.sub(r"<[^>]+>|\s+|[\u2066-\u2069]", " ", paper_html(paper_of(scorecard)))
        assert re.search(r"66\.7% +2022 ", html)
        assert re.search(r"≈ 40% +2022 +near ", html)

    def test_has_the_movement_of_the_api(self, scorecard: Scorecard, client: Client) -> None:
        rows = {row["Item"]: row for row in sheet(scorecard, "Movement")}
        told = client.get("/api/v1/scorecards/2026/movement/?from=2025").json()["items"]
        assert len(told) == len(rows) == len(CODES)
        for row in told:
            ours, panel = rows[row["item"]], row["panel"]
            if panel is None:
                assert ours["Units"] is None
            else:
                names = {"Units": "n", "Rose": "rose", "Same": "same", "Fell": "fell"}
                assert {name: ours[name] for name in names} == {a: panel[b] for a, b in names.items()}

    def test_names_version_hash_and_source_first(self, scorecard: Scorecard) -> None:
        book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(scorecard))))
        cells = {str(row[0].value): row[1].value for row in book.worksheets[0].iter_rows()}
        assert cells["SHA-256 of the scorecard"] == scorecard.sha256
        assert cells["Version"] == "1"
        assert cells["Source"] == "/api/v1/scorecards/2026/1/"

    def test_is_empty_where_a_figure_is_suppressed(self, guarded: Scorecard) -> None:
        hidden = [row for row in sheet(guarded, "Items") if row["Item"] == HIDDEN]
        assert len(hidden) == len(Basis.values)
        for row in hidden:
            assert row["Suppressed"] == "suppressed"
            assert not any(row[name] for name in list(row)[list(row).index("Answers") :])

    def test_is_the_same_to_the_byte(self, scorecard: Scorecard) -> None:
        assert report_workbook(paper_of(scorecard)) == report_workbook(paper_of(scorecard))

    def test_runs_from_right_to_left_in_arabic(self, scorecard: Scorecard) -> None:
        with translation.override("ar"):
            content = report_workbook(paper_of(scorecard))
        book = openpyxl.load_workbook(io.BytesIO(content))
        assert all(one.sheet_view.rightToLeft for one in book.worksheets)


def _flat(outline: Any) -> list[Any]:
    return [one for entry in outline for one in (_flat(entry) if isinstance(entry, list) else [entry])]


def _alternatives(element: Any) -> list[str]:
    """The texts that stand for figures, in the order of the tags."""
    found: list[str] = []
    kids = element.get("/K", [])
    if element.get("/S") == "/Figure":
        found.append(str(element.get("/Alt", "")))
    for kid in kids if isinstance(kids, list) else [kids]:
        one = kid.get_object()
        if hasattr(one, "get"):
            found.extend(_alternatives(one))
    return found


def _drawn(page: PageObject) -> bytes:
    contents = page.get_contents()
    return b"" if contents is None else contents.get_data()


def _missing_glyphs(reader: PdfReader) -> list[str]:
    """What is drawn as an empty box: glyph 0 of any font."""
    found: list[str] = []
    for page in reader.pages:
        for operand in re.findall(rb"<([0-9a-fA-F]+)>", _drawn(page)):
            glyphs = [operand[place : place + 4] for place in range(0, len(operand), 4)]
            found.extend(glyph.decode() for glyph in glyphs if glyph == b"0000")
    return found
