"""The page of a receipt of movement: how what moved between two cycles came about, for committee members."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from quintet.models import Cycle
from scorecards.domain.receipts import Subject
from scorecards.queries.movement_receipts import movement_receipt_of
from scorecards.queries.reading import is_known_basis
from scorecards.views.movement import asked_figures, chosen_query, is_kept
from un20portal.lib.errors import NotYet
from un20portal.lib.problems import NOT_YET_SECONDS

TEMPLATE = "scorecards/movement_receipt.html"


def page(request: HttpRequest, cycle: Cycle, subject: Subject) -> HttpResponse:
    """Answer with the receipt; while the comparison is being prepared, with 503 and when to ask again."""
    basis = request.GET.get("basis", "accepted")
    if not is_known_basis(basis):
        raise Http404
    before, after = asked_figures(request, cycle, subject.since)
    chosen = chosen_query(before, after, group=subject.group, basis=basis, keeps=is_kept(request))
    context = {"cycle": cycle, "figures": after, "before": before, "chosen": chosen, "is_demo": cycle.is_demo}
    try:
        receipt = movement_receipt_of(before, after, subject, basis=basis)
    except NotYet as refusal:
        answer = render(request, TEMPLATE, context | {"refusal": refusal}, status=503)
        answer.headers["Retry-After"] = str(NOT_YET_SECONDS)
        return answer
    kept = chosen_query(before, after, group=subject.group, basis=basis, keeps=True)
    asked = {name: value for name in ("item", "dimension", "of") if (value := getattr(subject, name))}
    return render(request, TEMPLATE, context | {"receipt": receipt, "kept": f"{kept}&{urlencode(asked)}"})
