"""Figures of single units: which ones the reader may see, one unit's dimensions, and who else reads them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.generic import View

from entities.access import signed_in
from entities.models import Entity
from quintet.models import Cycle
from scorecards import access
from scorecards.models import AUDIENCES
from scorecards.queries import publications, reading, sharing, units
from scorecards.services import consenting
from scorecards.views.reading import chosen_figures
from un20portal.lib.pagination import page_of


def _cycle(code: str) -> Cycle:
    return get_object_or_404(Cycle.objects.select_related("framework"), code=code)


@login_not_required
@require_safe
@cache_control(no_store=True)  # a unit may take its consent back
def unit_list(request: HttpRequest, cycle: str) -> HttpResponse:
    """The units whose own figures the reader may see."""
    chosen = _cycle(cycle)
    figures = chosen_figures(request, chosen)
    context = {
        "cycle": chosen,
        "figures": figures,
        "version": request.GET.get("version"),
        "page": page_of(request, units.units_with_figures(figures, request.user), size=50),
        "is_demo": chosen.is_demo,
    }
    return render(request, "scorecards/unit_list.html", context)


@login_not_required
@require_safe
@cache_control(no_store=True)
def unit_detail(request: HttpRequest, cycle: str, entity: str) -> HttpResponse:
    """One unit's figures per dimension, for those who may see them."""
    chosen, basis = _cycle(cycle), request.GET.get("basis", "accepted")
    if not reading.is_known_basis(basis):
        raise Http404
    figures = chosen_figures(request, chosen)
    unit = get_object_or_404(units.units_with_figures(figures, request.user), code__iexact=entity)
    context = {
        "cycle": chosen,
        "figures": figures,
        "entry": units.unit_entries(figures, [unit], basis=basis)[0],
        "basis": basis,
        "version": request.GET.get("version"),
        "audience": sharing.audience_of(chosen, unit),
        "may_read_sharing": unit.pk in access.entities_of_member(request.user),
        "is_demo": chosen.is_demo,
    }
    return render(request, "scorecards/unit_detail.html", context)


class SharingView(View):
    """Whom a unit lets read its figures of a cycle: its members read it, its approver says it."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, cycle: str, entity: str) -> HttpResponse:
        chosen, unit = _asked(request, cycle, entity)
        latest = publications.latest_scorecard(request.user, chosen)
        figures = latest and reading.published_figures(latest)
        context = {
            "cycle": chosen,
            "entity": unit,
            "sharing": sharing.sharing_of(chosen, unit),
            "choices": AUDIENCES,
            "has_figures": figures and units.units_with_figures(figures, request.user).contains(unit),
            "may_share": access.can_share(request.user, unit),
            "is_demo": chosen.is_demo,
        }
        return render(request, "scorecards/unit_sharing.html", context)

    def post(self, request: HttpRequest, cycle: str, entity: str) -> HttpResponse:
        chosen, unit = _asked(request, cycle, entity)
        audience, by = request.POST.get("audience", ""), signed_in(request)
        if consenting.set_consent(cycle=chosen, entity=unit, audience=audience, by=by, at=timezone.now()):
            messages.success(request, _("Saved: it holds from now on."))
        else:
            messages.info(request, _("Nothing has changed."))
        return redirect("scorecards:unit-sharing", cycle=chosen.code, entity=unit.code)


def _asked(request: HttpRequest, cycle: str, entity: str) -> tuple[Cycle, Entity]:
    """The cycle and a unit of the reader's own that has a sheet in it; to everybody else there is nothing."""
    sheet = get_object_or_404(
        sharing.shareable_sheets(request.user), cycle__code=cycle, entity__code__iexact=entity
    )
    return sheet.cycle, sheet.entity
