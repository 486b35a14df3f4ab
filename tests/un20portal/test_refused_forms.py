"""A form that was not taken is shown again: the title says so, and the reader begins at what is wrong."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.timezone import localdate

from entities.models import Entity
from quintet.models import Assessment, Cycle
from tests.factories import (
    Cast,
    make_case,
    make_cast,
    make_counted_cycle,
    make_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_open_cycle,
)

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a href="#([^"]*)">')
SUMMARY = re.compile(r'<div class="note note-error error-summary".*?</div>', re.DOTALL)
BEGUN_AT = re.compile(r"<[^>]*\bautofocus\b[^>]*>")
CASE = {
    "capability": "DAT",
    "language": "en",
    "title": "Other",
    "problem": "P",
    "done": "D",
    "outcome": "O",
    "year": "2025",
}
REFUSED: list[tuple[str, str, dict[str, str]]] = [
    ("", "/accounts/login/", {"login": "nobody@example.org", "password": "wrong"}),
    ("", "/accounts/login/", {}),
    ("focal", "/accounts/password/change/", {"oldpassword": "wrong"}),
    ("focal", "/portfolio/cases/new/", {"title": "Only this"}),
    ("focal", "/portfolio/cases/{case}/change/", {"version": "2"}),
    ("focal", "/portfolio/cases/{case}/change/", CASE),  # nothing but a hidden field is wrong
    ("focal", "/portfolio/cases/{case}/withdraw/", {"version": "2"}),
    ("focal", "/assessments/{sheet}/delegations/hand-over/", {}),
    ("focal", "/assessments/{sheet}/invitations/send/", {"email": "x"}),
    ("task_force", "/cycles/new/", {"title": "Next"}),
    ("task_force", "/cycles/planned/open/", {}),
    ("task_force", "/cycles/open/start-validation/", {}),
    ("task_force", "/cycles/open/units/UNDP/time/", {}),
    ("task_force", "/scorecards/groups/new/", {"name": "Group"}),
    ("task_force", "/scorecards/counted/decisions/new/", {}),
    ("task_force", "/scorecards/counted/publication/propose/", {}),
    ("task_force", "/assessments/{counted}/reopen/", {}),
]
REFUSED_OTHERWISE: list[tuple[str, str, dict[str, str]]] = [
    ("focal", "/portfolio/cases/{case}/change/", {"version": "1", **CASE}),
    ("focal", "/portfolio/cases/{case}/show/", {"version": "1"}),
    ("focal", "/assessments/{sheet}/evidence/DAT-STR/add/", {"link": "nowhere"}),
    ("focal", "/assessments/{sheet}/answers/DAT-STR/", {"choice": "9", "version": "0"}),
]


@pytest.fixture
def places(cast: Cast) -> dict[str, int]:
    """What addresses name: a shown case, and sheets of UNDP in two cycles; a third one is planned."""
    framework, undp = make_framework(), Entity.objects.get(code="UNDP")
    opened = make_open_cycle(framework, [undp], cast.task_force, "open")
    days = {"opens_on": localdate(), "closes_on": localdate() + timedelta(days=90)}
    Cycle.objects.filter(pk=opened.pk).update(**days)
    counted = make_counted_cycle(
        framework, {unit: {"DAT-STR": 2} for unit in (undp, *make_entities(6))}, "counted"
    )
    make_cycle(framework, "planned")
    return {
        "case": make_case(undp, cast.focal).pk,
        "sheet": Assessment.objects.get(cycle=opened).pk,
        "counted": Assessment.objects.get(cycle=counted, entity=undp).pk,
    }


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP"), make_entity("UNICEF"))


def sent(cast: Cast, who: str, address: str, said: dict[str, str]) -> Any:
    client = Client()
    if who:
        client.force_login(getattr(cast, who))
    return client.post(address, said)


def said_in(said: str) -> str:
    return " ".join(said.split())


@pytest.mark.parametrize(("who", "place", "said"), REFUSED)
def test_names_what_is_wrong_where_the_reader_begins(
    cast: Cast, places: dict[str, int], who: str, place: str, said: dict[str, str]
) -> None:
    answer = sent(cast, who, place.format(**places), said)
    page = answer.content.decode()
    assert answer.status_code == (200 if place.startswith("/accounts/") else 400)
    assert "<title>Error: " in said_in(page)
    (summary,) = SUMMARY.findall(page)
    (begins,) = BEGUN_AT.findall(page)
    assert 'tabindex="-1"' in begins
    assert summary.startswith(begins)
    assert "data-unsaved" in page
    assert "<li>" in summary
    for target in LINK.findall(summary):
        assert f'id="{target}"' in page, target


@pytest.mark.parametrize(("who", "place", "said"), REFUSED_OTHERWISE)
def test_begins_at_the_refusal(
    cast: Cast, places: dict[str, int], who: str, place: str, said: dict[str, str]
) -> None:
    answer = sent(cast, who, place.format(**places), said)
    page = answer.content.decode()
    assert answer.status_code in (400, 409, 412)
    assert "<title>Error: " in said_in(page)
    (begins,) = BEGUN_AT.findall(page)
    assert 'tabindex="-1"' in begins
    assert "data-unsaved" in page


def test_names_the_block_of_an_answer_where_the_reader_begins(cast: Cast, places: dict[str, int]) -> None:
    wrong = {"choice": "9", "version": "0"}
    page = sent(cast, "focal", f"/assessments/{places['sheet']}/answers/DAT-STR/", wrong).content.decode()
    (begins,) = BEGUN_AT.findall(page)
    assert 'aria-label="This answer was not saved"' in begins


def test_says_that_what_was_sent_after_the_session_is_not_saved(client: Client, db: None) -> None:
    page = client.post("/portfolio/cases/new/", CASE).content.decode()
    assert "<title>Error: Your session has ended" in said_in(page)


def test_says_once_what_the_reader_begins_at() -> None:
    """What is focused is spoken; an alert would be spoken as well, over it or cut off by it."""
    templates = [path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html")]
    begun = [tag for text in templates for tag in BEGUN_AT.findall(text)]
    assert begun
    assert not [tag for tag in begun if 'role="alert"' in tag]


@pytest.mark.parametrize("place", ["/accounts/login/", "/portfolio/", "/scorecards/"])
def test_of_a_page_that_was_only_asked_for_nothing_is_said(client: Client, db: None, place: str) -> None:
    page = client.get(place).content.decode()
    assert "<title>Error" not in said_in(page)
    assert "data-unsaved" not in page
    assert "autofocus" not in page.replace("autofocus required", "")
