"""Scorecards in the API: the method's worked examples, the bytes, versions, and publishing by two."""

import hashlib
import json
from typing import Any

import pytest
from django.test import Client

from entities.models import Entity, User
from quintet.models import Cycle, Dimension
from scorecards.services.computing import compute_cycle
from tests.factories import (
    AT,
    Cast,
    fill,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_token,
)
from tests.kept import kept
from tests.scorecards.worked import UNIT, WORKED, publish
from tests.scorecards.years import make_outside_cast

pytestmark = pytest.mark.django_db
URL = "/api/v1/scorecards/2026/"


@kept
def make_world() -> tuple[Cast, Cycle]:
    """31 entities on DAT-STR."""
    cast = make_outside_cast()
    sheets = dict(zip(make_entities(31), [{"DAT-STR": level} for level in WORKED], strict=True))
    return cast, make_counted_cycle(make_framework(), sheets)


@kept
def publish_world() -> tuple[Cast, Cycle]:
    cast, cycle = make_world()
    publish(cycle, cast)
    return cast, cycle


@pytest.fixture
def world(db: None, request: pytest.FixtureRequest) -> tuple[Cast, Cycle]:
    return publish_world() if "published" in request.fixturenames else make_world()


@pytest.fixture
def cast(world: tuple[Cast, Cycle]) -> Cast:
    return world[0]


@pytest.fixture
def cycle(world: tuple[Cast, Cycle]) -> Cycle:
    return world[1]


@pytest.fixture
def published(cycle: Cycle) -> Cycle:
    return cycle


def get(client: Client, path: str, user: User | None = None) -> Any:
    return client.get(f"{URL}{path}", headers={"Authorization": make_token(user)} if user else {})


def post(client: Client, user: User | None, **headers: str) -> Any:
    if user:
        headers["Authorization"] = make_token(user)
    return client.post(f"{URL}publish/", "{}", content_type="application/json", headers=headers)


class TestTheWorkedExamples:
    def test_31_entities_on_one_item(self, client: Client, published: Cycle) -> None:
        rows = get(client, "state-of-play/").json()
        assert rows[0] == {
            "capability": "DAT",
            "enabler": "STR",
            "item": "DAT-STR",
            "suppressed": False,
            "carried_from": None,
            "n_group": 31,
            "n_na": 0,
            "n_missing": 3,
            "n_answered": 28,
            "has": 21,
            "operates": 12,
            "share_has": "75.0",
            "share_operates": "42.9",
            "paper_gap": "32.1",
            "bounds_has": ["67.7", "77.4"],
            "dist": [2, 5, 9, 8, 4],
            "baseline_2023": None,
        }

    def test_nobody_answers_the_other_items(self, client: Client, published: Cycle) -> None:
        row = get(client, "items/").json()[1]
        assert (row["item"], row["n_answered"], row["share_has"]) == ("DAT-LED", None, None)
        assert row["suppressed"] is True

    def test_one_entity_in_data(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        fill(cycle, {Entity.objects.get(code="UNDP"): UNIT})
        publish(cycle, cast)
        data = get(client, "entities/undp/", cast.focal).json()
        assert data["entity"] == "UNDP"
        assert data["dimensions"][0] == {
            "dimension": "DAT",
            "applicable": 6,
            "answered": 5,
            "weight_applicable": 6,
            "weight_answered": 5,
            "points": 10,
            "rated": True,
            "index": "50.0",
            "has": 4,
            "operates": 1,
            "paper_gap": 3,
            "foundation": 0,
            "advanced": False,
        }
        compute_cycle(cycle_id=cycle.pk, at=AT)
        provisional = get(client, "entities/UNDP/?version=provisional", cast.task_force).json()
        assert provisional | {"tailored": None} == data, "the entity alone reads it by its own weights"


class TestTheBytes:
    def test_are_what_their_etag_says(self, client: Client, published: Cycle) -> None:
        answer = get(client, "")
        assert answer["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
        assert get(client, "1/").content == answer.content
        again = client.get(URL, headers={"If-None-Match": answer["ETag"], "Accept-Encoding": "gzip"})
        assert (again.status_code, again["ETag"]) == (304, answer["ETag"])
        listed = client.get("/api/v1/scorecards/").json()
        assert listed["count"] == 1
        assert f'"{listed["results"][0]["sha256"]}"' == answer["ETag"]

    def test_do_not_exist_before_they_are_published(self, client: Client, cycle: Cycle) -> None:
        for path in ("", "1/", "items/", "state-of-play/", "dimensions/", "99999999999999999999/"):
            answer = get(client, path)
            assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")

    def test_cannot_be_changed(self, client: Client, published: Cycle, cast: Cast) -> None:
        for method in (client.put, client.patch, client.delete):
            assert method(URL).status_code == 401
            assert method(URL, headers={"Authorization": make_token(cast.task_force)}).status_code == 405


class TestFigures:
    def test_are_provisional_for_the_task_force_alone(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        path = "state-of-play/?version=provisional"
        assert get(client, path, cast.task_force).json()[0]["share_has"] == "75.0"
        for who in (None, cast.focal, cast.viewer, cast.committee, cast.administrator):
            assert get(client, path, who).status_code == 404

    @pytest.mark.parametrize("name", ["group", "basis"])
    def test_name_the_allowed_values(self, client: Client, published: Cycle, name: str) -> None:
        for path in ("items/", "state-of-play/", "dimensions/"):
            answer = get(client, f"{path}?{name}=nonsense%00")
            assert answer.status_code == 400
            assert {"group": "entities", "basis": "claimed"}[name] in answer.json()["errors"][0]["message"]

    @pytest.mark.parametrize("version", ["0", "-1", "x", "99999999999999999999", "1&version=2"])
    def test_know_only_whole_versions(self, client: Client, published: Cycle, version: str) -> None:
        assert get(client, f"items/?version={version}").status_code == 400
        assert get(client, "items/?version=2").status_code == 404

    def test_are_summed_up_per_dimension(self, client: Client, published: Cycle) -> None:
        assert [row["dimension"] for row in get(client, "dimensions/").json()] == ["DAT", "INN"]

    def test_leave_out_a_dimension_in_which_nothing_is_asked(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        Dimension.objects.create(framework=cycle.framework, code="BES", area="capability", order=0)
        publish(cycle, cast)
        assert [row["dimension"] for row in get(client, "dimensions/").json()] == ["DAT", "INN"]
        assert get(client, "receipt/?group=all&dimension=BES").status_code == 404

    def test_are_asked_for_with_as_many_questions_for_more_items(
        self, client: Client, published: Cycle, django_assert_max_num_queries: Any
    ) -> None:
        for path in ("items/", "state-of-play/", "dimensions/"):
            with django_assert_max_num_queries(5):
                get(client, path)


class TestFiguresOfUnits:
    def test_are_for_members_and_the_task_force(self, client: Client, published: Cycle, cast: Cast) -> None:
        assert get(client, "entities/").json()["results"] == []
        assert get(client, "entities/ENT-001/").status_code == 404
        assert get(client, "entities/ENT-001/", cast.focal).status_code == 404
        assert get(client, "entities/ENT-001/", cast.committee).status_code == 404
        assert get(client, "entities/ENT-001/", cast.task_force).status_code == 200
        assert get(client, "entities/", cast.focal).json()["results"] == []
        assert len(get(client, "entities/", cast.task_force).json()["results"]) == 31

    def test_come_page_by_page_with_constant_questions(
        self, client: Client, published: Cycle, cast: Cast, django_assert_max_num_queries: Any
    ) -> None:
        headers = {"Authorization": make_token(cast.task_force)}
        with django_assert_max_num_queries(7) as few:
            first = client.get(f"{URL}entities/?limit=5", headers=headers).json()
        with django_assert_max_num_queries(len(few)):
            client.get(f"{URL}entities/", headers=headers)
        second = client.get(first["next"], headers=headers).json()
        assert second["results"][0]["entity"] == "ENT-006"


class TestPublishing:
    def test_takes_two_persons(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        first = post(client, cast.task_force)
        assert first.status_code == 202
        assert post(client, cast.task_force).status_code == 403
        second = post(client, cast.second)
        assert (second.status_code, second.json()["version"]) == (201, 1)
        assert second.json()["sha256"] == first.json()["sha256"]
        assert post(client, cast.task_force).status_code == 409

    def test_proposes_anew_what_has_changed(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        first = post(client, cast.task_force)
        fill(cycle, {make_entity("LATE"): {"DAT-STR": 4}})
        second = post(client, cast.second)
        assert second.status_code == 202
        assert second.json()["sha256"] != first.json()["sha256"]
        assert post(client, cast.task_force).status_code == 201

    def test_is_for_the_task_force(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        assert post(client, None).status_code == 401
        for who in (
            cast.focal,
            cast.viewer,
            cast.approver,
            cast.stranger,
            cast.committee,
            cast.administrator,
        ):
            assert post(client, who).status_code == 403

    def test_gives_the_same_answer_to_the_same_key(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        key = {"Idempotency-Key": "publish-1"}
        first, again = (post(client, cast.task_force, **key) for _time in range(2))
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json() == again.json()
        one, two = (post(client, cast.second, **key) for _time in range(2))
        assert (one.status_code, two.status_code) == (201, 201)
        assert json.loads(one.content) == json.loads(two.content)

    def test_of_an_unknown_cycle_is_404(self, client: Client, cast: Cast) -> None:
        answer = client.post(
            "/api/v1/scorecards/1999/publish/", headers={"Authorization": make_token(cast.task_force)}
        )
        assert answer.status_code == 404
