"""The workbook of a sheet: download, upload, what it would change, and the word that writes it."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from entities.access import signed_in
from quintet import access
from quintet.domain import differences
from quintet.forms.workbooks import WorkbookForm, choices_from
from quintet.interchange.workbook_reading import LARGEST, read_workbook
from quintet.interchange.workbook_writing import write_workbook
from quintet.models import Assessment, UploadStatus, WorkbookUpload
from quintet.queries import sheets, workbooks
from quintet.services import workbooks as services
from un20portal.lib.errors import DomainError, FieldError, InvalidInput, TooOften
from un20portal.lib.throttling import PersonThrottle

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ORDER = [differences.CONFLICT, differences.REFUSED, differences.NEW, differences.CHANGED]
QUIET = [differences.SAME, differences.MOVED, differences.IGNORED]


class UploadThrottle(PersonThrottle):
    """Each file starts a process that reads it, whether it is a workbook or not."""

    scope, rate = "workbook", "200/hour"


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet as a workbook: to fill for those who answer, to read for the others."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    content = write_workbook(workbooks.book_of(sheet, request.user))
    response = HttpResponse(content, content_type=XLSX)
    name = f"{sheet.entity.code}-{sheet.cycle.code}.xlsx"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


@require_POST
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a filled workbook and show what it would change; nothing of the sheet is written."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    services.require_may_upload(assessment=sheet, by=signed_in(request))
    form = WorkbookForm(request.POST, request.FILES)
    try:
        kept = _keep(request, sheet, form)
    except (InvalidInput, TooOften) as refusal:
        context = {
            "sheet": sheet,
            "refusal": refusal,
            "workbook_form": WorkbookForm(),
            "is_demo": sheet.is_demo,
        }
        return render(request, "quintet/workbook_refused.html", context, status=refusal.status)
    return redirect("quintet:workbook-difference", pk=pk, upload=kept.pk)


def _keep(request: HttpRequest, sheet: Assessment, form: WorkbookForm) -> WorkbookUpload:
    if not form.is_valid():
        errors = [FieldError("", "file", str(message)) for message in form.errors["file"]]
        raise InvalidInput(services.NOTHING_READ, errors=errors)
    if not UploadThrottle().allow_request(request, None):  # type: ignore[arg-type]  # asks for the user only
        raise TooOften(services.TOO_OFTEN)
    file = form.cleaned_data["file"]
    # one byte too many is enough to refuse it
    book = read_workbook(file.read(LARGEST + 1))
    name, by = file.name or "workbook.xlsx", signed_in(request)
    return services.keep_upload(assessment=sheet, book=book, file_name=name, by=by, at=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
def difference(request: HttpRequest, pk: int, upload: int) -> HttpResponse:
    """What an uploaded workbook would change, item by item; POST confirms or discards it."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    kept = get_object_or_404(workbooks.uploads_of(sheet, signed_in(request)), pk=upload)
    kept.assessment = sheet
    if request.method != "POST":
        return _show(request, kept)
    if request.POST.get("step") == "discard":
        services.discard_upload(upload=kept)
        messages.success(request, _("The workbook is discarded. Nothing was changed."))
        return redirect("quintet:assessment-detail", pk=pk)
    return _confirm(request, kept)


def _confirm(request: HttpRequest, upload: WorkbookUpload) -> HttpResponse:
    try:
        applied = services.apply_upload(
            upload=upload,
            choices=choices_from(request.POST),
            leave_out_refused=request.POST.get("leave_out") == "on",
            by=signed_in(request),
            at=timezone.now(),
        )
    except DomainError as refusal:
        if refusal.status not in (400, 412):
            raise
        return _show(request, upload, refusal)
    messages.success(request, _told(applied, upload.file_name))
    return redirect("quintet:assessment-detail", pk=upload.assessment_id)


def _told(applied: services.Applied, name: str) -> str:
    told = ngettext(
        "%(count)s answer was taken over from %(name)s.",
        "%(count)s answers were taken over from %(name)s.",
        applied.written,
    )
    return told % {"count": applied.written, "name": name}


def _show(request: HttpRequest, upload: WorkbookUpload, refusal: DomainError | None = None) -> HttpResponse:
    sheet = upload.assessment
    found = workbooks.differences_of(upload, request.user)
    kinds = _by_kind(found)
    context = {
        "sheet": sheet,
        "upload": upload,
        "refusal": refusal,
        "groups": [(kind, kinds[kind]) for kind in ORDER if kind in kinds],
        "quiet": [(kind, kinds[kind]) for kind in QUIET if kind in kinds],
        "n_refused": len(kinds.get(differences.REFUSED, [])),
        "has_changes": any(kind in kinds for kind in ORDER if kind != differences.REFUSED),
        "chosen": {item: choice.keep for item, choice in choices_from(request.POST).items()},
        "leaves_out": request.POST.get("leave_out") == "on",
        "is_waiting": upload.status == UploadStatus.WAITING,
        "is_open": sheet.is_editable,
        "is_demo": sheet.is_demo,
    }
    status = refusal.status if refusal else 200
    return render(request, "quintet/workbook_difference.html", context, status=status)


def _by_kind(found: list[workbooks.ItemDifference]) -> Mapping[str, list[workbooks.ItemDifference]]:
    ordered = sorted(found, key=lambda one: one.kind)
    return {kind: list(group) for kind, group in groupby(ordered, key=lambda one: one.kind)}


def panel(request: HttpRequest, sheet: Assessment) -> dict[str, Any]:
    """What the overview of a sheet needs to offer its workbook."""
    items = access.editable_items(request.user, sheet)
    return {
        "workbook_form": WorkbookForm() if items is None or items else None,
        "waiting_uploads": workbooks.waiting_uploads(sheet, signed_in(request)) if sheet.is_editable else [],
    }
