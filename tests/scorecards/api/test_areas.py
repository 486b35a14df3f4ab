"""Areas of a unit in the API, and its figures by own weights and targets: for its own people alone."""

import json
from typing import Any

import pytest
from django.test import Client

from entities.models import Entity, User
from quintet.models import Cycle, Item, PriorityProfile, Status
from scorecards.models import EntityDocument
from scorecards.services import publishing
from scorecards.services.computing import compute_cycle
from tests.factories import (
    AT,
    ENABLERS,
    Cast,
    fill,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_token,
)

pytestmark = pytest.mark.django_db
URL = "/api/v1/scorecards/2026/entities/"
DATA = {f"DAT-{enabler}": level for enabler, level in zip(ENABLERS, [3, 2, 1, 2, 2, 2, 2], strict=True)}
INNOVATION = {f"INN-{enabler}": 4 for enabler in ENABLERS}
COMMON = [{"area": "capability", "mean": "75.0", "geometric": "70.8", "weakest": "50.0"}]
NULL = [{"area": "capability", "mean": None, "geometric": None, "weakest": None}]


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """UNDP on both dimensions, UNICEF on one, three others."""
    sheets: dict[Entity, Any] = {unit: {"DAT-STR": 2} for unit in make_entities(3)}
    sheets[Entity.objects.get(code="UNDP")] = DATA | INNOVATION
    sheets[Entity.objects.get(code="UNICEF")] = DATA
    cycle = make_counted_cycle(make_framework(), sheets)
    compute_cycle(cycle_id=cycle.pk, at=AT)
    publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
    publishing.confirm(cycle=cycle, by=cast.second, at=AT)
    return cycle


@pytest.fixture
def own(cycle: Cycle) -> Cycle:
    """UNDP weighs strategy in data thrice, leaves the rest of data out, and aims high in innovation."""
    unit = Entity.objects.get(code="UNDP")
    for item in Item.objects.filter(code__startswith="DAT"):
        weight = 3 if item.enabler == "STR" else 0
        PriorityProfile.objects.create(entity=unit, item=item, weight=weight, target=4, updated_at=AT)
    return cycle


def get(client: Client, path: str, user: User) -> Any:
    return client.get(f"{URL}{path}", headers={"Authorization": make_token(user)}).json()


class TestAreas:
    def test_stand_in_the_list_and_beside_the_unit(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        for version in ("", "?version=provisional"):
            found = {row["entity"]: row["areas"] for row in get(client, version, cast.task_force)["results"]}
            assert found["UNDP"] == COMMON
            assert found["UNICEF"] == NULL
            assert get(client, f"UNDP/{version}", cast.task_force)["areas"] == COMMON
        assert get(client, "UNDP/", cast.focal)["areas"] == COMMON

    def test_are_none_while_the_sheet_does_not_count(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        fill(cycle, {make_entity("LATE"): DATA}, status=Status.SUBMITTED)
        compute_cycle(cycle_id=cycle.pk, at=AT)
        assert get(client, "LATE/?version=provisional", cast.task_force)["areas"] == []
        claimed = get(client, "LATE/?version=provisional&basis=claimed", cast.task_force)
        assert claimed["areas"] == NULL

    def test_leave_published_documents_as_they_are(self, cycle: Cycle) -> None:
        document = json.loads(EntityDocument.objects.get(entity__code="UNDP").payload)
        assert set(document) == {"cycle", "entity", "method", "nonce", "snapshot", "figures"}


class TestTailoredFigures:
    def test_are_by_own_weights_and_targets(self, client: Client, own: Cycle, cast: Cast) -> None:
        found = get(client, "UNDP/", cast.focal)["tailored"]
        data, innovation = found["dimensions"]
        assert data == {"dimension": "DAT", "index": "75.0", "gap": "1.0", "gaps": {"DAT-STR": 1}}
        assert innovation == {"dimension": "INN", "index": "100.0", "gap": None, "gaps": {}}
        assert found["areas"] == [
            {"area": "capability", "mean": "87.5", "geometric": "86.6", "weakest": "75.0"}
        ]
        assert get(client, "UNDP/", cast.focal)["areas"] == COMMON

    def test_leave_out_a_dimension_that_weighs_nothing(self, client: Client, own: Cycle, cast: Cast) -> None:
        PriorityProfile.objects.update(weight=0)
        found = get(client, "UNDP/", cast.viewer)["tailored"]
        assert found["dimensions"][0]["index"] is None
        assert found["areas"][0]["mean"] == "100.0"

    def test_are_for_those_who_read_the_own_path_and_for_nobody_else(
        self, client: Client, own: Cycle, cast: Cast
    ) -> None:
        for member in (cast.viewer, cast.focal, cast.approver):
            assert get(client, "UNDP/", member)["tailored"]["dimensions"]
        for other in (cast.task_force, cast.second, cast.contributor):
            assert "tailored" not in get(client, "UNDP/", other)
        assert "tailored" not in get(client, "UNDP/?version=provisional", cast.task_force)
        for row in get(client, "", cast.focal)["results"]:
            assert "tailored" not in row

    def test_are_null_without_own_weights_and_targets(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        assert get(client, "UNDP/", cast.focal)["tailored"] is None
