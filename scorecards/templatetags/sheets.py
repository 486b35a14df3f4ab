"""Words for the sheet of one unit: what an item says, how far a step goes, where the unit stands."""

from typing import Any

from django import template
from django.utils.translation import gettext, ngettext

from scorecards.domain.positions import Quarter
from scorecards.domain.rises import Rise
from scorecards.queries.seen_sheets import Said
from scorecards.templatetags.figures import enabler_name

register = template.Library()


@register.filter
def level_in_words(said: Said) -> str:
    """Say what a sheet says of an item: "level 3", "not answered"."""
    if said is None:
        return gettext("not answered")
    if isinstance(said, int):
        return gettext("level %(level)s") % {"level": said}
    return gettext("not applicable")


@register.filter
def level_mark(said: Said) -> str:
    """Write the same in one sign, for a cell of the map."""
    if said is None:
        return "?"
    return str(said) if isinstance(said, int) else "–"


@register.filter
def has_own_name(item: Any) -> bool:
    """Whether the item has a name in the reader's language: enablers do, questions of the culture do not."""
    return enabler_name(item.enabler) != item.enabler


@register.filter
def rise_in_words(rise: Rise) -> str:
    """Say how far an item rises: "level 1 to 3"."""
    if rise.before is None:
        return gettext("answer it, at level %(after)s") % {"after": rise.after}
    return gettext("level %(before)s to %(after)s") % {"before": rise.before, "after": rise.after}


@register.filter
def levels_in_sum(levels: int) -> str:
    """Say how many levels some steps take in sum."""
    return ngettext("%(count)s level in sum", "%(count)s levels in sum", levels) % {"count": levels}


@register.filter
def quarter_in_words(quarter: Quarter | None) -> str:
    """Say in which quarter of its group a unit stands."""
    if quarter is None:
        return gettext("not told")
    return {
        Quarter.LOWEST: gettext("lowest quarter"),
        Quarter.LOWER: gettext("second quarter"),
        Quarter.UPPER: gettext("third quarter"),
        Quarter.HIGHEST: gettext("highest quarter"),
    }[quarter]
