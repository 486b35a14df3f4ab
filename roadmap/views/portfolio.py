"""The portfolio: cases that entities show to everybody. One may be withdrawn, so pages are not kept."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from entities.access import is_task_force
from entities.models import Entity
from roadmap import access
from roadmap.domain.cases import CAPABILITIES, ENABLERS
from roadmap.queries import cases
from roadmap.views.ways import ways_back
from un20portal.lib.pagination import page_of
from un20portal.lib.parameters import refuse_unknown

CASES_PER_PAGE, DRAFTS_PER_PAGE = 50, 10


@login_not_required
@require_safe
@cache_control(no_store=True)
def portfolio(request: HttpRequest) -> HttpResponse:
    """All shown cases, how many there are of each capability; to focal points their drafts."""
    refuse_unknown(request.GET, ["page", "drafts"])
    page = page_of(request, cases.shown_in_lists(), size=CASES_PER_PAGE)
    drafts = Paginator(cases.drafts_of(request.user), DRAFTS_PER_PAGE).get_page(request.GET.get("drafts"))
    context = {
        "page": page,
        "counts": cases.counts_by_capability(),
        "drafts": drafts,
        "may_write": cases.entities_to_write_for(request.user).exists(),
        "is_demo": _is_demo(page) or _is_demo(drafts),
    }
    return render(request, "roadmap/case_list.html", context)


@login_not_required
@require_safe
@cache_control(no_store=True)
def capability_detail(request: HttpRequest, capability: str) -> HttpResponse:
    """The shown cases of one capability; of one enabler, and without those of one entity, where asked."""
    refuse_unknown(request.GET, ["page", "enabler", "without", "from"])
    enabler, without = request.GET.get("enabler", ""), request.GET.get("without")
    if capability not in CAPABILITIES or enabler not in ("", *ENABLERS):
        raise Http404
    found = cases.shown_in_lists().filter(capability=capability)
    left_out = get_object_or_404(Entity.objects.with_code(without)) if without else None
    if enabler:
        found = found.filter(enabler=enabler)
    if left_out:
        found = found.exclude(entity=left_out)
    page = page_of(request, found, size=CASES_PER_PAGE)
    context = {
        "capability": capability,
        "enabler": enabler,
        "enablers": ENABLERS,
        "left_out": left_out,
        "page": page,
        "ways": ways_back(request),
        "is_demo": _is_demo(page),
    }
    return render(request, "roadmap/capability_detail.html", context)


@login_not_required
@require_safe
@cache_control(no_store=True)
def case_detail(request: HttpRequest, case: int) -> HttpResponse:
    """One case; a draft exists for the focal points of its entity, and to the task force that withdrew it."""
    refuse_unknown(request.GET, ["from"])
    found = get_object_or_404(cases.cases_for(request.user), pk=case)
    may_write = access.can_write_cases(request.user, found.entity_id)
    sees_record = may_write or is_task_force(request.user)
    revision = cases.revision_of(found) if sees_record else None
    context = {
        "case": found,
        "record": cases.record_of(found),
        "sees_record": sees_record,
        "revision": revision,
        "may_write": may_write,
        "may_show": may_write and not found.is_shown and (revision is None or revision.is_enough),
        "may_withdraw": found.is_shown and access.can_withdraw(request.user, found),
        "ways": ways_back(request),
        "is_demo": found.is_demo,
    }
    return render(request, "roadmap/case_detail.html", context)


def _is_demo(page: Page[Any]) -> bool:
    return any(case.is_demo for case in page)
