"""Home of a signed-in person: what waits for me, by when, and quietly what is with others; all sheets."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quintet import access
from quintet.queries import sheets, tailoring, threads, validating, waiting
from un20portal.lib.pagination import page_of


@require_safe
def my(request: HttpRequest) -> HttpResponse:
    context = {
        "tasks": waiting.waiting_for(request.user),
        "with_others": waiting.with_others(request.user),
        "questions": threads.threads_waiting_for(request.user),
        "to_validate": validating.awaiting_validation().count() if access.can_review(request.user) else 0,
        "has_sheets": sheets.sheets_of_entities(request.user).exists(),
    }
    return render(request, "quintet/my.html", context)


@require_safe
def assessment_list(request: HttpRequest) -> HttpResponse:
    """All sheets of the person's own entities; to those who have no part in sheets there is no list."""
    if not access.works_with_sheets(request.user):
        raise Http404
    context = {
        "page": page_of(request, sheets.sheets_of_entities(request.user)),
        "own_paths": tailoring.entities_with_paths(request.user),
    }
    return render(request, "quintet/assessment_list.html", context)
