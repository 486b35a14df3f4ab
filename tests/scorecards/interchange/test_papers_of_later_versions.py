"""What changed since the last session, in the papers of a later version: beside which version, and how."""

import io
import re
from html import unescape

import openpyxl
import pytest
from django.test import Client
from django.utils import translation

from entities.models import Entity
from quintet.models import Cycle, Framework
from scorecards.interchange.paper import paper_html
from scorecards.interchange.report_workbook import report_workbook
from scorecards.models import Scorecard
from scorecards.queries.papers import paper_of
from scorecards.services.comparing import decide_comparisons
from scorecards.services.deciding import add_point
from scorecards.services.publishing import release
from tests.factories import AT, Cast, fill, later, make_counted_cycle, make_entities, make_entity
from tests.scorecards.worked import publish
from tests.scorecards.years import Compared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SAID = {"verb": "requests", "body": "hlcm", "text": "More.", "action": "", "figure": "", "language": "en"}


@pytest.fixture
def cast(outside_cast: Cast) -> Cast:
    return outside_cast


@pytest.fixture
def cycle(framework: Framework) -> Cycle:
    """Twelve units, all with a data strategy in place, none with a leader."""
    return make_counted_cycle(framework, {unit: {"DAT-STR": 3, "DAT-LED": 1} for unit in make_entities(12)})


def come(cycle: Cycle, name: str) -> None:
    """Six units more, without a strategy and with a leader."""
    units: list[Entity] = [make_entity(f"{name}-{number}") for number in range(6)]
    fill(cycle, {unit: {"DAT-STR": 1, "DAT-LED": 2} for unit in units})


def words(scorecard: Scorecard, language: str = "en") -> str:
    with translation.override(language):
        page = paper_html(paper_of(scorecard))
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", page), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(shown))


def test_a_correction_says_in_what_it_differs_from_the_version_before(cycle: Cycle, cast: Cast) -> None:
    publish(cycle, cast)
    come(cycle, "SECOND")
    publish(cycle, cast)
    come(cycle, "THIRD")
    add_point(cycle=cycle, by=cast.task_force, at=AT, **SAID)
    third = publish(cycle, cast)
    shown = words(third)
    for said in (
        "2 figures in place differ from version 2. The largest differences, then and now:",
        "Data · Leadership roles (from 33% to 50%) and Data · Strategy or action plan (from 67% to 50%).",
        "1 point for decision is new.",
        "Data · Strategy or action plan DAT-STR 12 of 18 (67%) 12 of 24 (50%)",
    ):
        assert said in shown
    book = openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(third))))
    _head, *rows = book["Since version 2"].iter_rows(values_only=True)
    assert [(row[0], *row[3:]) for row in rows] == [("DAT-STR", 12, 18, 12, 24), ("DAT-LED", 6, 18, 12, 24)]
    assert {row[0].value for row in book["About"].iter_rows()} >= {"Since version 2"}


def test_a_first_version_has_no_such_part(cycle: Cycle, cast: Cast) -> None:
    assert "What changed since the last session" not in words(publish(cycle, cast))


def test_a_correction_says_what_moved_since_the_cycle_before_as_well(compared: Compared) -> None:
    cycle, cast = compared.cycles[1], compared.cast
    fill(cycle, {make_entity(f"LATE-{n}"): {"DAT-STR": 3} for n in range(6)})
    second = publish(cycle, cast)
    decide_comparisons(at=AT)
    shown = words(second)
    assert "in what this version differs from it. What moved since the cycle before stands below" in shown
    assert "Compared with Cycle 2025, version 1" in shown


def test_what_only_committees_read_is_not_compared_with_until_it_is_released(
    cycle: Cycle, cast: Cast
) -> None:
    """A paper stays as it is when its own version is opened to everybody."""
    publish(cycle, cast)
    come(cycle, "SECOND")
    hidden = publish(cycle, cast, audience="committee")
    come(cycle, "THIRD")
    third = publish(cycle, cast, audience="committee")
    before = words(third)
    assert "differ from version 1" in before
    release(scorecard=hidden, by=cast.second, at=later(60))
    assert words(third) == before, "also when it is written anew, by a later edition"


def test_the_page_tells_both_what_the_version_and_what_the_cycle_changed(
    compared: Compared, client: Client
) -> None:
    cycle, cast = compared.cycles[1], compared.cast
    fill(cycle, {make_entity(f"LATE-{n}"): {"DAT-STR": 3} for n in range(6)})
    publish(cycle, cast, note="Six sheets came late.")
    decide_comparisons(at=AT)

    def part(query: str = "") -> str:
        page = client.get(f"/scorecards/2026/{query}").content.decode()
        found = page.partition('aria-labelledby="since"')[2].partition("</section>")[0]
        return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", found))

    shown = part()
    places = [shown.index(said) for said in ("Since version 1 of this cycle", "Since Cycle 2025, version 1")]
    assert places == sorted(places)
    assert "Six sheets came late." in shown
    first = part("?version=1")
    assert "Since" not in first
    assert "Only the latest published versions are compared" in first
