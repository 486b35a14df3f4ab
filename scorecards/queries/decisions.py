"""Points for decision: as a version was published with them, and as the task force has them now."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet

from quintet.models import Cycle
from scorecards.domain.decisions import Decision
from scorecards.models import DecisionPoint
from scorecards.queries.reading import Figures


def points_of(cycle: Cycle) -> QuerySet[DecisionPoint]:
    """The points of a cycle as they stand now: for the task force alone."""
    return DecisionPoint.objects.filter(cycle=cycle).select_related("by")


def decision_entries(cycle: Cycle) -> list[dict[str, Any]]:
    """The points of a cycle as they stand in the bytes of a version.

    Points from before their language was asked for have none there, so that they are the same bytes again.
    """
    entries = [asdict(point.decision) for point in DecisionPoint.objects.filter(cycle=cycle)]
    return [{name: said for name, said in entry.items() if said or name != "language"} for entry in entries]


def decisions_of(figures: Figures) -> Sequence[Decision] | None:
    """The points that belong to these figures; None for a version from before there were any.

    Provisional figures are the task force's, and so are the points of now.
    """
    if figures.is_provisional:
        return [point.decision for point in points_of(figures.cycle)]
    entries = figures.document.get("decisions")
    return None if entries is None else [Decision(**entry) for entry in entries]
