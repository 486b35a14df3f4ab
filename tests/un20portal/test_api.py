"""The API as a whole: closed by default, described completely, and its page works under the policy."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIRequestFactory, force_authenticate

from entities.models import User
from un20portal.lib.api import DenyUnlessDeclared
from un20portal.lib.apiviews import ApiView


class Forgotten(ApiView):
    def get(self, request: object) -> None:
        raise AssertionError("nobody may come here")


@pytest.mark.parametrize(("user", "status"), [(None, 401), (User(pk=1, email="a@example.org"), 403)])
def test_a_view_that_declares_nothing_is_closed(user: User | None, status: int) -> None:
    request = APIRequestFactory().get("/")
    if user:
        force_authenticate(request, user)
    assert Forgotten.as_view()(request).status_code == status


def api_views(patterns: list[Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from api_views(pattern.url_patterns, path + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and (path + str(pattern.pattern)).startswith("api/"):
            yield path + str(pattern.pattern), pattern.callback


def test_every_view_declares_who_may_use_it() -> None:
    for path, view in api_views(get_resolver().url_patterns):
        if view_class := getattr(view, "cls", None):
            assert DenyUnlessDeclared not in view_class.permission_classes, path
            assert issubclass(view_class, ApiView), path


def test_the_schema_is_complete_and_valid(tmp_path: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


@pytest.mark.django_db
def test_everybody_finds_all_operations(client: Client) -> None:
    answer = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    paths = json.loads(answer.content)["paths"]
    assert "/api/v1/entities/" in paths
    assert {method for operations in paths.values() for method in operations} == {"get", "post", "put"}


@pytest.mark.django_db
def test_a_refusal_is_json_whatever_the_view_renders(client: Client) -> None:
    answer = client.get("/api/v1/schema/?typo=1")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert json.loads(answer.content)["errors"][0]["field"] == "typo"


@pytest.mark.django_db
def test_no_operation_is_answered_by_options_or_trace(client: Client) -> None:
    assert client.options("/api/v1/entities/").status_code == 405
    assert client.options("/api/v1/assessments/").status_code == 401
    assert client.trace("/api/v1/entities/").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_the_page_of_the_api_works_under_the_policy(live_server: LiveServer, page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{live_server.url}/api/v1/docs/")
    page.get_by_role("heading", name="API", exact=True).wait_for()
    page.get_by_text("/api/v1/entities/", exact=True).first.wait_for()
    page.get_by_text("/api/v1/entities/", exact=True).first.click()
    page.get_by_text("Part of a code, an acronym").first.wait_for()
    assert problems == []
