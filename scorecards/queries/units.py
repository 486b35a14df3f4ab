"""Units and their own figures: who was asked, what is stored or published of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from entities.access import Person
from entities.models import Entity
from quintet.models import Cycle
from scorecards import access
from scorecards.domain.figures import unit_entry
from scorecards.domain.packed import unpack_figures
from scorecards.models import EntityDocument, UnitScore
from scorecards.queries.reading import Figures, dimension_codes


def units_of(cycle: Cycle) -> QuerySet[Entity]:
    """The units that were given a sheet in the cycle and exist on its last day, by code."""
    asked = Entity.objects.filter(pk__in=cycle.assessments.values("entity")).active_on(cycle.closes_on)
    return asked.order_by("pk")


def units_with_figures(figures: Figures, user: Person) -> QuerySet[Entity]:
    """The units that the figures hold and whose own figures `user` may see, by code."""
    held = (
        Q(pk__in=UnitScore.objects.filter(cycle=figures.cycle).exclude(snapshot=None).values("entity"))
        if figures.is_provisional
        else Q(pk__in=EntityDocument.objects.filter(scorecard__sha256=figures.sha256).values("entity"))
    )
    units = Entity.objects.filter(held).order_by("code")
    readable = access.entities_with_figures_for(user, figures.cycle, is_published=not figures.is_provisional)
    return units if readable is None else units.filter(pk__in=readable)


@dataclass(frozen=True)
class UnitEntry:
    """One unit with its figures per dimension (method §2) as plain values; none while not counted."""

    entity: Entity
    dimensions: Sequence[Mapping[str, Any]]


def unit_entries(figures: Figures, units: Sequence[Entity], *, basis: str) -> list[UnitEntry]:
    """The figures of each of `units` on one basis, dimensions in framework order."""
    read = _provisional_units if figures.is_provisional else _published_units
    entries = read(figures, units, basis)
    codes = list(dimension_codes(figures))
    return [
        UnitEntry(unit, [{"dimension": code, **held[code]} for code in codes if code in held])
        for unit in units
        for held in [entries.get(unit.pk, {})]
    ]


def _published_units(figures: Figures, units: Sequence[Entity], basis: str) -> dict[int, Any]:
    documents = EntityDocument.objects.filter(scorecard__sha256=figures.sha256, entity__in=units)
    return {document.entity_id: json.loads(document.payload)["figures"][basis] for document in documents}


def _provisional_units(figures: Figures, units: Sequence[Entity], basis: str) -> dict[int, Any]:
    stored = UnitScore.objects.filter(cycle=figures.cycle, entity__in=units).exclude(**{basis: None})
    framework, codes = figures.cycle.framework, list(dimension_codes(figures))
    return {
        entity_id: {
            code: unit_entry(found, framework.highest_level)
            for code, found in zip(codes, unpack_figures(bytes(packed)), strict=True)
        }
        for entity_id, packed in stored.values_list("entity_id", basis)
    }
