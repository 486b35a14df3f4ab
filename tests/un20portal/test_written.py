"""What was typed into a form that is not taken is shown again: every text, and no secret."""

import re
from html import unescape
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from quintet.forms import answering, cycles, delegating, evidence, monitoring, reviewing, tailoring
from roadmap import forms as cases
from scorecards import forms as scorecards
from tests.architecture import tree
from tests.quintet.samples import pdf
from un20portal.lib.written import is_typed, written

MODULES = (answering, cycles, delegating, evidence, monitoring, reviewing, tailoring, cases, scorecards)
TEXT = (forms.TextInput, forms.URLInput, forms.EmailInput, forms.Textarea)
NO_WORDS = {"choice", "level", "code"}  # chosen among few; the code of a cycle is short


def typed_fields() -> set[str]:
    """The names of all fields of our forms that people type words into."""
    found = {cls for module in MODULES for cls in vars(module).values() if isinstance(cls, type)}
    shapes: list[Any] = [cls for cls in found if issubclass(cls, forms.Form)]
    return {
        name
        for shape in shapes
        for name, field in shape.base_fields.items()
        if isinstance(field, forms.CharField)
        and isinstance(field.widget, TEXT)
        and not isinstance(field.widget, forms.PasswordInput)
    }


def test_every_text_field_of_a_form_is_kept() -> None:
    assert typed_fields() >= {"title", "url", "note", "words"}
    assert {name for name in typed_fields() - NO_WORDS if not is_typed(name)} == set()


def test_every_text_box_of_a_template_is_kept() -> None:
    boxes = [box for path in tree.files(".html") for box in re.findall(r"<textarea[^>]*>", path.read_text())]
    names = {match[1] for box in boxes if (match := re.search(r'name="(\w+)"', box))}
    assert names >= {"comment", "question", "reason"}
    assert {name for name in names if not is_typed(name)} == set()


def test_secrets_and_what_is_chosen_are_not() -> None:
    secrets = ["password", "password1", "oldpassword", "csrfmiddlewaretoken", "token", "code", "login"]
    assert [name for name in [*secrets, "choice", "version", "chosen", "items"] if is_typed(name)] == []


def test_texts_stand_in_the_order_of_the_form_with_a_line_between_them() -> None:
    sent = {"question": "What?", "level-0": "Nothing", "level-1": " ", "level-2": "Much", "version": "3"}
    assert written(RequestFactory().post("/", sent)) == "What?\n\nNothing\n\nMuch"


@pytest.mark.django_db
def test_an_upload_after_the_end_of_the_session_loses_no_word(client: Client) -> None:
    said = {"url": "", "title": "Data <plan>", "page": "3", "effective_on": "2026-03-01"}
    file = SimpleUploadedFile("x.pdf", pdf(), content_type="application/pdf")
    answer = client.post("/assessments/1/evidence/DAT-STR/add/", {**said, "file": file, "password": "secret"})
    assert answer.status_code == 403
    html = answer.content.decode()
    shown = re.search(r'<textarea id="copy-text"[^>]*>(.*?)</textarea>', html, re.DOTALL)
    assert shown
    assert unescape(shown[1]) == "Data <plan>\n\n3"
    assert "secret" not in html
