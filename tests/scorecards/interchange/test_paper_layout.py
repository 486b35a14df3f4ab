"""How the committee paper lies on its pages in six languages: no word is cut or lies on another."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation

from quintet.models import Framework
from quintet.queries.frameworks import item_codes
from scorecards.interchange.paper import paper_html
from scorecards.models import Scorecard
from scorecards.queries.papers import paper_of
from scorecards.services.comparing import decide_comparisons
from tests import processes
from tests.factories import AT, Cast, fill, make_entities, make_entity
from tests.scorecards.worked import publish
from tests.scorecards.years import cycle_of
from un20portal.lib.languages import REFERENCE_LANGUAGES, site_code

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LAY_OUT = """
import json, sys
from weasyprint import HTML
from weasyprint.formatting_structure.boxes import TableCellBox, TextBox

def outside(box, left, right, bottom):
    return [
        each.text
        for each in box.descendants()
        if isinstance(each, TextBox) and each.text.strip() and (
            each.position_x < left - 0.5
            or each.position_x + each.width > right + 0.5
            or each.position_y + each.height > bottom + 0.5
        )
    ]

found, tables = [], 0
for number, page in enumerate(HTML(string=sys.stdin.read()).render().pages, 1):
    whole = page._page_box
    left, top = whole.content_box_x(), whole.content_box_y()
    content, bottom = whole.children[0], top + whole.height
    found += [[number, text] for text in outside(content, left, left + whole.width, bottom)]
    for cell in content.descendants():
        if isinstance(cell, TableCellBox):
            tables += 1
            x = cell.position_x
            found += [[number, text] for text in outside(cell, x, x + cell.border_width(), bottom)]
print(json.dumps({"outside": found, "cells": tables}))
"""
TABLES = {"since", "items", "matrix", "regions", "dimensions", "movement", "answers", "quality", "hashes"}
NUMBER = re.compile(r"(?<![\d.,\u2212+-])\d{1,2}(?![\d.,]|\s*%)")


@pytest.fixture
def scorecard(cast: Cast) -> Scorecard:
    """The whole quintet in two years, of entities and country teams, corrected: every table is there."""
    call_command("load_reference", verbosity=0)
    framework = Framework.objects.get(slug="quintet-2026")
    teams = [make_entity(f"UNCT-{number}", type="country_team") for number in range(8)]
    units, codes = [*make_entities(24), *teams], item_codes(framework)
    for year in (2025, 2026):
        levels = {
            unit: {
                code: (number * 7 + place * 3 + year * (number % 3)) % 5 for place, code in enumerate(codes)
            }
            for number, unit in enumerate(units)
        }
        latest = publish(cycle_of(framework, str(year), levels), cast)
    late = {unit: dict.fromkeys(codes, 4) for unit in [make_entity(f"LATE-{number}") for number in range(6)]}
    fill(latest.cycle, late)
    latest = publish(latest.cycle, cast, note="Six sheets came late.")
    decide_comparisons(at=AT)
    return latest


def of_a_large_system(page: str) -> str:
    """The page with numbers as wide as they may become in its tables, for 888 units."""
    return re.sub(
        r'(<td class="num">)(.*?)(</td>)',
        lambda cell: cell[1] + NUMBER.sub("888", cell[2]) + cell[3],
        page,
        flags=re.DOTALL,
    )


def laid_out(page: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", LAY_OUT], input=page, capture_output=True, check=True, text=True,
        cwd=processes.ROOT, env={"PATH": "", "LANG": "C.UTF-8"},
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_every_word_lies_on_its_page_and_in_its_cell_in_six_languages(scorecard: Scorecard) -> None:
    outside = {}
    for language in REFERENCE_LANGUAGES:
        with translation.override(site_code(language)):
            page = of_a_large_system(paper_html(paper_of(scorecard)))
        assert set(re.findall(r'<table class="(\w+)', page)) == TABLES
        assert page.count("888") > 100
        told = laid_out(page)
        assert told["cells"] > 500
        outside[language] = told["outside"]
    assert outside == {language: [] for language in REFERENCE_LANGUAGES}
