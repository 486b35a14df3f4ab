"""Words and pictures for one cell on a page: names of the quintet, values in words, bar geometry."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language_bidi, gettext, gettext_lazy, ngettext

from quintet.domain.crosswalk import Relation
from quintet.models import DIMENSION_NAMES
from scorecards import charts
from scorecards.charts import Bar, FigureLabels, FigurePanel
from scorecards.models import Basis
from un20portal.lib.languages import in_per_cent, left_to_right
from un20portal.lib.ratios import one_decimal

register = template.Library()

ENABLER_NAMES = {
    "STR": gettext_lazy("Strategy or action plan"),
    "LED": gettext_lazy("Leadership roles"),
    "COE": gettext_lazy("Centres of excellence"),
    "HRS": gettext_lazy("Shifted human resources"),
    "TRN": gettext_lazy("Systematic training"),
    "FUN": gettext_lazy("Dedicated funding"),
    "PMS": gettext_lazy("Programmes for Member States"),
}
OPERATORS = {"approx": "≈ ", "less_than": "< ", "more_than": "> "}
RELATIONS = {
    Relation.EQUAL: gettext_lazy("the same question"),
    Relation.SUBSET: gettext_lazy("the question is wider or narrower than before"),
    Relation.SPLIT: gettext_lazy("one question has become several"),
    Relation.MERGED: gettext_lazy("several questions have become one"),
    Relation.NEW: gettext_lazy("a new question"),
    Relation.DROPPED: gettext_lazy("no longer asked"),
}
COMPARABILITY = {
    "same_concept": gettext_lazy("same concept"),
    "near_concept_strategic_approach": gettext_lazy("near concept: strategic approach"),
    "near_concept_self_assessed_ability": gettext_lazy("near concept: self-assessed ability"),
}


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
def interval_bar(row: Any) -> charts.IntervalBar | None:
    """Return the geometry of a group's interval; None when there is nothing to draw."""
    return charts.interval_bar(row)


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
    return left_to_right(f"{'+' if value > 0 else ''}{number_format(value, 1)}")


@register.filter
def relation_name(relation: str) -> str:
    """Say why the series of an item breaks."""
    return str(RELATIONS[Relation(relation)])


@register.filter
def as_printed(baseline: Any) -> str:
    """Write a published value with its operator: "≈ 67%"."""
    value = in_per_cent(Decimal(baseline.value))
    return left_to_right(f"{OPERATORS.get(baseline.operator, '')}{value}")


@register.filter
def is_near_concept(baseline: Any) -> bool:
    """Whether the published value measured something near, not the same."""
    return baseline.comparability != "same_concept"


@register.filter
def comparability_name(baseline: Any) -> str:
    """Say how far a published value can be compared."""
    return str(COMPARABILITY.get(baseline.comparability, baseline.comparability.replace("_", " ")))


@register.filter
def in_words(row: Any) -> str:
    """Say one row in sentences: counts, missing answers, and the published value with its limits."""
    if row.is_suppressed:
        return gettext("Suppressed: it would tell what a few units answered.")
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
                "comparability": comparability_name(row.baseline),
            }
        )
    return " ".join(sentences)


@register.filter
def interval_in_words(row: Any) -> str:
    """Say a group's interval in a sentence."""
    if row.is_suppressed:
        return gettext("Suppressed: it would tell what a few units answered.")
    if row.interval is None:
        return gettext("No answers.")
    return gettext("Between %(low)s and %(high)s in 9 of 10 draws, in the middle %(middle)s.") % {
        "low": number_format(row.interval.p5),
        "high": number_format(row.interval.p95),
        "middle": number_format(row.interval.p50),
    }


@register.simple_tag
def enablers_without(diagnostics: Sequence[Any]) -> dict[str, Any] | None:
    """Arrange what leaving out each enabler changes: capabilities, and a row of changes per enabler."""
    told = [row for row in diagnostics if row.told and row.told["without"]]
    rows = [
        (code, [row.told["without"].get(code) for row in told])
        for code in ENABLER_NAMES
        if any(code in row.told["without"] for row in told)
    ]
    return {"capabilities": told, "rows": rows} if rows else None


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
