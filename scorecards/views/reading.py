"""Reading scorecards: the list, the state of play of a cycle, the interactive figure, receipts of figures."""

from typing import Any
from urllib.parse import urlencode

from csp.decorators import csp_update
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from quintet.models import Cycle
from scorecards import access
from scorecards.domain.receipts import parse_subject
from scorecards.models import Scorecard
from scorecards.queries import publications, reading, sharing
from scorecards.queries.any_receipt import receipt_of
from scorecards.queries.choosing import unpublished_figures
from scorecards.queries.contrasts import beside
from scorecards.queries.movement import earlier_cycle
from scorecards.queries.overview import overview_of
from scorecards.queries.reading import Figures
from scorecards.queries.uncertainty import is_estimated
from scorecards.views import movement_receipts
from scorecards.views.movement import version_number, version_of_other
from un20portal.lib.holding import held
from un20portal.lib.pagination import page_of

UNITS_ON_A_PAGE = 200


@login_not_required
@require_safe
@held(while_same=publications.public_state)
def scorecard_list(request: HttpRequest) -> HttpResponse:
    page = page_of(request, publications.published_scorecards(request.user))
    context = {"page": page, "own_figures": sharing.own_figures(request.user)}
    return render(request, "scorecards/scorecard_list.html", context)


@login_not_required
@require_safe
@held(while_same=publications.public_state)
def scorecard_detail(request: HttpRequest, cycle: str) -> HttpResponse:
    """The state of play of a cycle: the latest published version, an earlier one, or one not published."""

    return render(request, "scorecards/scorecard_detail.html", _parts(request, cycle))


@login_not_required
@require_safe
# Plotly styles its own elements: this page alone allows it.
@csp_update({"style-src": ["'unsafe-inline'"]})  # type: ignore[arg-type]  # it types views without arguments
@held(while_same=publications.public_state)
def figure(request: HttpRequest, cycle: str) -> HttpResponse:
    """The same state of play as an interactive figure, loaded only by those who ask for it."""
    return render(request, "scorecards/figure.html", _context(request, cycle))


@login_not_required
@require_safe
@cache_control(no_store=True)  # a unit may take its consent back
def receipt(request: HttpRequest, cycle: str) -> HttpResponse:
    """How one figure came about: of a group, of a change, or of a unit for those who may see its figures."""
    chosen = get_object_or_404(Cycle.objects.select_related("framework"), code=cycle)
    subject = parse_subject(request.GET)
    if subject.since and subject.group:
        return movement_receipts.page(request, chosen, subject)
    figures, basis = chosen_figures(request, chosen), request.GET.get("basis", "accepted")
    if not reading.is_known_basis(basis):
        raise Http404
    since = version_of_other(request)
    found = receipt_of(request.user, figures, subject, basis=basis, from_version=since)
    context = {
        "cycle": chosen,
        "receipt": found,
        "is_custom": subject.group in figures.custom_names,
        "page": page_of(request, found.units, size=UNITS_ON_A_PAGE),
        "is_demo": chosen.is_demo,
    }
    return render(request, "scorecards/receipt.html", context)


def _context(request: HttpRequest, code: str) -> dict[str, Any]:
    cycle = get_object_or_404(Cycle.objects.select_related("framework"), code=code)
    figures = chosen_figures(request, cycle)
    group = request.GET.get("group", reading.default_group(figures))
    basis = request.GET.get("basis", "accepted")
    if group not in figures.groups or not reading.is_known_basis(basis):
        raise Http404
    rows = reading.state_of_play(figures, group=group, basis=basis)
    is_custom = group in figures.custom_names
    version, replaced_by = request.GET.get("version"), reading.replacing_version(request.user, figures)
    has_no_movement = replaced_by or is_custom or figures.is_proposed
    return {
        "cycle": cycle,
        "figures": figures,
        "rows": rows,
        "nothing_shown": all(row.is_suppressed for row in rows),
        "panels": reading.panels(figures, rows),
        "groups": reading.group_choices(figures),
        "group": group,
        "beside": beside(figures, group),
        "basis": basis,
        "version": version,
        "is_custom": is_custom,
        "earlier": None if has_no_movement else earlier_cycle(request.user, cycle),
        "is_compared": not has_no_movement and not figures.is_provisional,
        "replaced_by": replaced_by,
        "chosen": urlencode({"group": group, "basis": basis} | ({"version": version} if version else {})),
        "is_demo": cycle.is_demo,
        "is_estimated": not figures.is_proposed and is_estimated(figures),
        "may_publish": access.can_publish(request.user),
    }


def _parts(request: HttpRequest, code: str) -> dict[str, Any]:
    """The state of play, and the other parts of the page."""
    context = _context(request, code)
    asked = {name: context[name] for name in ("group", "basis", "rows", "is_compared", "earlier")}
    return context | {"overview": overview_of(request.user, context["figures"], **asked)}


def chosen_figures(request: HttpRequest, cycle: Cycle) -> Figures:
    """The figures that `?version=` names: published ones, or others to those who may see them; else 404."""
    unpublished = unpublished_figures(request.user, cycle, request.GET.get("version"))
    return unpublished or reading.published_figures(chosen_scorecard(request, cycle))


def chosen_scorecard(request: HttpRequest, cycle: Cycle) -> Scorecard:
    """Return the published version that is asked for, by default the latest.

    Raises NothingPublished where none is for this reader, Http404 for a version that is not.
    """
    version = request.GET.get("version")
    if version is None:
        return publications.require_published(request.user, cycle)
    number = version_number(version)
    scorecard = None if number is None else publications.scorecard_version(request.user, cycle, number)
    if scorecard is None:
        raise Http404
    return scorecard
