"""Answering: the overview of a sheet, the form of a dimension, and saving one answer."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from entities.access import signed_in
from quintet import access
from quintet.domain.answers import SILENT
from quintet.forms.answering import AnswerForm, CommentForm
from quintet.forms.evidence import NewDocumentForm
from quintet.forms.reviewing import ValidateForm
from quintet.models import Answer, Assessment, Item
from quintet.queries import delegations, history, sheets, tailoring, threads, turnaround
from quintet.queries import overview as overviews
from quintet.queries.conflicts import conflict_of
from quintet.queries.samples import sample_of
from quintet.services import answering, carrying
from quintet.views import workbooks
from un20portal.lib.errors import DomainError, StaleVersion
from un20portal.lib.languages import clock, left_to_right
from un20portal.lib.negotiation import is_script
from un20portal.lib.pagination import page_of

OUTCOMES = {
    "saved": _("%(item)s is saved."),
    "same": _("Nothing to save: %(item)s says this already."),
    "nothing": _("Nothing to save yet on %(item)s: choose a level or write a comment."),
}


@dataclass(frozen=True)
class Onward:
    """Where the next open item is: the first one of this page, or the next dimension with one; else ""."""

    here: str
    elsewhere: str

    @property
    def address(self) -> str:
        return self.here or self.elsewhere


@require_safe
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """The dimensions of a sheet with progress, and what can be done next."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    return overview_page(request, sheet, CommentForm())


def overview_page(request: HttpRequest, sheet: Assessment, comment_form: CommentForm) -> HttpResponse:
    """The overview, with the comment of a step as it was refused."""
    page = page_of(request, history.steps(sheet))
    readable = access.readable_items(request.user, sheet)
    drafted = access.drafted_items(request.user, sheet)
    is_insider = drafted is None
    marks = overviews.overview(
        sheet,
        readable=readable,
        questions=threads.unsettled_by_item(request.user, sheet),
        shows_work=drafted != set(),
        shows_handed=is_insider,
    )
    context = {
        "sheet": sheet,
        "progress": marks,
        "requests": overviews.requests_by_decision(marks),
        "reads_receipts": is_insider,
        "shows_handed": is_insider,
        "reads_all": readable is None,
        "page": page,
        "steps": history.step_entries(page, is_insider=is_insider),
        "may_read_own_path": access.can_read_own_path(request.user, sheet.entity),
        "may_read_history": access.can_read_history(request.user, sheet),
        "can_review": access.can_review(request.user),
        "can_decide": access.can_decide(request.user, sheet),
        "can_delegate": access.can_delegate(request.user, sheet),
        "comment_form": comment_form,
        "waiting": turnaround.waiting(sheet, at=timezone.now()),
        "turnaround": turnaround.usual_turnaround(),
        "is_demo": sheet.is_demo,
        **workbooks.panel(request, sheet),
    }
    if context["can_decide"]:
        context["sample"] = sample = sample_of(sheet)
        context["validate_form"] = ValidateForm(unchecked=len(sample.unchecked))
    status = 400 if comment_form.errors else 200
    return render(request, "quintet/assessment_detail.html", context, status=status)


@require_safe
def dimension_form(request: HttpRequest, pk: int, dimension: str) -> HttpResponse:
    """The items of one dimension: a form for those who answer, a reading page for the others."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    readable = access.readable_items(request.user, sheet)
    steps = sheets.progress(sheet, readable)
    position = next((i for i, step in enumerate(steps) if step.dimension.code == dimension), None)
    if position is None:
        raise Http404
    editable = access.editable_items(request.user, sheet)
    lines = sheets.item_lines(sheet, steps[position].dimension, readable=readable, editable=editable)
    is_insider = access.drafted_items(request.user, sheet) is None
    context = {
        "sheet": sheet,
        "step": steps[position],
        "before": steps[position - 1] if position else None,
        "after": steps[position + 1] if position + 1 < len(steps) else None,
        "lines": lines,
        "onward": _onward(sheet, lines, steps, position),
        # counted again by the page's script after each save
        "settled": format_html('<span id="settled">{}</span>', steps[position].settled),
        "talks": threads.item_talks(request.user, sheet, [line.item for line in lines]),
        "own_targets": tailoring.own_targets(request.user, sheet),
        "own_lines": tailoring.own_lines(request.user, sheet, steps[position].dimension),
        "levels": sheet.cycle.framework.levels,
        "handed": delegations.handed_for(request.user, sheet, is_insider=is_insider),
        "new_document": NewDocumentForm(),
        "can_decide": access.can_decide(request.user, sheet),
        "is_demo": sheet.is_demo,
    }
    return render(request, "quintet/assessment_form.html", context)


def _onward(
    sheet: Assessment, lines: list[sheets.ItemLine], steps: list[sheets.Progress], position: int
) -> Onward | None:
    """The way to the next open item, for those who answer here; None for the others."""
    if not any(line.may_edit for line in lines):
        return None
    here = next((f"#{line.item.code}" for line in lines if line.may_edit and line.is_open), "")
    following = [*steps[position + 1 :], *steps[:position]]
    step = next((step for step in following if not step.is_complete), None)
    form = reverse("quintet:assessment-form", args=[sheet.pk, step.dimension.code]) if step else ""
    return Onward(here, form)


@require_POST
@vary_on_headers("Accept")
def save_answer(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """Save one answer, from the page's script or from the form's button."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk, item, form, None)
    try:
        answer = _write(request, pk, item, form)
    except DomainError as refusal:
        return _refused(request, pk, item, form, refusal)
    return _saved(request, form, answer)


def _write(request: HttpRequest, pk: int, code: str, form: AnswerForm) -> Answer:
    version, by, at = form.cleaned_data["version"], signed_in(request), timezone.now()
    if form.cleaned_data["still_true"]:
        sheet, item = _sheet_and_item(request, pk, code)
        return carrying.confirm_still_true(assessment=sheet, item=item, version=version, by=by, at=at)
    raw = form.raw_answer()
    return answering.save_answer(sheet=pk, item=code, raw=raw, version=version, by=by, at=at, channel="form")


def _sheet_and_item(request: HttpRequest, pk: int, code: str) -> tuple[Assessment, Item]:
    found = sheets.item_of_sheet(request.user, pk=pk, code=code)
    if found is None:
        raise Http404
    return found


def _saved(request: HttpRequest, form: AnswerForm, answer: Answer) -> HttpResponse:
    outcome = _outcome(form, answer)
    if is_script(request):
        said: dict[str, Any] = {"outcome": outcome, "version": answer.version}
        if answer.version:
            said["saved_at"] = left_to_right(clock(answer.updated_at))
        return JsonResponse(said | {"carried": form.cleaned_data["still_true"]})
    level = messages.SUCCESS if outcome == "saved" else messages.INFO
    messages.add_message(request, level, OUTCOMES[outcome] % {"item": answer.item.code})
    page = reverse("quintet:assessment-form", args=[answer.assessment_id, answer.item.dimension.code])
    return redirect(f"{page}#{answer.item.code}")


def _outcome(form: AnswerForm, answer: Answer) -> str:
    """What became of it: another version than the one sent was written now, or by a try before this one."""
    if form.cleaned_data["still_true"] or answer.version != form.cleaned_data["version"]:
        return "saved"
    return "nothing" if answer.value == SILENT else "same"


def _refused(
    request: HttpRequest, pk: int, code: str, form: AnswerForm, refusal: DomainError | None
) -> HttpResponse:
    """Say what is wrong and keep what was written, with what differs where somebody wrote in between.

    To whoever may not read the item it does not exist, whatever was wrong.
    """
    sheet, item = _sheet_and_item(request, pk, code)
    current = sheets.answers_on(sheet, [item])[0]
    status = refusal.status if refusal else 400
    stale = refusal if isinstance(refusal, StaleVersion) else None
    context = {
        "sheet": sheet,
        "item": item,
        "sent": form.data,
        "form": form,
        "refusal": refusal,
        "current": current,
        "conflict": conflict_of(current, stale.offered, request.user) if stale else None,
        "is_closed": status in (403, 409),
        "levels": sheet.cycle.framework.levels,
        "is_demo": sheet.is_demo,
    }
    if is_script(request):
        html = render_to_string("quintet/partials/_answer_refusal.html", context, request)
        return JsonResponse({"html": html}, status=status)
    return render(request, "quintet/answer_form.html", context, status=status)
