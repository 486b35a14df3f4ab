"""A unit's figures by its own weights and targets (method §3): for those who read its own path, nobody else.

The levels are those behind the common figures, frozen; weights and targets are the unit's of today. Its own
questions are not in the frozen sheet and so not in here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from entities.access import Person
from quintet.access import can_read_own_path
from quintet.domain.tailoring import Priority
from quintet.models import PriorityProfile
from scorecards.domain.areas import (
    WeighedIndex,
    gaps_to_targets,
    summarise_area,
    tailor_dimension,
    tailored_index,
)
from scorecards.domain.figures import FrameworkShape
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.reading import Figures
from scorecards.queries.units import (
    AreaEntry,
    UnitEntry,
    area_entry,
    areas_by_dimension,
    frozen_sheet,
)


@dataclass(frozen=True)
class TailoredDimension:
    """One dimension by own weights: the index, and by item how many levels are missing to the own target."""

    dimension: str
    index: Fraction | None
    gap: Fraction | None
    gaps: Mapping[str, int | None]
    weighs: bool  # a dimension whose items all weigh 0 is left out of the area


@dataclass(frozen=True)
class Tailored:
    """A unit by its own weights and targets."""

    dimensions: Sequence[TailoredDimension]
    areas: Sequence[AreaEntry]


@dataclass(frozen=True)
class OwnUnitEntry(UnitEntry):
    """One unit as its own people see it; `tailored` is None as long as it has no weights or targets."""

    tailored: Tailored | None


def own_unit_entry(user: Person, figures: Figures, entry: UnitEntry, *, basis: str) -> OwnUnitEntry | None:
    """The unit's figures with those by its own weights; None for whoever does not read its own path."""
    if not can_read_own_path(user, entry.entity):
        return None
    return OwnUnitEntry(entry.entity, entry.dimensions, entry.areas, _tailored(figures, entry, basis))


def _tailored(figures: Figures, entry: UnitEntry, basis: str) -> Tailored | None:
    profile = PriorityProfile.objects.filter(
        entity=entry.entity, item__framework=figures.cycle.framework_id
    ).values_list("item__code", "target", "weight")
    priorities = {code: Priority(target, weight) for code, target, weight in profile}
    if not priorities or not entry.dimensions:
        return None
    shape = framework_shape(figures.cycle.framework)
    levels = bytes(getattr(frozen_sheet(figures, entry.entity).snapshot, basis))
    dimensions = [_dimension(code, shape, levels, priorities) for code in shape.dimensions]
    return Tailored(dimensions, _areas(dimensions, areas_by_dimension(figures)))


def _dimension(
    code: str, shape: FrameworkShape, levels: bytes, priorities: Mapping[str, Priority]
) -> TailoredDimension:
    items, said = shape.dimensions[code], levels[shape.places[code]]
    profile = tailor_dimension(items, said, priorities)
    return TailoredDimension(
        dimension=code,
        index=tailored_index(profile, shape.highest_level),
        gap=profile.gap,
        gaps=gaps_to_targets(items, said, priorities),
        weighs=any(priorities.get(item.code, Priority()).weight for item in items),
    )


def _areas(dimensions: Sequence[TailoredDimension], areas: Mapping[str, str]) -> list[AreaEntry]:
    indices: dict[str, list[WeighedIndex]] = {}
    for found in dimensions:
        weighed = WeighedIndex(found.index, weight=int(found.weighs))
        indices.setdefault(areas[found.dimension], []).append(weighed)
    return [area_entry(area, summarise_area(found)) for area, found in indices.items()]
