"""Every route × object × method × column is sent, compared with `authz.yaml`, and undone."""

import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from tests.authz.policy import LOGIN, policy
from tests.authz.runner import (
    SESSIONS,
    Case,
    Runner,
    cases_of,
    noting,
    request,
    samples_of,
    surface_of,
)
from tests.authz.surface import ADMIN, API, HTML, SAFE_METHODS, Route, routes
from tests.authz.world import COLUMNS, World

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # who may do what is decided in Python
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
TOKEN = "x" * 32
PARTS = 8
WITHOUT_TOKEN = {"quintet:reminders-stop"}  # mail programs post there: the signed link is the proof


def of_kind(kind: str) -> list[Route]:
    return [route for route in routes() if route.kind == kind]


class TestTheMatrix:
    @pytest.mark.parametrize("part", range(PARTS))  # side by side: all of it in one takes minutes
    @pytest.mark.parametrize("kind", [API, HTML, ADMIN])
    def test_every_cell_answers_as_the_policy_says(
        self, kind: str, part: int, world: World, runner: Runner
    ) -> None:
        asked = of_kind(kind)[part::PARTS]
        surface = [(route.name, row) for route in asked for row in surface_of(world, route)]
        done = runner.run(case for route in asked for case in cases_of(world, route))
        assert len(done.executed) == len(surface) * len(COLUMNS)
        assert done.problems == []

    @pytest.mark.parametrize("kind", [API, HTML, ADMIN])
    def test_every_object_of_the_file_exists(self, kind: str, world: World) -> None:
        for route in of_kind(kind):
            named = {variant for _method, variant in policy()[route.name]}
            assert named == set(samples_of(world, route)), route.name


class TestForeignObjects:
    def test_look_exactly_like_objects_that_do_not_exist(self, world: World, runner: Runner) -> None:
        """The same answer in every word, but for what the request itself holds."""
        for route in routes():
            known = samples_of(world, route)
            for method in route.methods if {"b_draft", "missing"} <= set(known) else ():
                cases = [Case(route, name, method, "focal", "404") for name in ("b_draft", "missing")]
                foreign, missing = (_without_address(runner.send(case, []).text) for case in cases)
                assert foreign == missing, f"{method} {route.name}"


OF_ITS_OWN = re.compile(
    r"(?:/assessments/|assessments%2F)\d+|(?:/|%2F)evidence(?:(?:/|%2F)[A-Z]+-[A-Z]+)?(?:/|%2F)\d+|"
    r"(?:/workbook/|workbook%2F)\d+|(?:/portfolio/|portfolio%2F|/v1/)cases(?:/|%2F)\d+|"
    r'name="csrfmiddlewaretoken" value="\w+"|csrftoken=\w+|ETag: \S+|Content-Length: \d+|\d\d:\d\d:\d\d'
)


def _without_address(text: str) -> str:
    return OF_ITS_OWN.sub("", text)


class TestDisguises:
    def test_a_method_override_header_means_nothing(self, world: World, runner: Runner) -> None:
        for route in routes():
            if "POST" not in route.methods:
                sample = next(iter(samples_of(world, route).values()))
                for method in ("GET", "PUT", "DELETE"):
                    header = {"X-HTTP-Method-Override": method}
                    with transaction.atomic():
                        response = request(runner.client("task_force"), route, sample, "POST", **header)
                        transaction.set_rollback(True)
                    assert response.status_code in (403, 404, 405), (route.name, method)

    @pytest.mark.parametrize("column", ["anonymous", "focal_b", "admin"])
    def test_other_ways_to_write_an_address_open_nothing(
        self, column: str, world: World, runner: Runner
    ) -> None:
        for route in routes():
            for variant, sample in samples_of(world, route).items():
                if "GET" not in route.methods or not variant.startswith(("only", "a_draft", "computed")):
                    continue
                plain = runner.send(Case(route, variant, "GET", column, ""), []).status
                address = route.path(dict(sample.values))
                for path in (f"{address}?format=json", address.rstrip("/"), address.upper(), f"/.{address}"):
                    response = _get(runner, column, path)
                    allowed = plain == "200" and response.status_code == 200
                    assert allowed or response.status_code in (301, 302, 400, 401, 403, 404, 405), path


def _get(runner: Runner, column: str, path: str) -> Any:
    with transaction.atomic():
        response = runner.client(column).generic("GET", path or "/")
        transaction.set_rollback(True)
    return response


class TestTheSignInWall:
    @pytest.mark.parametrize("language", ["fr", "ar"])
    def test_stands_in_every_language(self, language: str, world: World) -> None:
        client = Client()
        for route in routes():
            if route.kind == API or route.is_public or not route.template:
                continue
            sample = next(iter(samples_of(world, route).values()))
            response = client.get(f"/{language}{route.path(dict(sample.values))}")
            assert response.status_code == 302, route.name
            assert "/login/?next=" in response.headers["Location"], route.name


class TestCrossSiteRequests:
    def test_a_page_takes_nothing_without_its_own_token(self, world: World, runner: Runner) -> None:
        """Neither without a token, nor with one from another origin; the same request with both is let in."""
        browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
        tried = 0
        for case in _writes():
            bare = self._send(browser, world, runner, case, with_token=False)
            foreign = self._send(browser, world, runner, case, with_token=True, Origin="https://evil.example")
            own = self._send(browser, world, runner, case, with_token=True, Origin="http://testserver")
            refused = int(case.expected) if case.route.name in WITHOUT_TOKEN else 403
            assert (bare, foreign) == (refused, refused), str(case)
            assert str(own) == case.expected, str(case)
            tried += 1
        unsafe = {(route.name, method) for route in routes() for method in route.methods if method in UNSAFE}
        assert tried == len(unsafe)

    def _send(
        self, browser: Client, world: World, runner: Runner, case: Case, *, with_token: bool, **headers: str
    ) -> int:
        browser.cookies.clear()
        if case.column in runner.sessions:
            browser.cookies["sessionid"] = runner.sessions[case.column]
        if with_token:
            browser.cookies["csrftoken"] = headers["X-CSRFToken"] = TOKEN
        sample = samples_of(world, case.route)[case.variant]
        written: set[str] = set()
        with transaction.atomic(), connection.execute_wrapper(noting(written)):
            response = request(browser, case.route, sample, case.method, **headers)
            transaction.set_rollback(True)
        if response.status_code == 403:
            assert written <= SESSIONS, str(case)
        return int(response.status_code)


def _writes() -> list[Case]:
    """One case per route and unsafe method: the first that the policy lets through, else any."""
    chosen = []
    for route in routes():
        for method in route.methods:
            if method in SAFE_METHODS:
                continue
            rows = {row: cells for row, cells in policy()[route.name].items() if row[0] == method}
            cases = [
                Case(route, variant, method, column, answer)
                for (_method, variant), cells in rows.items()
                for column, answer in zip(COLUMNS, cells, strict=True)
                if column != "read_token" and answer != LOGIN
            ]
            good = [case for case in cases if case.expected[0] in "23"]
            chosen.append((good or [case for case in cases if case.expected != "403"] or cases)[0])
    return chosen
