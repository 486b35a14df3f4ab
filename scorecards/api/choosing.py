"""Which figures a request is about: the version, the group and the basis, each one checked."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from quintet.models import Cycle
from scorecards.domain.groups import ENTITIES
from scorecards.models import Basis, Scorecard
from scorecards.queries import publications, reading
from scorecards.queries.choosing import unpublished_figures
from scorecards.queries.reading import Figures
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _
from un20portal.lib.pagination import whole_number
from un20portal.lib.parameters import one_of

LAST_VERSION = 10**6
VERSION = OpenApiParameter(
    "version",
    str,
    description=(
        "A published version; without it the latest. For the task force only: `provisional`, and, except for "
        "the uncertainty, `proposed`: what a second person is asked to confirm."
    ),
)
BASIS = OpenApiParameter("basis", str, enum=Basis.values, default=Basis.ACCEPTED.value)
GROUP = OpenApiParameter(
    "group",
    str,
    default=ENTITIES,
    description=(
        "entities (where there are none: country_teams), country_teams, all, ceb31, type:…, region:…; "
        "with provisional figures of items and dimensions also the task force's own custom:…"
    ),
)


def cycle_of(code: str) -> Cycle:
    return get_object_or_404(Cycle.objects.select_related("framework"), code=code)


def chosen_figures(request: Request, code: str) -> Figures:
    """Return the published figures asked for, or those that are not published to those who may; else 404."""
    cycle = cycle_of(code)
    unpublished = unpublished_figures(request.user, cycle, request.query_params.get("version"))
    return unpublished or reading.published_figures(chosen_scorecard(request, cycle))


def chosen_scorecard(request: Request, cycle: Cycle) -> Scorecard:
    """Return the published version asked for, by default the latest; else NotFound."""
    version = whole_number(request, "version", default=0, lowest=1, highest=LAST_VERSION)
    scorecard = (
        publications.scorecard_version(request.user, cycle, version)
        if version
        else publications.latest_scorecard(request.user, cycle)
    )
    if scorecard is None:
        raise NotFound(_("No such scorecard of this cycle is published."))
    return scorecard


def chosen_basis(request: Request) -> str:
    value = request.query_params.get("basis", Basis.ACCEPTED.value)
    return one_of("basis", value, Basis.values)


def chosen_group(request: Request, figures: Figures) -> str:
    codes = [group.code for group in reading.group_choices(figures)]
    return one_of("group", request.query_params.get("group", reading.default_group(figures)), codes)
