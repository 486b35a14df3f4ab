"""The entries of the roadmap as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from roadmap.models import Action, Period


@dataclass(frozen=True)
class Stretch:
    """One period of the roadmap with what it asks for, in the order of the brief."""

    period: Period
    actions: Sequence[Action]


def roadmap_by_period() -> list[Stretch]:
    """The dated entries, the earliest period first, and at the end what goes on all the time.

    A period without entries is left out.
    """
    actions = list(Action.objects.all())
    stretches = [Stretch(period, [one for one in actions if one.period == period]) for period in Period]
    return [stretch for stretch in stretches if stretch.actions]
