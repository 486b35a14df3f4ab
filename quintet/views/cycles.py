"""Cycles: the list, a new one, moving from phase to phase, more time for one unit."""

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
from quintet.domain.workflow import require_extendable
from quintet.forms.cycles import CyclePlanForm, StepForm, UnitsForm
from quintet.forms.monitoring import ExtensionForm
from quintet.models import Assessment
from quintet.queries import monitoring
from quintet.services import cycles, mailings
from quintet.views.monitoring import monitor_page
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
        return self._page(request, CyclePlanForm())

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
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: CyclePlanForm) -> HttpResponse:
        context = {"form": form, "under_way": monitoring.under_way()}
        return render(request, "quintet/cycle_plan.html", context, status=400 if form.errors else 200)


@require_POST
def open_cycle(request: HttpRequest, code: str) -> HttpResponse:
    _require_manager(request)
    cycle = get_object_or_404(monitoring.cycles_with_response(), code=code)
    form = UnitsForm(request.POST, cycle=cycle)
    if not form.is_valid():
        return monitor_page(request, cycle, form)
    of_kinds = Entity.objects.of_kinds(form.cleaned_data["kinds"]).active_on(cycle.closes_on)
    units = form.cleaned_data["units"] or list(of_kinds)
    mailing = mailings.launch_cycle(cycle=cycle, entities=units, by=signed_in(request), at=timezone.now())
    messages.success(request, _("The cycle is open for %(count)s units.") % {"count": len(units)})
    return redirect("quintet:cycle-mailing", code=code, mailing=mailing.pk)


@require_POST
def start_validation(request: HttpRequest, code: str) -> HttpResponse:
    _require_manager(request)
    cycle = get_object_or_404(monitoring.cycles_with_response(), code=code)
    form = StepForm(request.POST, cycle=cycle)
    if not form.is_valid():
        return monitor_page(request, cycle, form)
    cycles.start_validation(cycle=cycle, by=signed_in(request))
    messages.success(request, _("The time for answers has ended: only returned sheets can change."))
    return redirect("quintet:cycle-detail", code=code)


@require_POST
def close_cycle(request: HttpRequest, code: str) -> HttpResponse:
    _require_manager(request)
    cycle = get_object_or_404(monitoring.cycles_with_response(), code=code)
    form = StepForm(request.POST, cycle=cycle)
    if not form.is_valid():
        return monitor_page(request, cycle, form)
    cycles.close_cycle(cycle=cycle, by=signed_in(request))
    messages.success(request, _("The cycle is closed: nothing in it changes any more."))
    return redirect("quintet:cycle-detail", code=code)


class ExtensionView(View):
    """More time for one unit of a cycle, with the reason; what it got before stands beside."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, code: str, unit: str) -> HttpResponse:
        sheet = self._sheet(request, code, unit)
        require_extendable(status=sheet.status, phase=sheet.cycle.phase)
        return self._page(request, sheet, ExtensionForm())

    def post(self, request: HttpRequest, code: str, unit: str) -> HttpResponse:
        sheet, form = self._sheet(request, code, unit), ExtensionForm(request.POST)
        if form.is_valid():
            try:
                cycles.extend(assessment=sheet, **form.cleaned_data, by=signed_in(request), at=timezone.now())
            except InvalidInput as refusal:
                form.add_refusal(refusal)
            else:
                messages.success(request, _("%(unit)s has more time.") % {"unit": sheet.entity.short_name})
                return redirect("quintet:cycle-detail", code=code)
        return self._page(request, sheet, form)

    def _sheet(self, request: HttpRequest, code: str, unit: str) -> Assessment:
        _require_manager(request)
        sheets = Assessment.objects.select_related("cycle", "entity")
        return get_object_or_404(sheets, cycle__code=code, entity__code=unit)

    def _page(self, request: HttpRequest, sheet: Assessment, form: ExtensionForm) -> HttpResponse:
        context = {
            "sheet": sheet,
            "cycle": sheet.cycle,
            "form": form,
            "extensions": sheet.extensions.select_related("by"),
            "is_demo": sheet.is_demo,
        }
        return render(request, "quintet/cycle_extend.html", context, status=400 if form.errors else 200)
