"""Words and pictures for one cell on a page: names of the quintet, values in words, bar geometry."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_bidi, gettext, ngettext, pgettext

from quintet.domain.crosswalk import Relation
from quintet.models import DIMENSION_NAMES, ENABLER_NAMES
from scorecards import charts
from scorecards.charts import Bar, FigureLabels, FigurePanel
from scorecards.domain.movement_derivations import RELATION_IN_WORDS
from scorecards.models import Basis
from un20portal.lib.languages import in_per_cent, joined, left_to_right, with_minus
from un20portal.lib.ratios import one_decimal, whole_per_cent

register = template.Library()

PRINTED_IN = 2023  # the year in the heading of printed values


@register.filter
def dimension_name(code: str, label: str = "") -> str:
    """Name a dimension in the reader's language; one that is not translated keeps its label."""
    return str(DIMENSION_NAMES.get(code, label or code))


@register.filter
def enabler_name(code: str, label: str = "") -> str:
    """Name an enabler in the reader's language; an item of the culture keeps its label."""
    return str(ENABLER_NAMES.get(code, label or code))


@register.filter
def bar(row: Any) -> Bar:
    """Return the geometry of a row's bar."""
    return charts.bar(row)


@register.filter
def rects(segments: Sequence[charts.Segment]) -> SafeString:
    """Draw stretches of a bar, each in the colour and pattern of what it stands for."""
    drawn = "".join(
        f'<rect class="{each.kind}" fill="url(#{each.kind})"'
        f' x="{each.x}" y="{each.y}" width="{each.width}" height="{each.height}" />'
        for each in segments
    )
    return mark_safe(drawn)  # noqa: S308  # names and lengths of our own, nothing that anybody wrote


@register.filter
def interval_bar(row: Any) -> charts.IntervalBar | None:
    """Return the geometry of a group's interval; None when there is nothing to draw."""
    return charts.interval_bar(row)


@register.filter
def in_place(row: Any) -> str:
    """Write how much is in place: "67%", or "4/6" below ten answers."""
    return _part(row, row.has, row.share_has)


@register.filter
def operating(row: Any) -> str:
    """Write how much is operating, in the same way."""
    return _part(row, row.operates, row.share_operates)


@register.filter
def widest_gaps(rows: Sequence[Any], limit: int) -> list[Any]:
    """Return the rows with the widest paper gaps."""
    return charts.widest_paper_gaps(rows, limit=limit)


@register.filter
def whole_number(share: Any) -> int | None:
    """A share or a gap as a whole number without a sign, for plural forms."""
    return None if share is None else round(share)


@register.filter
def signed(points: Any) -> str:
    """Write a change in points with its sign and one decimal: "+8.0"; a dash where there is none."""
    if points is None:
        return "–"
    value = Decimal(str(one_decimal(points)))
    return left_to_right(f"{'+' if value > 0 else ''}{with_minus(number_format(value, 1))}")


@register.filter
def relation_name(relation: str) -> str:
    """Say why the series of an item breaks."""
    return gettext(RELATION_IN_WORDS[Relation(relation)])


@register.filter
def as_printed(baseline: Any) -> str:
    """Write a published value with its operator: "≈ 67%"."""
    value = in_per_cent(Decimal(baseline.value))
    return left_to_right(f"{baseline.sign}{value}")


def printed_with_limits(baseline: Any) -> str:
    """Write a published value with its year and its limits, where they are others than most have."""
    near = pgettext("comparability of a published value", "near")
    year = str(baseline.year) if baseline.year != PRINTED_IN else ""
    limits = ", ".join(filter(None, [year, near if baseline.is_near_concept else ""]))
    return f"{as_printed(baseline)} ({limits})" if limits else as_printed(baseline)


@register.filter
def in_words(row: Any) -> str:
    """Say one row in sentences: counts, missing answers, and the published value with its limits."""
    if row.is_suppressed:
        return gettext("Suppressed: too few units answered, or it would tell what a few answered.")
    if not row.n_answered:
        return gettext("No accepted answers.") if row.basis == Basis.ACCEPTED else gettext("No answers.")
    sentences = [
        gettext("In place in %(has)s of %(n)s, operating in %(operates)s of %(n)s.")
        % {"has": row.has, "n": row.n_answered, "operates": row.operates}
    ]
    if row.n_missing:
        sentences.append(_missing(row))
    if row.n_na:
        sentences.append(
            ngettext("Not applicable to %(count)s.", "Not applicable to %(count)s.", row.n_na)
            % {"count": row.n_na}
        )
    if row.carried_from:
        sentences.append(
            gettext("As in version %(number)s: too few units have changed their answers since.")
            % {"number": row.carried_from}
        )
    if row.baseline:
        sentences.append(
            gettext("%(year)s: %(value)s (N not stated; %(comparability)s).")
            % {
                "year": row.baseline.year,
                "value": as_printed(row.baseline),
                "comparability": row.baseline.comparability_name,
            }
        )
    return joined(sentences)


@register.filter
def why_no_interval(row: Any) -> str:
    """Say why no interval of a group is shown."""
    if row.is_suppressed:
        return gettext("Suppressed: confidential")
    return gettext("No answers") if row.interval is None else gettext("fewer than 10 rated sheets")


@register.filter
def interval_in_words(row: Any) -> str:
    """Say a group's interval in a sentence."""
    if row.is_suppressed:
        return gettext("Suppressed: too few units answered, or it would tell what a few answered.")
    if row.interval is None or not row.shows_mean:
        return why_no_interval(row)
    return gettext("Between %(low)s and %(high)s in 9 of 10 draws, in the middle %(middle)s.") % {
        "low": number_format(row.interval.p5),
        "high": number_format(row.interval.p95),
        "middle": number_format(row.interval.p50),
    }


@register.simple_tag
def enablers_without(diagnostics: Sequence[Any]) -> dict[str, Any] | None:
    """Arrange what leaving out each enabler changes: capabilities, and a row of changes per enabler.

    A change has its value, and the item that is left out: none where the capability has no such item.
    """
    told = [row for row in diagnostics if row.told and row.told["without"]]
    rows = [
        (code, [{"value": row.told["without"].get(code), "item": row.items.get(code)} for row in told])
        for code in ENABLER_NAMES
        if any(code in row.told["without"] for row in told)
    ]
    return {"capabilities": told, "rows": rows} if rows else None


def _part(row: Any, count: int, share: Any) -> str:
    return in_per_cent(whole_per_cent(share)) if row.shows_percentages else f"{count}/{row.n_answered}"


def _missing(row: Any) -> str:
    """Say how many of a group have no answer that counts on the basis."""
    if row.basis == Basis.ACCEPTED:
        sentence = ngettext(
            "%(count)s of %(n)s has no accepted answer.",
            "%(count)s of %(n)s have no accepted answer.",
            row.n_missing,
        )
    else:
        sentence = ngettext(
            "%(count)s of %(n)s gave no answer.", "%(count)s of %(n)s gave no answer.", row.n_missing
        )
    return sentence % {"count": row.n_missing, "n": row.n_group}


def _note(row: Any) -> str:
    """Say briefly why the interactive figure draws no bar."""
    if row.is_suppressed:
        return gettext("Suppressed: confidential")
    if not row.n_answered:
        return gettext("No accepted answers") if row.basis == Basis.ACCEPTED else gettext("No answers")
    return gettext("In place %(has)s/%(n)s, operating %(operates)s/%(n)s") % {
        "has": row.has,
        "operates": row.operates,
        "n": row.n_answered,
    }


def _run(text: str) -> str:
    """Let a text of the figure run from right to left in Arabic: the drawing itself is left to right."""
    return f"\u2067{text}\u2069" if get_language_bidi() else text


@register.simple_tag
def state_of_play_figure(panels: Sequence[Any], basis: str) -> dict[str, Any]:
    """Return the interactive state of play in the reader's language: data and layout for Plotly."""
    return charts.state_of_play_figure(
        [
            FigurePanel(
                dimension_name(panel.code, panel.label),
                panel.rows,
                [enabler_name(row.enabler, row.label) for row in panel.rows],
                [_run(in_words(row)) for row in panel.rows],
                [_run(_note(row)) for row in panel.rows],
            )
            for panel in panels
        ],
        labels=FigureLabels(
            has=_run(gettext("In place (level 2 or above)")),
            operates=_run(gettext("Operating (level 3 or above)")),
            missing=gettext("No accepted answer") if basis == Basis.ACCEPTED else gettext("No answer"),
            baseline=_run(gettext("Published in 2023, N not stated")),
            of_answers=gettext("of the answers"),
            of_group=gettext("of the group"),
            per_cent=in_per_cent,
        ),
        right_to_left=get_language_bidi(),
    )
