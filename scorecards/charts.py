"""Charts from plain rows: bar geometry for inline SVG, and the Plotly figure as a plain dictionary.

Nothing here imports Django or Plotly, and nothing computes a figure: rows come from `queries` with
their counts and shares, all of them None where a cell is suppressed. Shares are of the answering
units; missing answers and "not applicable" are of the whole group. The two never share one scale:
the bar is 0–100 per cent of the answers, the thin strip beneath it is the group.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from un20portal.lib.ratios import one_decimal, share

if TYPE_CHECKING:
    from scorecards.domain.groups import ItemCounts
    from scorecards.domain.movement import Panel
    from scorecards.queries.contrasts import DimensionFigure
    from scorecards.queries.reading import ItemFigure
    from scorecards.queries.uncertainty import GroupInterval

COLOURS = {
    "has": "#a9dcf3",
    "line": "#00608a",
    "operates": "#004f74",
    "texture": "#7cb9d8",
    "none": "#74838d",
    "mark": "#a34400",
}
FONT = "system-ui, 'Noto Sans', 'Noto Sans Arabic', 'Noto Sans SC', sans-serif"
BOX_GAP = Fraction(3, 2)
BAR, INNER, LINE, STRIP = (2, 13), (5, 7), (20, 2), (18, 6)  # y and height within the 24 pixels of a row
STRETCH = (2, 10)


@dataclass(frozen=True)
class Segment:
    """A stretch of a bar: what it stands for, where it begins and ends in per cent, its place in height."""

    kind: str
    x: str
    width: str
    y: int
    height: int


@dataclass(frozen=True)
class Bar:
    """One row's picture. `kind` is shares, counts (fewer than ten answers), empty or suppressed."""

    kind: str
    segments: tuple[Segment, ...] = ()
    strip: tuple[Segment, ...] = ()
    marker: str | None = None


def bar(row: "ItemFigure") -> Bar:
    """Return the geometry of one row; lengths are attribute texts such as "67.86%"."""
    if row.is_suppressed:
        return Bar("suppressed")
    strip = _strip(row)
    if not row.n_answered:
        return Bar("empty", strip=strip)
    if not row.shows_percentages:
        return Bar("counts", _boxes(row), strip)
    return Bar(
        "shares", shares_drawn(row), strip, _length(Fraction(row.baseline.value)) if row.baseline else None
    )


@dataclass(frozen=True)
class IntervalBar:
    """The picture of an interval on the scale of an index: lengths as attribute texts."""

    x: str
    width: str
    middle: str
    marker: str | None


def interval_bar(row: "GroupInterval") -> IntervalBar | None:
    """Return the geometry of a group's interval, its accepted mean as the marker; None for that of few."""
    if row.interval is None or not row.shows_mean:
        return None
    low, middle, high = (Fraction(text) for text in (row.interval.p5, row.interval.p50, row.interval.p95))
    marker = _length(Fraction(row.accepted)) if row.accepted else None
    return IntervalBar(_length(low), _length(high - low), _length(middle), marker)


@dataclass(frozen=True)
class Dumbbell:
    """The picture of one panel: the share in place before and after, and between them what changed."""

    before: str
    after: str
    x: str
    width: str


def dumbbell(panel: "Panel") -> Dumbbell | None:
    """Return the geometry of a panel's two shares; None without anybody in it."""
    if not panel.n_panel:
        return None
    before, after = panel.has_before, panel.has_after
    counts = (before, after, min(before, after), abs(after - before))
    return Dumbbell(*(_part(count, panel.n_panel) for count in counts))


def stretches(counts: Sequence[tuple[str, int]]) -> tuple[Segment, ...]:
    """Return counts one after the other, as parts of their sum, each with its kind."""
    whole, begun, segments = sum(count for _kind, count in counts), 0, []
    for kind, count in counts:
        if count:
            segments.append(Segment(kind, _part(begun, whole), _part(count, whole), *STRETCH))
            begun += count
    return tuple(segments)


def length(value: Fraction) -> str:
    """Return a share as a length."""
    return _length(value)


def quartile_bar(row: "DimensionFigure") -> IntervalBar | None:
    """Return the middle half of a group's indices with their median, and the mean as the marker.

    None below ten rated units, and where there are none.
    """
    if not row.shows_mean or row.q1 is None or row.median is None or row.q3 is None or row.mean is None:
        return None
    return IntervalBar(_length(row.q1), _length(row.q3 - row.q1), _length(row.median), _length(row.mean))


def panel_shares(panel: "Panel") -> tuple[Fraction, Fraction]:
    """Return how many per cent of a matched panel had an item in place before, and have it now."""
    shares = (share(count, panel.n_panel) or Fraction(0) for count in (panel.has_before, panel.has_after))
    before, after = shares
    return before, after


def dumbbell_line(before: Fraction, after: Fraction) -> tuple[Segment, tuple[str, str]]:
    """Return the line between two values on a scale of per cents, and the places of its two ends."""
    low, high = sorted((before, after))
    return Segment("middle", _length(low), _length(high - low), 7, 3), (_length(before), _length(after))


def widest_paper_gaps(rows: Iterable["ItemFigure"], *, limit: int) -> list["ItemFigure"]:
    """Return the rows where most is in place without operating; only those that show percentages."""
    gaps = [row for row in rows if row.shows_percentages and row.paper_gap]
    return sorted(gaps, key=lambda row: (-(row.paper_gap or 0), row.item))[:limit]


def shares_drawn(row: "ItemFigure | ItemCounts") -> tuple[Segment, ...]:
    """Return what is in place and operates, per cent of the answers: one over the other."""
    parts = (("has", row.has or 0, BAR), ("operates", row.operates or 0, INNER))
    whole = row.n_answered or 0
    return tuple(Segment(kind, "0%", _part(count, whole), *place) for kind, count, place in parts if count)


def _boxes(row: "ItemFigure") -> tuple[Segment, ...]:
    """One box per answer: counts can be read off, a percentage cannot."""
    whole, has, operates = row.n_answered or 0, row.has or 0, row.operates or 0
    width = _length(Fraction(100, whole) - BOX_GAP)
    kinds = ["operates"] * operates + ["has"] * (has - operates) + ["none"] * (whole - has)
    return tuple(Segment(kind, _part(place, whole), width, *BAR) for place, kind in enumerate(kinds))


def _strip(row: "ItemFigure") -> tuple[Segment, ...]:
    """The whole group: who answered, to whom the item does not apply, who gave no answer."""
    counts = (("answered", row.n_answered, LINE), ("na", row.n_na, STRIP), ("missing", row.n_missing, STRIP))
    segments, begun = [], 0
    for kind, count, place in counts:
        if count:
            segments.append(Segment(kind, _part(begun, row.n_group), _part(count, row.n_group), *place))
            begun += count
    return tuple(segments)


def _missing(row: "ItemFigure") -> Fraction | None:
    return None if row.n_missing is None else share(row.n_missing, row.n_group)


@lru_cache(maxsize=10_000)  # counts are small: a page has hundreds of bars and few different parts
def _part(count: int, whole: int) -> str:
    """Write a count as a length: the part that it is of a whole."""
    return _length(share(count, whole) or Fraction(0))


def _length(value: Fraction) -> str:
    """Write a length for an SVG attribute: per cent, at most two decimals, always with a point."""
    hundredths = round(value * 100)
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


@dataclass(frozen=True)
class FigureLabels:
    """The words of the interactive figure in the reader's language, and how it writes per cents."""

    has: str
    operates: str
    missing: str
    baseline: str
    of_answers: str
    of_group: str
    per_cent: Callable[[int], str]


@dataclass(frozen=True)
class FigurePanel:
    """One panel: its name and, for each row, its name, the text on hovering, the note in place of a bar."""

    label: str
    rows: Sequence["ItemFigure"]
    names: Sequence[str]
    texts: Sequence[str]
    notes: Sequence[str]


def state_of_play_figure(
    panels: Sequence[FigurePanel], *, labels: FigureLabels, right_to_left: bool = False
) -> dict[str, Any]:
    """Return data and layout of the state of play for Plotly: bars of answers, beside them no answer.

    Rows without percentages (suppressed, no or fewer than ten answers) have no bar: a note says why.
    """
    data: list[dict[str, Any]] = []
    layout = _layout(labels, right_to_left)
    height = Fraction(1, max(len(panels), 1))
    for place, panel in enumerate(panels):
        axis = "" if place == 0 else str(place + 1)
        top = 1 - place * height
        layout[f"yaxis{axis}"] = {
            "domain": [float(top - height * Fraction(97, 100)), float(top - height * Fraction(13, 100))],
            "autorange": "reversed",
            "automargin": True,
            "side": "right" if right_to_left else "left",
            "showgrid": False,
        }
        layout["annotations"].append(_title(panel.label, float(top), right_to_left))
        layout["annotations"].extend(_remarks(panel, f"y{axis}", right_to_left))
        data.extend(_traces(panel, f"y{axis}", labels, is_first=place == 0))
    layout["height"] = 100 + 270 * len(panels)
    return {"data": data, "layout": layout}


def _traces(panel: FigurePanel, axis: str, labels: FigureLabels, *, is_first: bool) -> list[dict[str, Any]]:
    line = {"color": COLOURS["line"], "width": 1}
    common = {"y": list(panel.names), "yaxis": axis, "showlegend": is_first}
    bars = {**common, "type": "bar", "orientation": "h", "hovertext": list(panel.texts), "hoverinfo": "text"}
    return [
        {
            **bars,
            "name": labels.has,
            "legendgroup": "has",
            "x": [_number(row.share_has) if row.shows_percentages else None for row in panel.rows],
            "marker": {"color": COLOURS["has"], "line": line},
        },
        {
            **bars,
            "name": labels.operates,
            "legendgroup": "operates",
            "x": [_number(row.share_operates) if row.shows_percentages else None for row in panel.rows],
            "width": 0.4,
            "marker": {
                "color": COLOURS["operates"],
                "pattern": {
                    "shape": "/",
                    "size": 6,
                    "solidity": 0.2,
                    "fgcolor": COLOURS["texture"],
                    "bgcolor": COLOURS["operates"],
                },
            },
        },
        {
            **bars,
            "name": labels.missing,
            "legendgroup": "missing",
            "xaxis": "x2",
            "x": [_number(_missing(row)) for row in panel.rows],
            "marker": {
                "color": "rgba(0,0,0,0)",
                "line": {"color": COLOURS["none"], "width": 1},
                "pattern": {"shape": "x", "size": 6, "fgcolor": COLOURS["none"]},
            },
        },
        {
            **common,
            "type": "scatter",
            "mode": "markers",
            "name": labels.baseline,
            "legendgroup": "baseline",
            "x": [float(row.baseline.value) if row.baseline else None for row in panel.rows],
            "hovertext": list(panel.texts),
            "hoverinfo": "text",
            "cliponaxis": False,
            "marker": {"symbol": "diamond-open", "size": 11, "color": COLOURS["mark"], "line": {"width": 2}},
        },
    ]


def _layout(labels: FigureLabels, right_to_left: bool) -> dict[str, Any]:
    answers, group = ([0.22, 1.0], [0.0, 0.16]) if right_to_left else ([0.0, 0.78], [0.84, 1.0])
    scale = {
        "side": "top",
        "anchor": "free",
        "position": 1,
        "zeroline": False,
        "fixedrange": True,
    }
    ends = [100, 0] if right_to_left else [0, 100]
    return {
        "barmode": "overlay",
        "bargap": 0.3,
        "xaxis": {
            **scale,
            **_ticks([0, 20, 40, 60, 80, 100], labels),
            "domain": answers,
            "range": ends,
            "title": {"text": labels.of_answers},
        },
        "xaxis2": {
            **scale,
            **_ticks([0, 50, 100], labels),
            "domain": group,
            "range": ends,
            "title": {"text": labels.of_group},
        },
        "legend": {"orientation": "h", "yref": "container", "yanchor": "top", "y": 0.995, "x": 0},
        "margin": {"l": 24, "r": 240, "t": 130, "b": 16}
        if right_to_left
        else {"l": 8, "r": 24, "t": 130, "b": 16},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": COLOURS["none"], "activecolor": COLOURS["line"]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 14},
        "annotations": [],
    }


def _ticks(values: list[int], labels: FigureLabels) -> dict[str, Any]:
    return {"tickvals": values, "ticktext": [labels.per_cent(value) for value in values]}


def _title(text: str, y: float, right_to_left: bool) -> dict[str, Any]:
    side = "right" if right_to_left else "left"
    return {
        "text": f"<b>{text}</b>",
        "xref": "x domain",
        "yref": "paper",
        "x": 1 if right_to_left else 0,
        "y": y,
        "xanchor": side,
        "yanchor": "top",
        "showarrow": False,
        "font": {"size": 16},
    }


def _remarks(panel: FigurePanel, axis: str, right_to_left: bool) -> list[dict[str, Any]]:
    """Where no bar is drawn, the row's note stands in its place."""
    return [
        {
            "text": note,
            "xref": "x",
            "yref": axis,
            "x": 0,
            "y": name,
            "xanchor": "right" if right_to_left else "left",
            "showarrow": False,
        }
        for row, name, note in zip(panel.rows, panel.names, panel.notes, strict=True)
        if not row.shows_percentages
    ]


def _number(value: Fraction | None) -> float | None:
    """One decimal, as everywhere outside the pages; JSON of a figure has no exact ratios."""
    text = one_decimal(value)
    return None if text is None else float(text)
