"""Writing what is not yours to write: every field of every model, to every door that takes a body."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from drf_spectacular.generators import SchemaGenerator

from quintet.models import Answer, Cycle, Phase, Status
from tests.authz.policy import policy
from tests.authz.runner import (
    BUSINESS,
    SESSIONS,
    Case,
    Runner,
    fingerprint,
    noting,
    request,
    samples_of,
    untouchable_rows,
)
from tests.authz.samples import Sample
from tests.authz.surface import API, SAFE_METHODS, Route, routes
from tests.authz.world import COLUMNS, World

pytestmark = pytest.mark.django_db
OTHERS = {
    "id", "pk", "entity", "entity_id", "assessment_id", "item_id", "score", "version", "is_staff",
    "is_superuser", "role", "published_at", "status", "by", "at", "__proto__", "unknown", "State", "comment ",
}  # fmt: skip


def model_fields() -> dict[str, bool]:
    """The name of every field of the portal's own models, and whether it points to another row."""
    found: dict[str, bool] = {}
    for app in BUSINESS:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.get_fields():
                names = {field.name, getattr(field, "attname", field.name)}
                found |= {name: found.get(name, False) or bool(field.is_relation) for name in names}
    return found


def writable() -> Iterator[tuple[Route, str, set[str]]]:
    """The operations of the API that take a body, with the fields they know."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    bodies = {
        (re.sub(r"{\w+}", "{}", path), method.upper()): _properties(schema, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    for route in routes():
        for method in route.methods:
            if route.kind == API and method not in SAFE_METHODS:
                address = route.path(dict.fromkeys(route.parameters, "{}"))
                yield route, method, bodies[address, method]


def _properties(schema: dict[str, Any], operation: dict[str, Any]) -> set[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    return set(schema["components"]["schemas"][name]["properties"]) if name else set()


def allowed_case(route: Route, method: str) -> Case:
    """A request that succeeds as it stands: what is added to it is all that can be wrong."""
    for (known, variant), cells in policy()[route.name].items():
        for column, answer in zip(COLUMNS, cells, strict=True):
            if known == method and answer in ("200", "201", "202"):
                return Case(route, variant, method, column, answer)
    raise AssertionError(f"nobody may {method} {route.name}")


class TestTheApi:
    def test_takes_no_field_that_it_does_not_describe(self, world: World, runner: Runner) -> None:
        tried = 0
        for route, method, known in writable():
            case = allowed_case(route, method)
            assert runner.send(case, []).status == case.expected
            names = (set(model_fields()) | OTHERS) - known
            self._refuse(world, runner, case, names)
            tried += len(names)
        assert tried > 500

    def _refuse(self, world: World, runner: Runner, case: Case, names: set[str]) -> None:
        """Each name is an error of its own, so that one request proves them all."""
        good = samples_of(world, case.route)[case.variant]
        sample = Sample(good.values, body={**good.body, **dict.fromkeys(names, 1)}, headers=good.headers)
        written: set[str] = set()
        with transaction.atomic(), connection.execute_wrapper(noting(written)):
            response = request(runner.client(case.column), case.route, sample, case.method)
            transaction.set_rollback(True)
        assert response.status_code == 400, str(case)
        assert {error["field"] for error in json.loads(response.content)["errors"]} == names, str(case)
        assert written <= SESSIONS, str(case)

    def test_has_no_body_that_points_to_another_row(self) -> None:
        """Rows are named by the address alone, so nobody can slip in the number of a foreign one."""
        relations = {name for name, is_relation in model_fields().items() if is_relation}
        for route, method, known in writable():
            assert known & relations == set(), f"{method} {route.name}"


class TestPages:
    def test_saving_an_answer_changes_that_answer_alone(self, world: World, runner: Runner) -> None:
        route = next(route for route in routes() if route.name == "quintet:answer-save")
        good = samples_of(world, route)["a_draft"]
        extra = dict.fromkeys({*model_fields(), *OTHERS} - set(good.body), "1")
        extra |= {"entity": str(world.entities["UNICEF"].pk), "assessment": str(world.sheets["b_draft"].pk)}
        extra |= {"status": Status.VALIDATED.value, "na_decision": "approved", "accepted": "4"}
        with transaction.atomic():
            sample = Sample(good.values, body={**good.body, **extra})
            assert request(runner.client("focal"), route, sample, "POST").status_code == 302
            sheet = world.sheets["a_draft"]
            answer = Answer.objects.get(assessment=sheet, item__code=good.values["item"])
            assert (answer.claimed, answer.comment) == (3, "written by a test")
            assert (answer.accepted, answer.na_decision, answer.accepted_reason) == (None, "", "")
            sheet.refresh_from_db()
            assert (sheet.status, sheet.entity_id) == (Status.DRAFT, world.entities["UNDP"].pk)
            assert fingerprint(untouchable_rows(world)) == runner.untouchable
            transaction.set_rollback(True)

    def test_a_planned_cycle_is_no_more_than_planned(self, world: World, runner: Runner) -> None:
        route = next(route for route in routes() if route.name == "quintet:cycle-plan")
        good = samples_of(world, route)["only"]
        extra = {"phase": "closed", "is_demo": "on", "threshold": "3", "id": str(world.cycles["draft"].pk)}
        with transaction.atomic():
            sample = Sample(good.values, body={**good.body, **extra})
            assert request(runner.client("task_force"), route, sample, "POST").status_code == 302
            cycle = Cycle.objects.get(code="2027")
            assert (cycle.phase, cycle.is_demo, cycle.threshold) == (Phase.PLANNED, False, 5)
            transaction.set_rollback(True)

    def test_an_administrator_sets_neither_passwords_nor_flags(self, world: World, runner: Runner) -> None:
        route = next(route for route in routes() if route.name == "admin:entities_user_change")
        good, spare = samples_of(world, route)["only"], world.people["spare"]
        extra = {"password": "x", "is_superuser": "on", "is_demo": "on", "user_permissions": "1"}
        with transaction.atomic():
            sample = Sample(good.values, body={**good.body, **extra})
            assert request(runner.client("admin"), route, sample, "POST").status_code == 302
            before = (spare.password, spare.is_superuser, spare.is_demo)
            spare.refresh_from_db()
            assert (spare.name, (spare.password, spare.is_superuser, spare.is_demo)) == ("New", before)
            transaction.set_rollback(True)

    @pytest.mark.parametrize(
        ("name", "variant", "column", "body"),
        [
            ("quintet:cycle-plan", "only", "task_force", {"framework": "999999"}),
            ("quintet:cycle-open", "planned", "task_force", {"codes": "NO-SUCH-UNIT"}),
        ],
    )
    def test_what_does_not_exist_cannot_be_chosen(
        self, name: str, variant: str, column: str, body: dict[str, str], world: World, runner: Runner
    ) -> None:
        route = next(route for route in routes() if route.name == name)
        good = samples_of(world, route)[variant]
        with transaction.atomic():
            sample = Sample(good.values, body={**good.body, **body})
            assert request(runner.client(column), route, sample, "POST").status_code == 400
            transaction.set_rollback(True)
