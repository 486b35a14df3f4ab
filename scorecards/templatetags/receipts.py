"""Words for the receipt of a figure: its name with its value, and the state of an item of a sheet."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Any

from django import template
from django.utils.translation import gettext, gettext_lazy

from quintet.domain.answers import NA, UNANSWERED
from quintet.models import Area, Item
from scorecards.domain.movement import AgainstPrinted
from scorecards.domain.positions import Quarter
from scorecards.domain.receipts import Step
from scorecards.domain.unit_derivations import NOTHING, WITHHELD, ItemLine
from scorecards.models import Basis
from scorecards.queries.choosing import PROPOSED, PROVISIONAL
from scorecards.queries.movement_receipts import MovementHashes
from scorecards.queries.own_movement import ItemMove
from scorecards.queries.own_receipts import ChangeReceipt, PositionReceipt
from scorecards.queries.quality_receipts import ChecksReceipt, InPlaceReceipt, ResponseReceipt
from scorecards.queries.reading import Figures
from scorecards.queries.receipts import Hashes, Receipt
from scorecards.queries.sum_receipts import AnswersReceipt, MissingReceipt, PrintedReceipt
from scorecards.queries.uncertainty_receipts import EstimateReceipt
from scorecards.templatetags.estimates import estimate_title
from scorecards.templatetags.figures import enabler_name, signed
from scorecards.templatetags.overview import missing_part
from scorecards.templatetags.sheets import quarter_in_words
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
    "simulation": gettext_lazy("Stored simulation"),
    "before": gettext_lazy("Scorecard of the cycle before"),
    "after": gettext_lazy("Scorecard of the cycle after"),
    "comparison": gettext_lazy("Stored comparison"),
    "crosswalk": gettext_lazy("How the questions belong together"),
    "snapshot_before": gettext_lazy("Frozen sheet of the cycle before"),
    "document_before": gettext_lazy("Document of the unit in the cycle before"),
}


VALUE_NAMES = {
    "true": gettext_lazy("yes"),
    "false": gettext_lazy("no"),
    "clear": gettext_lazy("clear"),
    "no_clear_change": gettext_lazy("no clear change"),
    "claimed, accepted": gettext_lazy("claimed or accepted"),
    "geometric, arithmetic": gettext_lazy("geometric or plain"),
    "0.75 to 1.25": gettext_lazy("0.75 to 1.25"),
}
TRUTHS = re.compile(r"\b(true|false)\b")


@register.filter
def step_value(step: Step) -> str:
    """What a number of a receipt comes to, in words where it is no number."""
    if step.value is None:
        return NOTHING
    if step.name == "quarter":
        return quarter_in_words(Quarter(step.value))
    return with_decimal_mark(str(VALUE_NAMES.get(step.value, step.value)))


@register.filter
def step_filled(step: Step) -> str:
    """The formula of a number with numbers; nothing where it only repeats the value."""
    if not step.formula and step.filled.lstrip("-").isdigit() and step.value == f"{step.filled}.0":
        return ""
    return with_decimal_mark(TRUTHS.sub(lambda found: str(VALUE_NAMES[found[0]]), step.filled))


@register.filter
def named_hashes(hashes: Hashes | MovementHashes) -> list[tuple[str, str]]:
    """The hashes of a receipt that there are, with their names."""
    there = {field.name: getattr(hashes, field.name) for field in fields(hashes)}
    return [(str(name), there[key]) for key, name in HASH_NAMES.items() if there.get(key)]


@register.filter
def receipt_title(receipt: Receipt) -> str:
    """Name the figure with its value: "Data · Strategy or action plan in place, UN entities: 75%"."""
    if title := TITLES.get(type(receipt)):
        return title(receipt)
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
def against_printed_in_words(found: AgainstPrinted) -> str:
    """Say by how many points a figure differs from what was printed, and whether this is clear."""
    said = {"points": signed(found.points), "verdict": VALUE_NAMES[found.verdict.replace(" ", "_")]}
    return gettext("%(points)s points: %(verdict)s") % said


@register.filter
def version_name(figures: Figures) -> str:
    """How an address names the version of these figures."""
    if figures.is_proposed:
        return PROPOSED
    return PROVISIONAL if figures.is_provisional else str(figures.version)


@register.filter
def as_value(found: Fraction | int | None) -> str:
    """Write what a unit has: its index with one decimal, or its level."""
    return str(found) if isinstance(found, int) else one_decimal_or_dash(found)


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


def _of_checks(receipt: ChecksReceipt) -> str:
    row, sums = receipt.row, receipt.row.sums
    said = {"row": row.name, "n_checked": sums.n_checked if receipt.figure else gettext("suppressed")}
    if receipt.figure and sums.n_items_evidence:
        said["n_without"] = sums.n_without
        return gettext("%(row)s · levels checked: %(n_checked)s, without evidence: %(n_without)s") % said
    return gettext("%(row)s · levels checked: %(n_checked)s") % said


def _of_all_answers(receipt: InPlaceReceipt) -> str:
    claimed, accepted = receipt.shares[Basis.CLAIMED], receipt.shares[Basis.ACCEPTED]
    value = gettext("%(claimed)s claimed, %(accepted)s accepted: %(points)s points") % {
        "claimed": in_per_cent(whole_per_cent(claimed)),
        "accepted": in_per_cent(whole_per_cent(accepted)),
        "points": signed(claimed - accepted),
    }
    return _named(_item_in_full(receipt) or gettext("In place, of all answers"), receipt, value)


def _of_response(receipt: ResponseReceipt) -> str:
    is_accepted = receipt.basis == Basis.ACCEPTED
    counted = gettext("%(has)s of %(n)s") % {"has": receipt.n_counted, "n": receipt.n_group}
    return _named(
        gettext("Sheets accepted") if is_accepted else gettext("Sheets handed in"), receipt, counted
    )


def _of_missing(receipt: MissingReceipt) -> str:
    gaps = receipt.gaps
    part = f" ({missing_part(gaps)})" if gaps.n_asked and gaps.shows_percentages else ""
    value = f"{gaps.n_missing}{part}" if gaps.n_asked else gettext("suppressed")
    what = gettext("%(dimension)s · without an accepted answer")
    if receipt.basis == Basis.CLAIMED:
        what = gettext("%(dimension)s · without an answer")
    return _named(what % {"dimension": _dimension_of(receipt)}, receipt, value)


def _of_answers(receipt: AnswersReceipt) -> str:
    total = receipt.total
    value = gettext("%(has)s in place, %(operates)s operating") % {
        "has": in_per_cent(whole_per_cent(total.share_has or Fraction(0))),
        "operates": in_per_cent(whole_per_cent(total.share_operates or Fraction(0))),
    }
    what = gettext("%(dimension)s · all answers") % {"dimension": _dimension_of(receipt)}
    return _named(what, receipt, value)


def _of_printed(receipt: PrintedReceipt) -> str:
    found = receipt.verdicts
    value = gettext("%(n)s compared, %(higher)s higher, %(lower)s lower") % {
        "n": found.n,
        "higher": found.rose,
        "lower": found.fell,
    }
    return _named(gettext("Beside the values of 2023"), receipt, value)


def _of_change(receipt: ChangeReceipt) -> str:
    if isinstance(receipt.move, ItemMove):
        levels = {"before": receipt.move.before, "after": receipt.move.after}
        value = gettext("level %(before)s to %(after)s") % levels
        return _named(_item_in_full(receipt), receipt, value)
    what = gettext("%(dimension)s · change of the index") % {"dimension": _dimension_of(receipt)}
    change = receipt.move.change
    return _named(what, receipt, gettext("not rated") if change is None else signed(change))


def _of_position(receipt: PositionReceipt) -> str:
    what = gettext("%(dimension)s · quarter of the group") % {"dimension": _dimension_of(receipt)}
    return _named(what, receipt, quarter_in_words(receipt.quarter))


def _item_in_full(receipt: Receipt) -> str:
    """The item behind its dimension; "" where the receipt is of none."""
    return f"{_dimension_of(receipt)} · {_item_name(receipt.item)}" if receipt.item else ""


def _dimension_of(receipt: Receipt) -> str:
    return str(receipt.dimension.name) if receipt.dimension else ""


def _named(what: str, receipt: Receipt, value: str) -> str:
    said = {"what": what, "whose": receipt.whose, "value": value}
    return gettext("%(what)s, %(whose)s: %(value)s") % said


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


TITLES: Mapping[type[Receipt], Callable[[Any], str]] = {
    EstimateReceipt: estimate_title,
    ChecksReceipt: _of_checks,
    InPlaceReceipt: _of_all_answers,
    ResponseReceipt: _of_response,
    MissingReceipt: _of_missing,
    AnswersReceipt: _of_answers,
    PrintedReceipt: _of_printed,
    ChangeReceipt: _of_change,
    PositionReceipt: _of_position,
}
