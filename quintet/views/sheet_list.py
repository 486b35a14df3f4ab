"""All sheets of a person's own entities. What waits for the person is on the page `my`, above the floors."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quintet import access
from quintet.queries import sheets, tailoring
from un20portal.lib.pagination import page_of


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
