"""What moved between two cycles, as a page."""

import re
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from quintet.models import Cycle
from scorecards.queries import movement as compared
from scorecards.queries import reading
from scorecards.queries.choosing import PROVISIONAL, compared_figures
from scorecards.queries.movement import Movement
from scorecards.queries.publications import public_state, require_published
from scorecards.queries.reading import Figures
from un20portal.lib.errors import NotYet
from un20portal.lib.holding import held

ALL = "all"
NUMBER = re.compile("[1-9][0-9]{0,5}")


@login_not_required
@require_safe
@held(while_same=public_state)
def movement(request: HttpRequest, cycle: str) -> HttpResponse:
    """The latest published versions of two cycles beside each other; without `from`, the cycle before."""
    chosen = get_object_or_404(Cycle.objects.select_related("framework"), code=cycle)
    if "version" not in request.GET:
        require_published(request.user, chosen)
    before, after = asked_figures(request, chosen, asked_cycle(request, chosen))
    others = [before.cycle] if is_kept(request) else compared.comparable_cycles(request.user, chosen)
    return render(request, "scorecards/movement.html", _context(request, before, after, others))


def asked_cycle(request: HttpRequest, cycle: Cycle) -> str:
    """The code of the cycle to compare with: if none is asked for, the one before, or NothingEarlier."""
    asked = request.GET.get("from")
    return compared.require_earlier(request.user, cycle).code if asked is None else asked


def asked_figures(request: HttpRequest, cycle: Cycle, since: str) -> tuple[Figures, Figures]:
    """The figures of two cycles, before and after, of the versions that are asked for; else 404."""
    version = request.GET.get("version")
    if version not in (None, PROVISIONAL):
        version = str(_number(version))
    return compared_figures(
        request.user, cycle, since, version=version, from_version=version_of_other(request)
    )


def version_of_other(request: HttpRequest) -> int | None:
    """The version of the cycle `from` that is asked for; None for the newest, Http404 for what is none."""
    asked = request.GET.get("from_version")
    return None if asked is None else _number(asked)


def is_kept(request: HttpRequest) -> bool:
    """Whether the address names versions, so that it shows the same for ever."""
    return "from_version" in request.GET or request.GET.get("version", PROVISIONAL) != PROVISIONAL


def version_number(text: str) -> int | None:
    """The number of a version out of an address; None for what is none."""
    return int(text) if NUMBER.fullmatch(text) else None


def _number(text: str | None) -> int:
    if (number := version_number(text or "")) is None:
        raise Http404
    return number


def _context(request: HttpRequest, before: Figures, after: Figures, others: list[Cycle]) -> dict[str, Any]:
    groups = compared.common_groups(before, after)
    group = request.GET.get("group", reading.default_group(after))
    basis = request.GET.get("basis", "accepted")
    if group not in {choice.code for choice in groups} or not reading.is_known_basis(basis):
        raise Http404
    try:
        found = _found(request, compared.movement(before, after, group=group, basis=basis))
    except NotYet as refusal:
        found = {"refusal": refusal}
    return found | {
        "cycle": after.cycle,
        "figures": after,
        "before": before,
        "others": others,
        "groups": groups,
        "group": group,
        "basis": basis,
        "version": request.GET.get("version"),
        "dimension": request.GET.get("dimension"),
        "from_version": request.GET.get("from_version"),
        "chosen": chosen_query(before, after, group=group, basis=basis, keeps=is_kept(request)),
        "lasting": chosen_query(before, after, group=group, basis=basis, keeps=not after.is_provisional),
        "is_demo": after.cycle.is_demo,
    }


def chosen_query(before: Figures, after: Figures, *, group: str, basis: str, keeps: bool = False) -> str:
    """What addresses of this comparison, of its receipts and of its JSON have in common.

    One that `keeps` names both versions: it shows the same after a correction of either cycle.
    """
    chosen = {"from": before.cycle.code, "group": group, "basis": basis}
    if after.is_provisional:
        chosen["version"] = PROVISIONAL
    elif keeps:
        chosen["version"] = str(after.version)
    return urlencode(chosen | ({"from_version": str(before.version)} if keeps else {}))


def _found(request: HttpRequest, movement: Movement) -> dict[str, Any]:
    """The comparison, and which of its dimensions are unfolded: the one asked for, all, or the first."""
    codes = [section.dimension for section in movement.sections]
    asked = request.GET.get("dimension", codes[0] if codes else ALL)
    if asked not in {*codes, ALL}:
        raise Http404
    return {"movement": movement, "unfolded": codes if asked == ALL else [asked]}
