"""How certain the figures of a cycle are, and having that estimated."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from entities.access import signed_in
from quintet.models import Cycle, Phase
from scorecards import access
from scorecards.queries.choosing import wants_provisional
from scorecards.queries.reading import published_figures
from scorecards.queries.uncertainty import progress_of, provisional_estimate, published_estimate
from scorecards.services import estimating
from scorecards.views.reading import chosen_scorecard
from un20portal.lib.errors import NotYet


@login_not_required
@require_safe
@cache_control(no_store=True)  # a unit may take its consent back
def uncertainty(request: HttpRequest, cycle: str) -> HttpResponse:
    """The intervals of a published version, or of what was simulated last."""
    chosen = get_object_or_404(Cycle.objects.select_related("framework"), code=cycle)
    if wants_provisional(request.user, request.GET.get("version")):
        return _provisional(request, chosen)
    scorecard = chosen_scorecard(request, chosen)
    entities = access.entities_with_figures_for(request.user, chosen)
    try:
        estimate = published_estimate(published_figures(scorecard), entities=entities)
        found: dict[str, Any] = {"estimate": estimate}
    except NotYet as refusal:
        found = {"refusal": refusal}
    return _page(request, chosen, {"scorecard": scorecard} | found)


def _provisional(request: HttpRequest, cycle: Cycle) -> HttpResponse:
    context = {
        "is_provisional": True,
        "estimate": provisional_estimate(cycle),
        "progress": progress_of(cycle, at=timezone.now()),
        "may_estimate": cycle.phase != Phase.PLANNED,
    }
    return _page(request, cycle, context)


def _page(request: HttpRequest, cycle: Cycle, context: dict[str, Any]) -> HttpResponse:
    shared = {"cycle": cycle, "version": request.GET.get("version"), "is_demo": cycle.is_demo}
    return render(request, "scorecards/uncertainty.html", shared | context)


@require_POST
def estimate(request: HttpRequest, cycle: str) -> HttpResponse:
    """Owe the simulation of the cycle as it stands."""
    if not access.can_publish(request.user):
        raise PermissionDenied
    chosen = get_object_or_404(Cycle, code=cycle)
    estimating.ask_for_simulation(cycle=chosen, by=signed_in(request), at=timezone.now())
    messages.success(request, _("The uncertainty will be estimated from the sheets as they are now."))
    return redirect(f"{reverse('scorecards:uncertainty-detail', args=[cycle])}?version=provisional")
