"""What is done with a case that is written: shown, withdrawn, deleted. A refusal leads back to the case."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import View

from entities.access import signed_in
from roadmap import access
from roadmap.forms import WithdrawForm
from roadmap.models import Case
from roadmap.queries import cases
from roadmap.services import cases as writing
from un20portal.lib.errors import DomainError, InvalidInput, StaleVersion
from un20portal.lib.forms import VersionForm

Step = Callable[..., HttpResponseBase]


def leading_back(step: Step) -> Step:
    """Show what was refused with the way back to the case."""

    @wraps(step)
    def take(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return step(request, *args, **kwargs)
        except DomainError as refusal:
            context = {"refusal": refusal, "back": reverse("roadmap:case-detail", args=[kwargs["case"]])}
            return render(request, refusal.page, context, status=refusal.status)

    return take


@method_decorator(leading_back, name="dispatch")
class CaseShowView(View):
    """Show a draft to everybody. Its address leads to the case: a sign-in on the way ends there."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, case: int) -> HttpResponse:
        return redirect("roadmap:case-detail", case=_case(request, case).pk)

    def post(self, request: HttpRequest, case: int) -> HttpResponse:
        found, version = _case(request, case), VersionForm(request.POST).chosen()
        writing.show_case(case=found, version=version, by=signed_in(request), at=timezone.now())
        messages.success(request, _("Everybody can read the case now."))
        return redirect("roadmap:case-detail", case=found.pk)


@method_decorator(leading_back, name="dispatch")
class CaseWithdrawView(View):
    """Ask for the reason, and make a shown case a draft again."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, case: int) -> HttpResponse:
        found = _case(request, case)
        if not access.can_withdraw(request.user, found):
            raise PermissionDenied
        if not found.is_shown:
            return redirect("roadmap:case-detail", case=found.pk)
        return _withdraw_page(request, found, WithdrawForm(initial={"version": found.version}))

    def post(self, request: HttpRequest, case: int) -> HttpResponse:
        found, by = _case(request, case), signed_in(request)
        version, reason = VersionForm(request.POST).chosen(), request.POST.get("reason", "")
        try:
            writing.withdraw_case(case=found, version=version, reason=reason, by=by, at=timezone.now())
        except InvalidInput as refusal:
            form = WithdrawForm(request.POST)
            form.add_refusal(refusal)
            return _withdraw_page(request, found, form, status=refusal.status)
        except StaleVersion as refusal:
            found.refresh_from_db()
            form = WithdrawForm(initial={"version": found.version, "reason": reason})
            return _withdraw_page(request, found, form, status=refusal.status, refusal=refusal)
        if access.can_write_cases(by, found.entity_id):
            told = _("The case is withdrawn: only the focal points of the entity read it.")
        else:
            told = _("The case is withdrawn: only the focal points of its entity and the task force read it.")
        messages.success(request, told)
        return redirect("roadmap:case-detail", case=found.pk)


@method_decorator(leading_back, name="dispatch")
class CaseDeleteView(View):
    """Ask, and take a draft off all pages."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, case: int) -> HttpResponse:
        found = _case(request, case)
        if not access.can_write_cases(request.user, found.entity_id):
            raise PermissionDenied
        if found.is_shown:
            return redirect("roadmap:case-detail", case=found.pk)
        return render(request, "roadmap/case_delete.html", {"case": found, "is_demo": found.is_demo})

    def post(self, request: HttpRequest, case: int) -> HttpResponse:
        found, version = _case(request, case), VersionForm(request.POST).chosen()
        writing.delete_case(case=found, version=version, by=signed_in(request), at=timezone.now())
        messages.success(request, _("The draft is deleted."))
        return redirect("roadmap:case-list")


def _case(request: HttpRequest, case: int) -> Case:
    return get_object_or_404(cases.cases_for(request.user), pk=case)


def _withdraw_page(
    request: HttpRequest, case: Case, form: WithdrawForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    is_own = access.can_write_cases(request.user, case.entity_id)
    refused = _("The case was not withdrawn.")
    context = {"case": case, "form": form, "is_own": is_own, "refused": refused, "is_demo": case.is_demo}
    return render(request, "roadmap/case_withdraw.html", context | more, status=status)
