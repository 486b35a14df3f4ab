"""Figures to take away: each as SVG and as CSV, at an address with the parameters of its page."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from scorecards.domain.groups import ALL
from scorecards.interchange import figure_tables as tables
from scorecards.interchange.figure_tables import Table, figure_csv
from scorecards.models import Basis
from scorecards.queries import contrasts, culture, reading, regions, uncertainty, units
from scorecards.queries import movement as compared
from scorecards.queries.checked import checked_of
from scorecards.queries.entity_sheet import level_maps
from scorecards.queries.movement import Movement
from scorecards.queries.quality import quality
from scorecards.queries.reading import Figures, ItemFigure, Panel
from scorecards.queries.seen_sheets import seen_sheet
from scorecards.queries.sources import source_of
from scorecards.views.choosing import Choice, choice_of
from scorecards.views.comparing import SEVERAL, asked_groups, asked_units
from scorecards.views.exploring import PARAMETERS, explored_items
from scorecards.views.movement import asked_figures
from un20portal.lib.canonical import sha256
from un20portal.lib.csv_rows import CONTENT_TYPE
from un20portal.lib.languages import reference_code
from un20portal.lib.parameters import one_of

NAMED = ("entity", "dimension", "area", "group")
FILTERS = tuple(name for name in PARAMETERS if name not in NAMED)
GROUPLESS = ("regions", "uncertainty", "levels", "checks")
BOTH = ("uncertainty", "checks")  # of one basis alone, or of both
UNSAFE, LONGEST_NAME, HASHED = re.compile(r"[^A-Za-z0-9_-]+"), 150, 8
SVG = "image/svg+xml; charset=utf-8"


@dataclass(frozen=True)
class Found:
    """A figure that somebody asked for: its title, its numbers, and what its picture is drawn from."""

    title: str
    figures: Figures
    table: Table
    drawn: dict[str, Any]
    is_kept: bool = True  # false: a unit may take back its consent, so no cache keeps it
    unit: str = ""  # whose sheet it is


Maker = Callable[[HttpRequest, str], Found]


@login_not_required
@require_safe
def figure_file(request: HttpRequest, cycle: str, figure: str, kind: str) -> HttpResponse:
    """One figure in one of two kinds: the same bytes until a new version is published."""
    if figure not in MAKERS or kind not in ("svg", "csv"):
        raise Http404
    found = MAKERS[figure](request, cycle)
    response = _drawn(request, figure, found) if kind == "svg" else _written(found)
    place = "inline" if kind == "svg" else "attachment"
    name = _file_name(request, figure, found)
    response.headers["Content-Disposition"] = f'{place}; filename="{name}.{kind}"'
    if not found.is_kept:
        response.headers["Cache-Control"] = "no-store"
    return response


def _file_name(request: HttpRequest, figure: str, found: Found) -> str:
    """What a file is called: what it shows, of which versions, unit, part and group, its filters and order,
    its basis and language. ASCII alone.

    Figures that differ have other names: where these were too long, a few signs of a hash stand for the rest.
    """
    asked = {name: [value for value in request.GET.getlist(name) if value] for name in NAMED}
    groups = asked["group"] or ([reading.default_group(found.figures)] if "group" in found.drawn else [])
    first = _safe(_version_name(found.figures), figure)
    middle = _safe(
        *([found.unit] if found.unit else asked["entity"]),
        *([_version_name(found.drawn["movement"].before)] if "movement" in found.drawn else []),
        *(asked["dimension"] + asked["area"]),
        *(groups if figure not in GROUPLESS else []),
        *(_filter_name(name, value) for name in FILTERS if (value := request.GET.get(name))),
    )
    basis = [request.GET.get("basis") or Basis.ACCEPTED.value] if figure not in BOTH else []
    last = _safe(*basis, reference_code(get_language()))
    room = LONGEST_NAME - len(first) - len(last)
    if len(middle) > room:
        middle = f"{middle[: room - HASHED]}-{sha256(middle)[:HASHED]}"
    return "-".join(part for part in (first, middle, last) if part)


def _version_name(figures: Figures) -> str:
    return f"{figures.cycle.code}-v{figures.version or 0}"


def _filter_name(name: str, value: str) -> str:
    """A filter in short: "only-few", "sort-share_has-down"; with a hash where a search is not told whole."""
    if name == "sort" and value.startswith("-"):
        return f"{name}-{value[1:]}-down"
    is_told = name != "search" or not UNSAFE.search(value)
    return f"{name}-{value}" if is_told else f"{name}-{_safe(value[:20])}-{sha256(value)[:HASHED]}"


def _safe(*parts: str) -> str:
    return UNSAFE.sub("-", "-".join(parts)).strip("-")


def _drawn(request: HttpRequest, figure: str, found: Found) -> HttpResponse:
    context = {"title": found.title, "source": source_of(found.figures), **found.drawn}
    name = figure.replace("-", "_")
    return render(request, f"scorecards/figures/{name}.svg", context, content_type=SVG)


def _written(found: Found) -> HttpResponse:
    text = figure_csv(found.table, title=found.title, source=source_of(found.figures))
    return HttpResponse(text, content_type=CONTENT_TYPE)


def _state_of_play(request: HttpRequest, cycle: str) -> Found:
    """The capabilities, or one of them."""
    choice = choice_of(request, cycle, ("dimension",))
    group = choice.group_of(request)
    rows = reading.state_of_play(choice.figures, group=group, basis=choice.basis)
    panels = reading.panels(choice.figures, rows)
    if asked := request.GET.get("dimension"):
        one_of("dimension", asked, [panel.code for panel in panels])
        panels = [panel for panel in panels if panel.code == asked]
    return _items(choice, group, panels, gettext("State of play: %(cycle)s"))


def _explored(request: HttpRequest, cycle: str) -> Found:
    """Any view of the items, in its order; by dimension where it is that of the questionnaire."""
    choice = choice_of(request, cycle, PARAMETERS)
    group = choice.group_of(request)
    wanted, explored = explored_items(request, choice, group)
    if wanted.sort == "item":
        panels = reading.panels(choice.figures, explored.rows)
    else:
        panels = [Panel("", "", "", explored.rows)]
    return _items(choice, group, panels, gettext("Items: %(cycle)s"))


def _items(choice: Choice, group: str, panels: list[Panel], title: str) -> Found:
    rows: list[ItemFigure] = [row for panel in panels for row in panel.rows]
    return Found(
        title % {"cycle": choice.cycle.title},
        choice.figures,
        tables.items_table(rows, group=group),
        {"panels": panels, "group": group_name(choice.figures, group), "basis": choice.basis},
    )


def _movement(request: HttpRequest, cycle: str) -> Found:
    """The panels of two cycles, of all items or of one dimension."""
    choice = choice_of(request, cycle, ("from", "from_version", "dimension"))
    since = request.GET.get("from") or compared.require_earlier(request.user, choice.cycle).code
    before, after = asked_figures(request, choice.cycle, since)
    common = [found.code for found in compared.common_groups(before, after)]
    group = one_of("group", request.GET.get("group") or reading.default_group(after), common)
    return _moved(request, compared.movement(before, after, group=group, basis=choice.basis))


def _moved(request: HttpRequest, movement: Movement) -> Found:
    sections, asked = movement.sections, request.GET.get("dimension")
    if asked:
        one_of("dimension", asked, [section.dimension for section in sections])
        sections = [section for section in sections if section.dimension == asked]
    cycles = {"before": movement.before.cycle.title, "after": movement.after.cycle.title}
    items = [row for section in sections for row in section.items]
    return Found(
        gettext("Movement: %(before)s to %(after)s") % cycles,
        movement.after,
        tables.movement_table(movement, items),
        {"movement": movement, "sections": sections, "group": group_name(movement.after, movement.group)},
    )


def _uncertainty(request: HttpRequest, cycle: str) -> Found:
    """Intervals of groups, never of units, of both areas or one."""
    choice = choice_of(request, cycle, ("area",))
    if choice.figures.is_provisional:
        raise Http404
    estimate = uncertainty.published_estimate(choice.figures, entities=set())
    areas = list(estimate.areas)
    if asked := request.GET.get("area"):
        one_of("area", asked, [area.area for area in areas])
        areas = [area for area in areas if area.area == asked]
    title = gettext("How certain is this? %(cycle)s") % {"cycle": choice.cycle.title}
    return Found(title, choice.figures, tables.uncertainty_table(areas), {"areas": areas})


def _comparison(request: HttpRequest, cycle: str) -> Found:
    """Dimensions of several groups, or of units that let the reader read their figures."""
    choice = choice_of(request, cycle, ("entity",), repeatable=SEVERAL)
    if "entity" in request.GET:
        return _units(request, choice)
    found = contrasts.contrast(choice.figures, asked_groups(request, choice), basis=choice.basis)
    title = gettext("Groups compared: %(cycle)s") % {"cycle": choice.cycle.title}
    table = tables.comparison_table(found, basis=choice.basis)
    return Found(title, choice.figures, table, {"contrast": found, "basis": choice.basis})


def _units(request: HttpRequest, choice: Choice) -> Found:
    asked = asked_units(request, choice)
    if not asked:
        raise Http404
    codes = list(reading.dimension_codes(choice.figures))
    found = contrasts.contrast_units(choice.figures, asked, codes, basis=choice.basis)
    title = gettext("Units compared: %(cycle)s") % {"cycle": choice.cycle.title}
    drawn = {"units": found, "basis": choice.basis}
    return Found(title, choice.figures, tables.units_table(found, basis=choice.basis), drawn, is_kept=False)


def _compared_items(request: HttpRequest, cycle: str) -> Found:
    """Items of several groups, of all dimensions or of one."""
    choice = choice_of(request, cycle, ("dimension",), repeatable=("group",))
    found = contrasts.contrast(choice.figures, asked_groups(request, choice), basis=choice.basis)
    if asked := request.GET.get("dimension"):
        one_of("dimension", asked, [row.dimension for row in found.dimensions])
    items = [
        item for row in found.dimensions if row.dimension == (asked or row.dimension) for item in row.items
    ]
    title = gettext("Items compared: %(cycle)s") % {"cycle": choice.cycle.title}
    drawn = {"contrast": found, "items": items, "basis": choice.basis}
    return Found(title, choice.figures, tables.compared_items_table(items), drawn)


def _regions(request: HttpRequest, cycle: str) -> Found:
    """The map of regions as a table: of country teams, whatever group is chosen on its page."""
    choice = choice_of(request, cycle)
    choice.group_of(request)
    found = regions.regions(choice.figures, basis=choice.basis)
    if not found:
        raise Http404
    title = gettext("Country level: %(cycle)s") % {"cycle": choice.cycle.title}
    table = tables.regions_table(found, basis=choice.basis)
    return Found(title, choice.figures, table, {"regions": found, "basis": choice.basis})


def _missing_answers(request: HttpRequest, cycle: str) -> Found:
    """The answers that each dimension lacks."""
    choice = choice_of(request, cycle)
    group = choice.group_of(request)
    gaps = quality(choice.figures, group=group, basis=choice.basis).gaps
    title = gettext("Missing answers: %(cycle)s") % {"cycle": choice.cycle.title}
    table = tables.missing_table(gaps, **_chosen(choice, group))
    return Found(title, choice.figures, table, {"gaps": gaps, **_named(choice, group)})


def _checks(request: HttpRequest, cycle: str) -> Found:
    """What checks found, and levels without evidence: of all units, whatever group is chosen on its page."""
    choice = choice_of(request, cycle)
    choice.group_of(request)
    found = checked_of(choice.figures.document, choice.cycle.framework)
    if found is None:
        raise Http404
    title = gettext("What checks found: %(cycle)s") % {"cycle": choice.cycle.title}
    group = group_name(choice.figures, ALL)
    return Found(title, choice.figures, tables.checks_table(found), {"checked": found, "group": group})


def _levers(request: HttpRequest, cycle: str) -> Found:
    """The levers of the culture; there are none where the framework asks nothing of it."""
    choice = choice_of(request, cycle)
    group = choice.group_of(request)
    levers = culture.levers(choice.figures, group=group, basis=choice.basis)
    if not levers:
        raise Http404
    title = gettext("Culture: %(cycle)s") % {"cycle": choice.cycle.title}
    table = tables.levers_table(levers, **_chosen(choice, group))
    return Found(title, choice.figures, table, {"levers": levers, **_named(choice, group)})


def _levels(request: HttpRequest, cycle: str) -> Found:
    """The levels of one unit, as far as the reader sees its sheet; to others there is nothing."""
    choice = choice_of(request, cycle, ("entity",))
    readable = units.units_with_figures(choice.figures, request.user)
    unit = get_object_or_404(readable.with_code(request.GET.get("entity", "")))
    maps = level_maps(seen_sheet(request.user, choice.figures, unit), basis=choice.basis)
    if not maps:
        raise Http404
    named = {"unit": unit.short_name, "cycle": choice.cycle.title}
    title = gettext("Levels of %(unit)s: %(cycle)s") % named
    drawn = {"maps": maps, "levels": choice.cycle.framework.levels, "basis": choice.basis}
    table = tables.levels_table(unit.code, maps, basis=choice.basis)
    return Found(title, choice.figures, table, drawn, is_kept=False, unit=unit.code)


def _chosen(choice: Choice, group: str) -> dict[str, Any]:
    return {"group": group, "n_group": choice.figures.sizes[group], "basis": choice.basis}


def _named(choice: Choice, group: str) -> dict[str, str]:
    return {"group": group_name(choice.figures, group), "basis": choice.basis}


def group_name(figures: Figures, code: str) -> str:
    """A group's name in the reader's language, with how many units it has."""
    return next(str(choice) for choice in reading.group_choices(figures) if choice.code == code)


MAKERS: dict[str, Maker] = {
    "state-of-play": _state_of_play,
    "items": _explored,
    "movement": _movement,
    "uncertainty": _uncertainty,
    "comparison": _comparison,
    "compared-items": _compared_items,
    "regions": _regions,
    "missing-answers": _missing_answers,
    "checks": _checks,
    "levers": _levers,
    "levels": _levels,
}
