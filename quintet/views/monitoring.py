"""The monitor: how far the units of a cycle are, as a page and as a table; numbers only, never contents."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from quintet import access, charts
from quintet.forms.cycles import StepForm, UnitsForm
from quintet.forms.monitoring import MonitorFilter
from quintet.interchange.completion_csv import completion_lines
from quintet.models import Assessment, Cycle, Phase, Status
from quintet.queries import completion, mailings, monitoring
from quintet.queries.exports import exports_of
from quintet.queries.validating import check_summary
from un20portal.lib.csv_rows import CONTENT_TYPE
from un20portal.lib.pagination import page_of

PAGE, MAILINGS, EXPORTS = 250, 10, 5


@require_safe
def monitor(request: HttpRequest, code: str) -> HttpResponse:
    """How far every unit is: numbers only, never contents."""
    cycle = _cycle(request, code)
    form = UnitsForm(cycle=cycle) if cycle.phase == Phase.PLANNED else StepForm(cycle=cycle)
    return monitor_page(request, cycle, form)


def monitor_page(request: HttpRequest, cycle: Cycle, form: StepForm) -> HttpResponse:
    """The page with `form`, the next step of the cycle."""
    context = {"cycle": cycle, "form": form, "is_demo": cycle.is_demo}
    if cycle.phase == Phase.PLANNED:
        context["beside"] = monitoring.open_beside(cycle)
        return render(request, "quintet/cycle_detail.html", context, status=400 if form.errors else 200)
    question = chosen_sheets(request, cycle)
    context |= _completion(request, cycle, question) | _response(cycle)
    context["checks"] = check_summary(cycle) if cycle.sample_seed else None
    refused = form.errors or not question.form.is_valid()
    return render(request, "quintet/cycle_detail.html", context, status=400 if refused else 200)


def chosen_sheets(request: HttpRequest, cycle: Cycle) -> MonitorFilter:
    """The sheets of the cycle that the query string asks for."""
    sheets = Assessment.objects.filter(cycle=cycle)
    return MonitorFilter(request.GET, queryset=sheets, day=localdate())


def _completion(request: HttpRequest, cycle: Cycle, question: MonitorFilter) -> dict[str, Any]:
    order = question.form.cleaned_data.get("order", "") if question.form.is_valid() else ""
    page = page_of(request, completion.in_order(question.chosen(), order), size=PAGE)
    dimensions, numbers = completion.dimensions_of(cycle), completion.numbers(cycle, day=localdate())
    return {
        "filter": question,
        "page": page,
        "dimensions": dimensions,
        "n_items": sum(dimension.total for dimension in dimensions),  # type: ignore[attr-defined]  # annotated
        "rows": completion.unit_rows(list(page), dimensions, day=localdate()),
        "counts": [(status, status.label, numbers[status]) for status in Status],
        "n_late": numbers["late"],
        "mailings": mailings.mailings_of(cycle)[:MAILINGS],
        "exports": exports_of(cycle)[:EXPORTS],
        "can_extend": cycle.phase in (Phase.OPEN, Phase.VALIDATION),
    }


def _response(cycle: Cycle) -> dict[str, Any]:
    days = completion.response_by_day(cycle)
    n_units: int = cycle.n_units  # type: ignore[attr-defined]  # annotated
    chart = charts.response_chart(
        [(day.day, day.total) for day in days],
        begins=cycle.opens_on,
        ends=cycle.closes_on,
        today=localdate(),
        units=n_units,
    )
    return {"response": days, "chart": chart}


@require_safe
def completion_csv(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """The same numbers of all units that were asked for, as CSV."""
    cycle = _cycle(request, code)
    question, dimensions = chosen_sheets(request, cycle), completion.dimensions_of(cycle)
    rows = completion.all_rows(completion.in_order(question.chosen()), dimensions, day=localdate())
    response = StreamingHttpResponse(completion_lines(rows, dimensions), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="completion-{cycle.code}.csv"'
    return response


def _cycle(request: HttpRequest, code: str) -> Cycle:
    if not access.can_see_completion(request.user):
        raise PermissionDenied
    return get_object_or_404(monitoring.cycles_with_response(), code=code)
