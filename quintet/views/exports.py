"""The workbook of everything in a cycle: asking for it, how far it is, taking it out."""

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from entities.access import signed_in
from quintet import access
from quintet.models import Cycle, CycleExport
from quintet.queries.exports import exports_of, open_export
from quintet.services.exporting import KEPT, ask_for_export
from quintet.views.evidence import SEALED
from quintet.views.workbooks import XLSX
from un20portal.lib.errors import TooOften
from un20portal.lib.errors import marked as _
from un20portal.lib.throttling import PersonThrottle

REFRESH_SECONDS = 2


class ExportThrottle(PersonThrottle):
    """Each one is seconds of work, and a copy of everything."""

    scope, rate = "export", "30/hour"


@require_POST
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the workbook; the page of one that is under way already, whoever asked for it."""
    cycle = _cycle(request, code)
    if not ExportThrottle().allow_request(request, None):  # type: ignore[arg-type]  # asks for the user only
        raise TooOften(_("You have asked for many workbooks within an hour: wait a while."))
    language, by = get_language() or "en", signed_in(request)
    export = ask_for_export(cycle=cycle, language=language, by=by, at=timezone.now())
    return redirect("quintet:cycle-export", code=code, export=export.pk)


@require_safe
def detail(request: HttpRequest, code: str, export: int) -> HttpResponse:
    """How many units are written; the page asks again until there is nothing to wait for."""
    cycle = _cycle(request, code)
    found = _export(cycle, export)
    context = {
        "cycle": cycle,
        "export": found,
        "kept_until": found.finished_at + KEPT if found.finished_at else None,
        "refreshes": found.is_under_way and request.GET.get("refresh") != "off",
        "is_demo": cycle.is_demo,
    }
    response = render(request, "quintet/cycle_export.html", context)
    if context["refreshes"]:
        response.headers["Refresh"] = str(REFRESH_SECONDS)  # works without a script
    return response


@require_safe
def download(request: HttpRequest, code: str, export: int) -> HttpResponseBase:
    """The finished workbook, to be saved and never kept by a browser or proxy on its own."""
    cycle = _cycle(request, code)
    found = _export(cycle, export)
    name = f"everything-{cycle.code}-{found.at:%Y-%m-%d}.xlsx"
    response = FileResponse(open_export(found), as_attachment=True, filename=name, content_type=XLSX)
    response.headers["Content-Security-Policy"] = SEALED
    response.headers["Cache-Control"] = "no-store"
    return response


def _cycle(request: HttpRequest, code: str) -> Cycle:
    if not access.can_export_everything(request.user):
        raise PermissionDenied
    return get_object_or_404(Cycle.objects.select_related("framework"), code=code)


def _export(cycle: Cycle, export: int) -> CycleExport:
    return get_object_or_404(exports_of(cycle), pk=export)
