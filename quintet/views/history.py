"""The life of a sheet's answers: to read page by page, and as a file."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from quintet import access
from quintet.interchange.history_csv import history_csv
from quintet.models import Assessment
from quintet.queries import history as life
from quintet.queries import sheets
from un20portal.lib.csv_rows import CONTENT_TYPE
from un20portal.lib.pagination import page_of

PAGE = 50


@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """What happened to the answers of a sheet, newest first; of one item or by one person on demand."""
    sheet = _readable_sheet(request, pk)
    drafted = access.drafted_items(request.user, sheet)
    is_reviewer = access.can_review(request.user)
    items = list(sheets.items_by_place(sheet, drafted))
    people = life.people_in(sheet, drafted, is_reviewer=is_reviewer)
    item = next((one for one in items if one.code == request.GET.get("item")), None)
    person = next((one for one in people if str(one.pk) == request.GET.get("person")), None)
    keys = life.history(
        sheet,
        drafted,
        is_reviewer=is_reviewer,
        item=item.pk if item else None,
        person=person.pk if person else None,
    )
    page = page_of(request, keys.order_by("-at", "-kind", "-id"), size=PAGE)
    context = {
        "sheet": sheet,
        "page": page,
        "lines": life.history_lines(list(page), is_insider=drafted is None),
        "items": items,
        "people": people,
        "item": item,
        "person": person,
        "is_demo": sheet.is_demo,
    }
    return render(request, "quintet/assessment_history.html", context)


@require_safe
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All of it as CSV, oldest first."""
    sheet = _readable_sheet(request, pk)
    drafted = access.drafted_items(request.user, sheet)
    keys = life.history(sheet, drafted, is_reviewer=access.can_review(request.user))
    rows = history_csv(life.all_lines(keys, is_insider=drafted is None))
    name = f"history-{sheet.entity.code}-{sheet.cycle.code}.csv"
    return StreamingHttpResponse(
        rows,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _readable_sheet(request: HttpRequest, pk: int) -> Assessment:
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    if not access.can_read_history(request.user, sheet):
        raise PermissionDenied
    return sheet
