"""The figure behind a point for decision, as paper and workbook give it: its name, value and receipt."""

import io
import json
import re
from html import unescape

import openpyxl
import pytest
from django.utils import translation
from pypdf import PdfReader
from pytest_django import Settings

from quintet.models import Cycle, Framework
from scorecards.interchange.paper import paper_html, paper_pdf
from scorecards.interchange.report_workbook import report_workbook
from scorecards.models import Scorecard
from scorecards.queries.papers import paper_of
from scorecards.services.comparing import decide_comparisons
from scorecards.services.deciding import add_point
from scorecards.services.simulating import simulate_scorecard
from tests.factories import AT, Cast, fill, make_counted_cycle, make_entities, make_entity
from tests.guards import unguarded
from tests.scorecards.worked import publish
from tests.scorecards.years import Compared
from un20portal.lib.canonical import canonical_json, sha256

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PORTAL = "https://portal.example.org"
SAID = {"verb": "requests", "body": "hlcm", "text": "Entities to report.", "action": "", "language": "en"}


@pytest.fixture
def cycle(framework: Framework) -> Cycle:
    """Twelve units, of which nine have a data strategy in place."""
    units = make_entities(12)
    return make_counted_cycle(
        framework, {unit: {"DAT-STR": 3 if n < 9 else 1} for n, unit in enumerate(units)}
    )


def published(cycle: Cycle, cast: Cast, figure: str) -> Scorecard:
    add_point(cycle=cycle, by=cast.task_force, at=AT, **SAID, figure=figure)
    return publish(cycle, cast)


def part(scorecard: Scorecard) -> str:
    """What the paper holds of its points, as HTML."""
    page = re.sub(r"\s+", " ", paper_html(paper_of(scorecard)))
    return page[page.index("Entities to report.") : page.index('class="matrix"')]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", html)))


def cells(scorecard: Scorecard) -> dict[str, str]:
    """The point in the workbook, by heading."""
    book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(scorecard))))
    head, row = book["For decision"].iter_rows(values_only=True)
    return dict(zip(map(str, head), row, strict=True))


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (
            "?group=entities&item=DAT-STR",
            "Data · Strategy or action plan in place, UN entities: 75% (version 1 · accepted basis)",
        ),
        (
            "?group=all&item=DAT-STR&basis=claimed",
            "in place, Entities and country teams: 75% (version 1 · claimed basis)",
        ),
        ("?group=all&item=DAT-LED", "suppressed (version 1 · accepted basis)"),
        (
            "?group=entities&of=response",
            "Sheets accepted, UN entities: 12 of 12 (version 1 · accepted basis)",
        ),
        ("?group=all&of=checks&enabler=STR", "levels checked: 0, without evidence: 12 (version 1)"),
    ],
)
def test_is_named_with_its_value_version_and_basis(cycle: Cycle, cast: Cast, figure: str, said: str) -> None:
    scorecard = published(cycle, cast, figure)
    assert said in words(part(scorecard))
    assert said in cells(scorecard)["Figure behind it"]


def test_that_is_estimated_has_no_value_whether_it_was_simulated_or_not(cycle: Cycle, cast: Cast) -> None:
    scorecard = published(cycle, cast, "?group=entities&area=capability")
    said = "Quintet of change · mean index, UN entities: not part of the published bytes (version 1)"
    page = paper_html(paper_of(scorecard))
    assert said in words(page)
    simulate_scorecard(scorecard=scorecard, at=AT)
    assert paper_html(paper_of(scorecard)) == page


def test_of_a_change_names_both_versions_and_keeps_them_in_its_address(compared: Compared) -> None:
    cycle, cast = compared.cycles[1], compared.cast
    scorecard = published(cycle, cast, "?group=entities&item=DAT-STR&from=2025")
    assert "a figure that is not part of the published bytes (version 2 · accepted basis)" in words(
        part(scorecard)
    ), "this version is not compared yet"
    decide_comparisons(at=AT)
    shown = part(scorecard)
    said = "(version 2 · compared with Cycle 2025, version 1 · accepted basis)"
    assert re.search(rf"change in the panel, UN entities: \S+ {re.escape(said)}", words(shown))
    assert "?version=2&amp;from=2025&amp;group=entities&amp;item=DAT-STR&amp;from_version=1" in shown


def test_leads_to_its_receipt_of_this_very_version(
    cycle: Cycle, cast: Cast, settings: Settings, framework: Framework
) -> None:
    settings.SITE_URL = PORTAL
    scorecard = published(cycle, cast, "?group=entities&item=DAT-STR")
    fill(cycle, {make_entity(f"NEW-{n}"): {"DAT-STR": 1} for n in range(6)})
    publish(cycle, cast)
    address = f"{PORTAL}/scorecards/2026/receipt/?version=1&group=entities&item=DAT-STR"
    assert f'href="{address}"'.replace("&", "&amp;") in part(scorecard)
    assert cells(scorecard)["Receipt of the figure"] == address
    with translation.override("fr"):
        assert f"{PORTAL}/fr/scorecards/2026/receipt/" in paper_html(paper_of(scorecard))


def test_is_a_link_of_the_pdf_that_says_where_it_leads(cycle: Cycle, cast: Cast, settings: Settings) -> None:
    settings.SITE_URL = PORTAL
    content = paper_pdf(paper_of(published(cycle, cast, "?group=entities&item=DAT-STR")))
    found = [
        note.get_object() for page in PdfReader(io.BytesIO(content)).pages for note in page.get("/Annots", [])
    ]
    (link,) = (note for note in found if note["/Subtype"] == "/Link")
    address = f"{PORTAL}/scorecards/2026/receipt/?version=1&group=entities&item=DAT-STR"
    assert (link["/A"]["/URI"], link["/Contents"]) == (address, address)
    assert "/StructParent" in link, "it is tagged"


def test_is_no_link_where_nobody_else_reaches_the_portal(
    cycle: Cycle, cast: Cast, settings: Settings
) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    shown = part(published(cycle, cast, "?group=entities&item=DAT-STR"))
    assert "<a " not in shown
    assert "/scorecards/2026/receipt/?version=1" in words(shown)


def test_that_nobody_named_is_not_asked_for(cycle: Cycle, cast: Cast) -> None:
    scorecard = published(cycle, cast, "")
    assert "Figure behind it" not in part(scorecard)
    assert cells(scorecard)["Figure behind it"] is None


def test_that_was_published_by_other_rules_does_not_keep_back_the_paper(cycle: Cycle, cast: Cast) -> None:
    document = json.loads(published(cycle, cast, "?group=entities&item=DAT-STR").payload)
    document["decisions"][0]["figure"] = "group=entities&of=luck"
    payload = canonical_json(document)
    with unguarded():
        Scorecard.objects.update(payload=payload, sha256=sha256(payload))
    scorecard = Scorecard.objects.select_related("cycle__framework").get()
    assert "a figure that is not part of the published bytes (version 1" in words(part(scorecard))
