"""The frozen sheets behind figures, as the engine reads them: those of now, and those of a publication."""

from collections.abc import Sequence

from entities.models import Entity
from quintet.models import COUNTED, Cycle, Snapshot, Status
from scorecards.domain.figures import Unit
from scorecards.domain.groups import group_codes
from scorecards.models import Basis, Scorecard
from scorecards.queries.publications import published_document
from scorecards.queries.units import units_of


def units_with_sheets(cycle: Cycle, snapshots: Sequence[Snapshot]) -> list[Unit]:
    """The units that were asked, each with its sheets out of `snapshots`, which has those that count."""
    by_entity = {snapshot.assessment.entity_id: snapshot for snapshot in snapshots}
    return [
        Unit(entity.code, groups_of(entity), sheets_of(by_entity.get(entity.pk)))
        for entity in units_of(cycle)
    ]


def published_units(scorecard: Scorecard) -> list[Unit]:
    """The units whose sheets are behind a published version, in the groups they were in."""
    units = published_document(scorecard.sha256)["units"]
    snapshots = Snapshot.objects.filter(assessment__cycle=scorecard.cycle_id).defer("payload")
    frozen = {snapshot.sha256: snapshot for snapshot in snapshots}
    return [
        Unit(code, tuple(unit["groups"]), sheets_of(frozen[unit["snapshot"]])) for code, unit in units.items()
    ]


def counting_hashes(cycle: Cycle, basis: str) -> set[str]:
    """The hashes of all frozen sheets of a cycle that count on a basis: accepted only validated ones."""
    statuses = (Status.VALIDATED,) if basis == Basis.ACCEPTED else COUNTED
    frozen = Snapshot.objects.filter(assessment__cycle=cycle, status__in=statuses)
    return set(frozen.values_list("sha256", flat=True))


def sheets_of(snapshot: Snapshot | None) -> dict[str, bytes | None]:
    """Return the packed levels that count on each basis: accepted only for validated sheets."""
    if snapshot is None:
        return {Basis.CLAIMED.value: None, Basis.ACCEPTED.value: None}
    is_validated = snapshot.status == Status.VALIDATED
    return {
        Basis.CLAIMED.value: bytes(snapshot.claimed),
        Basis.ACCEPTED.value: bytes(snapshot.accepted) if is_validated else None,
    }


def groups_of(entity: Entity) -> tuple[str, ...]:
    """Return the codes of the groups a unit belongs to."""
    return tuple(
        group_codes(entity_type=entity.type, is_ceb_member=entity.ceb_member, region=entity.region_id)
    )
