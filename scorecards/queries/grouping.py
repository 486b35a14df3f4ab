"""Custom groups: which there are, and the units that can be in one."""

from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from entities.models import Entity
from quintet.models import Cycle
from scorecards.models import Computation, CustomGroup, UnitScore


def custom_groups(cycle: Cycle | None) -> QuerySet[CustomGroup, Any]:
    """All custom groups by name: each with the number of its units, and how many of them the cycle asked.

    That is `n_units` and `n_asked`; of a group of which nobody was asked a cycle has no figures.
    """
    asked = UnitScore.objects.filter(cycle=cycle).values("entity")
    counted = {"n_units": Count("units"), "n_asked": Count("units", filter=Q(units__in=asked))}
    return CustomGroup.objects.annotate(**counted).order_by("name", "code")


def units_to_choose(group: CustomGroup | None, *, on: date) -> QuerySet[Entity]:
    """The units that exist on this day, and those that are in the group already, by code."""
    held = group.units.values("pk") if group else []
    existing = Entity.objects.active_on(on).values("pk")
    return Entity.objects.filter(Q(pk__in=existing) | Q(pk__in=held)).order_by("code")


def latest_computed_cycle() -> Cycle | None:
    """The cycle that ends last of those that have figures to look at."""
    computed = Cycle.objects.filter(pk__in=Computation.objects.values("cycle"))
    return computed.order_by("closes_on", "pk").last()
