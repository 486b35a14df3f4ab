"""Words and pictures for groups and units beside each other."""

from fractions import Fraction
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext

from scorecards import charts
from scorecards.charts import IntervalBar
from scorecards.domain.movement import Verdict
from scorecards.domain.overlaps import Overlap
from un20portal.lib.ratios import one_decimal

register = template.Library()


@register.filter
def quartile_bar(row: Any) -> IntervalBar | None:
    """Return the geometry of a group's indices; None when there is nothing to draw."""
    return charts.quartile_bar(row)


@register.filter
def one_decimal_of(value: Any) -> str:
    """Write an index with one decimal; a dash where there is none."""
    text = one_decimal(value)
    return "–" if text is None else number_format(text)


@register.filter
def bar_length(index: Fraction) -> str:
    """Write an index as the length of a bar."""
    return charts.length(index)


@register.filter
def quartiles_in_words(row: Any) -> str:
    """Say how the indices of a group lie."""
    if row.is_suppressed:
        return gettext("Suppressed: too few units answered, or it would tell what a few answered.")
    if not row.shows_mean:
        return why_no_mean(row)
    return gettext("The middle half lies between %(low)s and %(high)s, the median is %(median)s.") % {
        "low": one_decimal_of(row.q1),
        "high": one_decimal_of(row.q3),
        "median": one_decimal_of(row.median),
    }


@register.filter
def why_no_mean(row: Any) -> str:
    """Say why no index of a group is shown."""
    if row.is_suppressed:
        return gettext("Suppressed: confidential")
    return gettext("fewer than 10 rated sheets") if row.n_rated else gettext("No unit is rated")


@register.filter
def difference_verdict(difference: Any) -> str:
    """Say whether a difference is large enough to speak of."""
    if difference.verdict is Verdict.CLEAR:
        return gettext("clear difference")
    return gettext("no clear difference")


@register.filter
def sharing_in_words(shared: Any) -> str:
    """Say that two groups count the same units."""
    names = {"first": shared.first, "second": shared.second}
    if shared.overlap is Overlap.FIRST_CONTAINS:
        return (
            gettext(
                "%(first)s: this group contains all units of %(second)s. The same units count on both sides, "
                "so the two look more alike than they are."
            )
            % names
        )
    return gettext("%(first)s and %(second)s may have units in common: these count on both sides.") % names
