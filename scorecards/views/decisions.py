"""Points for decision: the task force writes, orders and deletes them; nobody else sees them before."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from entities.access import signed_in
from quintet.models import Cycle
from scorecards import access
from scorecards.domain.decisions import FULL, MOST_POINTS
from scorecards.forms import DecisionForm
from scorecards.models import DecisionPoint
from scorecards.queries.decisions import points_of
from scorecards.queries.publications import proposal_of
from scorecards.services import deciding
from un20portal.lib.errors import DomainError, InvalidInput, StaleVersion, WrongState
from un20portal.lib.forms import VersionForm
from un20portal.lib.wording import localised


def _cycle(request: HttpRequest, code: str) -> Cycle:
    """Before any cycle is looked up: a refusal does not tell whether there is one."""
    if not access.can_publish(request.user):
        raise PermissionDenied
    return get_object_or_404(Cycle.objects.select_related("framework"), code=code)


def _point(request: HttpRequest, cycle: str, point: int) -> DecisionPoint:
    points = points_of(_cycle(request, cycle)).select_related("cycle")
    return get_object_or_404(points, pk=point)


@require_safe
def decision_list(request: HttpRequest, cycle: str) -> HttpResponse:
    return _list_page(request, _cycle(request, cycle))


def _list_page(request: HttpRequest, cycle: Cycle, refusal: DomainError | None = None) -> HttpResponse:
    points = list(points_of(cycle))
    context = {
        "cycle": cycle,
        "points": points,
        "proposal": proposal_of(cycle),
        "most": MOST_POINTS,
        "full": _(FULL) % {"most": MOST_POINTS} if len(points) >= MOST_POINTS else "",
        "refusal": refusal,
        "is_demo": cycle.is_demo,
    }
    status = refusal.status if refusal else 200
    return render(request, "scorecards/decision_list.html", context, status=status)


class DecisionCreateView(View):
    """Write one more point; where there are as many as may be, the list says so, and words sent are kept."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, cycle: str) -> HttpResponse:
        chosen = _cycle(request, cycle)
        if points_of(chosen).count() >= MOST_POINTS:
            return redirect("scorecards:decision-list", cycle=cycle)
        return _page(request, chosen, DecisionForm())

    def post(self, request: HttpRequest, cycle: str) -> HttpResponse:
        chosen, form = _cycle(request, cycle), DecisionForm(request.POST)

        def save(**said: Any) -> None:
            deciding.add_point(cycle=chosen, by=signed_in(request), at=timezone.now(), **said)

        try:
            return _saved(request, chosen, form, save)
        except WrongState as refusal:
            form.add_error(None, localised(refusal))
            return _page(request, chosen, form, status=refusal.status)


class DecisionChangeView(View):
    """Write a point anew; what somebody else wrote in between is shown beside it."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, cycle: str, point: int) -> HttpResponse:
        found = _point(request, cycle, point)
        return _page(request, found.cycle, DecisionForm(point=found), found)

    def post(self, request: HttpRequest, cycle: str, point: int) -> HttpResponse:
        found = _point(request, cycle, point)
        form = DecisionForm(request.POST, point=found)

        def save(**said: Any) -> None:
            deciding.change_point(point=found, by=signed_in(request), at=timezone.now(), **said)

        try:
            return _saved(request, found.cycle, form, save, found)
        except StaleVersion as refusal:
            return _stale_page(request, found, refusal)


@require_POST
def raise_point(request: HttpRequest, cycle: str, point: int) -> HttpResponse:
    deciding.raise_point(point=_point(request, cycle, point), by=signed_in(request))
    messages.success(request, _("The point stands one place further up."))
    return redirect("scorecards:decision-list", cycle=cycle)


@require_POST
def delete(request: HttpRequest, cycle: str, point: int) -> HttpResponse:
    """Delete what the person had on the page; what somebody else wrote in between stays, and is shown."""
    found, version = _point(request, cycle, point), VersionForm(request.POST).chosen()
    try:
        deciding.delete_point(point=found, version=version, by=signed_in(request))
    except StaleVersion as refusal:
        return _list_page(request, found.cycle, refusal)
    messages.success(request, _("The point is deleted."))
    return redirect("scorecards:decision-list", cycle=cycle)


def _saved(
    request: HttpRequest, cycle: Cycle, form: DecisionForm, save: Any, point: DecisionPoint | None = None
) -> HttpResponse:
    """Save what the form holds and go back to the list, or show the form with what is wrong."""
    if form.is_valid():
        try:
            save(**form.cleaned_data)
        except InvalidInput as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("The point is saved. It is published with the next version."))
            return redirect("scorecards:decision-list", cycle=cycle.code)
    return _page(request, cycle, form, point)


def _stale_page(request: HttpRequest, point: DecisionPoint, refusal: StaleVersion) -> HttpResponse:
    """The form with what was written, based on what is stored now, which stands above it."""
    sent = request.POST.copy()
    sent["version"] = str(refusal.current["version"])
    point.refresh_from_db()
    return _page(request, point.cycle, DecisionForm(sent, point=point), point, refusal)


def _page(
    request: HttpRequest,
    cycle: Cycle,
    form: DecisionForm,
    point: DecisionPoint | None = None,
    refusal: StaleVersion | None = None,
    status: int = 400,
) -> HttpResponse:
    context = {
        "cycle": cycle,
        "form": form,
        "point": point,
        "heading": _("Change a point for decision") if point else _("New point for decision"),
        "refused": _("The point was not saved."),
        "refusal": refusal,
        "kept": reverse("scorecards:decision-list", args=[cycle.code]),
        "is_demo": cycle.is_demo,
    }
    status = refusal.status if refusal else status if form.errors else 200
    return render(request, "scorecards/decision_form.html", context, status=status)
