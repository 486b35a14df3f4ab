"""The task force's steps: the queue, decisions on items, validating, returning, reopening."""

import copy
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entities.access import signed_in
from quintet import access
from quintet.domain.answers import tidy
from quintet.forms.answering import CommentForm
from quintet.forms.reviewing import CHECKS, DecisionForm, QueueFilter, ValidateForm
from quintet.models import Assessment, Item
from quintet.queries import checking, second_rating, sheets, turnaround, validating
from quintet.queries.samples import sample_of
from quintet.services import reviewing
from quintet.views.answering import overview_page
from un20portal.lib.errors import DomainError, InvalidInput, StaleVersion
from un20portal.lib.pagination import page_of

QUEUE_PAGE = 50
Page = Callable[[HttpRequest, Assessment, CommentForm], HttpResponse]


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Sheets that wait for validation, the one that has waited longest first."""
    if not access.can_review(request.user):
        raise PermissionDenied
    chosen = QueueFilter(request.GET, queryset=validating.awaiting_validation())
    page = page_of(request, validating.validation_queue(chosen.qs), size=QUEUE_PAGE)
    context = {
        "page": page,
        "lines": validating.queue_lines(list(page), reader=request.user, at=timezone.now()),
        "filter_form": chosen.form,
        "turnaround": turnaround.usual_turnaround(),
        "to_rate": second_rating.sheets_to_rate(request.user),
    }
    return render(request, "quintet/validation_queue.html", context)


@require_safe
def check_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The sample of a sheet (rule R6), item by item, with what is needed to decide on each."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    if not access.can_review(request.user):
        raise PermissionDenied
    return _checks(request, sheet)


def _checks(
    request: HttpRequest,
    sheet: Assessment,
    comment_form: CommentForm | None = None,
    validate_form: ValidateForm | None = None,
) -> HttpResponse:
    checks = checking.check_page(sheet)
    context = {
        "sheet": sheet,
        "checks": checks,
        "validate_form": validate_form or ValidateForm(unchecked=len(checks.sample.unchecked)),
        "comment_form": comment_form or CommentForm(),
        "levels": sheet.cycle.framework.levels,
        "can_decide": access.can_decide(request.user, sheet),
        "can_rate_second": access.can_rate_second(request.user, sheet),
        "is_demo": sheet.is_demo,
    }
    status = 400 if comment_form or validate_form else 200
    return render(request, "quintet/check_list.html", context, status=status)


@require_POST
def validate(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept the sheet; who leaves items of the sample unchecked says so by a box."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    if access.can_decide(request.user, sheet) and not checking.has_open_requests(sheet):
        form = ValidateForm(request.POST, unchecked=len(sample_of(sheet).unchecked))
        if not form.is_valid():
            return _checks(request, sheet, validate_form=form)
    reviewing.validate(assessment=sheet, by=signed_in(request), at=timezone.now())
    messages.success(request, _("Validated: the assessment counts on the accepted basis."))
    return redirect("quintet:assessment-detail", pk=pk)


@require_POST
def return_to_entity(request: HttpRequest, pk: int) -> HttpResponse:
    return _give_back(request, pk, reviewing.return_to_entity, _checks)


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    return _give_back(request, pk, reviewing.reopen, overview_page)


def _give_back(request: HttpRequest, pk: int, step: Callable[..., Any], page: Page) -> HttpResponse:
    """Take the step and go to the queue: a draft is not the task force's to read.

    The same step sent twice is told once more; a comment that is refused comes back in its form.
    """
    form, comment = CommentForm(request.POST), request.POST.get("comment", "")
    sheet = sheets.sheets_for(request.user).filter(pk=pk).first()
    if sheet is None:
        sheet = get_object_or_404(sheets.given_back_by(signed_in(request), tidy(comment)), pk=pk)
    else:
        try:
            step(assessment=sheet, by=signed_in(request), at=timezone.now(), comment=comment)
        except InvalidInput as refusal:
            form.add_refusal(refusal)
            return page(request, sheet, form)
    told = _("%(unit)s, %(cycle)s is returned: the entity can change its answers again.")
    messages.success(request, told % {"unit": sheet.entity.short_name, "cycle": sheet.cycle.title})
    return redirect("quintet:validation-queue")


@require_POST
def decide(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """Decide on one item: approve or reject a request, or accept a level with a reason."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    asked = get_object_or_404(sheets.items_of(sheet), code=item)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _not_decided(request, sheet, asked, form)
    try:
        _decide(form.cleaned_data, assessment=sheet, item=asked, by=signed_in(request), at=timezone.now())
    except DomainError as refusal:
        return _not_decided(request, sheet, asked, form, refusal)
    messages.success(request, _("%(item)s is decided.") % {"item": asked.code})
    if form.cleaned_data["back"] == CHECKS:
        place = checking.next_check(sheet, asked.code) or asked.code
        return redirect(reverse("quintet:check-list", args=[pk]) + f"#{place}")
    return redirect(reverse("quintet:assessment-form", args=[pk, asked.dimension.code]) + f"#{asked.code}")


def _decide(data: dict[str, Any], **step: Any) -> None:
    if data["approve"]:
        reviewing.decide_na(approve=data["approve"] == "yes", version=data["version"], **step)
    else:
        level, reason = data["accepted"], data["reason"]
        reviewing.decide_level(accepted=level, reason=reason, version=data["version"], **step)


def _not_decided(
    request: HttpRequest,
    sheet: Assessment,
    item: Item,
    form: DecisionForm,
    refusal: DomainError | None = None,
) -> HttpResponse:
    """Show what was sent: to be mended and sent again where only that was wrong, else to be copied.

    After StaleVersion with what is decided now, and based on it.
    """
    [answer] = sheets.answers_on(sheet, [item])
    sent = copy.copy(answer)
    for name, value in form.offered().items():
        setattr(sent, name, value)
    if isinstance(refusal, InvalidInput):
        form.add_refusal(refusal)
    context = {
        "sheet": sheet,
        "item": item,
        "form": form,
        "refusal": refusal,
        "answer": sent,
        "back": form.cleaned_data.get("back"),
        "can_send": isinstance(refusal, InvalidInput | StaleVersion),
        "levels": sheet.cycle.framework.levels,
        "is_demo": sheet.is_demo,
    }
    if isinstance(refusal, StaleVersion):
        sent.version = answer.version
        context |= {"current": answer, "decided": sheets.last_decision(answer)}
    return render(
        request, "quintet/decision_refused.html", context, status=refusal.status if refusal else 400
    )
