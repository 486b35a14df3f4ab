"""Documents beside the items: attaching, using again, changing, removing and downloading them."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from entities.access import signed_in
from quintet import access
from quintet.domain.evidence import CheckedFile
from quintet.forms.evidence import DetailsForm, NewDocumentForm, UseForm
from quintet.interchange.evidence_files import check_file
from quintet.models import Assessment, Evidence, EvidenceKind, Item
from quintet.queries import sheets
from quintet.queries.evidence import documents_for, open_file
from quintet.services import evidence
from quintet.services.answering import require_may_answer
from un20portal.lib.errors import InvalidInput
from un20portal.lib.uploads import is_too_large

SEALED = "default-src 'none'; frame-ancestors 'none'; sandbox"


@require_POST
def add(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """Attach a new document to an item."""
    sheet, asked = _place(request, pk, item)
    require_may_answer(assessment=sheet, item=asked, by=signed_in(request))  # before a file is read
    form = NewDocumentForm(request.POST, request.FILES, is_too_large=is_too_large(request))
    source = _source(form, sheet)
    if source and form.is_valid():
        try:
            evidence.attach(source=source, details=form.details(), **_step(request, sheet, asked))
        except InvalidInput as refusal:
            form.add_refusal(refusal)
        else:
            return _back(request, asked, sheet, _("The document is attached to %(item)s."))
    return _form(request, sheet, asked, form)


@require_POST
def use(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """Let a document of the sheet support one more item."""
    sheet, asked = _place(request, pk, item)
    require_may_answer(assessment=sheet, item=asked, by=signed_in(request))
    form = UseForm(request.POST)
    known = documents_for(sheet, readable=access.readable_items(request.user, sheet))
    found = known.filter(pk=form.cleaned_data["document"]).first() if form.is_valid() else None
    if found is None:
        raise InvalidInput(_("Choose a document of the list."))
    evidence.use(document=found, page=form.cleaned_data["page"], **_step(request, sheet, asked))
    return _back(request, asked, sheet, _("The document supports %(item)s, too."))


class EvidenceChangeView(View):
    """Correct what is said of a document."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, pk: int, item: str, document: int) -> HttpResponse:
        sheet, asked = _place(request, pk, item)
        found = _beside(sheet, asked, document)
        require_may_answer(assessment=sheet, item=asked, by=signed_in(request))
        return _form(request, sheet, asked, DetailsForm(initial=_said(found, asked)), found)

    def post(self, request: HttpRequest, pk: int, item: str, document: int) -> HttpResponse:
        sheet, asked = _place(request, pk, item)
        found = _beside(sheet, asked, document)
        require_may_answer(assessment=sheet, item=asked, by=signed_in(request))
        form = DetailsForm(request.POST)
        if form.is_valid():
            try:
                evidence.change(document=found, details=form.details(), **_step(request, sheet, asked))
            except InvalidInput as refusal:
                form.add_refusal(refusal)
            else:
                return _back(request, asked, sheet, _("The document of %(item)s is changed."))
        return _form(request, sheet, asked, form, found)


@require_POST
def remove(request: HttpRequest, pk: int, item: str, document: int) -> HttpResponse:
    """Take a document from an item."""
    sheet, asked = _place(request, pk, item)
    found = _beside(sheet, asked, document)
    evidence.detach(document=found, **_step(request, sheet, asked))
    return _back(request, asked, sheet, _("The document is removed from %(item)s."))


@require_safe
def download(request: HttpRequest, pk: int, document: int) -> HttpResponseBase:
    """The file as it came in, to be saved: no browser shows it as a page of the portal."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    known = documents_for(sheet, readable=access.readable_items(request.user, sheet))
    found = get_object_or_404(known, pk=document, kind=EvidenceKind.FILE)
    response = FileResponse(
        open_file(found), as_attachment=True, filename=found.file_name, content_type=found.content_type
    )
    response.headers["Content-Security-Policy"] = SEALED
    response.headers["Cache-Control"] = "no-store"
    return response


def _place(request: HttpRequest, pk: int, item: str) -> tuple[Assessment, Item]:
    """The sheet and the item that are asked for, as far as this person may read them."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    readable = access.readable_items(request.user, sheet)
    items = sheets.items_of(sheet)
    return sheet, get_object_or_404(items if readable is None else items.filter(pk__in=readable), code=item)


def _beside(sheet: Assessment, item: Item, document: int) -> Evidence:
    return get_object_or_404(Evidence.objects.filter(assessment=sheet, uses__item=item), pk=document)


def _step(request: HttpRequest, sheet: Assessment, item: Item) -> dict[str, Any]:
    by, at = signed_in(request), timezone.now()
    return {"assessment": sheet, "item": item, "by": by, "at": at, "channel": "form"}


def _source(form: NewDocumentForm, sheet: Assessment) -> str | CheckedFile | None:
    """The address or the checked file; None where it will not do, which is said in the form."""
    given = form.source()
    if given is None:
        return None
    try:
        source = given if isinstance(given, str) else check_file(given, most_bytes=form.most_bytes)
        evidence.require_attachable(assessment=sheet, source=source)
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return None
    return source


def _said(document: Evidence, item: Item) -> dict[str, Any]:
    page = document.uses.get(item=item).page
    ends = document.expires_on.isoformat() if document.expires_on else ""
    days = {"effective_on": document.effective_on.isoformat(), "expires_on": ends}
    return {"title": document.title, "page": page, **days, "is_outside": document.is_outside}


def _back(request: HttpRequest, item: Item, sheet: Assessment, done: str) -> HttpResponse:
    messages.success(request, done % {"item": item.code})
    form = reverse("quintet:assessment-form", args=[sheet.pk, item.dimension.code])
    return redirect(f"{form}#{item.code}")


def _form(
    request: HttpRequest, sheet: Assessment, item: Item, form: DetailsForm, document: Evidence | None = None
) -> HttpResponse:
    context = {
        "sheet": sheet,
        "item": item,
        "form": form,
        "document": document,
        "n_items": document.uses.count() if document else 0,
        "is_demo": sheet.is_demo,
    }
    return render(request, "quintet/evidence_form.html", context, status=400 if form.is_bound else 200)
