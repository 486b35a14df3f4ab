"""Home of a signed-in person: what waits for me, by when."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quintet import access
from quintet.queries import sheets, validating, waiting
from un20portal.lib.pagination import page_of


@require_safe
def my(request: HttpRequest) -> HttpResponse:
    context = {
        "tasks": waiting.waiting_for(request.user),
        "to_validate": validating.awaiting_validation().count() if access.can_review(request.user) else 0,
        "page": page_of(request, sheets.sheets_of_entities(request.user)),
    }
    return render(request, "quintet/my.html", context)
