"""Words for what is estimated of figures: the name of a receipt with its value."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext

from quintet.models import Area
from scorecards.queries.behind import FigureBehind
from scorecards.queries.uncertainty_receipts import EstimateReceipt
from scorecards.templatetags.figures import dimension_name, enabler_name
from un20portal.lib.languages import in_per_cent, with_decimal_mark

register = template.Library()


@register.filter
def estimate_title(receipt: EstimateReceipt) -> str:
    """Name what is estimated with its value: "Data · Cronbach’s alpha: 0.87"."""
    of = receipt.subject.of
    value = _value(of, receipt.figure) if of else _interval(receipt.figure)
    return estimate_named(receipt, with_decimal_mark(value))


def estimate_named(asked: EstimateReceipt | FigureBehind, value: str) -> str:
    """Name what is estimated, with this value."""
    of = asked.subject.of
    title = _diagnostic(of) if of else gettext("%(dimension)s · mean index, %(whose)s: %(value)s")
    return title % {
        "dimension": _dimension(asked),
        "item": enabler_name(asked.item.enabler) if asked.item else "",
        "whose": asked.whose,
        "value": value,
    }


def _dimension(asked: EstimateReceipt | FigureBehind) -> str:
    if asked.subject.area:
        return str(Area(asked.subject.area).label)
    if asked.dimension:
        return dimension_name(asked.dimension.code, asked.dimension.label)
    return gettext("All dimensions")


def _interval(row: Any) -> str:
    if row.is_suppressed:
        return gettext("suppressed")
    if row.interval is None:
        return gettext("no rated sheet")
    if not row.shows_mean:
        return gettext("fewer than 10 rated sheets")
    span = gettext("%(low)s to %(high)s in 9 of 10 draws")
    return span % {"low": row.interval.p5, "high": row.interval.p95}


def _diagnostic(of: str) -> str:
    return {
        "alpha": gettext("%(dimension)s · Cronbach’s alpha: %(value)s"),
        "without": gettext("%(dimension)s · change of the mean index without %(item)s: %(value)s"),
        "exact_match": gettext("%(dimension)s · claimed and accepted at the same level: %(value)s"),
        "kappa": gettext("%(dimension)s · agreement of claim and acceptance (kappa): %(value)s"),
    }[of]


def _value(of: str, figure: Any) -> str:
    if figure is None:
        return gettext("suppressed")
    value = figure[of]
    if value is None:
        return gettext("too little to tell")
    return in_per_cent(Decimal(value)) if of == "exact_match" else str(value)
