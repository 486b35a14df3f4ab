"""What moved between two cycles, as a page."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from quintet.models import Cycle
from scorecards import access
from scorecards.queries import movement as compared
from scorecards.queries import reading
from scorecards.queries.movement import Movement
from scorecards.queries.publications import newest_scorecards
from scorecards.queries.reading import Figures
from un20portal.lib.errors import NotYet

ALL = "all"


@login_not_required
@require_safe
def movement(request: HttpRequest, cycle: str) -> HttpResponse:
    """The latest published versions of two cycles beside each other; without `from`, the cycle before."""
    after = _after(request, get_object_or_404(Cycle.objects.select_related("framework"), code=cycle))
    others = compared.comparable_cycles(request.user, after.cycle)
    if not others:
        raise Http404
    before = compared.figures_of_other(request.user, after.cycle, request.GET.get("from", others[0].code))
    return render(request, "scorecards/movement.html", _context(request, before, after, others))


def _after(request: HttpRequest, cycle: Cycle) -> Figures:
    if request.GET.get("version") == "provisional":
        if not access.can_see_provisional(request.user):
            raise Http404
        return reading.provisional_figures(cycle)
    scorecard = newest_scorecards(request.user).filter(cycle=cycle).first()
    if scorecard is None or "version" in request.GET:
        raise Http404
    return reading.published_figures(scorecard)


def _context(request: HttpRequest, before: Figures, after: Figures, others: list[Cycle]) -> dict[str, Any]:
    groups = compared.common_groups(before, after)
    group = request.GET.get("group", reading.default_group(after))
    basis = request.GET.get("basis", "accepted")
    if group not in {choice.code for choice in groups} or not reading.is_known_basis(basis):
        raise Http404
    chosen = {"from": before.cycle.code, "group": group, "basis": basis}
    if after.is_provisional:
        chosen["version"] = "provisional"
    try:
        found = _found(request, compared.movement(before, after, group=group, basis=basis))
    except NotYet as refusal:
        found = {"refusal": refusal}
    return found | {
        "cycle": after.cycle,
        "figures": after,
        "before": before,
        "others": others,
        "groups": groups,
        "group": group,
        "basis": basis,
        "version": request.GET.get("version"),
        "dimension": request.GET.get("dimension"),
        "chosen": urlencode(chosen),
        "is_demo": after.cycle.is_demo,
    }


def _found(request: HttpRequest, movement: Movement) -> dict[str, Any]:
    """The comparison, and which of its dimensions are unfolded: the one asked for, all, or the first."""
    codes = [section.dimension for section in movement.sections]
    asked = request.GET.get("dimension", codes[0] if codes else ALL)
    if asked not in {*codes, ALL}:
        raise Http404
    return {"movement": movement, "unfolded": codes if asked == ALL else [asked]}
