"""Which figures a request is about: the version, the group and the basis, each one checked."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from quintet.models import Cycle
from scorecards import access
from scorecards.domain.groups import ENTITIES
from scorecards.models import Basis, Scorecard
from scorecards.queries import publications, reading
from scorecards.queries.reading import Figures
from un20portal.lib.errors import FieldError, InvalidInput, NotFound
from un20portal.lib.errors import marked as _
from un20portal.lib.pagination import whole_number

PROVISIONAL = "provisional"
VERSION = OpenApiParameter(
    "version", str, description="A published version; without it the latest. `provisional`: task force only."
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
    """Return the published figures asked for, or the provisional ones to those who may; else 404."""
    cycle = cycle_of(code)
    if wants_provisional(request):
        return reading.provisional_figures(cycle)
    return reading.published_figures(chosen_scorecard(request, cycle))


def wants_provisional(request: Request) -> bool:
    """Whether what is not published is asked for; to those who may not see it, it does not exist."""
    if request.query_params.get("version") != PROVISIONAL:
        return False
    if not access.can_see_provisional(request.user):
        raise Http404
    return True


def chosen_scorecard(request: Request, cycle: Cycle) -> Scorecard:
    """Return the published version asked for, by default the latest; else NotFound."""
    version = whole_number(request, "version", default=0, lowest=1, highest=10**6)
    scorecard = (
        publications.scorecard_version(request.user, cycle, version)
        if version
        else publications.latest_scorecard(request.user, cycle)
    )
    if scorecard is None:
        raise NotFound(_("No such scorecard of this cycle is published."))
    return scorecard


def chosen_basis(request: Request) -> str:
    return one_of(request, "basis", Basis.ACCEPTED.value, Basis.values)


def chosen_group(request: Request, figures: Figures) -> str:
    codes = [group.code for group in reading.group_choices(figures)]
    return one_of(request, "group", reading.default_group(figures), codes)


def one_of(request: Request, name: str, default: str, allowed: list[str]) -> str:
    """Return a parameter that must be one of the allowed values; raise InvalidInput for another."""
    value = request.query_params.get(name, default)
    if value in allowed:
        return value
    error = FieldError(name, "unknown", _("Choose one of: %(allowed)s."), {"allowed": ", ".join(allowed)})
    raise InvalidInput(_("The query parameters are not understood."), errors=[error])
