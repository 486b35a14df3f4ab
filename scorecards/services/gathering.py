"""Reading what a computation needs: frozen sheets that count, units asked, the shape of the framework."""

from collections.abc import Sequence
from dataclasses import dataclass

from entities.models import Entity
from quintet.models import Cycle, Snapshot, Status
from quintet.queries.monitoring import counted_snapshots
from scorecards.domain.figures import FrameworkShape, Unit
from scorecards.domain.groups import group_codes
from scorecards.domain.scoring import METHOD
from scorecards.models import Basis
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.units import units_of
from un20portal.lib.canonical import canonical_json, sha256


@dataclass(frozen=True)
class Inputs:
    """Everything a computation reads, fixed at one moment."""

    cycle: Cycle
    framework: FrameworkShape
    units: Sequence[Unit]
    snapshots: Sequence[Snapshot]
    sha256: str


def gather(*, cycle_id: int) -> Inputs:
    """Read the snapshots that count and the units asked; one statement sees each sheet and its status."""
    cycle = Cycle.objects.select_related("framework").get(pk=cycle_id)
    snapshots = counted_snapshots(cycle)
    framework = framework_shape(cycle.framework)
    by_entity = {snapshot.assessment.entity_id: snapshot for snapshot in snapshots}
    units = [
        Unit(
            code=entity.code,
            groups=groups_of(entity),
            sheets=sheets_of(by_entity.get(entity.pk)),
        )
        for entity in units_of(cycle)
    ]
    counted = {unit.code for unit in units}
    kept = [snapshot for snapshot in snapshots if snapshot.assessment.entity.code in counted]
    fingerprint = canonical_json(
        {
            "method": METHOD,
            "framework": [cycle.framework.slug, cycle.framework.version],
            "items": [[item.code, item.weight, item.enabler] for item in framework.items],
            "highest_level": framework.highest_level,
            "units": {unit.code: list(unit.groups) for unit in units},
            "snapshots": {
                snapshot.assessment.entity.code: [snapshot.sha256, snapshot.status] for snapshot in kept
            },
        }
    )
    return Inputs(cycle, framework, units, kept, sha256(fingerprint))


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
