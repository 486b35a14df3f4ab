"""The entity's own steps: reading the problems, submitting, signing off, sending back."""

from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entities.access import signed_in
from entities.queries import called
from quintet import access
from quintet.domain.changes import compare
from quintet.domain.rules import Problem, find_problems
from quintet.domain.workflow import is_possible
from quintet.forms.answering import CommentForm
from quintet.models import Assessment, Item, Receipt
from quintet.queries import delegations, sheets, threads, waiting
from quintet.queries.earlier import earlier_sheet
from quintet.queries.receipts import contents_json, contents_sha256, receipts_of
from quintet.services import signing
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import InvalidInput, WrongState


@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands in the way and what changed, then the step that fits the person and the status."""
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    if access.readable_items(request.user, sheet) is not None:
        return redirect("quintet:assessment-detail", pk=pk)
    return _review(request, sheet, CommentForm())


def _review(request: HttpRequest, sheet: Assessment, comment_form: CommentForm) -> HttpResponse:
    problems = find_problems(sheets.sheet_state(sheet))
    items = {item.code: item for item in sheets.items_of(sheet)}
    blocking = [problem for problem in problems if problem.blocks]
    remarks = [problem for problem in problems if not problem.blocks]
    last = earlier_sheet(sheet)
    can_submit = sheet.is_editable and access.can_submit(request.user, sheet)
    context = {
        "sheet": sheet,
        "n_blocking": len(blocking),
        "blocking": _said_once(blocking, items),
        "n_remarks": len(remarks),
        "remarks": _said_once(remarks, items),
        "items": items,
        "n_inputs": _inputs(request, sheet),
        "earlier": last,
        "changes": compare(last.levels, sheets.sheet_levels(sheet)) if last else None,
        "can_submit": can_submit,
        "open_threads": threads.unsettled_threads(request.user, sheet),
        "comment_form": comment_form,
        "is_demo": sheet.is_demo,
        **_turn(request, sheet),
    }
    status = 400 if comment_form.errors else 200
    return render(request, "quintet/assessment_review.html", context, status=status)


def _turn(request: HttpRequest, sheet: Assessment) -> dict[str, Any]:
    """Whether the reader mends or signs off the sheet; else who does, and why an approver does not."""
    waits = is_possible("sign_off", status=sheet.status, phase=sheet.cycle.phase)
    obstacle = ""
    if waits and access.is_approver(request.user, sheet):
        obstacle = access.sign_off_obstacle(request.user, sheet)
    can_mend = sheet.is_editable and access.is_focal_point(request.user, sheet)
    return {
        "waits_for_sign_off": waits,
        "can_sign_off": waits and access.can_sign_off(request.user, sheet),
        "obstacle": _(obstacle) if obstacle else "",
        "links_to_items": can_mend or not sheet.is_drafted,
        "next_people": ", ".join(called(person) for person in waiting.next_to_act(sheet)),
        "handed": delegations.handed_for(request.user, sheet, is_insider=True) if sheet.is_drafted else {},
    }


def _inputs(request: HttpRequest, sheet: Assessment) -> int:
    """How many answers of colleagues nobody looked at: for those of the entity who hand the sheet in."""
    if access.drafted_items(request.user, sheet) is not None:
        return 0
    return delegations.input_to_look_at(Assessment.objects.filter(pk=sheet.pk)).get(sheet.pk, 0)


def _said_once(problems: list[Problem], items: Mapping[str, Item]) -> list[tuple[Problem, list[Item]]]:
    """Each problem with all the items that have it; what one rule found stands together."""
    groups = [list(found) for _code, found in groupby(problems, key=attrgetter("code"))]
    return [(group[0], [items[problem.item] for problem in group]) for group in groups]


@require_safe
def receipt(request: HttpRequest, pk: int, number: str) -> HttpResponse:
    """The receipt of a step, for those of the entity who hand sheets in."""
    sheet, found = _receipt(request, pk, number)
    context = {
        "sheet": sheet,
        "receipt": found,
        "step": found.transition,
        "is_unchanged": found.contents_sha256 == contents_sha256(sheet),
        "is_demo": sheet.is_demo,
    }
    return render(request, "quintet/receipt_detail.html", context)


@require_safe
def receipt_contents(request: HttpRequest, pk: int, number: str) -> HttpResponse:
    """The bytes that the receipt's hash is of, as long as nobody has changed them."""
    sheet, found = _receipt(request, pk, number)
    contents = contents_json(sheet)
    if sha256(contents) != found.contents_sha256:
        raise WrongState(_("The assessment has been changed since: its contents have another hash today."))
    headers = {"Content-Disposition": f'attachment; filename="{found.number}.json"'}
    return HttpResponse(contents, content_type="application/json; charset=utf-8", headers=headers)


def _receipt(request: HttpRequest, pk: int, number: str) -> tuple[Assessment, Receipt]:
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    if access.drafted_items(request.user, sheet) is not None:
        raise Http404
    return sheet, get_object_or_404(receipts_of(sheet), number=number)


@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    step = signing.submit(assessment=sheet, by=signed_in(request), at=timezone.now())
    messages.success(request, _("Submitted: an approver of the entity signs it off next."))
    return redirect("quintet:receipt-detail", pk=pk, number=step.receipt.number)


@require_POST
def sign_off(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    step = signing.sign_off(assessment=sheet, by=signed_in(request), at=timezone.now())
    messages.success(request, _("Signed off: the assessment counts and waits for validation."))
    return redirect("quintet:receipt-detail", pk=pk, number=step.receipt.number)


@require_POST
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    form, comment = CommentForm(request.POST), request.POST.get("comment", "")
    try:
        signing.send_back(assessment=sheet, by=signed_in(request), at=timezone.now(), comment=comment)
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return _review(request, sheet, form)
    messages.success(request, _("Sent back to the focal point."))
    return redirect("quintet:assessment-detail", pk=pk)
