"""All items of a scorecard one by one: to filter, to sort, to link to."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from quintet.models import Cycle, Item
from scorecards.models import Basis
from scorecards.queries import exploring, reading
from scorecards.queries.exploring import Explored, Wanted
from scorecards.queries.frameworks import asked_dimensions
from scorecards.views.choosing import Choice, choice_of, this_view
from scorecards.views.filters import ItemFilter, filtered

PARAMETERS = tuple(ItemFilter.base_filters)
FOLDED = tuple(name for name in PARAMETERS if name != "dimension")
NAMES = {
    "item": _("Item"),
    "n_answered": _("Answers"),
    "n_missing": _("No answer"),
    "share_has": _("In place"),
    "share_operates": _("Operating"),
    "paper_gap": _("Paper gap (points)"),
    "baseline_2023": _("In 2023"),
}
ON_ACCEPTED = {"n_answered": _("Accepted answers"), "n_missing": _("No accepted answer")}


@dataclass(frozen=True)
class Column:
    """One column of the table: how it is sorted now ("", "ascending", "descending"), how by a click."""

    code: str
    name: str | Promise
    sorted: str
    next: str


@login_not_required
@require_safe
def explore(request: HttpRequest, cycle: str) -> HttpResponse:
    """Every item of a group on a basis, those that are wanted, in the order that is wanted."""
    choice = choice_of(request, cycle, PARAMETERS)
    group = choice.group_of(request)
    wanted, explored = explored_items(request, choice, group)
    shared = page_context(request, choice, group)
    table = {"explored": explored, "wanted": wanted, "columns": columns(wanted.sort, choice.basis)}
    return render(request, "scorecards/explore.html", shared | table | _form(request, choice.cycle))


def explored_items(request: HttpRequest, choice: Choice, group: str) -> tuple[Wanted, Explored]:
    """The items that the address asks for; InvalidInput where it is not understood."""
    found = filtered(request.GET, Item.objects.filter(framework=choice.cycle.framework_id))
    asked = found.form.cleaned_data
    codes = frozenset(found.qs.values_list("code", flat=True))
    gap = None if asked["gap"] is None else Fraction(asked["gap"])
    wanted = Wanted(codes, asked["sort"] or exploring.ITEM, gap, asked["only"])
    return wanted, exploring.explore(choice.figures, wanted, group=group, basis=choice.basis)


def page_context(request: HttpRequest, choice: Choice, group: str) -> dict[str, Any]:
    """What pages of one group of figures show alike."""
    figures = choice.figures
    return {
        "cycle": choice.cycle,
        "figures": figures,
        "groups": reading.group_choices(figures),
        "group": group,
        "is_custom": group in figures.custom_names,
        "basis": choice.basis,
        "version": choice.version,
        "replaced_by": reading.replacing_version(request.user, figures),
        "chosen": choice.query(group=group),
        "this_view": this_view(request, choice),
        "is_demo": choice.cycle.is_demo,
    }


def columns(sort: str, basis: str) -> list[Column]:
    """The columns that can be sorted; figures begin with the highest, items with the first."""
    names = NAMES | (ON_ACCEPTED if basis == Basis.ACCEPTED else {})
    found = []
    for code in exploring.COLUMNS:
        up, down = code, f"-{code}"
        first, second = (up, down) if code == exploring.ITEM else (down, up)
        state = {up: "ascending", down: "descending"}.get(sort, "")
        found.append(Column(code, names[code], state, second if sort == first else first))
    return found


def _form(request: HttpRequest, cycle: Cycle) -> dict[str, object]:
    """What can be chosen, and whether a filter is in use that is folded at first."""
    items = Item.objects.filter(framework=cycle.framework_id).in_order()
    return {
        "dimensions": asked_dimensions(cycle.framework_id),
        "enablers": list(dict.fromkeys(items.exclude(enabler="").values_list("enabler", flat=True))),
        "unfolded": any(request.GET.get(name) for name in FOLDED),
        "is_narrowed": any(request.GET.get(name) for name in PARAMETERS),
    }
