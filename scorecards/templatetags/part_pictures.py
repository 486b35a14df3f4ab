"""Figures of the parts of a scorecard's page, and of the sheet of one unit, as files."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from scorecards import charts
from scorecards.domain.scoring import OPERATES_FROM
from scorecards.interchange.pictures import TILE, Drawing, Grid, Panel, Row, Tile
from scorecards.models import Basis
from scorecards.queries.sources import Source
from scorecards.templatetags.figures import dimension_name, enabler_name
from scorecards.templatetags.overview import as_length, enablers_in_place, missing_part
from scorecards.templatetags.pictures import EMPTY, FULL, basis_line, group_line, picture_file
from scorecards.templatetags.sheets import level_in_words, level_mark
from un20portal.lib.languages import in_per_cent, left_to_right
from un20portal.lib.ratios import whole_per_cent

register = template.Library()
BOX = (4, 12)  # y and height of the bar in a tile


@register.simple_tag
def regions_picture(title: str, regions: Sequence[Any], source: Source, basis: str) -> SafeString:
    """Draw the map of regions as a table: how many enablers the team in the middle has in place."""
    columns = [dimension_name(cell.dimension) for cell in regions[0].cells]
    rows = [(_region(row), [_region_tile(cell) for cell in row.cells]) for row in regions]
    words = [_in_words(name, columns, tiles) for name, tiles in rows]
    caption = gettext("Median number of enablers in place, by region and capability")
    legend = [
        (Drawing([FULL, charts.Segment("has", "0%", "60%", 2, 13)]), caption),
        (Drawing([EMPTY]), gettext("Suppressed: confidential")),
    ]
    below = [basis_line(basis), f"{caption}."]
    return picture_file(title, words, below, [], [Grid("", columns, rows)], legend, source)


@register.simple_tag
def missing_picture(title: str, gaps: Sequence[Any], source: Source, group: str, basis: str) -> SafeString:
    """Draw how much of what each dimension asks has no answer."""
    names = [gettext("Missing"), "", gettext("Asked")]
    rows = [_missing_row(each) for each in gaps]
    words = [_row_in_words(row) for row in rows]
    if basis == Basis.ACCEPTED:
        told = gettext("Without an accepted answer, of all that was asked, by dimension")
    else:
        told = gettext("Without an answer, of all that was asked, by dimension")
    legend = [
        (Drawing([charts.Segment("missing", "0%", "100%", 2, 13)]), gettext("Missing")),
        (Drawing([EMPTY]), gettext("Suppressed: confidential")),
    ]
    below = [group_line(group, basis), f"{told}."]
    return picture_file(title, words, below, names, [Panel("", rows)], legend, source)


@register.simple_tag
def checks_picture(title: str, checked: Any, source: Source, group: str) -> SafeString:
    """Draw what became of the levels that were checked, by enabler, with those without evidence."""
    names = [gettext("Confirmed"), gettext("Lowered"), gettext("Raised")]
    rows = [_checked_row(row) for row in checked.rows]
    words = [_row_in_words(row) for row in rows]
    kinds = {"has": names[0], "missing": names[1], "operates": names[2]}
    legend = [
        *((Drawing([charts.Segment(kind, "0%", "100%", 2, 13)]), name) for kind, name in kinds.items()),
        (Drawing([EMPTY]), gettext("Suppressed: confidential")),
    ]
    told = gettext("What checks found, and levels without evidence")
    below = [group_line(group, Basis.ACCEPTED), f"{told}."]
    return picture_file(title, words, below, names, [Panel("", rows)], legend, source)


@register.simple_tag
def levers_picture(title: str, levers: Sequence[Any], source: Source, group: str, basis: str) -> SafeString:
    """Draw the levers of the culture: of all answers to their indicators, what is in place and operating."""
    names = [gettext("In place"), gettext("Operating"), gettext("Answers")]
    rows = [_lever_row(lever) for lever in levers]
    words = [_row_in_words(row) for row in rows]
    bar = {kind: charts.Segment(kind, "0%", "100%", 2, 13) for kind in ("has", "operates")}
    left_out = gettext(
        "The bar of a lever is of all answers to its indicators. "
        "It is left out while one of them is suppressed or has fewer than 10 answers."
    )
    legend = [
        (Drawing([bar["has"]]), gettext("In place (level 2 or above)")),
        (Drawing([bar["operates"]]), gettext("Operating (level 3 or above)")),
        (Drawing([EMPTY]), left_out),
    ]
    below = [group_line(group, basis)]
    return picture_file(title, words, below, names, [Panel("", rows)], legend, source)


@register.simple_tag
def levels_picture(
    title: str, maps: Sequence[Any], levels: Sequence[Any], source: Source, basis: str
) -> SafeString:
    """Draw the sheet of one unit as a map of levels, as far as its reader sees them."""
    grids = [_area_grid(area, basis, len(levels) - 1) for area in maps]
    cells = [cell for area in maps for row in area.rows for cell in row.cells if cell]
    words = [f"{cell.item.code}: {_level_words(cell, basis)}." for cell in cells]
    below = [
        basis_line(basis),
        _answered(cells),
        gettext("Levels are not published: this file is for those who read the sheet."),
    ]
    return picture_file(title, words, below, [], grids, _levels_legend(levels, cells), source)


# --- regions ----------------------------------------------------------------------------------------
def _region(row: Any) -> str:
    teams = ngettext("%(n)s team", "%(n)s teams", row.n_group) % {"n": row.n_group}
    return f"{row.name}\n{teams}"


def _region_tile(cell: Any) -> Tile:
    if cell.is_suppressed:
        return Tile(Drawing([charts.Segment("void", "0%", "100%", *BOX)]), [gettext("suppressed")], 34)
    if cell.median is None:
        return Tile(Drawing(), [gettext("no answers")], 34)
    ground = charts.Segment("track", "0%", "100%", *BOX)
    bar = charts.Segment("has", "0%", as_length(cell.part), *BOX)
    counted = {"median": enablers_in_place(cell.median), "all": cell.n_items}
    told = gettext("%(median)s of %(all)s") % counted
    return Tile(Drawing([ground, bar]), [told, left_to_right(f"n = {cell.n_counted}")], 34)


def _in_words(name: str, columns: Sequence[str], tiles: Sequence[Tile]) -> str:
    told = [f"{column}: {', '.join(tile.lines)}" for column, tile in zip(columns, tiles, strict=True)]
    return f"{_on_one_line(name)}: {'; '.join(told)}."


# --- missing answers, levers ------------------------------------------------------------------------
def _missing_row(gaps: Any) -> Row:
    name = dimension_name(gaps.dimension)
    if not gaps.n_asked:
        return Row(name, Drawing([EMPTY]), note=gettext("Suppressed: confidential"))
    if gaps.n_hidden:
        without = ngettext("without %(n)s suppressed item", "without %(n)s suppressed items", gaps.n_hidden)
        name = f"{name}\n{without % {'n': gaps.n_hidden}}"
    asked = charts.Segment("answered", "0%", "100%", 8, 2)
    missing = charts.Segment("missing", "0%", as_length(gaps.share_missing), 2, 13)
    cells = [str(gaps.n_missing), missing_part(gaps) or "–", str(gaps.n_asked)]
    return Row(name, Drawing([asked, missing]), cells)


def _checked_row(row: Any) -> Row:
    sums, name = row.sums, row.name
    if sums.n_items_evidence:
        counted = gettext("%(n)s of %(all)s") % {"n": sums.n_without, "all": sums.n_needing}
        without = ": ".join([gettext("Without evidence"), counted])
        name = f"{name}\n{without}"
    if not sums.n_items_checks:
        return Row(name, Drawing([EMPTY]), note=gettext("Suppressed: confidential"))
    found = {"has": sums.n_confirmed, "missing": sums.n_lowered, "operates": sums.n_raised}
    bars, before = [FULL], 0
    for kind, count in found.items():
        if count:
            start, length = (Fraction(100 * n, sums.n_checked) for n in (before, count))
            bars.append(charts.Segment(kind, charts.length(start), charts.length(length), 2, 13))
        before += count
    return Row(name, Drawing(bars), [str(count) for count in found.values()])


def _row_in_words(row: Row) -> str:
    return f"{_on_one_line(row.name)}: {row.note or ', '.join(row.cells)}."


def _on_one_line(name: str) -> str:
    return name.replace("\n", ", ")


def _lever_row(lever: Any) -> Row:
    name, total = dimension_name(lever.code, lever.label), lever.total
    if total is None:
        few = gettext("Fewer than 10 answers to an indicator")
        hidden = gettext("Suppressed: confidential")
        return Row(name, Drawing([EMPTY]), note=hidden if lever.is_suppressed else few)
    shares = [in_per_cent(whole_per_cent(share)) for share in (total.share_has, total.share_operates)]
    return Row(name, Drawing([FULL, *charts.shares_drawn(total)]), [*shares, str(total.n_answered)])


# --- levels of one unit -----------------------------------------------------------------------------
def _area_grid(area: Any, basis: str, highest: int) -> Grid:
    question = gettext("Question %(number)s")
    columns = [
        enabler_name(column) if area.has_enablers else question % {"number": column}
        for column in area.columns
    ]
    rows = [
        (
            dimension_name(row.dimension.code, row.dimension.label),
            [cell and _level_tile(cell, basis, highest) for cell in row.cells],
        )
        for row in area.rows
    ]
    return Grid(area.name, columns, rows)


def _level_tile(cell: Any, basis: str, highest: int) -> Tile:
    if not cell.is_open:
        return Tile(_level_drawing(cell.shade), [])
    lines = [level_mark(cell.said)]
    if cell.differs:
        other = gettext("claimed") if basis == Basis.ACCEPTED else gettext("accepted")
        lines.append(f"{other} {level_mark(cell.other)}")
    if cell.target is not None:
        lines.append(left_to_right(f"◎ {cell.target}"))
    strip = _strip(cell.said, highest, TILE - 7)
    return Tile(_level_drawing(cell.shade, strip), lines, 20)


def _level_drawing(shade: str, strip: Sequence[charts.Segment] = (), height: int = TILE) -> Drawing:
    return Drawing([charts.Segment(f"level-{shade}", "0%", "100%", 0, height), *strip])


def _strip(said: Any, highest: int, y: int) -> list[charts.Segment]:
    """A strip as long as the level is high, for those who see no shades."""
    if not isinstance(said, int) or not said:
        return []
    kind = "operates" if said >= OPERATES_FROM else "middle"
    return [charts.Segment(kind, "0%", charts.length(Fraction(100 * said, highest)), y, 5)]


def _level_words(cell: Any, basis: str) -> str:
    """What a tile says, in words."""
    if not cell.is_open:
        return gettext("not open to you")
    words = [level_in_words(cell.said)]
    if cell.differs:
        other = gettext("claimed: %(said)s") if basis == Basis.ACCEPTED else gettext("accepted: %(said)s")
        words.append(other % {"said": level_in_words(cell.other)})
    if cell.target is not None:
        words.append(gettext("own target: level %(level)s") % {"level": cell.target})
    return "; ".join(words)


def _answered(cells: Sequence[Any]) -> str:
    said = [cell.said for cell in cells if cell.is_open and cell.said != "na"]
    counted = {"answered": sum(level is not None for level in said), "applicable": len(said)}
    return ": ".join([gettext("Answered"), gettext("%(answered)s of %(applicable)s") % counted])


def _levels_legend(levels: Sequence[Any], cells: Sequence[Any]) -> list[tuple[Drawing, str]]:
    highest = len(levels) - 1
    legend = [
        (
            _level_drawing(str(level["value"]), _strip(level["value"], highest, 14), 20),
            left_to_right(f"{level['value']}  {level['label']}"),
        )
        for level in levels
    ]
    legend.append((_level_drawing("missing", height=20), " ".join(["? ", gettext("not answered")])))
    legend.append((_level_drawing("na", height=20), " ".join(["– ", gettext("not applicable")])))
    if not all(cell.is_open for cell in cells):
        legend.append((_level_drawing("closed", height=20), gettext("not open to you")))
    if any(cell.target is not None for cell in cells):
        legend.append((Drawing(), " ".join(["◎ ", gettext("own target")])))
    return legend
