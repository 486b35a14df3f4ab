"""Groups beside each other, or units that let the reader read their figures."""

from collections.abc import Sequence

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from entities.models import Entity
from scorecards.queries import contrasts, reading, units
from scorecards.queries.contrasts import MOST
from scorecards.views.choosing import Choice, choice_of
from scorecards.views.exploring import page_context
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.lib.parameters import MESSAGE

SEVERAL = ("group", "entity")


@login_not_required
@require_safe
def compare(request: HttpRequest, cycle: str) -> HttpResponse:
    """Up to four groups; with `entity` in the address, units instead, which no cache keeps."""
    choice = choice_of(request, cycle, ("entity",), repeatable=SEVERAL)
    if "entity" in request.GET:
        return _units_page(request, choice)
    groups = asked_groups(request, choice)
    found = contrasts.contrast(choice.figures, groups, basis=choice.basis)
    shared = page_context(request, choice, groups[0])
    context = {
        **shared,
        "contrast": found,
        "chosen": choice.query(),
        "slots": _slots(groups),
        "options": [(group.code, str(group)) for group in shared["groups"]],
    }
    return render(request, "scorecards/compare.html", context)


def _units_page(request: HttpRequest, choice: Choice) -> HttpResponse:
    asked = asked_units(request, choice)
    codes = list(reading.dimension_codes(choice.figures))
    found = contrasts.contrast_units(choice.figures, asked, codes, basis=choice.basis) if asked else None
    open_units = units.units_with_figures(choice.figures, request.user)
    context = {
        **page_context(request, choice, reading.default_group(choice.figures)),
        "contrast": found,
        "options": [(code, code) for code in open_units.values_list("code", flat=True)],
        "chosen": choice.query(),
        "slots": _slots([unit.code for unit in asked]),
    }
    response = render(request, "scorecards/compare_units.html", context)
    response.headers["Cache-Control"] = "no-store"  # a unit may take its consent back
    return response


def asked_groups(request: HttpRequest, choice: Choice) -> list[str]:
    """The groups that are asked for, each once; without any, entities and country teams."""
    asked = _several(request, "group") or contrasts.usual_groups(choice.figures)
    return [choice.checked("group", code) for code in asked]


def asked_units(request: HttpRequest, choice: Choice) -> list[Entity]:
    """The units that are asked for; 404 unless the reader may see the figures of every one."""
    codes = [code.lower() for code in _several(request, "entity")]
    if not codes:
        return []
    open_units = units.units_with_figures(choice.figures, request.user).with_code(*codes)
    found = {unit.code.lower(): unit for unit in open_units}
    if not found.keys() >= set(codes):
        raise Http404
    return [found[code] for code in codes]


def _several(request: HttpRequest, name: str) -> list[str]:
    """The values of a parameter that may come several times; InvalidInput for too many, or one twice."""
    values = [value for value in request.GET.getlist(name) if value]
    others = [value for other in SEVERAL if other != name for value in request.GET.getlist(other) if value]
    problem = ""
    if others:
        problem = _("Compare groups or units, not both.")
    elif len(values) > MOST:
        problem = _("Compare four at the most.")
    elif len({value.lower() for value in values}) < len(values):
        problem = _("Choose each of them once.")
    if problem:
        raise InvalidInput(MESSAGE, errors=[FieldError(name, "invalid", problem)])
    return values


def _slots(chosen: Sequence[str]) -> list[tuple[int, str]]:
    """The fields of the form, with their numbers: what is chosen, then empty ones."""
    return list(enumerate([*chosen, *[""] * (MOST - len(chosen))], start=1))
