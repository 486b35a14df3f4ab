"""Answers in the API: versions, who reads and writes what, and texts that must not break anything."""

import json
from typing import Any

import pytest
from django.test import Client

from entities.models import Entity, Role
from entities.services.people import grant_role
from quintet.models import Answer, AnswerRevision, Assessment, Cycle, Item, Status
from tests.factories import (
    Cast,
    delegate,
    fill,
    make_token,
    sheet_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(undp: Entity, cycle: Cycle) -> Assessment:
    return sheet_of(cycle, undp)


@pytest.fixture
def url(sheet: Assessment) -> str:
    return f"/api/v1/assessments/{sheet.pk}/answers/DAT-STR/"


BODY = {"state": "answered", "claimed": 2, "na_reason": "", "comment": "A strategy."}


def put(
    client: Client, url: str, user: Any, body: Any = BODY, version: str | None = '"0"', **headers: str
) -> Any:
    sent = {"Authorization": make_token(user), **headers}
    if version is not None:
        sent["If-Match"] = version
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.put(url, data, content_type="application/json", headers=sent)


def get(client: Client, url: str, user: Any, **headers: str) -> Any:
    return client.get(url, headers={"Authorization": make_token(user), **headers})


class TestWritingAnAnswer:
    def test_starts_from_version_0(self, client: Client, url: str, cast: Cast) -> None:
        empty = get(client, url, cast.focal)
        assert (empty["ETag"], empty.json()["state"], empty.json()["claimed"]) == ('"0"', "unanswered", None)
        written = put(client, url, cast.focal)
        assert (written.status_code, written["ETag"]) == (200, '"1"')
        assert {**BODY, "version": 1}.items() <= written.json().items()
        assert get(client, url, cast.focal, **{"If-None-Match": '"1"'}).status_code == 304

    def test_needs_the_version_it_is_based_on(self, client: Client, url: str, cast: Cast) -> None:
        answer = put(client, url, cast.focal, version=None)
        assert (answer.status_code, answer.json()["code"]) == (428, "version_required")

    @pytest.mark.parametrize("tag", ['"0"', '"7"', 'W/"1"', "*", '"x"', f'"{"9" * 30}"', "1"])
    def test_is_refused_when_stale_and_keeps_both_texts(
        self, client: Client, url: str, cast: Cast, tag: str
    ) -> None:
        put(client, url, cast.focal)
        late = put(client, url, cast.focal, {**BODY, "comment": "Other words."}, version=tag)
        assert (late.status_code, late["ETag"]) == (412, '"1"')
        assert late.json()["current"]["comment"] == "A strategy."
        assert late.json()["offered"]["comment"] == "Other words."
        assert AnswerRevision.objects.filter(outcome="refused", comment="Other words.").exists()

    def test_is_harmless_when_repeated(self, client: Client, url: str, cast: Cast) -> None:
        put(client, url, cast.focal)
        again = put(client, url, cast.focal)
        assert (again.status_code, again["ETag"]) == (200, '"1"')

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({**BODY, "entity": "UNICEF"}, "entity"),
            ({**BODY, "version": 3}, "version"),
            ({**BODY, "claimed": "2"}, "claimed"),
            ({**BODY, "claimed": True}, "claimed"),
            ({**BODY, "claimed": 2.0}, "claimed"),
            ({**BODY, "claimed": 5}, "claimed"),
            ({**BODY, "claimed": 10**15}, "claimed"),
            ({**BODY, "claimed": None}, "claimed"),
            ({**BODY, "state": 1}, "state"),
            ({**BODY, "state": "maybe"}, "state"),
            ({**BODY, "comment": ["x"]}, "comment"),
            ({**BODY, "comment": "bell \x07"}, "comment"),
            ({**BODY, "comment": "x" * 2_000_000}, "comment"),
            ({"state": "na", "na_reason": "no"}, "state"),
            ({}, "state"),
            ([], ""),
        ],
    )
    def test_names_the_field_that_is_wrong(
        self, client: Client, url: str, cast: Cast, body: Any, field: str
    ) -> None:
        answer = put(client, url, cast.focal, body)
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert field in {error["field"] for error in answer.json()["errors"]}
        assert not Answer.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            b'{"state": "answered", "state": "na"}',
            b'{"comment": "\\u0000"}',
            b'{"comment": "\\ud800"}',
            b'{"claimed": NaN}',
            b'{"claimed": 99999999999999999999}',
            b'{"comment": "\xff"}',
            b"[" * 100 + b"]" * 100,
            b"{",
        ],
    )
    def test_refuses_broken_json(self, client: Client, url: str, cast: Cast, body: bytes) -> None:
        assert put(client, url, cast.focal, body).status_code == 400

    def test_refuses_a_body_that_is_too_large(self, client: Client, url: str, cast: Cast) -> None:
        answer = put(client, url, cast.focal, {**BODY, "comment": "x" * 3_000_000})
        assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")

    def test_takes_json_only(self, client: Client, url: str, cast: Cast) -> None:
        headers = {"Authorization": make_token(cast.focal), "If-Match": '"0"'}
        answer = client.put(
            url, "state=na", content_type="application/x-www-form-urlencoded", headers=headers
        )
        assert answer.status_code == 415


class TestWhoWritesAnAnswer:
    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("focal", 200),
            ("approver", 403),
            ("viewer", 404),
            ("contributor", 404),
            ("stranger", 404),
            ("task_force", 404),
            ("committee", 404),
            ("administrator", 404),
        ],
    )
    def test_of_a_draft(self, client: Client, url: str, cast: Cast, who: str, status: int) -> None:
        assert put(client, url, getattr(cast, who)).status_code == status

    def test_is_nobody_without_a_token(self, client: Client, url: str) -> None:
        answer = client.put(url, BODY, content_type="application/json")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")

    def test_is_nobody_with_a_token_that_may_only_read(self, client: Client, url: str, cast: Cast) -> None:
        headers = {"Authorization": make_token(cast.focal, scope="read"), "If-Match": '"0"'}
        answer = client.put(url, BODY, content_type="application/json", headers=headers)
        assert answer.status_code == 403
        assert client.get(url, headers=headers).status_code == 200

    def test_is_nobody_in_a_session_without_csrf_token(self, url: str, cast: Cast) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(cast.focal)
        answer = client.put(url, BODY, content_type="application/json", headers={"If-Match": '"0"'})
        assert answer.status_code == 403

    @pytest.mark.parametrize(("who", "status"), [("focal", 409), ("viewer", 403), ("task_force", 403)])
    def test_of_a_submitted_sheet_is_nobody(
        self, client: Client, url: str, cast: Cast, cycle: Cycle, undp: Entity, who: str, status: int
    ) -> None:
        fill(cycle, {undp: {"DAT-STR": 1}}, Status.SUBMITTED)
        assert put(client, url, getattr(cast, who), version=None).status_code == status


class TestADelegatedContributor:
    def test_reads_and_writes_the_delegated_items_only(
        self, client: Client, url: str, cast: Cast, sheet: Assessment
    ) -> None:
        item = Item.objects.get(code="DAT-STR")
        delegate(sheet, item.code, cast.contributor)
        assert put(client, url, cast.contributor).status_code == 200
        assert put(client, url.replace("STR", "LED"), cast.contributor).status_code == 404
        rows = get(client, f"/api/v1/assessments/{sheet.pk}/answers/", cast.contributor).json()["results"]
        assert [row["item"] for row in rows] == ["DAT-STR"]
        put(client, url.replace("STR", "LED"), cast.focal)
        events = get(client, f"/api/v1/assessments/{sheet.pk}/history/", cast.contributor).json()["results"]
        assert [event["item"] for event in events] == ["DAT-STR"]


class TestTheListOfAnswers:
    def test_holds_every_item_in_framework_order_page_by_page(
        self, client: Client, url: str, cast: Cast, sheet: Assessment
    ) -> None:
        put(client, url, cast.focal)
        address, seen = f"/api/v1/assessments/{sheet.pk}/answers/?limit=5", []
        while address:
            body = get(client, address, cast.focal).json()
            assert set(body) == {"next", "previous", "results"}
            seen += [row["item"] for row in body["results"]]
            address = body["next"]
        assert seen[0] == "DAT-STR"
        assert seen == list(Item.objects.in_order().values_list("code", flat=True))

    @pytest.mark.parametrize("cursor", ["x", "bz14", "cj0y%00", "", "%00", "ä"])
    def test_refuses_a_cursor_it_did_not_give(
        self, client: Client, cast: Cast, sheet: Assessment, cursor: str
    ) -> None:
        for listing in ("answers", "history"):
            answer = get(client, f"/api/v1/assessments/{sheet.pk}/{listing}/?cursor={cursor}", cast.focal)
            assert answer.status_code == 400, (listing, answer.content)

    def test_asks_the_database_as_often_for_many_as_for_few(
        self,
        client: Client,
        cast: Cast,
        sheet: Assessment,
        cycle: Cycle,
        undp: Entity,
        django_assert_max_num_queries: Any,
    ) -> None:
        address = f"/api/v1/assessments/{sheet.pk}/answers/"
        headers = {"Authorization": make_token(cast.focal)}
        with django_assert_max_num_queries(6) as few:
            client.get(f"{address}?limit=2", headers=headers)
        fill(cycle, {undp: {"DAT-STR": 1}}, Status.SUBMITTED)
        with django_assert_max_num_queries(len(few)):
            client.get(address, headers=headers)


class TestTheHistory:
    def test_tells_insiders_of_every_write_and_others_of_steps_only(
        self, client: Client, url: str, cast: Cast, sheet: Assessment
    ) -> None:
        for version, level in enumerate((1, 2, 3)):
            put(client, url, cast.focal, {**BODY, "claimed": level}, version=f'"{version}"')
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SUBMITTED)
        address = f"/api/v1/assessments/{sheet.pk}/history/"
        assert [event["claimed"] for event in get(client, address, cast.focal).json()["results"]] == [1, 2, 3]
        assert get(client, address, cast.task_force).json()["results"] == []
        assert get(client, address, cast.viewer).json()["results"] == []

    def test_is_read_forth_and_back(self, client: Client, url: str, cast: Cast, sheet: Assessment) -> None:
        for version, level in enumerate((1, 2, 3)):
            put(client, url, cast.focal, {**BODY, "claimed": level}, version=f'"{version}"')
        first = get(client, f"/api/v1/assessments/{sheet.pk}/history/?limit=2", cast.focal).json()
        second = get(client, first["next"], cast.focal).json()
        assert [event["claimed"] for event in second["results"]] == [3]
        assert second["next"] is None
        assert get(client, second["previous"], cast.focal).json()["results"] == first["results"]


def test_a_person_with_another_role_too_sees_both(client: Client, cast: Cast, sheet: Assessment) -> None:
    grant_role(user=cast.committee, role=Role.FOCAL_POINT, entity=sheet.entity)
    assert get(client, f"/api/v1/assessments/{sheet.pk}/", cast.committee).status_code == 200
