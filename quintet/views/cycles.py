"""Cycles: the list, a new one, the completion monitor, and moving from phase to phase."""

from collections import Counter

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from entities.access import signed_in
from entities.models import Entity
from quintet import access
from quintet.forms.cycles import CyclePlanForm, StepForm, UnitsForm
from quintet.models import Cycle, Phase, Status
from quintet.queries import monitoring
from quintet.services import cycles
from un20portal.lib.errors import InvalidInput


def _require_manager(request: HttpRequest) -> None:
    if not access.can_manage_cycles(request.user):
        raise PermissionDenied


@require_safe
def cycle_list(request: HttpRequest) -> HttpResponse:
    _require_manager(request)
    return render(request, "quintet/cycle_list.html", {"cycles": monitoring.cycles_with_response()})


class CyclePlanView(View):
    """Plan a new cycle."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        _require_manager(request)
        return render(request, "quintet/cycle_plan.html", {"form": CyclePlanForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        _require_manager(request)
        form = CyclePlanForm(request.POST)
        if form.is_valid():
            try:
                cycle = cycles.plan_cycle(**form.cleaned_data, by=signed_in(request), at=timezone.now())
            except InvalidInput as refusal:
                form.add_refusal(refusal)
            else:
                messages.success(request, _("The cycle is planned: choose its units and open it."))
                return redirect("quintet:cycle-detail", code=cycle.code)
        return render(request, "quintet/cycle_plan.html", {"form": form}, status=400)


@require_safe
def monitor(request: HttpRequest, code: str) -> HttpResponse:
    """How far every unit is: numbers only, never contents."""
    if not access.can_see_completion(request.user):
        raise PermissionDenied
    cycle = get_object_or_404(monitoring.cycles_with_response(), code=code)
    form = UnitsForm(cycle=cycle) if cycle.phase == Phase.PLANNED else StepForm(cycle=cycle)
    return _monitor(request, cycle, form)


def _monitor(request: HttpRequest, cycle: Cycle, form: StepForm) -> HttpResponse:
    sheets = monitoring.completion(cycle)
    wanted = request.GET.get("status", "")
    context = {
        "cycle": cycle,
        "counts": [
            (status, status.label, Counter(sheet.status for sheet in sheets)[status]) for status in Status
        ],
        "sheets": [sheet for sheet in sheets if wanted in ("", sheet.status)],
        "status": wanted,
        "form": form,
        "is_demo": cycle.is_demo,
    }
    return render(request, "quintet/cycle_detail.html", context, status=400 if form.errors else 200)


@require_POST
def open_cycle(request: HttpRequest, code: str) -> HttpResponse:
    _require_manager(request)
    cycle = get_object_or_404(monitoring.cycles_with_response(), code=code)
    form = UnitsForm(request.POST, cycle=cycle)
    if not form.is_valid():
        return _monitor(request, cycle, form)
    of_kinds = Entity.objects.of_kinds(form.cleaned_data["kinds"]).active_on(cycle.closes_on)
    units = form.cleaned_data["units"] or list(of_kinds)
    count = cycles.open_cycle(cycle=cycle, entities=units, by=signed_in(request), at=timezone.now())
    messages.success(request, _("The cycle is open for %(count)s units.") % {"count": count})
    return redirect("quintet:cycle-detail", code=code)


@require_POST
def start_validation(request: HttpRequest, code: str) -> HttpResponse:
    _require_manager(request)
    cycle = get_object_or_404(monitoring.cycles_with_response(), code=code)
    form = StepForm(request.POST, cycle=cycle)
    if not form.is_valid():
        return _monitor(request, cycle, form)
    cycles.start_validation(cycle=cycle, by=signed_in(request))
    messages.success(request, _("The time for answers has ended: only returned sheets can change."))
    return redirect("quintet:cycle-detail", code=code)


@require_POST
def close_cycle(request: HttpRequest, code: str) -> HttpResponse:
    _require_manager(request)
    cycle = get_object_or_404(monitoring.cycles_with_response(), code=code)
    form = StepForm(request.POST, cycle=cycle)
    if not form.is_valid():
        return _monitor(request, cycle, form)
    cycles.close_cycle(cycle=cycle, by=signed_in(request))
    messages.success(request, _("The cycle is closed: nothing in it changes any more."))
    return redirect("quintet:cycle-detail", code=code)
