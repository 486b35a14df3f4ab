"""What checks found stands in the committee paper and in its workbook as in the published bytes."""

import io
import json
import re
from typing import Any

import openpyxl
import pytest
from django.utils.html import strip_tags

from quintet.models import Answer, Area, Assessment, Dimension, Framework, Item
from quintet.services.freezing import freeze
from scorecards.interchange.paper import paper_html
from scorecards.interchange.report_workbook import report_workbook
from scorecards.models import Scorecard
from scorecards.queries.checked import CheckedRow, checked_of
from scorecards.queries.papers import paper_of
from tests.factories import Cast, fill, later, make_counted_cycle, make_entities, make_entity
from tests.guards import unguarded
from tests.scorecards.worked import publish
from un20portal.lib.canonical import canonical_json, sha256

pytestmark = pytest.mark.django_db
NAMES = (
    *("n_items", "n_items_checks", "n_items_again"),
    *("n_checked", "n_confirmed", "n_lowered", "n_raised", "n_needing", "n_without"),
)
HEADINGS = (
    *("Items", "Items counted", "As in the version before"),
    *("Levels checked", "Confirmed", "Lowered", "Raised", "Need evidence", "Without evidence"),
)


@pytest.fixture
def first(framework: Framework, cast: Cast) -> Scorecard:
    """Of twelve units, DAT-STR was lowered; of three, INN-LED."""
    units = make_entities(12)
    cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2, "INN-LED": 1} for unit in units})
    Answer.objects.filter(item__code="DAT-STR").update(accepted=1)
    Answer.objects.filter(item__code="INN-LED", assessment__entity__in=units[:3]).update(accepted=0)
    for sheet in Assessment.objects.filter(cycle=cycle):
        freeze(assessment=sheet, at=later(1))
    return publish(cycle, cast)


@pytest.fixture
def with_culture(framework: Framework, cast: Cast) -> Scorecard:
    """Of twelve units, a question of the culture was lowered."""
    culture = Dimension.objects.create(
        framework=framework, code="CUR", area=Area.CULTURE, label="Curiosity", order=9
    )
    levels = [f"level {level}" for level in range(5)]
    Item.objects.create(
        framework=framework, dimension=culture, code="CUR-1", order=0, question="C?", level_texts=levels
    )
    cycle = make_counted_cycle(framework, {unit: {"CUR-1": 2, "DAT-STR": 0} for unit in make_entities(12)})
    Answer.objects.filter(item__code__in=["CUR-1", "DAT-STR"]).update(accepted=1)
    for sheet in Assessment.objects.filter(cycle=cycle):
        freeze(assessment=sheet, at=later(1))
    return publish(cycle, cast)


def rows_of(scorecard: Scorecard) -> list[CheckedRow]:
    checked = checked_of(json.loads(scorecard.payload), scorecard.cycle.framework)
    assert checked
    return list(checked.rows)


def words_of(scorecard: Scorecard) -> str:
    return re.sub(r"\s+", " ", strip_tags(paper_html(paper_of(scorecard))))


def book_of(scorecard: Scorecard) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(report_workbook(paper_of(scorecard))))


def table_of(scorecard: Scorecard) -> list[dict[str, Any]]:
    heads, *rows = book_of(scorecard)["Checks"].iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


class TestEvidenceThatIsNotAskedFor:
    """The culture needs none; where a capability needs none, there are none that need it."""

    def test_is_not_said_to_be_none_of_none(self, with_culture: Scorecard) -> None:
        assert "Forward-thinking culture 1 of 1 12 0 12 0 not asked for" in words_of(with_culture)
        assert "Strategy or action plan 1 of 2 12 0 0 12 0 0" in words_of(with_culture)
        table = {row["Enabler"]: row for row in table_of(with_culture)}
        culture, strategy = table["Forward-thinking culture"], table["Strategy or action plan"]
        assert (culture["Need evidence"], culture["Without evidence"]) == ("not asked for",) * 2
        assert (strategy["Need evidence"], strategy["Without evidence"]) == (0, 0)


class TestThePaper:
    def test_says_it_in_words_and_in_a_table(self, first: Scorecard) -> None:
        said = words_of(first)
        assert "12 levels were checked: 0 confirmed, 12 lowered, 0 raised." in said
        assert "24 of 24 levels that need evidence have none." in said
        table = said.partition("What checks found, and levels without evidence")[2]
        assert "Strategy or action plan 1 of 2 12 0 12 0 12 12 Leadership roles suppressed 12 12" in table

    def test_says_what_is_shown_again(self, first: Scorecard, cast: Cast) -> None:
        assert "as in the version before" not in words_of(first)
        fill(first.cycle, {make_entity("NEW"): {"DAT-STR": 4}})
        said = words_of(publish(first.cycle, cast))
        assert "2 items are as in the version before: too few units say something else since." in said
        assert "12 levels were checked" in said

    def test_of_a_version_of_before_says_nothing_of_it(self, first: Scorecard) -> None:
        document = json.loads(first.payload)
        del document["quality"]
        payload = canonical_json(document)
        with unguarded():
            Scorecard.objects.filter(pk=first.pk).update(payload=payload, sha256=sha256(payload))
        first.refresh_from_db()
        assert "What checks found" not in words_of(first)
        assert "Checks" not in book_of(first).sheetnames


class TestTheWorkbook:
    def test_has_the_numbers_of_the_published_bytes(self, first: Scorecard) -> None:
        table = table_of(first)
        shown = [row for row in rows_of(first) if row.sums.n_items_checks]
        assert [tuple(row[name] for name in HEADINGS) for row in table if row["Suppressed"] is None] == [
            tuple(getattr(row.sums, name) for name in NAMES) for row in shown
        ]
        assert table[0]["Enabler"] == "Strategy or action plan"
        assert [row["Suppressed"] for row in table] == [None, *["suppressed"] * 6]
        assert [row["Need evidence"] for row in table] == [12, 12, *["suppressed"] * 5]

    def test_says_of_how_many_items_they_are_as_before(self, first: Scorecard, cast: Cast) -> None:
        fill(first.cycle, {make_entity("NEW"): {"DAT-STR": 4}})
        rows = table_of(publish(first.cycle, cast))
        assert [row["As in the version before"] for row in rows] == [1, 1, *[0] * 5]
