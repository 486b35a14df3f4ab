"""Cases as their entity writes them: new and changed."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import View

from entities.access import signed_in
from roadmap import access
from roadmap.forms import CaseForm
from roadmap.models import Case
from roadmap.queries import cases
from roadmap.services import cases as writing
from un20portal.lib.errors import InvalidInput, StaleVersion


class CaseCreateView(View):
    """Write a draft for one of the entities whose focal point the person is."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        initial = {"language": get_language(), "year": timezone.localdate().year}
        return _page(request, _new_form(request, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = _new_form(request, request.POST)
        if form.is_valid():
            said = {"entity": form.cleaned_data["entity"], "text": form.text()}
            try:
                case = writing.write_case(**said, by=signed_in(request), at=timezone.now())
            except InvalidInput as refusal:
                form.add_refusal(refusal)
            else:
                said_so = _(
                    "The draft is saved. Only the focal points of the entity read it until it is shown."
                )
                messages.success(request, said_so)
                return redirect("roadmap:case-detail", case=case.pk)
        return _page(request, form)


class CaseChangeView(View):
    """Write a case anew; what somebody else wrote in between is shown beside it."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, case: int) -> HttpResponse:
        found = _own_case(request, case)
        return _page(request, CaseForm(case=found), found)

    def post(self, request: HttpRequest, case: int) -> HttpResponse:
        found = _own_case(request, case)
        form = CaseForm(request.POST, case=found)
        if form.is_valid():
            said = {"text": form.text(), "version": form.cleaned_data["version"]}
            try:
                writing.change_case(case=found, **said, by=signed_in(request), at=timezone.now())
            except InvalidInput as refusal:
                form.add_refusal(refusal)
            except StaleVersion as refusal:
                return _stale_page(request, found, refusal)
            else:
                messages.success(request, _("The case is saved."))
                return redirect("roadmap:case-detail", case=found.pk)
        return _page(request, form, found)


def _own_case(request: HttpRequest, case: int) -> Case:
    found = get_object_or_404(cases.cases_for(request.user), pk=case)
    if not access.can_write_cases(request.user, found.entity_id):
        raise PermissionDenied
    return found


def _new_form(request: HttpRequest, *args: Any, **options: Any) -> CaseForm:
    units = cases.entities_to_write_for(request.user)
    if not units.exists():
        raise PermissionDenied
    return CaseForm(*args, units=units, **options)


def _stale_page(request: HttpRequest, case: Case, refusal: StaleVersion) -> HttpResponse:
    """The form with what was written, based on what is stored now, which stands above it."""
    sent = request.POST.copy()
    sent["version"] = str(refusal.current["version"])
    case.refresh_from_db()
    return _page(request, CaseForm(sent, case=case), case, refusal)


def _page(
    request: HttpRequest, form: CaseForm, case: Case | None = None, refusal: StaleVersion | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "case": case,
        "heading": _("Change a case") if case else _("Write a case"),
        "refused": _("The case was not saved."),
        "refusal": refusal,
        "withdrawal": cases.record_of(case).withdrawal if case and refusal else None,
        "kept": reverse("roadmap:case-detail", args=[case.pk]) if case else "",
        "is_demo": case is not None and case.is_demo,
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "roadmap/case_form.html", context, status=status)
