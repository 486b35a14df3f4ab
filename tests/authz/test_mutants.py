"""Does the matrix bite? Each mutant takes one lock off; the cells behind it must turn red."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.middleware import LoginRequiredMiddleware
from rest_framework.permissions import SAFE_METHODS

from entities import access as people
from entities.api import authentication
from quintet import access as sheets
from quintet.models.collaboration import ThreadQuerySet
from quintet.models.cycles import AssessmentQuerySet
from roadmap import access as cases
from roadmap.models import CaseQuerySet
from scorecards import access as figures
from scorecards.models.versions import CheckpointQuerySet, ScorecardQuerySet
from tests.authz.runner import Runner, cases_of
from tests.authz.surface import routes
from tests.authz.world import World
from un20portal.accounts import PortalAdminSite
from un20portal.lib.api import SignedIn

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # it is the matrix that is put to the test here


def always(value: Any) -> Callable[..., Any]:
    return lambda *_args, **_options: value


@dataclass(frozen=True)
class Mutant:
    """One lock taken off: where, what stands there instead, and the routes behind it."""

    owner: Any
    name: str
    instead: Any
    routes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{getattr(self.owner, '__name__', self.owner)}.{self.name}"


MUTANTS = [
    Mutant(AssessmentQuerySet, "visible_to", lambda rows, _user: rows.all(), ("quintet:assessment-detail",)),
    Mutant(sheets, "readable_items", always(None), ("quintet-api:answer-list",)),
    Mutant(sheets, "drafted_items", always(None), ("quintet-api:assessment-history",)),
    Mutant(sheets, "can_read_history", always(True), ("quintet:assessment-history",)),
    Mutant(sheets, "can_edit", always(True), ("quintet-api:answer-detail",)),
    Mutant(sheets, "can_delegate", always(True), ("quintet:delegation-list", "quintet:invitation-send")),
    Mutant(sheets, "can_submit", always(True), ("quintet:assessment-submit",)),
    Mutant(sheets, "is_approver", always(True), ("quintet:assessment-sign-off",)),
    Mutant(sheets, "can_sign_off", always(True), ("quintet-api:assessment-sign-off",)),
    Mutant(sheets, "can_review", always(True), ("quintet:assessment-validate", "quintet:validation-queue")),
    Mutant(sheets, "can_manage_cycles", always(True), ("quintet:cycle-list", "quintet:cycle-open")),
    Mutant(sheets, "can_see_completion", always(True), ("quintet:cycle-detail",)),
    Mutant(sheets, "can_export_everything", always(True), ("quintet:cycle-export-download",)),
    Mutant(sheets, "works_with_sheets", always(True), ("quintet-api:assessment-list",)),
    Mutant(ThreadQuerySet, "visible_to", lambda rows, _user: rows.all(), ("quintet:thread-post",)),
    Mutant(sheets, "can_open_thread", always(True), ("quintet:thread-open",)),
    Mutant(sheets, "can_read_own_path", always(True), ("quintet:own-path",)),
    Mutant(sheets, "can_set_own_path", always(True), ("quintet:own-path-dimension",)),
    Mutant(figures, "can_publish", always(True), ("scorecards-api:scorecard-publish",)),
    Mutant(figures, "can_see_provisional", always(True), ("scorecards-api:item-list",)),
    Mutant(figures, "entities_with_figures_for", always(None), ("scorecards-api:unit-detail",)),
    Mutant(
        ScorecardQuerySet,
        "readable_by",
        lambda rows, _user: rows.all(),
        ("home", "scorecards:scorecard-list", "scorecards:scorecard-figure", "scorecards-api:item-list"),
    ),
    Mutant(
        CheckpointQuerySet,
        "readable_by",
        lambda rows, _user: rows.all(),
        ("scorecards-api:checkpoint-detail",),
    ),
    Mutant(figures, "may_see", always(True), ("scorecards:unit-detail", "scorecards-api:unit-detail")),
    Mutant(figures, "audiences_of", always({}), ("scorecards:unit-detail",)),
    Mutant(figures, "entities_of_member", lambda _user: set(range(1000)), ("scorecards:unit-sharing",)),
    Mutant(figures, "items_with_levels_for", always(None), ("unit-next",)),
    Mutant(figures, "items_with_levels_for", always(None), ("scorecards:figure-file",)),
    Mutant(figures, "can_share", always(True), ("scorecards:unit-sharing",)),
    Mutant(CaseQuerySet, "visible_to", lambda rows, _user: rows.all(), ("roadmap:case-detail",)),
    Mutant(
        cases,
        "can_write_cases",
        always(True),
        ("roadmap:case-change", "roadmap:case-show", "roadmap:case-delete"),
    ),
    Mutant(cases, "can_withdraw", always(True), ("roadmap:case-withdraw",)),
    Mutant(people, "is_administrator", always(True), ("admin:index",)),
    Mutant(PortalAdminSite, "has_permission", always(True), ("admin:entities_user_changelist",)),
    Mutant(SignedIn, "has_permission", always(True), ("quintet-api:assessment-list",)),
    Mutant(LoginRequiredMiddleware, "process_view", always(None), ("my",)),
    Mutant(authentication, "SAFE_METHODS", [*SAFE_METHODS, "PUT"], ("quintet-api:answer-detail",)),
]


def finds_a_problem(world: World, runner: Runner, names: tuple[str, ...]) -> bool:
    """Whether a declared method of these routes is at fault; without a mutant `test_matrix.py` finds none."""
    chosen = (route for route in routes() if route.name in names)
    cases = (case for route in chosen for case in cases_of(world, route) if case.method in route.methods)
    return any(runner.run([case]).problems for case in cases)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_matrix_finds(
    mutant: Mutant, world: World, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hasattr(mutant.owner, mutant.name)
    monkeypatch.setattr(mutant.owner, mutant.name, mutant.instead)
    runner.clients.clear()  # they hold the middleware as it was
    assert finds_a_problem(world, runner, mutant.routes)
    runner.clients.clear()
