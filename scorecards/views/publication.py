"""Publishing by two persons: the state of the proposal, proposing, confirming, releasing to everybody."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from entities.access import signed_in
from quintet.models import Cycle, Phase
from scorecards import access
from scorecards.forms import ProposalForm, ReleaseForm
from scorecards.models import Proposal, ProposalState, Scorecard
from scorecards.queries import publications
from scorecards.queries.work import COMPOSE, progress_of, work_owed
from scorecards.services import publishing
from scorecards.services.composing import basis_of
from un20portal.lib.errors import InvalidInput
from un20portal.lib.pagination import page_of

REFRESH_SECONDS = 5


def _cycle(request: HttpRequest, code: str) -> Cycle:
    if not access.can_publish(request.user):
        raise PermissionDenied
    return get_object_or_404(Cycle.objects.select_related("framework"), code=code)


@require_safe
def publication(request: HttpRequest, cycle: str) -> HttpResponse:
    chosen = _cycle(request, cycle)
    is_correction = publications.latest_scorecard(request.user, chosen) is not None
    proposal = publications.proposal_of(chosen)
    as_before = {"audience": proposal.audience} if proposal else {}
    return _page(request, chosen, ProposalForm(is_correction=is_correction, initial=as_before))


def _page(request: HttpRequest, cycle: Cycle, form: ProposalForm) -> HttpResponse:
    """What would be published, who proposed it, and what has been published so far."""
    proposal, computation = publications.proposal_of(cycle), publications.computation_of(cycle)
    page = page_of(request, publications.published_scorecards(request.user).filter(cycle=cycle))
    context = {
        "cycle": cycle,
        "computation": computation,
        "work": work_owed(cycle),
        "proposal": proposal,
        **_state(request, cycle, proposal),
        "will_be_interim": cycle.phase not in (Phase.PLANNED, Phase.CLOSED),
        "page": page,
        "form": form,
        "may_propose": cycle.phase != Phase.PLANNED,
        "is_demo": cycle.is_demo,
    }
    response = render(request, "scorecards/publication.html", context, status=400 if form.errors else 200)
    if context["refreshes"]:
        response.headers["Refresh"] = str(REFRESH_SECONDS)  # works without a script
    return response


def _state(request: HttpRequest, cycle: Cycle, proposal: Proposal | None) -> dict[str, Any]:
    """How far the proposal is, and whether this person may confirm it.

    What it would be composed from now is not worked out while it is composed: the page renews itself.
    """
    if proposal and proposal.is_being_composed:
        progress = progress_of(COMPOSE, at=timezone.now(), proposal_id=proposal.pk)
        is_awaited = progress is not None and not progress.is_given_up
        is_read = (
            request.method == "GET" and request.GET.get("refresh") != "off"
        )  # no form is being filled in
        return {"progress": progress, "refreshes": is_awaited and is_read}
    basis = basis_of(cycle=cycle, note=proposal.note if proposal else "")
    found = {"refreshes": False, "inputs_sha256": basis.inputs_sha256}
    if proposal is None:
        return found
    is_outdated, is_own = proposal.basis_sha256 != basis.sha256, proposal.by_id == request.user.pk
    return found | {
        "is_outdated": is_outdated,
        "is_own": is_own,
        "may_confirm": proposal.state == ProposalState.READY and not is_outdated and not is_own,
    }


@require_POST
def propose(request: HttpRequest, cycle: str) -> HttpResponse:
    chosen = _cycle(request, cycle)
    is_correction = publications.latest_scorecard(request.user, chosen) is not None
    form = ProposalForm(request.POST, is_correction=is_correction)
    if not form.is_valid():
        return _page(request, chosen, form)
    said = form.cleaned_data
    try:
        proposal = publishing.propose(cycle=chosen, **said, by=signed_in(request), at=timezone.now())
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return _page(request, chosen, form)
    if proposal.is_being_composed:
        messages.success(request, _("Proposed: the scorecard is being composed."))
    else:
        messages.success(request, _("Proposed: a second person of the task force confirms it."))
    return redirect("scorecards:publication-detail", cycle=cycle)


@require_POST
def confirm(request: HttpRequest, cycle: str) -> HttpResponse:
    """Publish what the person had on the page, which its form repeats; something else is refused."""
    seen = {name: request.POST.get(name, "") for name in ("sha256", "audience")}
    publishing.confirm(cycle=_cycle(request, cycle), by=signed_in(request), at=timezone.now(), **seen)
    messages.success(request, _("Published."))
    return redirect("scorecards:scorecard-detail", cycle=cycle)


class ReleaseView(View):
    """Opening to everybody a version that the committees read first."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, cycle: str, version: int) -> HttpResponse:
        return self._page(request, self._scorecard(request, cycle, version), ReleaseForm())

    def post(self, request: HttpRequest, cycle: str, version: int) -> HttpResponse:
        scorecard, form = self._scorecard(request, cycle, version), ReleaseForm(request.POST)
        if not form.is_valid():
            return self._page(request, scorecard, form)
        publishing.release(scorecard=scorecard, by=signed_in(request), at=timezone.now())
        messages.success(request, _("Version %(version)s is open to everybody.") % {"version": version})
        return redirect("scorecards:publication-detail", cycle=cycle)

    def _scorecard(self, request: HttpRequest, cycle: str, version: int) -> Scorecard:
        rows = publications.published_scorecards(request.user).filter(cycle=_cycle(request, cycle))
        return get_object_or_404(rows, version=version)

    def _page(self, request: HttpRequest, scorecard: Scorecard, form: ReleaseForm) -> HttpResponse:
        cycle = scorecard.cycle
        context = {"scorecard": scorecard, "cycle": cycle, "form": form, "is_demo": cycle.is_demo}
        status = 400 if form.errors else 200
        return render(request, "scorecards/publication_release.html", context, status=status)
