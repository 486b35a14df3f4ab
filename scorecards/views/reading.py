"""Reading scorecards: the list, the state of play of a cycle, the interactive figure, receipts of figures."""

import re
from typing import Any
from urllib.parse import urlencode

from csp.decorators import csp_update
from django.contrib.auth.decorators import login_not_required
from django.contrib.messages import get_messages
from django.core.cache.backends.locmem import LocMemCache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from quintet.models import Cycle
from scorecards import access
from scorecards.domain.receipts import parse_subject
from scorecards.models import Scorecard
from scorecards.queries import publications, reading, sharing
from scorecards.queries.movement import earlier_cycle
from scorecards.queries.reading import Figures
from scorecards.queries.receipts import receipt_of
from scorecards.queries.uncertainty import is_estimated
from un20portal.lib.canonical import sha256
from un20portal.lib.pagination import page_of

NUMBER = re.compile("[1-9][0-9]{0,5}")
UNITS_ON_A_PAGE = 200
# In this process: pages need no other server, and a new release begins with none.
PAGES = LocMemCache("scorecard-pages", {"TIMEOUT": 60, "OPTIONS": {"MAX_ENTRIES": 200}})


@login_not_required
@require_safe
def scorecard_list(request: HttpRequest) -> HttpResponse:
    page = page_of(request, publications.published_scorecards(request.user))
    imprints = {scorecard.pk: publications.imprint(scorecard.sha256) for scorecard in page}
    sheets = sharing.shareable_sheets(request.user)
    context = {"page": page, "imprints": imprints, "sheets": sheets}
    return render(request, "scorecards/scorecard_list.html", context)


@login_not_required
@require_safe
def scorecard_detail(request: HttpRequest, cycle: str) -> HttpResponse:
    """The state of play of a cycle: the latest published version, an earlier one, or the provisional one."""

    def page() -> bytes:
        return render(request, "scorecards/scorecard_detail.html", _context(request, cycle)).content

    key = _public_page_key(request, cycle)
    return HttpResponse(page() if key is None else PAGES.get_or_set(key, page))


@login_not_required
@require_safe
# Plotly styles its own elements: this page alone allows it.
@csp_update({"style-src": ["'unsafe-inline'"]})  # type: ignore[arg-type]  # it types views without arguments
def figure(request: HttpRequest, cycle: str) -> HttpResponse:
    """The same state of play as an interactive figure, loaded only by those who ask for it."""
    return render(request, "scorecards/figure.html", _context(request, cycle))


@login_not_required
@require_safe
@cache_control(no_store=True)  # a unit may take its consent back
def receipt(request: HttpRequest, cycle: str) -> HttpResponse:
    """How one figure came about: of a group, or of a unit for those who may see its figures."""
    chosen = get_object_or_404(Cycle.objects.select_related("framework"), code=cycle)
    subject = parse_subject(request.GET)
    figures, basis = chosen_figures(request, chosen), request.GET.get("basis", "accepted")
    if not reading.is_known_basis(basis):
        raise Http404
    found = receipt_of(request.user, figures, subject, basis=basis)
    context = {
        "cycle": chosen,
        "receipt": found,
        "is_custom": subject.group in figures.custom_names,
        "page": page_of(request, found.units, size=UNITS_ON_A_PAGE),
        "is_demo": chosen.is_demo,
    }
    return render(request, "scorecards/receipt.html", context)


def _public_page_key(request: HttpRequest, code: str) -> str | None:
    """Name the page that everybody who is not signed in sees here; None when it is this reader's own."""
    if request.user.is_authenticated or len(get_messages(request)):
        return None
    published = publications.published_sha256(request.user, code)
    return published and sha256(f"{published} {request.get_full_path()}")


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
    return {
        "cycle": cycle,
        "figures": figures,
        "rows": rows,
        "nothing_shown": all(row.is_suppressed for row in rows),
        "panels": reading.panels(figures, rows),
        "groups": reading.group_choices(figures),
        "group": group,
        "basis": basis,
        "version": version,
        "is_custom": is_custom,
        "earlier": None if replaced_by or is_custom else earlier_cycle(request.user, cycle),
        "replaced_by": replaced_by,
        "chosen": urlencode({"group": group, "basis": basis} | ({"version": version} if version else {})),
        "is_demo": cycle.is_demo,
        "is_estimated": is_estimated(figures),
        "may_publish": access.can_publish(request.user),
    }


def chosen_figures(request: HttpRequest, cycle: Cycle) -> Figures:
    """The published figures that `?version=` names, or the provisional ones to those who may; else 404."""
    if wants_provisional(request):
        return reading.provisional_figures(cycle)
    return reading.published_figures(chosen_scorecard(request, cycle))


def wants_provisional(request: HttpRequest) -> bool:
    """Whether what is not published is asked for; to those who may not see it, it does not exist."""
    if request.GET.get("version") != "provisional":
        return False
    if not access.can_see_provisional(request.user):
        raise Http404
    return True


def chosen_scorecard(request: HttpRequest, cycle: Cycle) -> Scorecard:
    """Return the published version that is asked for, by default the latest; else 404."""
    scorecard = _published(request, cycle, request.GET.get("version"))
    if scorecard is None:
        raise Http404
    return scorecard


def _published(request: HttpRequest, cycle: Cycle, version: str | None) -> Scorecard | None:
    if version is None:
        return publications.latest_scorecard(request.user, cycle)
    if not NUMBER.fullmatch(version):
        return None
    return publications.scorecard_version(request.user, cycle, int(version))
