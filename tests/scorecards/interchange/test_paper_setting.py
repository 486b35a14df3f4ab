"""How the committee paper breaks into pages: typeset with its own style, read back page by page."""

import io
import re
from collections.abc import Callable, Iterator

import pytest
from django.template.loader import render_to_string
from pypdf import PdfReader

from scorecards.interchange.paper import _typeset

ROOM = range(200, 246)  # mm left empty above, so that the page ends at every place of what follows
LINE = {"en": "Sentence ", "ar": "جملة "}
pytestmark = pytest.mark.once


def paragraph(language: str, height: int) -> str:
    return f'<p class="numbered">{LINE[language] * 60}LAST{height}</p>'


def table(language: str, height: int) -> str:
    """Seven rows in two parts, as of an enabler each."""
    rows = [f'<tr><th scope="row">ROW{height}</th><td class="num">1</td></tr>' for _row in range(7)]
    part = f'<tr class="part"><th scope="rowgroup" colspan="2">PART{height}</th></tr>'
    head = f'<thead><tr><th scope="col">COLUMNS{height}</th><th>Number</th></tr></thead>'
    bodies = f"<tbody>{''.join(rows[:3])}</tbody><tbody>{part}{''.join(rows[3:])}</tbody>"
    return f'<table class="items"><caption>CAPTION{height}</caption>{head}{bodies}</table>'


def pages(language: str, follow: Callable[[str, int], str]) -> Iterator[str]:
    """The text of each page, where a heading and what follows it come ever nearer to its end."""
    parts = [
        f'<section style="break-before: page"><div style="height: {height}mm"></div>'
        f"<h3>HEAD{height}</h3>{follow(language, height)}</section>"
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
    found, n_headings = list(pages(language, paragraph)), 0
    assert len(found) > len(ROOM), "some paragraphs have to go on or begin on the next page"
    for text in found:
        headings = re.findall(r"HEAD\d+", text)
        numbers = re.findall(r"\d\.|\.\d", text)
        n_headings += len(headings)
        assert len(numbers) == len(headings), text
        if headings:
            assert text.count(LINE[language].strip()) >= 20, "two lines at least stand below a heading"
    assert n_headings == len(ROOM)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_table_goes_on_with_its_heads_and_never_with_one_row_alone(language: str) -> None:
    n_broken = 0
    for text in pages(language, table):
        n_rows, n_parts = len(re.findall(r"ROW\d+", text)), len(re.findall(r"PART\d+", text))
        for name in ("COLUMNS", "ROW"):
            assert bool(n_rows) == (name in text), (
                "heads stand over each part of a table, and over nothing else"
            )
        assert ("HEAD" in text) <= bool(n_rows), "a heading stands over two rows at least"
        assert n_rows != 1, text
        if n_parts:
            assert len(re.findall(r"ROW\d+", text.partition("PART")[2])) >= 2, "the head of a part, too"
        n_broken += 0 < n_rows < 7
    assert n_broken > 10, "a table fills the page before it goes on"
