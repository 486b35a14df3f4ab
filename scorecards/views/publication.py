"""Publishing by two persons: the state of the proposal, proposing, confirming."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entities.access import signed_in
from quintet.models import Cycle, Phase
from scorecards import access
from scorecards.queries import publications
from scorecards.services import publishing
from scorecards.services.gathering import gather
from un20portal.lib.pagination import page_of


def _cycle(request: HttpRequest, code: str) -> Cycle:
    if not access.can_publish(request.user):
        raise PermissionDenied
    return get_object_or_404(Cycle.objects.select_related("framework"), code=code)


@require_safe
def publication(request: HttpRequest, cycle: str) -> HttpResponse:
    """What would be published, who proposed it, and what has been published so far."""
    chosen = _cycle(request, cycle)
    proposal, computation = publications.proposal_of(chosen), publications.computation_of(chosen)
    inputs = gather(cycle_id=chosen.pk).sha256
    context = {
        "cycle": chosen,
        "computation": computation,
        "proposal": proposal,
        "inputs_sha256": inputs,
        "is_outdated": proposal and proposal.inputs_sha256 != inputs,
        "will_be_interim": chosen.phase not in (Phase.PLANNED, Phase.CLOSED),
        "page": page_of(request, publications.published_scorecards().filter(cycle=chosen)),
        "may_propose": chosen.phase != Phase.PLANNED,
        "may_confirm": proposal is not None and proposal.by_id != request.user.pk,
        "is_demo": chosen.is_demo,
    }
    return render(request, "scorecards/publication.html", context)


@require_POST
def propose(request: HttpRequest, cycle: str) -> HttpResponse:
    publishing.propose(cycle=_cycle(request, cycle), by=signed_in(request), at=timezone.now())
    messages.success(request, _("Proposed: a second person of the task force confirms it."))
    return redirect("scorecards:publication-detail", cycle=cycle)


@require_POST
def confirm(request: HttpRequest, cycle: str) -> HttpResponse:
    publishing.confirm(cycle=_cycle(request, cycle), by=signed_in(request), at=timezone.now())
    messages.success(request, _("Published."))
    return redirect("scorecards:scorecard-detail", cycle=cycle)
