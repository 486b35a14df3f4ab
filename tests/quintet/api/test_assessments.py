"""Sheets in the API: who sees which, and the steps of the workflow."""

import json
from typing import Any

import pytest
from django.test import Client

from entities.models import Entity
from quintet.models import Assessment, Cycle, Status, Transition
from tests.factories import (
    Cast,
    fill,
    make_entities,
    make_token,
    sheet_of,
)

pytestmark = pytest.mark.django_db
ALL_2 = {
    f"{dimension}-{enabler}": 2
    for dimension in ("DAT", "INN")
    for enabler in ["STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS"]
}


def post(client: Client, sheet: Assessment, step: str, user: Any, body: Any = None, **headers: str) -> Any:
    return client.post(
        f"/api/v1/assessments/{sheet.pk}/{step}/",
        json.dumps({} if body is None else body),
        content_type="application/json",
        headers={"Authorization": make_token(user), **headers},
    )


def get(client: Client, path: str, user: Any) -> Any:
    return client.get(f"/api/v1/assessments/{path}", headers={"Authorization": make_token(user)})


class TestTheList:
    def test_shows_each_person_what_is_theirs(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        seen = {
            who: [row["entity"] for row in get(client, "", getattr(cast, who)).json()["results"]]
            for who in ("focal", "approver", "viewer", "contributor", "stranger", "task_force")
        }
        assert seen == {
            "focal": ["UNDP"],
            "approver": ["UNDP"],
            "viewer": [],
            "contributor": [],
            "stranger": ["UNICEF"],
            "task_force": [],
        }
        fill(cycle, {undp: ALL_2}, Status.SUBMITTED)
        assert [row["entity"] for row in get(client, "", cast.task_force).json()["results"]] == ["UNDP"]

    @pytest.mark.parametrize("who", ["committee", "administrator"])
    def test_does_not_exist_for_those_who_never_see_a_sheet(
        self, client: Client, cast: Cast, who: str
    ) -> None:
        assert get(client, "", getattr(cast, who)).status_code == 404

    def test_needs_a_token(self, client: Client) -> None:
        assert client.get("/api/v1/assessments/").status_code == 401

    def test_filters_and_refuses_other_values(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        found = get(client, "?cycle=2026&entity=undp&status=draft", cast.focal).json()
        assert len(found["results"]) == 1
        assert set(found) == {"next", "previous", "results"}
        assert get(client, "?cycle=1999", cast.focal).json()["results"] == []
        for query in ("status=lost", "cycle=%00", "entity=a%20b", "x=1", "cursor=%00", "limit=1e9"):
            assert get(client, f"?{query}", cast.focal).status_code == 400

    def test_asks_the_database_as_often_for_many_as_for_few(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, django_assert_max_num_queries: Any
    ) -> None:
        headers = {"Authorization": make_token(cast.task_force)}
        entities = make_entities(20)
        fill(cycle, {entity: {} for entity in entities[:10]})
        with django_assert_max_num_queries(4) as few:
            client.get("/api/v1/assessments/", headers=headers)
        fill(cycle, {entity: {} for entity in entities[10:]})
        with django_assert_max_num_queries(len(few)):
            answer = client.get("/api/v1/assessments/", headers=headers)
        assert len(answer.json()["results"]) == 20


class TestOneSheet:
    @pytest.mark.parametrize("pk", ["0", "99999999999999999999", "9" * 5000])
    def test_is_404_for_any_other_number(self, client: Client, cast: Cast, pk: str) -> None:
        assert get(client, f"{pk}/", cast.focal).status_code == 404

    def test_does_not_exist_for_strangers(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        pk = sheet_of(cycle, undp).pk
        for path in ("", "answers/", "history/", "answers/DAT-STR/"):
            for who in (cast.stranger, cast.viewer, cast.task_force, cast.administrator):
                assert get(client, f"{pk}/{path}", who).status_code == 404
            assert client.get(f"/api/v1/assessments/{pk}/{path}").status_code == 401


class TestTheSteps:
    @pytest.fixture
    def sheet(self, cycle: Cycle, undp: Entity) -> Assessment:
        sheet = sheet_of(cycle, undp)
        fill(cycle, {undp: ALL_2}, Status.DRAFT)
        return sheet

    def test_lead_from_draft_to_validated(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        steps = [
            ("submit", cast.focal, None, "signoff"),
            ("send-back", cast.approver, {"comment": "Please check DAT."}, "returned"),
            ("submit", cast.focal, None, "signoff"),
            ("sign-off", cast.approver, None, "submitted"),
            ("return", cast.task_force, {"comment": "More evidence."}, "returned"),
            ("submit", cast.focal, None, "signoff"),
            ("sign-off", cast.approver, None, "submitted"),
            ("validate", cast.task_force, None, "validated"),
        ]
        for step, who, body, status in steps:
            answer = post(client, sheet, step, who, body)
            assert (answer.status_code, answer.json().get("status")) == (200, status), answer.content
        history = get(client, f"{sheet.pk}/history/", cast.task_force).json()["results"]
        assert [event["comment"] for event in history if event["action"] == "send_back"] == [None]
        assert [event["action"] for event in history] == [step.replace("-", "_") for step, *_rest in steps]

    @pytest.mark.parametrize(
        ("step", "status", "expected"),
        [
            ("submit", "draft", {"viewer": 404, "approver": 403, "stranger": 404, "task_force": 404}),
            ("sign-off", "signoff", {"focal": 403, "viewer": 404, "stranger": 404, "administrator": 404}),
            ("send-back", "signoff", {"focal": 403, "approver": 400}),
            ("return", "submitted", {"focal": 403, "approver": 403, "viewer": 403, "task_force": 400}),
            ("validate", "submitted", {"focal": 403, "viewer": 403, "stranger": 404, "committee": 404}),
            ("submit", "submitted", {"focal": 409, "viewer": 403}),
            ("sign-off", "draft", {"approver": 409}),
            ("validate", "validated", {"task_force": 409}),
        ],
    )
    def test_are_for_those_who_may(
        self, client: Client, cast: Cast, sheet: Assessment, step: str, status: str, expected: dict[str, int]
    ) -> None:
        Assessment.objects.filter(pk=sheet.pk).update(status=status)
        got = {who: post(client, sheet, step, getattr(cast, who)).status_code for who in expected}
        assert got == expected
        assert client.post(f"/api/v1/assessments/{sheet.pk}/{step}/").status_code == 401

    def test_are_never_taken_by_get(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        assert get(client, f"{sheet.pk}/submit/", cast.focal).status_code == 405

    def test_refuse_words_they_do_not_know(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        answer = post(client, sheet, "submit", cast.focal, {"status": "validated"})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown_field")

    def test_name_the_items_that_block_submitting(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        sheet = Assessment.objects.get(entity__code="UNICEF")
        answer = post(client, sheet, "submit", cast.stranger)
        assert answer.status_code == 400
        assert len(answer.json()["errors"]) == 14


class TestIdempotencyOfTheSteps:
    @pytest.fixture
    def sheet(self, cycle: Cycle, undp: Entity) -> Assessment:
        fill(cycle, {undp: ALL_2}, Status.DRAFT)
        return sheet_of(cycle, undp)

    def test_gives_the_same_answer_again(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        key = {"Idempotency-Key": "abc-1"}
        first, second = (post(client, sheet, "submit", cast.focal, **key) for _time in range(2))
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json() == second.json()
        assert Transition.objects.filter(action="submit").count() == 1
        assert post(client, sheet, "submit", cast.focal).status_code == 409

    @pytest.mark.parametrize(
        ("step", "who", "status", "body"),
        [
            ("submit", "focal", Status.DRAFT, None),
            ("sign-off", "approver", Status.SIGNOFF, None),
            ("send-back", "approver", Status.SIGNOFF, {"comment": "Please check DAT."}),
            ("validate", "task_force", Status.SUBMITTED, None),
            ("return", "task_force", Status.SUBMITTED, {"comment": "More evidence."}),
        ],
    )
    def test_holds_for_each_even_when_the_sheet_is_out_of_sight(
        self, client: Client, cast: Cast, sheet: Assessment, step: str, who: str, status: str, body: Any
    ) -> None:
        Assessment.objects.filter(pk=sheet.pk).update(status=status)
        key, before = {"Idempotency-Key": "abc-1"}, Transition.objects.count()
        first, second = (post(client, sheet, step, getattr(cast, who), body, **key) for _time in range(2))
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json() == second.json()
        assert Transition.objects.count() == before + 1

    def test_refuses_the_key_for_another_request(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        key = {"Idempotency-Key": "abc-1"}
        post(client, sheet, "submit", cast.focal, **key)
        other = post(client, sheet, "sign-off", cast.focal, **key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    def test_keeps_no_refusal(self, client: Client, cast: Cast, cycle: Cycle, undp: Entity) -> None:
        sheet, key = sheet_of(cycle, undp), {"Idempotency-Key": "abc-1"}
        assert post(client, sheet, "submit", cast.focal, **key).status_code == 400
        fill(cycle, {undp: ALL_2}, Status.DRAFT)
        assert post(client, sheet, "submit", cast.focal, **key).status_code == 200

    @pytest.mark.parametrize("key", ["x" * 201, "ä"])
    def test_refuses_an_unusable_key(self, client: Client, cast: Cast, sheet: Assessment, key: str) -> None:
        assert post(client, sheet, "submit", cast.focal, **{"Idempotency-Key": key}).status_code == 400
