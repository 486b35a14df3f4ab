"""The frozen sheets behind figures, as the engine reads them: those of now, and those of a publication."""

from collections.abc import Callable, Mapping, Sequence

from entities.models import Entity
from quintet.models import COUNTED, Cycle, Snapshot, Status
from scorecards.domain.figures import Unit
from scorecards.domain.groups import group_codes
from scorecards.models import Basis, Scorecard
from scorecards.queries.publications import published_document
from scorecards.queries.units import units_of

Sheets = Mapping[str, bytes | None]  # by basis: packed levels, None where the sheet does not count
FrozenSheets = Callable[[int], Mapping[str, Sheets]]  # of a cycle by its id: by hash


def units_with_sheets(cycle: Cycle, snapshots: Sequence[Snapshot]) -> list[Unit]:
    """The units that were asked, each with its sheets out of `snapshots`, which has those that count."""
    by_entity = {snapshot.assessment.entity_id: snapshot for snapshot in snapshots}
    return [
        Unit(entity.code, groups_of(entity), sheets_of(by_entity.get(entity.pk)))
        for entity in units_of(cycle)
    ]


def frozen_sheets(cycle_id: int) -> dict[str, Sheets]:
    """All frozen sheets of a cycle, by hash: those behind any of its versions."""
    snapshots = Snapshot.objects.filter(assessment__cycle=cycle_id)
    read = snapshots.only("sha256", "status", "claimed", "accepted").iterator()
    return {snapshot.sha256: sheets_of(snapshot) for snapshot in read}


def published_units(scorecard: Scorecard, frozen: FrozenSheets = frozen_sheets) -> list[Unit]:
    """The units whose sheets are behind a published version, in the groups they were in.

    Who reads several versions of a cycle hands in a `frozen` that reads its sheets once.
    """
    units = published_document(scorecard.sha256)["units"]
    sheets = frozen(scorecard.cycle_id)
    return [Unit(code, tuple(unit["groups"]), sheets[unit["snapshot"]]) for code, unit in units.items()]


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


def groups_in(cycle: Cycle) -> set[str]:
    """Return the codes of the groups in which units were asked in a cycle."""
    kinds = units_of(cycle).order_by().values_list("type", "ceb_member", "region_id").distinct()
    return {
        code
        for kind, is_member, region in kinds
        for code in group_codes(entity_type=kind, is_ceb_member=is_member, region=region)
    }
