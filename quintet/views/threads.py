"""Conversations on items: asking, answering, settling."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entities.access import signed_in
from quintet import access
from quintet.models import Thread
from quintet.queries import sheets
from quintet.queries import threads as found
from quintet.services import threads

WITH_TASK_FORCE = "task_force"  # the choice of readers that is not “inside the entity only”


@require_POST
def open_thread(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    items = sheets.items_by_place(sheet, access.readable_items(request.user, sheet))
    thread = threads.open_thread(
        assessment=sheet,
        item=get_object_or_404(items, code=item),
        text=request.POST.get("comment", ""),
        mentions=request.POST.getlist("mentions"),
        with_task_force=request.POST.get("readers") == WITH_TASK_FORCE,
        by=signed_in(request),
        at=timezone.now(),
    )
    messages.success(request, _("Your question is asked."))
    return _back_to(thread)


@require_POST
def add_post(request: HttpRequest, pk: int, thread: int) -> HttpResponse:
    text, mentions = request.POST.get("comment", ""), request.POST.getlist("mentions")
    asked = _read(request, pk, thread)
    threads.add_post(thread=asked, text=text, mentions=mentions, by=signed_in(request), at=timezone.now())
    messages.success(request, _("Your words are posted."))
    return _back_to(asked)


@require_POST
def settle(request: HttpRequest, pk: int, thread: int) -> HttpResponse:
    asked = _read(request, pk, thread)
    text = request.POST.get("comment", "")
    threads.settle_thread(thread=asked, text=text, by=signed_in(request), at=timezone.now())
    messages.success(request, _("The question is settled."))
    return _back_to(asked)


def _read(request: HttpRequest, pk: int, thread: int) -> Thread:
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    return get_object_or_404(found.threads_of(request.user, sheet), pk=thread)


def _back_to(thread: Thread) -> HttpResponse:
    place = [thread.assessment_id, thread.item.dimension.code]
    return redirect(f"{reverse('quintet:assessment-form', args=place)}#thread-{thread.pk}")
