"""Words for the receipt of a figure: its name with its value, and the state of an item of a sheet."""

from fractions import Fraction
from typing import Any

from django import template
from django.utils.translation import gettext, gettext_lazy

from quintet.domain.answers import NA, UNANSWERED
from quintet.models import Area, Item
from scorecards.domain.unit_derivations import NOTHING, WITHHELD, ItemLine
from scorecards.models import Basis
from scorecards.queries.receipts import Hashes, Receipt
from scorecards.templatetags.figures import enabler_name
from un20portal.lib.languages import in_per_cent, with_decimal_mark
from un20portal.lib.ratios import one_decimal, whole_per_cent

register = template.Library()
register.filter(with_decimal_mark)

STATE_NAMES = {
    NA: gettext_lazy("not applicable"),
    UNANSWERED: gettext_lazy("no answer"),
    WITHHELD: gettext_lazy("not open to you"),
}
HASH_NAMES = {
    "scorecard": gettext_lazy("Scorecard"),
    "inputs": gettext_lazy("All inputs"),
    "previous": gettext_lazy("Scorecard published before"),
    "carried_from": gettext_lazy("Version that the figure is of"),
    "snapshot": gettext_lazy("Frozen sheet"),
    "document": gettext_lazy("Document of the unit"),
}


@register.filter
def named_hashes(hashes: Hashes) -> list[tuple[str, str]]:
    """The hashes that there are, with their names."""
    return [(str(name), found) for key, name in HASH_NAMES.items() if (found := getattr(hashes, key))]


@register.filter
def receipt_title(receipt: Receipt) -> str:
    """Name the figure with its value: "Data · Strategy or action plan in place, UN entities: 75%"."""
    template, value = _of_unit(receipt) if receipt.entity else _of_group(receipt)
    return template % {
        "dimension": receipt.dimension.name if receipt.dimension else area_name(receipt.subject.area),
        "item": _item_name(receipt.item) if receipt.item else "",
        "whose": receipt.whose,
        "value": with_decimal_mark(value),
    }


@register.filter
def receipt_state(line: ItemLine) -> str:
    """Say what a unit answers to an item: its level, or why there is none."""
    if line.level is not None:
        return gettext("level %(level)s") % {"level": line.level}
    return str(STATE_NAMES[str(line.state)])


@register.filter
def one_decimal_or_dash(value: Fraction | None) -> str:
    """Write an exact figure with one decimal in the reader's language; a dash where there is none."""
    return with_decimal_mark(one_decimal(value) or NOTHING)


@register.filter
def area_name(code: str) -> str:
    """What an area is called in the reader's language."""
    return str(Area(code).label)


def _item_name(item: Item) -> str:
    return enabler_name(item.enabler, item.label or item.code)


def _of_group(receipt: Receipt) -> tuple[str, str]:
    if receipt.item:
        return gettext("%(dimension)s · %(item)s in place, %(whose)s: %(value)s"), _share(receipt.figure)
    return gettext("%(dimension)s · mean index, %(whose)s: %(value)s"), _mean(receipt)


def _mean(receipt: Receipt) -> str:
    row = receipt.figure
    if row.get("suppressed"):
        return gettext("suppressed")
    if not row["n_rated"]:
        return gettext("no rated sheet")
    if not receipt.shows_shares:
        return gettext("fewer than 10 rated sheets")
    mean: str = row["mean"][2]
    return mean


def _share(row: Any) -> str:
    if row.is_suppressed:
        return gettext("suppressed")
    if not row.n_answered:
        return gettext("no accepted answers") if row.basis == Basis.ACCEPTED else gettext("no answers")
    if row.shows_percentages:
        return in_per_cent(whole_per_cent(row.share_has))
    return gettext("%(has)s of %(n)s") % {"has": row.has, "n": row.n_answered}


def _of_unit(receipt: Receipt) -> tuple[str, str]:
    not_rated = gettext("not rated")
    if receipt.item:
        return gettext("%(dimension)s · %(item)s, %(whose)s: %(value)s"), receipt_state(receipt.items[0])
    if receipt.dimension:
        index = receipt.figure["index"]
        template = gettext("%(dimension)s · index, %(whose)s: %(value)s")
        return template, index[2] if index else not_rated
    template = gettext("%(dimension)s · mean of the dimensions, %(whose)s: %(value)s")
    return template, one_decimal(receipt.figure.mean) or not_rated
