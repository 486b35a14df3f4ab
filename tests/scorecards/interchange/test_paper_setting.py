"""How the committee paper breaks into pages: typeset with its own style, read back page by page."""

import io
import re
from collections.abc import Iterator

import pytest
from django.template.loader import render_to_string
from pypdf import PdfReader

from scorecards.interchange.paper import _typeset

ROOM = range(200, 246)  # mm left empty above, so that the page ends at every place of what follows
LINE = {"en": "Sentence ", "ar": "جملة "}
pytestmark = pytest.mark.once


def pages(language: str) -> Iterator[str]:
    """The text of each page, where a heading and a numbered paragraph come ever nearer to its end."""
    parts = [
        f'<section style="break-before: page"><div style="height: {height}mm"></div>'
        f'<h3>HEAD{height}</h3><p class="numbered">{LINE[language] * 60}LAST{height}</p></section>'
        for height in ROOM
    ]
    style = render_to_string("scorecards/paper/style.css")
    direction = "rtl" if language == "ar" else "ltr"
    page = (
        f'<!DOCTYPE html><html lang="{language}" dir="{direction}"><head><title>T</title>'
        f"<style>{style}</style></head><body>{''.join(parts)}</body></html>"
    )
    for one in PdfReader(io.BytesIO(_typeset(page.encode()))).pages:
        yield one.extract_text()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_neither_a_heading_nor_a_number_is_left_behind_by_its_text(language: str) -> None:
    found, n_headings = list(pages(language)), 0
    assert len(found) > len(ROOM), "some paragraphs have to go on or begin on the next page"
    for text in found:
        headings = re.findall(r"HEAD\d+", text)
        numbers = re.findall(r"\d\.|\.\d", text)
        n_headings += len(headings)
        assert len(numbers) == len(headings), text
        if headings:
            assert text.count(LINE[language].strip()) >= 20, "two lines at least stand below a heading"
    assert n_headings == len(ROOM)
