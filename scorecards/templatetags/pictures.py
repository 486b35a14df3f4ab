"""Figures as files: what is drawn on a page with its words, put together as one picture."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import get_language, get_language_bidi, gettext, ngettext, pgettext

from scorecards import charts
from scorecards.domain.movement import Verdict
from scorecards.interchange.pictures import Drawing, Grid, Panel, Picture, Row, svg_bytes
from scorecards.models import Basis
from scorecards.queries.sources import Source
from scorecards.templatetags.contrasts import (
    difference_verdict,
    one_decimal_of,
    quartiles_in_words,
    sharing_in_words,
    why_no_mean,
)
from scorecards.templatetags.figures import (
    dimension_name,
    enabler_name,
    in_place,
    in_words,
    interval_in_words,
    operating,
    printed_with_limits,
    relation_name,
    signed,
    why_no_interval,
)
from un20portal.lib.languages import in_per_cent, left_to_right
from un20portal.lib.ratios import whole_per_cent

register = template.Library()
FULL = charts.Segment("track", "0%", "100%", 2, 13)
EMPTY = charts.Segment("void", "0%", "100%", 2, 13)


@register.simple_tag
def items_picture(title: str, panels: Sequence[Any], source: Source, group: str, basis: str) -> SafeString:
    """Draw items of a group: what is in place and operating, the value of 2023, how many answered."""
    names = [gettext("In place"), gettext("Operating"), gettext("In 2023"), gettext("Answers")]
    parts = [
        Panel(dimension_name(panel.code, panel.label), [_item_row(row) for row in panel.rows])
        for panel in panels
    ]
    words = [f"{_item_name(row)}: {in_words(row)}" for panel in panels for row in panel.rows]
    return picture_file(title, words, [group_line(group, basis)], names, parts, _items_legend(basis), source)


@register.simple_tag
def movement_picture(
    title: str, movement: Any, sections: Sequence[Any], source: Source, group: str
) -> SafeString:
    """Draw the matched panel of each item: how many of it had an item in place before, and have it now."""
    names = [gettext("Panel"), gettext("Before"), gettext("After"), pgettext("difference", "Change"), ""]
    parts = [
        Panel(dimension_name(section.dimension), [_movement_row(row) for row in section.items])
        for section in sections
    ]
    words = [
        f"{row.name}: {row.note or ', '.join(filter(None, row.cells))}" for part in parts for row in part.rows
    ]
    before = gettext("Units that answer in both cycles: %(before)s and %(after)s.") % {
        "before": movement.before.cycle.title,
        "after": movement.after.cycle.title,
    }
    below = [group_line(group, movement.basis), before]
    legend = [
        (Drawing(marks=[("before", "50%")]), gettext("In place before, in per cent of the panel")),
        (Drawing(marks=[("after", "50%")]), gettext("In place after")),
        (Drawing([EMPTY]), gettext("Suppressed, or the series breaks")),
    ]
    return picture_file(title, words, below, names, parts, legend, source)


@register.simple_tag
def uncertainty_picture(title: str, areas: Sequence[Any], source: Source) -> SafeString:
    """Draw how far the mean of each group moves in 9 of 10 draws."""
    names = [gettext("Middle"), gettext("9 in 10 draws"), gettext("By the method"), gettext("Sheets / units")]
    parts = [Panel(area.name, [_interval_row(row) for row in area.groups]) for area in areas]
    words = [f"{row.name}: {interval_in_words(row)}" for area in areas for row in area.groups]
    below = [gettext("The mean index of each group, from 0 to 100.")]
    legend = [
        (Drawing([charts.Segment("has", "0%", "100%", 3, 13)]), gettext("9 in 10 draws")),
        (Drawing([charts.Segment("middle", "48%", "4%", 1, 17)]), gettext("Their middle")),
        (Drawing(marks=[("printed", "50%")]), gettext("By the method itself, on the accepted basis")),
    ]
    return picture_file(title, words, below, names, parts, legend, source)


@register.simple_tag
def comparison_picture(title: str, contrast: Any, source: Source, basis: str) -> SafeString:
    """Draw how the indices of several groups lie, dimension by dimension."""
    names = [gettext("Median"), gettext("Mean"), gettext("Difference"), gettext("Rated")]
    parts = [
        Panel(dimension_name(row.dimension), [_lying_row(cell) for cell in row.cells])
        for row in contrast.dimensions
    ]
    words = [
        f"{dimension_name(row.dimension)}, {cell.name}: {quartiles_in_words(cell.figure)}"
        for row in contrast.dimensions
        for cell in row.cells
    ]
    legend = [
        (
            Drawing([charts.Segment("has", "0%", "100%", 3, 13)]),
            gettext("The middle half of the rated units"),
        ),
        (Drawing([charts.Segment("middle", "48%", "4%", 1, 17)]), gettext("Median")),
        (Drawing(marks=[("printed", "50%")]), gettext("Mean")),
    ]
    return picture_file(title, words, _compared_lines(contrast, basis), names, parts, legend, source)


@register.simple_tag
def compared_items_picture(
    title: str, contrast: Any, items: Sequence[Any], source: Source, basis: str
) -> SafeString:
    """Draw items in several groups: what is in place and operating."""
    names = [gettext("In place"), gettext("Operating"), gettext("Difference"), gettext("Answers")]
    parts = [
        Panel(f"{item.item} {_item_name(item)}", [_compared_row(cell) for cell in item.cells])
        for item in items
    ]
    words = [f"{item.item}, {cell.name}: {in_words(cell.figure)}" for item in items for cell in item.cells]
    below, legend = _compared_lines(contrast, basis), _items_legend(basis)
    return picture_file(title, words, below, names, parts, legend, source)


@register.simple_tag
def units_picture(title: str, contrast: Any, source: Source, basis: str) -> SafeString:
    """Draw the index of several units, dimension by dimension."""
    names = [gettext("Index"), gettext("In place"), gettext("Operating"), gettext("Difference")]
    parts = [
        Panel(dimension_name(code), [_unit_row(one) for one in found]) for code, found in contrast.dimensions
    ]
    words = [f"{part.heading}, {row.name}: {row.note or row.cells[0]}" for part in parts for row in part.rows]
    below = [
        basis_line(basis),
        gettext("Figures that these units let their readers see. No ranking follows."),
    ]
    legend = [(Drawing([charts.Segment("has", "0%", "100%", 2, 13)]), gettext("Index, from 0 to 100"))]
    return picture_file(title, words, below, names, parts, legend, source)


# --- rows -------------------------------------------------------------------------------------------
def _item_name(row: Any) -> str:
    if row.enabler:
        return enabler_name(row.enabler, row.label)
    return f"{row.item} {left_to_right(row.label or row.question)}"


def _item_row(row: Any) -> Row:
    drawn = charts.bar(row)
    ground = {"shares": [FULL], "counts": []}.get(drawn.kind, [EMPTY])
    marks = [("printed", drawn.marker)] if drawn.marker else []
    drawing = Drawing([*ground, *drawn.segments, *drawn.strip], marks)
    if not row.n_answered:
        return Row(_item_name(row), drawing, note=_no_figure(row))
    printed = printed_with_limits(row.baseline) if row.baseline else "–"
    answers = left_to_right(f"{row.n_answered}/{row.n_group}")
    parts = [in_place(row), operating(row)]
    if not row.shows_percentages:
        parts = [left_to_right(counts) for counts in parts]
    return Row(_item_name(row), drawing, [*parts, printed, answers])


def _no_figure(row: Any) -> str:
    if row.is_suppressed:
        return gettext("Suppressed: confidential")
    return gettext("No accepted answers") if row.basis == Basis.ACCEPTED else gettext("No answers")


def _movement_row(row: Any) -> Row:
    name, panel = _item_name(row), row.panel
    if panel is None:
        broken = "" if row.is_suppressed else relation_name(row.relation)
        return Row(name, Drawing([EMPTY]), note=broken or gettext("Suppressed: confidential"))
    if not row.shows_percentages:
        cells = [panel.n_panel, panel.has_before, panel.has_after, "", ""]
        return Row(name, Drawing(), [str(cell) for cell in cells])
    before, after = charts.panel_shares(panel)
    cells = [in_per_cent(whole_per_cent(share)) for share in (before, after)]
    said = {Verdict.CLEAR: gettext("clear"), Verdict.NO_CLEAR_CHANGE: gettext("no clear change")}
    change = [signed(panel.delta_points), said[panel.verdict]]
    return Row(name, _dumbbell(before, after), [str(panel.n_panel), *cells, *change])


def _dumbbell(before: Any, after: Any) -> Drawing:
    line, (start, end) = charts.dumbbell_line(before, after)
    return Drawing([FULL, line], [("before", start), ("after", end)])


def _interval_row(row: Any) -> Row:
    drawn = charts.interval_bar(row)
    if drawn is None:
        return Row(row.name, Drawing([EMPTY]), note=why_no_interval(row))
    parts = [FULL, charts.Segment("has", drawn.x, drawn.width, 2, 13)]
    middle = charts.Segment("middle", drawn.middle, "0.6%", 0, 17)
    marks = [("printed", drawn.marker)] if drawn.marker else []
    low, high = (number_format(end) for end in (row.interval.p5, row.interval.p95))
    cells = [
        number_format(row.interval.p50),
        left_to_right(f"{low}–{high}"),
        number_format(row.accepted) if row.accepted else "–",
        left_to_right(f"{row.n_counted['accepted']}/{row.n_group}"),
    ]
    return Row(row.name, Drawing([*parts, middle], marks), cells)


def _lying_row(cell: Any) -> Row:
    row, drawn = cell.figure, charts.quartile_bar(cell.figure)
    if drawn is None:
        return Row(cell.name, Drawing([EMPTY]), note=why_no_mean(row))
    half = charts.Segment("has", drawn.x, drawn.width, 2, 13)
    middle = charts.Segment("middle", drawn.middle, "0.6%", 0, 17)
    marks = [("printed", drawn.marker)] if drawn.marker else []
    rated = left_to_right(f"{row.n_rated}/{row.n_group}")
    cells = [one_decimal_of(row.median), one_decimal_of(row.mean), _said(cell.difference), rated]
    return Row(cell.name, Drawing([FULL, half, middle], marks), cells)


def _compared_row(cell: Any) -> Row:
    drawn = _item_row(cell.figure)
    if drawn.note:
        return Row(cell.name, drawn.drawing, note=drawn.note)
    has, operates, _printed, answers = drawn.cells
    return Row(cell.name, drawn.drawing, [has, operates, _said(cell.difference), answers])


def _said(difference: Any) -> str:
    if difference is None:
        return "–"
    return f"{signed(difference.points)}\n{difference_verdict(difference)}"


def _unit_row(one: Any) -> Row:
    if one.entry is None:
        return Row(one.unit.code, Drawing([EMPTY]), note=gettext("does not count on this basis"))
    counts = [left_to_right(f"{one.entry[name]}/{one.entry['answered']}") for name in ("has", "operates")]
    index = gettext("not rated") if one.index is None else one_decimal_of(one.index)
    bars = [] if one.index is None else [charts.Segment("has", "0%", charts.length(one.index), 2, 13)]
    return Row(one.unit.code, Drawing([FULL, *bars]), [index, *counts, signed(one.points)])


def _compared_lines(contrast: Any, basis: str) -> list[str]:
    names = ", ".join(str(group) for group in contrast.groups)
    return [group_line(names, basis), *(sharing_in_words(shared) for shared in contrast.shared)]


# --- around the rows --------------------------------------------------------------------------------
def group_line(group: str, basis: str) -> str:
    """Say whose figures these are, and on which basis."""
    whose = gettext("Group: %(group)s.") % {"group": group}
    return f"{whose} {basis_line(basis)}"


def basis_line(basis: str) -> str:
    """Say on which basis figures are."""
    name = gettext("Accepted") if basis == Basis.ACCEPTED else gettext("Claimed")
    return gettext("Basis: %(basis)s.") % {"basis": name}


def _items_legend(basis: str) -> list[tuple[Drawing, str]]:
    missing = gettext("No accepted answer") if basis == Basis.ACCEPTED else gettext("No answer")
    bar = {kind: charts.Segment(kind, "0%", "100%", 2, 13) for kind in ("has", "operates", "void")}
    return [
        (Drawing([bar["has"]]), gettext("In place (level 2 or above)")),
        (Drawing([bar["operates"]]), gettext("Operating (level 3 or above)")),
        (Drawing(marks=[("printed", "50%")]), gettext("Published in 2023, N not stated")),
        (Drawing([charts.Segment("missing", "0%", "100%", 6, 6)]), missing),
        (
            Drawing([bar["void"]]),
            gettext("Suppressed, or nobody answered. Below 10 answers: one box per answer."),
        ),
    ]


def _footer(source: Source) -> list[str]:
    figures, lines = source.figures, []
    if source.published_at:
        said = {
            "cycle": figures.cycle.title,
            "number": figures.version,
            "date": date_format(localtime(source.published_at), "DATE_FORMAT"),
        }
        lines.append(
            gettext("Source: UN 2.0 portal, %(cycle)s, version %(number)s, published on %(date)s.") % said
        )
        lines.append(left_to_right(f"SHA-256 {figures.sha256}"))
    else:
        lines.append(gettext("Provisional figures, not published"))
    if figures.is_for_committees:
        lines.append(gettext("Published for the committees: not released to everybody yet."))
    if figures.cycle.is_demo:
        lines.append(
            gettext(
                "Synthetic data: invented answers for demonstration, not the baseline of 2023 and not what "
                "any entity said."
            )
        )
    return lines


def picture_file(
    title: str,
    words: Sequence[str],
    below: Sequence[str],
    columns: Sequence[str],
    panels: Sequence[Panel | Grid],
    legend: Sequence[tuple[Drawing, str]],
    source: Source,
) -> SafeString:
    """The finished file. Its words are escaped by the writer of XML, so it is safe as it is."""
    footer, language = _footer(source), get_language() or "en"
    facts = {"title": title, "language": language, "source": footer[0]}
    if source.published_at:
        facts |= {
            "identifier": f"sha256:{source.figures.sha256}",
            "date": source.published_at.date().isoformat(),
        }
    n_rows = sum(len(panel.rows) for panel in panels)
    counted = ngettext("%(count)s row.", "%(count)s rows.", n_rows) % {"count": n_rows}
    picture = Picture(
        title,
        " ".join([*below, counted, *words]),
        below,
        columns,
        panels,
        legend,
        footer,
        language,
        get_language_bidi(),
        facts,
    )
    return mark_safe(svg_bytes(picture).decode())  # noqa: S308  # written by ElementTree, which escapes
