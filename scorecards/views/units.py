"""Single units: whose figures the reader may see, one unit's sheet, its next steps, and who else reads it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

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
from scorecards.queries import entity_sheet, next_steps, publications, reading, sharing, units
from scorecards.queries.next_steps import Examples, NextSteps
from scorecards.queries.own_movement import own_movement
from scorecards.queries.peers import peers_ahead
from scorecards.queries.reading import Figures
from scorecards.queries.seen_sheets import SeenSheet, seen_sheet
from scorecards.queries.uncertainty import intervals_of_unit
from scorecards.queries.units import UnitEntry
from scorecards.services import consenting
from scorecards.views.reading import chosen_figures
from un20portal.lib.pagination import page_of

ALL = "all"  # dimensions
ExamplesOf = Callable[[Entity, Sequence[str]], Mapping[str, Examples]]


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
    """One unit's figures, and its levels to those who read its sheet."""
    figures, unit, basis = _figures_of(request, cycle, entity)
    entry = units.unit_entries(figures, [unit], basis=basis)[0]
    context = {
        **_context(request, figures, basis),
        **_levels(request, figures, entry, basis),
        "entry": entry,
        "intervals": intervals_of_unit(figures, unit.code),
        "standing": entity_sheet.standing_of(figures, entry, basis=basis),
        "audience": sharing.audience_of(figures.cycle, unit),
        "may_read_sharing": unit.pk in access.entities_of_member(request.user),
    }
    return render(request, "scorecards/unit_detail.html", context)


@require_safe
@cache_control(no_store=True)
def unit_next(request: HttpRequest, cycle: str, entity: str, examples_of: ExamplesOf) -> HttpResponse:
    """The smallest sets of steps to a unit's goals: for others than who see all its levels there are none.

    `examples_of` is given with the address: it tells of cases of others, by item, which a higher floor knows.
    """
    figures, unit, basis = _figures_of(request, cycle, entity)
    sheet = seen_sheet(request.user, figures, unit)
    if not sheet.sees_all:
        raise Http404
    context = {**_context(request, figures, basis), "sheet": sheet, "entity": unit}
    if steps := next_steps.next_steps(sheet, basis=basis):
        context |= {"steps": steps, **_steps_in_full(request, figures, sheet, steps)}
        context["examples"] = examples_of(unit, [step.item.code for step in context["in_full"]])
    return render(request, "scorecards/unit_next.html", context)


def _figures_of(request: HttpRequest, cycle: str, entity: str) -> tuple[Figures, Entity, str]:
    """The figures, the unit in them, and the basis that are asked for; else 404."""
    chosen, basis = _cycle(cycle), request.GET.get("basis", "accepted")
    if not reading.is_known_basis(basis):
        raise Http404
    figures = chosen_figures(request, chosen)
    readable = units.units_with_figures(figures, request.user)
    return figures, get_object_or_404(readable.with_code(entity)), basis


def _context(request: HttpRequest, figures: Figures, basis: str) -> dict[str, Any]:
    return {
        "cycle": figures.cycle,
        "figures": figures,
        "basis": basis,
        "version": request.GET.get("version"),
        "is_demo": figures.cycle.is_demo,
    }


def _levels(request: HttpRequest, figures: Figures, entry: UnitEntry, basis: str) -> dict[str, Any]:
    """The map of levels, with the words of the dimension that is asked for, and what moved."""
    sheet = seen_sheet(request.user, figures, entry.entity)
    maps = entity_sheet.level_maps(sheet, basis=basis)
    rows = [row for area in maps for row in area.rows]
    asked = _asked_dimension(request, [row.dimension.code for row in rows], default="")
    return {
        "sees_all": sheet.sees_all,
        "maps": maps,
        "this_sheet": _query_of(request, entry.entity, basis),
        "levels": figures.cycle.framework.levels,
        "asked": asked,
        "words": [row for row in rows if asked in (ALL, row.dimension.code)],
        "has_closed": not sheet.sees_all,
        "has_targets": bool(sheet.targets),
        "foundations": entity_sheet.foundations(sheet, basis=basis),
        "moved": own_movement(request.user, figures, entry, sheet, basis=basis),
    }


def _query_of(request: HttpRequest, unit: Entity, basis: str) -> str:
    """What the address of a figure of this sheet asks for."""
    version = request.GET.get("version")
    asked = {"entity": unit.code, "basis": basis}
    return urlencode(asked | ({"version": version} if version else {}))


def _steps_in_full(
    request: HttpRequest, figures: Figures, sheet: SeenSheet, steps: NextSteps
) -> dict[str, Any]:
    """The steps of the dimension that is asked for, by default the first one that has any."""
    codes = [dimension.code for dimension in steps.dimensions]
    known = [dimension.code for dimension in sheet.by_dimension]
    asked = _asked_dimension(request, known, default=codes[0] if codes else "")
    chosen = codes if asked == ALL else [asked]
    peers = peers_ahead(figures, sheet, [move.item for move in steps.moves])
    return {"asked": asked, "in_full": next_steps.steps_in_full(steps.moves, chosen, peers)}


def _asked_dimension(request: HttpRequest, codes: Sequence[str], *, default: str) -> str:
    asked = request.GET.get("dimension", default)
    if codes and asked not in (default, ALL, *codes):
        raise Http404
    return asked


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
        if _say(request, chosen, unit):
            messages.success(request, _("Saved: it holds from now on."))
        else:
            messages.info(request, _("Nothing has changed."))
        return redirect("scorecards:unit-sharing", cycle=chosen.code, entity=unit.code)


def _say(request: HttpRequest, cycle: Cycle, entity: Entity) -> bool:
    """Keep the word of one of the page's two forms; return whether it is news."""
    by, at, sent = signed_in(request), timezone.now(), request.POST
    if "asking" in sent:
        return consenting.set_asking(cycle=cycle, entity=entity, answer=sent["asking"], by=by, at=at)
    audience = sent.get("audience", "")
    return consenting.set_consent(cycle=cycle, entity=entity, audience=audience, by=by, at=at)


def _asked(request: HttpRequest, cycle: str, entity: str) -> tuple[Cycle, Entity]:
    """The cycle and a unit of the reader's own that has a sheet in it; to everybody else there is nothing."""
    sheet = get_object_or_404(
        sharing.shareable_sheets(request.user), cycle__code=cycle, entity__code__iexact=entity
    )
    return sheet.cycle, sheet.entity
