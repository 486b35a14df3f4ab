"""Words for the receipt of a change between two cycles: its name with its value, and links."""

from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.translation import gettext

from scorecards.domain.movement_derivations import BROKEN
from scorecards.domain.receipts import SUPPRESSED
from scorecards.queries.movement import DimensionRow, ItemRow, Section
from scorecards.queries.movement_receipts import MovementReceipt
from scorecards.queries.reading import Figures
from scorecards.templatetags.figures import dimension_name, enabler_name, signed
from scorecards.templatetags.overview import moved_in_words

register = template.Library()


@register.filter
def movement_receipt_title(receipt: MovementReceipt) -> str:
    """Name the change with its value: "Data · Leadership roles, change in the panel, UN entities: +8.0"."""
    row = receipt.row
    if isinstance(row, Section):
        return gettext("%(what)s, %(whose)s: %(value)s") % {
            "what": _moved_of(row),
            "whose": receipt.whose,
            "value": _state_in_words(receipt) or _sums_in_words(row),
        }
    if isinstance(row, ItemRow):
        return gettext("%(dimension)s · %(item)s, change in the panel, %(whose)s: %(value)s") % {
            "dimension": dimension_name(row.dimension),
            "item": enabler_name(row.enabler, row.label or row.item),
            "whose": receipt.whose,
            "value": _state_in_words(receipt) or _panel_in_words(row),
        }
    return gettext("%(dimension)s · change of the mean index, %(whose)s: %(value)s") % {
        "dimension": dimension_name(row.dimension, row.label),
        "whose": receipt.whose,
        "value": _state_in_words(receipt) or _change_in_words(row),
    }


@register.filter
def receipts_of_samples(receipt: MovementReceipt) -> list[tuple[str, str]]:
    """The cycles in which the figure of the full sample stands, each with the address of its own receipt."""
    movement, row = receipt.movement, receipt.row
    if isinstance(row, Section):
        return []
    sides: list[tuple[Figures, str]] = []
    if isinstance(row, ItemRow):
        samples = ((movement.before, row.before), (movement.after, row.after))
        sides = [(figures, sample.item) for figures, sample in samples if sample]
    else:
        both = [movement.before, movement.after]
        sides = [(figures, row.dimension) for figures in (both[1:] if receipt.state == BROKEN else both)]
    what = "item" if receipt.item else "dimension"
    return [(figures.cycle.title, _address(receipt, figures, what, code)) for figures, code in sides]


def _moved_of(section: Section) -> str:
    """Whose answers are added up: those of a capability, or of all."""
    if not section.dimension:
        return gettext("Answers that moved, all capabilities")
    return gettext("%(dimension)s · answers that moved") % {"dimension": dimension_name(section.dimension)}


def _address(receipt: MovementReceipt, figures: Figures, what: str, code: str) -> str:
    asked = {"group": receipt.movement.group, "basis": receipt.movement.basis, what: code}
    asked["version"] = str(figures.version or "provisional")
    return f"{reverse('scorecards:scorecard-receipt', args=[figures.cycle.code])}?{urlencode(asked)}"


def _state_in_words(receipt: MovementReceipt) -> str:
    """Why there is no value; "" where there is one."""
    words = {SUPPRESSED: gettext("suppressed"), BROKEN: gettext("the series breaks")}
    return words.get(receipt.state, "")


def _sums_in_words(section: Section) -> str:
    return moved_in_words(section.answers) if section.panels else gettext("nothing to add up")


def _panel_in_words(row: ItemRow) -> str:
    panel = row.panel
    if panel is None or not panel.n_panel:
        return gettext("nobody answers in both cycles")
    if row.shows_percentages:
        return signed(panel.delta_points)
    named = {"before": panel.has_before, "after": panel.has_after, "n": panel.n_panel}
    return gettext("from %(before)s to %(after)s of %(n)s") % named


def _change_in_words(row: DimensionRow) -> str:
    if not row.shows_points:
        return gettext("fewer than 10 rated sheets")
    return signed(row.bridge.change if row.bridge else None)
