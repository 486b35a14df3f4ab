"""What the committee paper says, read as the page that is typeset."""

import io
import json
import re
from html import unescape

import openpyxl
import pytest
from django.core.management import call_command
from django.utils import translation
from pytest_django import Settings

from quintet.models import Cycle, Framework
from quintet.queries.frameworks import item_codes
from scorecards.interchange.paper import paper_html
from scorecards.interchange.report_workbook import report_workbook
from scorecards.models import Scorecard
from scorecards.queries.papers import paper_of
from scorecards.services.deciding import add_point
from tests.factories import AT, Cast, fill, make_cast, make_counted_cycle, make_entities, make_entity
from tests.guards import unguarded
from tests.kept import kept
from tests.scorecards.worked import publish
from un20portal.lib.canonical import canonical_json, sha256

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SAID = {
    "verb": "requests",
    "body": "hlcm",
    "text": "Entities to report.",
    "action": "By spring.",
    "figure": "",
}


@pytest.fixture
def cycle(framework: Framework) -> Cycle:
    return make_counted_cycle(framework, {unit: {"DAT-STR": 3} for unit in make_entities(12)})


def page(scorecard: Scorecard, language: str = "en") -> str:
    with translation.override(language):
        return re.sub(r"\s+", " ", paper_html(paper_of(scorecard)))


def words(page: str) -> str:
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", page))
    return re.sub(r"\s+", " ", unescape(shown))


class TestPointsForDecision:
    @pytest.mark.parametrize("language", ["fr", "ar"])
    def test_stand_as_they_were_written_apart_from_the_frame_of_the_reader(
        self, cycle: Cycle, cast: Cast, language: str
    ) -> None:
        add_point(cycle=cycle, by=cast.task_force, at=AT, **SAID, language="en")
        shown = page(publish(cycle, cast), language)
        for said in ("Entities to report.", "By spring."):
            assert f'<p class="as-written" lang="en" dir="ltr">{said}</p>' in shown
        assert '<small lang="en" dir="auto">[English]</small>' in shown

    def test_in_arabic_run_from_right_to_left_in_every_paper(self, cycle: Cycle, cast: Cast) -> None:
        add_point(cycle=cycle, by=cast.task_force, at=AT, **(SAID | {"text": "10 كيانات"}), language="ar")
        shown = page(publish(cycle, cast))
        assert '<p class="as-written" lang="ar" dir="rtl">10 كيانات</p>' in shown

    def test_that_nobody_proposes_are_said_to_be_none(self, cycle: Cycle, cast: Cast) -> None:
        shown = words(page(publish(cycle, cast)))
        assert "For decision The task force proposes no points for decision." in shown

    def test_of_the_language_of_the_reader_are_not_marked(self, cycle: Cycle, cast: Cast) -> None:
        add_point(cycle=cycle, by=cast.task_force, at=AT, **SAID, language="en")
        assert ">English</small>" not in page(publish(cycle, cast))

    def test_of_lists_that_are_shorter_now_are_written_all_the_same(self, cycle: Cycle, cast: Cast) -> None:
        add_point(cycle=cycle, by=cast.task_force, at=AT, **SAID, language="en")
        document = json.loads(publish(cycle, cast).payload)
        document["decisions"][0] |= {"verb": "greets", "body": "board", "language": "de"}
        payload = canonical_json(document)
        with unguarded():
            Scorecard.objects.update(payload=payload, sha256=sha256(payload))
        paper = paper_of(Scorecard.objects.get())
        book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper)))
        assert [cell.value for cell in book["For decision"][2]][:3] == ["board", "greets", "de"]
        assert "board greets" in words(paper_html(paper))


@kept
def publish_whole() -> Scorecard:
    cast = make_cast(make_entity("UNDP"), make_entity("UNICEF"))
    call_command("load_reference", verbosity=0)
    framework = Framework.objects.get(slug="quintet-2026")
    levels = dict.fromkeys(item_codes(framework), 3) | {"CUL-ENV-2": 1}
    return publish(make_counted_cycle(framework, dict.fromkeys(make_entities(12), levels)), cast)


@pytest.fixture
def whole(db: None) -> Scorecard:
    """Twelve units that answer the whole quintet; of what is culture, one question stands out."""
    return publish_whole()


class TestSentences:
    def test_name_questions_of_the_culture_by_their_words(self, whole: Scorecard) -> None:
        framework = whole.cycle.framework
        question = framework.items.get(code="CUL-ENV-2").question
        shown = words(page(whole))
        assert f"Least often in place: Environmental sustainability · “{question}” (0 of 12, 0%)." in shown
        assert f"{question} CUL-ENV-2 12 0 0" in shown, "in the table of answers"

    def test_say_printed_values_with_their_sign_and_without_a_difference_to_what_is_only_near(
        self, whole: Scorecard
    ) -> None:
        shown = words(page(whole))
        assert "beside the ≈ 67% printed for 2023" in shown
        near = (
            "Strategy or action plan: 100%. The 20% printed for 2023 measured something near and not the same"
        )
        assert near in shown

    def test_explain_bars_before_the_first_of_them(self, whole: Scorecard) -> None:
        shown = page(whole)
        assert shown.index("Bars: light is in place") < shown.index('<svg viewBox="0 0 100 12"')


class TestInOtherLanguages:
    def test_a_question_keeps_its_direction_in_an_arabic_sentence(self, whole: Scorecard) -> None:
        question = whole.cycle.framework.items.get(code="CUL-ENV-2").question
        sentences = (
            page(whole, "ar").partition("<table")[0] + page(whole, "ar").rpartition('class="items"')[0]
        )
        assert f'«<span lang="en" dir="ltr">{question}</span>»' in sentences

    def test_names_of_cycles_and_notes_keep_theirs_in_arabic(self, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast)
        fill(cycle, {make_entity(f"LATE-{n}"): {"DAT-STR": 1} for n in range(6)})
        shown = page(publish(cycle, cast, note="Six sheets came late."), "ar")
        for place in ("title", "h1"):
            head = shown.partition(f"<{place}>")[2].partition(f"</{place}>")[0]
            assert f"\u2068{cycle.title}\u2069" in head
        assert '<span dir="ltr">Six sheets came late.</span>' in shown

    def test_chinese_sentences_follow_each_other_without_a_space(self, whole: Scorecard) -> None:
        shown = page(whole, "zh-hans")
        assert shown.count("。") > 20
        assert not re.findall(r"。 [^<].{9}", shown)

    def test_that_questions_stand_in_english_is_said(self, whole: Scorecard) -> None:
        sentence = "Questions, levels, names of cycles and quoted reports stand in the language"
        with translation.override("fr"):
            french = translation.gettext(f"{sentence} in which they were written: English.")
            book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(whole))))
        assert re.sub(r"\s", " ", french) in words(page(whole, "fr"))
        assert french in [row[0].value for row in book.worksheets[0].iter_rows()]
        assert sentence not in words(page(whole))

    def test_no_space_stands_between_a_number_and_its_paragraph(self, whole: Scorecard) -> None:
        assert not re.findall(r'<p class="numbered[^"]*"> ', page(whole))


class TestTheAddress:
    @pytest.mark.parametrize(
        ("address", "is_named"), [("https://portal.example.org", True), ("http://127.0.0.1:8000", False)]
    )
    def test_of_the_portal_is_named_where_others_reach_it(
        self, whole: Scorecard, settings: Settings, address: str, is_named: bool
    ) -> None:
        settings.SITE_URL = address
        assert (address in page(whole)) is is_named


def test_the_workbook_says_of_whom_each_sheet_is(whole: Scorecard) -> None:
    book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(whole))))
    told = {str(row[0].value): row[1].value for row in book.worksheets[0].iter_rows()}
    others = [name for name in book.sheetnames if name != "About"]
    assert {"Items", "Dimensions", "Checks"} <= set(others)
    assert all(told[name] for name in others)
    assert told["Items"] == "UN entities (12), on the accepted and on the claimed basis"
    assert told["Checks"] == "All units together, whatever their group"


class TestCountryLevel:
    def publish(self, framework: Framework, cast: Cast, n_teams: int) -> Scorecard:
        teams = [make_entity(f"UNCT-{number}", type="country_team") for number in range(n_teams)]
        levels = {f"DAT-{enabler}": 2 for enabler in ("STR", "LED", "COE", "HRS", "TRN")}
        return publish(make_counted_cycle(framework, dict.fromkeys(teams, levels)), cast)

    def test_shows_regions_as_the_page_does(self, framework: Framework, cast: Cast) -> None:
        scorecard = self.publish(framework, cast, 7)
        shown = words(page(scorecard))
        part = shown[shown.index("Country level") : shown.index("The index of a unit")]
        assert "Africa 7 teams 5 of 7 n = 7" in part
        book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(scorecard))))
        assert next(book["Country level"].iter_rows(min_row=2, values_only=True)) == (
            "Africa", 7, "Data", None, 7, 5, 7
        )  # fmt: skip

    def test_tells_nothing_of_a_region_of_few(self, framework: Framework, cast: Cast) -> None:
        scorecard = self.publish(framework, cast, 3)
        shown = words(page(scorecard))
        part = shown[shown.index("Country level") : shown.index("The index of a unit")]
        assert "suppressed" in part
        assert "of 7" not in part
        book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(scorecard))))
        for row in book["Country level"].iter_rows(min_row=2, values_only=True):
            assert row[3:] == ("suppressed", None, None, None)

    def test_of_a_cycle_of_entities_says_that_none_was_asked(self, cycle: Cycle, cast: Cast) -> None:
        shown = words(page(publish(cycle, cast)))
        assert "No country team was asked in this cycle." in shown
        assert "are not part of the published bytes and therefore not of this paper" in shown
