"""Input nobody should send: a clear refusal that says what is wrong, and a database that did not move."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from entities.models import Entity
from quintet.models import Answer, AnswerRevision, Assessment, Cycle, Item, Status, Transition
from quintet.services.answering import record_answer
from tests.factories import (
    AT,
    Cast,
    fill,
    make_cycle,
    make_framework,
    make_open_cycle,
    make_token,
    sheet_of,
)
from tests.kept import Rows, all_rows

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}
HUGE = "9" * 5000
LONG = "x" * 2_000_000
FORM = "application/x-www-form-urlencoded"


def fingerprint() -> Rows:
    """Every row that is business of the portal (sessions are not)."""
    return {table: rows for table, rows in all_rows().items() if table != Session._meta.db_table}


@pytest.fixture
def cycle(undp: Entity, cast: Cast) -> Cycle:
    return make_open_cycle(make_framework(), [undp], cast.task_force)


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity, cast: Cast) -> Assessment:
    """A draft with one answer on DAT-STR (version 1)."""
    found = sheet_of(cycle, undp)
    record_answer(
        assessment=found,
        item=Item.objects.get(code="DAT-STR"),
        raw={"state": "answered", "claimed": 2, "comment": "stored"},
        version=0,
        by=cast.focal,
        at=AT,
        channel="form",
    )
    return found


@pytest.fixture
def unmoved(post: "Post", put: "Post") -> Iterator[None]:
    """The database says the same after the test as before it."""
    before = fingerprint()
    yield
    assert fingerprint() == before


# --- the form ---------------------------------------------------------------------------------------
Post = Callable[..., Any]


@pytest.fixture
def post(client: Client, cast: Cast, sheet: Assessment) -> Post:
    """Send the form of an item as the focal point; a key with None is left out."""
    client.force_login(cast.focal)

    def send(*, item: str = "DAT-STR", accept: str = "text/html", **fields: object) -> Any:
        sent = {"choice": "3", "comment": "new", "version": "1", **fields}
        url = f"/assessments/{sheet.pk}/answers/{item}/"
        data = {name: value for name, value in sent.items() if value is not None}
        return client.post(url, data, headers={"Accept": accept})

    return send


BAD_FORMS: list[tuple[dict[str, object], int, str]] = [
    ({"choice": "5"}, 400, "from 0 to 4"),
    ({"choice": "-1"}, 400, "from 0 to 4"),
    ({"choice": "2.5"}, 400, "from 0 to 4"),
    ({"choice": "٣"}, 400, "from 0 to 4"),
    ({"choice": "lots"}, 400, "from 0 to 4"),
    ({"choice": HUGE}, 400, "wrong shape"),
    ({"choice": None}, 400, "choose to leave the item open"),
    ({"choice": ""}, 400, "choose to leave the item open"),
    ({"choice": "na", "na_reason": "no"}, 400, "applies to every entity"),
    ({"item": "DAT-PMS", "choice": "na", "version": "0"}, 400, "Say why this item does not apply"),
    ({"version": None}, 400, "wrong shape"),
    ({"version": ""}, 400, "wrong shape"),
    ({"version": "x"}, 400, "wrong shape"),
    ({"version": "-1"}, 400, "wrong shape"),
    ({"version": "1e3"}, 400, "wrong shape"),
    ({"version": HUGE}, 400, "wrong shape"),
    ({"version": str(2**31)}, 400, "wrong shape"),
    ({"comment": LONG}, 400, "the limit is 10000"),
    ({"comment": "a\x00b"}, 400, "wrong shape"),
    ({"comment": "a\x07b"}, 400, "control characters"),
    ({"item": "DAT-PMS", "choice": "na", "na_reason": LONG, "version": "0"}, 400, "the limit is 10000"),
    ({"item": "DAT-XXX"}, 404, ""),
    ({"item": "ZZZ-STR"}, 404, ""),
]


@pytest.mark.usefixtures("unmoved")
class TestTheForm:
    @pytest.mark.parametrize("accept", ["text/html", "application/json"])
    @pytest.mark.parametrize(("fields", "status", "words"), BAD_FORMS)
    def test_refuses_and_says_why(
        self, post: Post, fields: dict[str, object], status: int, words: str, accept: str
    ) -> None:
        answer = post(accept=accept, **fields)
        assert answer.status_code == status
        assert words in answer.content.decode()
        if status == 400 and accept == "application/json":
            assert "not saved" in answer.json()["html"]

    def test_keeps_what_was_written_on_the_page_of_the_refusal(self, post: Post) -> None:
        page = post(choice="na", na_reason="no", comment="a long and careful text").content.decode()
        assert "a long and careful text" in page
        assert 'name="version" value="1"' in " ".join(page.split())

    @pytest.mark.parametrize("pk", ["0", "999999", HUGE[:30]])
    def test_finds_no_sheet_by_another_number(self, post: Post, client: Client, pk: str) -> None:
        for path in (f"/assessments/{pk}/answers/DAT-STR/", f"/assessments/{pk}/submit/"):
            assert client.post(path, {"choice": "3", "version": "1"}).status_code == 404

    def test_refuses_a_body_that_is_too_large(self, post: Post, client: Client, sheet: Assessment) -> None:
        body = b"choice=3&version=1&comment=" + b"x" * 3_000_000
        answer = client.post(f"/assessments/{sheet.pk}/answers/DAT-STR/", body, content_type=FORM)
        assert answer.status_code in (400, 413)

    def test_refuses_thousands_of_fields(self, post: Post, client: Client, sheet: Assessment) -> None:
        body = b"&".join(b"a%d=1" % number for number in range(2000))
        answer = client.post(f"/assessments/{sheet.pk}/answers/DAT-STR/", body, content_type=FORM)
        assert answer.status_code == 400


class TestBrokenTextInTheForm:
    """Django decodes bytes that are no UTF-8 as U+FFFD: what was meant is lost, so nothing is stored."""

    @pytest.mark.parametrize("text", ["a%ED%A0%80b", "%FF%FE", "caf%E9"])
    @pytest.mark.usefixtures("unmoved")
    def test_is_refused(self, post: Post, client: Client, sheet: Assessment, text: str) -> None:
        body = f"choice=3&version=1&comment={text}"
        answer = client.post(f"/assessments/{sheet.pk}/answers/DAT-STR/", body, content_type=FORM)
        assert answer.status_code == 400
        assert "characters that cannot be stored" in answer.content.decode()


class TestAStaleForm:
    def test_changes_nothing_but_keeps_the_text(self, post: Post) -> None:
        answer = post(version="0", comment="written elsewhere")
        assert answer.status_code == 412
        stored = Answer.objects.get()
        assert (stored.comment, stored.version) == ("stored", 1)
        kept = AnswerRevision.objects.filter(outcome="refused").get()
        assert (kept.comment, kept.claimed) == ("written elsewhere", 3)


class TestOtherForms:
    @pytest.fixture
    def submitted(self, cycle: Cycle, undp: Entity) -> Assessment:
        fill(cycle, {undp: {**FULL, "DAT-PMS": "na"}}, Status.SUBMITTED)
        return sheet_of(cycle, undp)

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({}, "Choose a level"),
            ({"accepted": "5", "reason": "why"}, "level of the scale"),
            ({"accepted": "1", "reason": " "}, "Say why the level differs"),
            ({"accepted": "1", "reason": "a\x00b"}, ""),
            ({"accepted": "1", "reason": LONG}, ""),
            ({"accepted": "1", "reason": "x" * 5001}, "5000 characters"),
            ({"accepted": HUGE, "reason": "why"}, ""),
            ({"accepted": "-1", "reason": "why"}, ""),
            ({"approve": "perhaps"}, ""),
            ({"accepted": "2", "version": ""}, ""),
            ({"accepted": "2", "version": HUGE}, ""),
        ],
    )
    def test_of_a_decision_refuse_and_say_why(
        self, client: Client, cast: Cast, submitted: Assessment, fields: dict[str, str], words: str
    ) -> None:
        client.force_login(cast.task_force)
        before = fingerprint()
        sent = {"version": "1", **fields}
        answer = client.post(reverse("quintet:answer-decide", args=[submitted.pk, "DAT-STR"]), sent)
        assert answer.status_code == 400
        assert words in answer.content.decode()
        assert fingerprint() == before

    @pytest.mark.parametrize("comment", ["", "no", "a\x00bc", LONG])
    @pytest.mark.parametrize("step", ["return", "send-back"])
    def test_of_giving_back_want_words(
        self, client: Client, cast: Cast, submitted: Assessment, step: str, comment: str
    ) -> None:
        if step == "send-back":
            Assessment.objects.update(status=Status.SIGNOFF, submitted_by=cast.focal)
        client.force_login(cast.task_force if step == "return" else cast.approver)
        before = fingerprint()
        answer = client.post(f"/assessments/{submitted.pk}/{step}/", {"comment": comment})
        assert answer.status_code == 400
        assert "3 to 5000 characters" in answer.content.decode()
        assert fingerprint() == before

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"code": "20 27"}, "1 to 50 letters, digits, hyphens and underscores"),
            ({"code": "x" * 51}, "1 to 50 letters, digits, hyphens and underscores"),
            ({"code": "2026"}, "already"),
            ({"code": "a\x00"}, "code"),
            ({"title": "x" * 201}, "title"),
            ({"framework": "999999"}, "framework"),
            ({"framework": HUGE}, "framework"),
            ({"code": "new"}, "This code is an address of the portal"),
            ({"opens_on": "2027-13-01"}, "opens_on"),
            ({"opens_on": "2099-01-01"}, "The last day comes before the first."),
            ({"opens_on": "2026-01-01", "closes_on": "2026-02-01"}, "The last day has passed already."),
            ({"closes_on": "10000-01-01"}, "closes_on"),
        ],
    )
    def test_of_a_new_cycle_refuse_and_say_why(
        self, client: Client, cast: Cast, cycle: Cycle, fields: dict[str, str], words: str
    ) -> None:
        client.force_login(cast.task_force)
        before = fingerprint()
        good = {
            "code": "2027",
            "title": "Quintet 2027",
            "framework": str(cycle.framework_id),
            "opens_on": "2027-09-15",
            "closes_on": "2098-12-18",
        }
        answer = client.post(reverse("quintet:cycle-plan"), {**good, **fields})
        assert answer.status_code == 400
        html = answer.content.decode()
        assert words in html
        assert "violated" not in html
        assert fingerprint() == before

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({}, "Choose at least one unit"),
            ({"codes": "UNDP", "confirmed": ""}, "Tick the box to confirm"),
            ({"codes": "UNDP, NASA"}, "No unit has the code NASA"),
            ({"codes": "UNDP", "kinds": "entities"}, "not both"),
            ({"kinds": "everybody"}, "everybody"),
            ({"codes": "a\x00"}, ""),
            ({"codes": LONG}, ""),
        ],
    )
    def test_of_opening_a_cycle_refuse_and_say_why(
        self, client: Client, cast: Cast, cycle: Cycle, fields: dict[str, str], words: str
    ) -> None:
        planned = make_cycle(cycle.framework, "2027", closes_on=date(2099, 12, 31))
        client.force_login(cast.task_force)
        before = fingerprint()
        sent = {"confirmed": "on", **fields}
        answer = client.post(reverse("quintet:cycle-open", args=[planned.code]), sent)
        assert answer.status_code == 400
        assert words in answer.content.decode()
        assert fingerprint() == before


class TestSubmittingTwice:
    @pytest.fixture
    def full(self, cycle: Cycle, undp: Entity) -> Assessment:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        return sheet_of(cycle, undp)

    def test_through_the_page_is_refused_with_a_page(
        self, client: Client, cast: Cast, full: Assessment
    ) -> None:
        client.force_login(cast.focal)
        url = reverse("quintet:assessment-submit", args=[full.pk])
        assert client.post(url).status_code == 302
        before = fingerprint()
        again = client.post(url)
        assert again.status_code == 409
        assert "This was not done" in again.content.decode()
        assert "reload the page" in again.content.decode()
        assert fingerprint() == before
        assert Transition.objects.filter(action="submit").count() == 1

    def test_through_the_api_is_refused_with_a_problem(
        self, client: Client, cast: Cast, full: Assessment
    ) -> None:
        headers = {"Authorization": make_token(cast.focal)}
        url = f"/api/v1/assessments/{full.pk}/submit/"
        assert client.post(url, "{}", content_type="application/json", headers=headers).status_code == 200
        before = fingerprint()
        again = client.post(url, "{}", content_type="application/json", headers=headers)
        assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
        assert fingerprint() == before

    def test_of_an_incomplete_sheet_names_every_item(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        before = fingerprint()
        page = client.post(reverse("quintet:assessment-submit", args=[sheet.pk]))
        assert page.status_code == 400
        assert all(code in page.content.decode() for code in FULL if code != "DAT-STR")
        assert fingerprint() == before


# --- the API ----------------------------------------------------------------------------------------
@pytest.fixture
def put(client: Client, cast: Cast, sheet: Assessment) -> Post:
    """PUT an answer as the focal point: a body or its text, and the version it is based on."""
    token = make_token(cast.focal)

    def send(body: object, *, item: str = "DAT-STR", version: str | None = '"1"', pk: object = None) -> Any:
        headers = {"Authorization": token}
        if version is not None:
            headers["If-Match"] = version
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        url = f"/api/v1/assessments/{pk or sheet.pk}/answers/{item}/"
        return client.put(url, data, content_type="application/json", headers=headers)

    return send


GOOD = {"state": "answered", "claimed": 3, "comment": "new"}
BAD_BODIES: list[tuple[object, int, str]] = [
    ({**GOOD, "claimed": 5}, 400, "from 0 to 4"),
    ({**GOOD, "claimed": -1}, 400, "from 0 to 4"),
    ({**GOOD, "claimed": 2.5}, 400, "claimed"),
    ({**GOOD, "claimed": True}, 400, "claimed"),
    ({**GOOD, "claimed": "3"}, 400, "claimed"),
    ({**GOOD, "claimed": [3]}, 400, "claimed"),
    ({**GOOD, "claimed": 10**30}, 400, "too large"),
    ('{"state": "answered", "claimed": 1e999}', 400, "too large"),
    ('{"state": "answered", "claimed": NaN}', 400, "NaN"),
    ('{"state": "answered", "claimed": ' + HUGE + "}", 400, "too large"),
    ({**GOOD, "state": "lost"}, 400, "answered, unanswered, na"),
    ({**GOOD, "state": None}, 400, "state"),
    ({"claimed": 3}, 400, "state"),
    ({"state": "na", "na_reason": "no"}, 400, "applies to every entity"),
    ({**GOOD, "comment": LONG}, 400, "the limit is 10000"),
    ({**GOOD, "comment": "x" * 3_000_000}, 413, "larger than"),
    ({**GOOD, "comment": "a\x00b"}, 400, "NUL or broken text"),
    ('{"state": "answered", "claimed": 3, "comment": "a\\ud800b"}', 400, "NUL or broken text"),
    ('{"state": "answered", "claimed": 3, "comm\\udfffent": "x"}', 400, "NUL or broken text"),
    (b'{"state": "answered", "claimed": 3, "comment": "\xff"}', 400, "not UTF-8"),
    ({**GOOD, "comment": "a\x07b"}, 400, "control characters"),
    ({**GOOD, "comment": 7}, 400, "comment"),
    ({**GOOD, "entity": "UNICEF"}, 400, "entity"),
    ({**GOOD, "version": 9}, 400, "version"),
    ('{"state": "answered", "state": "na"}', 400, "same key twice"),
    ("[" * 100 + "]" * 100, 400, "nested too deeply"),
    ("[]", 400, ""),
    ("null", 400, ""),
    ("", 400, ""),
    ("{", 400, "not JSON"),
]


@pytest.mark.usefixtures("unmoved")
class TestTheApi:
    @pytest.mark.parametrize(("body", "status", "words"), BAD_BODIES)
    def test_refuses_and_says_why(self, put: Post, body: object, status: int, words: str) -> None:
        answer = put(body)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        assert words in answer.content.decode()

    def test_wants_the_version(self, put: Post) -> None:
        for version in (None, "", "  "):
            answer = put(GOOD, version=version)
            assert (answer.status_code, answer.json()["code"]) == (428, "version_required")

    @pytest.mark.parametrize(
        ("item", "pk"), [("DAT-XXX", None), ("DAT-STR", 999_999), ("DAT-STR", HUGE[:30])]
    )
    def test_finds_no_other_item_or_sheet(self, put: Post, item: str, pk: object) -> None:
        assert put(GOOD, item=item, pk=pk).status_code == 404

    @pytest.mark.parametrize(
        "path",
        [
            "/api/v1/entities/NASA/",
            "/api/v1/cycles/1999/",
            "/api/v1/frameworks/none/",
            "/api/v1/scorecards/2026/entities/NASA/",
            "/api/v1/scorecards/1999/state-of-play/",
        ],
    )
    def test_knows_nobody_it_does_not_know(self, client: Client, path: str) -> None:
        answer = client.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


class TestAStaleWriteThroughTheApi:
    @pytest.mark.parametrize("version", ['"0"', '"7"', '"99999999999999"', "1", "*", 'W/"1"', "ä"])
    def test_changes_nothing_but_keeps_the_text(self, put: Post, version: str) -> None:
        answer = put(GOOD, version=version)
        assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
        assert (answer.json()["current"]["comment"], answer.json()["offered"]["comment"]) == (
            "stored",
            "new",
        )
        stored = Answer.objects.get()
        assert (stored.comment, stored.version) == ("stored", 1)
        assert AnswerRevision.objects.filter(outcome="refused").get().comment == "new"
