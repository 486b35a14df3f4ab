"""Units and their own figures: who was asked, what is stored or published of each."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet

from entities.access import Person
from entities.models import Entity, EntityQuerySet
from quintet.models import Cycle, Dimension, Snapshot
from scorecards import access
from scorecards.domain.areas import AreaFigures, WeighedIndex, summarise_area
from scorecards.domain.derivations import exact
from scorecards.domain.figures import unit_entry
from scorecards.domain.packed import unpack_figures
from scorecards.domain.unit_derivations import DimensionLine
from scorecards.models import DraftDocument, EntityDocument, UnitScore
from scorecards.queries.publications import DAMAGED
from scorecards.queries.reading import Figures, dimension_codes
from un20portal.lib.canonical import sha256
from un20portal.lib.errors import WrongState


def units_of(cycle: Cycle) -> QuerySet[Entity]:
    """The units that were given a sheet in the cycle and exist on its last day, by code."""
    asked = Entity.objects.filter(pk__in=cycle.assessments.values("entity")).active_on(cycle.closes_on)
    return asked.order_by("pk")


def units_with_figures(figures: Figures, user: Person) -> EntityQuerySet:
    """The units that the figures hold and whose own figures `user` may see, by code.

    Of proposed figures all documents have to be there, or WrongState is raised.
    """
    if figures.is_proposed:
        _require_all_documents(figures)
    held = (
        Q(pk__in=UnitScore.objects.filter(cycle=figures.cycle).exclude(snapshot=None).values("entity"))
        if figures.is_provisional
        else Q(pk__in=_documents(figures).values("entity"))
    )
    units = Entity.objects.filter(held).order_by("code")
    readable = access.entities_with_figures_for(user, figures.cycle, is_published=not figures.is_provisional)
    return units if readable is None else units.filter(pk__in=readable)


@dataclass(frozen=True)
class AreaEntry:
    """The three figures of one unit over an area (method §3), always together: all there, or all None."""

    area: str
    mean: Fraction | None
    geometric: str | None
    weakest: Fraction | None


@dataclass(frozen=True)
class UnitEntry:
    """One unit with its figures per dimension (method §2) as plain values; none while not counted."""

    entity: Entity
    dimensions: Sequence[Mapping[str, Any]]
    areas: Sequence[AreaEntry]


def unit_entries(figures: Figures, units: Sequence[Entity], *, basis: str) -> list[UnitEntry]:
    """The figures of each of `units` on one basis, dimensions in framework order.

    Areas follow from the dimensions: documents do not hold them.
    """
    read = _provisional_units if figures.is_provisional else _published_units
    entries, areas = read(figures, units, basis), areas_by_dimension(figures)
    found = []
    for unit in units:
        held = entries.get(unit.pk, {})
        dimensions = [{"dimension": code, **held[code]} for code in areas if code in held]
        found.append(UnitEntry(unit, dimensions, _areas(dimensions, areas)))
    return found


def areas_by_dimension(figures: Figures) -> dict[str, str]:
    """The area of each dimension of these figures, in framework order."""
    dimensions = Dimension.objects.filter(framework=figures.cycle.framework_id)
    return dict(dimensions.values_list("code", "area"))


def area_lines(
    dimensions: Iterable[Mapping[str, Any]], areas: Mapping[str, str]
) -> dict[str, list[DimensionLine]]:
    """What an area's figures of a unit are of: its dimensions with their indices, by area."""
    lines: dict[str, list[DimensionLine]] = {}
    for entry in dimensions:
        code, index = entry["dimension"], entry["index"]
        line = DimensionLine(code, 1, None if index is None else exact(index))
        lines.setdefault(areas[code], []).append(line)
    return lines


def summarise_lines(lines: Iterable[DimensionLine]) -> AreaFigures:
    """The three figures over some dimensions of a unit."""
    return summarise_area(WeighedIndex(line.index, line.weight) for line in lines)


def area_entry(area: str, figures: AreaFigures) -> AreaEntry:
    """The three figures of an area as they are shown."""
    return AreaEntry(area, figures.mean, figures.geometric_shown, figures.weakest)


def _areas(dimensions: Sequence[Mapping[str, Any]], areas: Mapping[str, str]) -> list[AreaEntry]:
    return [area_entry(area, summarise_lines(lines)) for area, lines in area_lines(dimensions, areas).items()]


@dataclass(frozen=True)
class FrozenSheet:
    """What a unit's figures are of: the frozen sheet, and the hash of its published document ("": none)."""

    snapshot: Snapshot
    document_sha256: str


def frozen_sheet(figures: Figures, unit: Entity) -> FrozenSheet:
    """The sheet behind the figures of a unit that `units_with_figures` holds."""
    if figures.is_provisional:
        scores = UnitScore.objects.select_related("snapshot__assessment__entity").defer("snapshot__payload")
        return FrozenSheet(scores.get(cycle=figures.cycle, entity=unit).snapshot, "")
    document = _documents(figures).get(entity=unit)
    named = Snapshot.objects.filter(
        assessment__cycle=figures.cycle,
        assessment__entity=unit,
        sha256=_read(document, figures)["snapshot"],
    ).select_related("assessment__entity")
    return FrozenSheet(named.defer("payload").order_by("number")[0], document.sha256)


def _published_units(figures: Figures, units: Sequence[Entity], basis: str) -> dict[int, Any]:
    documents = _documents(figures).filter(entity__in=units)
    return {document.entity_id: _read(document, figures)["figures"][basis] for document in documents}


def _documents(figures: Figures) -> QuerySet[EntityDocument] | QuerySet[DraftDocument]:
    """The documents of units that these figures name by hash: published, or still in the draft."""
    if figures.is_proposed:
        return DraftDocument.objects.filter(draft__proposal__sha256=figures.sha256).select_related("entity")
    return EntityDocument.objects.filter(scorecard__sha256=figures.sha256)


def _read(document: EntityDocument | DraftDocument, figures: Figures) -> Any:
    """What a document says; one that is proposed is hashed before, raising WrongState if it is damaged."""
    if figures.is_proposed:
        named = figures.document["units"][document.entity.code]["document"]
        if not sha256(document.payload) == document.sha256 == named:
            raise WrongState(DAMAGED)
    return json.loads(document.payload)


def _require_all_documents(figures: Figures) -> None:
    """A document that is gone is no unit without figures: the draft is damaged."""
    named = {code: unit["document"] for code, unit in figures.document["units"].items()}
    if dict(_documents(figures).values_list("entity__code", "sha256")) != named:
        raise WrongState(DAMAGED)


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
