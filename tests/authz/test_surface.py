"""The policy names every address of the portal, and what it says keeps to the contract."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.urls import URLPattern, get_resolver, path
from drf_spectacular.generators import SchemaGenerator

from tests.authz import surface
from tests.authz.policy import LOGIN, STRANGERS, policy, reasons
from tests.authz.surface import ADMIN, API, HTML, Route, UnknownKind, routes
from tests.authz.world import COLUMNS
from un20portal.lib.api import DenyUnlessDeclared, PublishedForAll, SignedIn
from un20portal.lib.apiviews import ApiView

pytestmark = pytest.mark.once  # it compares lists: nothing is asked of a server
NOT_DESCRIBED = {"api-schema", "api-docs"}  # the description itself
PUBLIC_PAGES = {
    "healthz", "readyz", "home", "checkpoint-list",
    "account_login", "account_inactive", "account_language",
    "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done",
    "quintet:framework-list", "quintet:framework-detail", "quintet:reminders-stop",
    "quintet:invitation-follow", "quintet:invitation-accept",
    "scorecards:scorecard-list", "scorecards:scorecard-detail", "scorecards:scorecard-figure",
    "scorecards:uncertainty-detail",
    "scorecards:scorecard-movement",
    "scorecards:scorecard-explore", "scorecards:scorecard-compare", "scorecards:figure-file",
    "scorecards:unit-list", "scorecards:unit-detail",
    "scorecards:scorecard-receipt",
    "roadmap:case-list", "roadmap:case-detail", "roadmap:capability-detail",
    "scorecards:paper-list", "scorecards:paper-pdf", "scorecards:paper-xlsx",
}  # fmt: skip
Cells = dict[str, str]


def cells() -> Iterator[tuple[str, str, str, Cells]]:
    """Every row of the file: route, method, object, answers by column."""
    for route, rows in policy().items():
        for (method, variant), answers in rows.items():
            yield route, method, variant, dict(zip(COLUMNS, answers, strict=True))


class TestTheFile:
    def test_forgets_no_address(self) -> None:
        forgotten = {route.name for route in routes()} - set(policy())
        assert forgotten == set(), "say in authz.yaml who may use these"

    def test_holds_no_address_that_is_gone(self) -> None:
        assert set(policy()) - {route.name for route in routes()} == set()

    def test_names_exactly_the_methods_that_each_address_declares(self) -> None:
        declared = {route.name: set(route.methods) for route in routes()}
        assert {name: {method for method, _variant in rows} for name, rows in policy().items()} == declared

    def test_says_why_wherever_anonymous_readers_get_an_answer(self) -> None:
        answered = {
            route for route, _method, _variant, row in cells() if row["anonymous"] in ("200", "201", "302")
        }
        assert answered == set(reasons())


class TestTheContract:
    def test_administrators_and_the_committee_have_no_part_in_sheets(self) -> None:
        for route, method, variant, row in cells():
            if ":assessment-" in route or ":answer-" in route:
                assert (row["admin"], row["committee"]) == ("404", "404"), (route, method, variant)

    def test_sheets_of_others_do_not_exist(self) -> None:
        for route, method, variant, row in cells():
            if variant.startswith("b_"):
                of_a = {row[column] for column in ("viewer", "focal", "contributor", "approver")}
                assert of_a == {"404"}, (route, method, variant)
            if variant.startswith("a_"):
                assert row["focal_b"] == "404", (route, method, variant)

    def test_the_task_force_and_viewers_see_nothing_before_submission(self) -> None:
        early = ("a_draft", "a_signoff", "a_returned", "b_draft")
        for route, method, variant, row in cells():
            if variant.startswith(early):
                assert (row["task_force"], row["viewer"]) == ("404", "404"), (route, method, variant)

    def test_only_the_task_force_manages_cycles_and_publication(self) -> None:
        own = ("quintet:cycle-", "quintet:validation-", "scorecards:publication-", "scorecards:group-")
        for route, method, variant, row in cells():
            if route.startswith(own):
                others = {row[column] for column in COLUMNS if column not in (*STRANGERS, "task_force")}
                assert others == {"403"}, (route, method, variant)

    def test_provisional_figures_answer_to_the_task_force_alone(self) -> None:
        for route, method, variant, row in cells():
            if variant.startswith("provisional"):
                assert row.pop("task_force") == "200", (route, method)
                assert set(row.values()) <= {"404", "401", LOGIN}, (route, method)

    def test_the_administration_exists_for_administrators_only(self) -> None:
        for route, method, _variant, row in cells():
            if route.startswith("admin:"):
                row.pop("admin")
                assert {row.pop(column) for column in STRANGERS} == {LOGIN}, (route, method)
                assert set(row.values()) == {"404"}, (route, method)

    def test_a_read_token_writes_nothing(self) -> None:
        for route, method, variant, row in cells():
            if "-api:" in route and method != "GET":
                assert (row["read_token"], row["anonymous"]) == ("403", "401"), (route, method, variant)


class TestTheSurface:
    def test_the_api_is_what_openapi_describes(self) -> None:
        schema = SchemaGenerator().get_schema(request=None, public=True)
        described = {
            (re.sub(r"{\w+}", "{}", address), method.upper())
            for address, methods in schema["paths"].items()
            for method in methods
        }
        served = {
            (route.path(dict.fromkeys(route.parameters, "{}")), method)
            for route in routes()
            if route.kind == API and route.name not in NOT_DESCRIBED
            for method in route.methods
        }
        assert served == described

    def test_the_default_of_the_api_is_to_refuse(self) -> None:
        named = settings.REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"]
        assert named == [f"{DenyUnlessDeclared.__module__}.{DenyUnlessDeclared.__name__}"]

    def test_every_view_of_the_api_says_itself_who_may_use_it(self) -> None:
        for route in routes():
            view = getattr(route.view, "cls", None)
            if route.kind == API and view is not None:
                assert issubclass(view, ApiView), route.name
                assert view.permission_classes in ([SignedIn], [PublishedForAll]), route.name

    def test_the_public_pages_are_these_and_no_others(self) -> None:
        found = {route.name for route in routes() if route.kind == HTML and route.is_public}
        assert found == PUBLIC_PAGES

    def test_no_page_of_the_administration_is_public(self) -> None:
        assert [route.name for route in routes() if route.kind == ADMIN and route.is_public] == []

    def test_the_administration_has_the_models_it_is_for(self) -> None:
        names = {route.name for route in routes()}
        for model in ("entities_user", "entities_apitoken", "entities_entity", "outbox_message"):
            assert f"admin:{model}_changelist" in names


class Odd:
    """A pattern of a kind that nobody foresaw."""


class TestReadingTheResolver:
    def test_an_unknown_kind_of_pattern_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(get_resolver().__dict__, "url_patterns", [Odd()])
        with pytest.raises((UnknownKind, AttributeError)):
            routes()

    def test_a_view_that_does_not_say_its_methods_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        careless = path("careless/", lambda _request: HttpResponse(), name="careless")
        monkeypatch.setitem(get_resolver().__dict__, "url_patterns", [careless])
        with pytest.raises(UnknownKind, match="which methods"):
            routes()

    def test_a_new_address_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known = next(route for route in routes() if route.name == "healthz")
        new = URLPattern(path("new/", known.view).pattern, known.view, name="new")
        monkeypatch.setitem(get_resolver().__dict__, "url_patterns", [new])
        found: list[Route] = surface.routes()
        assert {route.name for route in found} - set(policy()) == {"new"}
