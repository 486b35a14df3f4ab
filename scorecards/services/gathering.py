"""Reading what a computation needs: frozen sheets that count, units asked, the shape of the framework."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from quintet.models import Cycle, Snapshot
from quintet.queries.monitoring import counted_snapshots, latest_counted
from scorecards.domain.figures import FrameworkShape, Unit
from scorecards.domain.scoring import METHOD
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.sheets import groups_of, units_with_sheets
from scorecards.queries.units import units_of
from un20portal.lib.canonical import canonical_json, sha256

Memberships = Mapping[str, Sequence[str]]  # unit → its groups
Frozen = tuple[str, str, str]  # unit, hash and status of the snapshot that counts


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
    units = units_with_sheets(cycle, snapshots)
    memberships = {unit.code: unit.groups for unit in units}
    kept = [snapshot for snapshot in snapshots if snapshot.assessment.entity.code in memberships]
    frozen = ((sheet.assessment.entity.code, sheet.sha256, sheet.status) for sheet in kept)
    return Inputs(cycle, framework, units, kept, _sha256(cycle, framework, memberships, frozen))


def inputs_sha256(cycle: Cycle, framework: FrameworkShape) -> str:
    """The hash of what `gather` would read now, without reading the sheets: cheap at any size."""
    units = units_of(cycle).only("code", "type", "ceb_member", "region_id")
    memberships = {unit.code: groups_of(unit) for unit in units}
    frozen = latest_counted(cycle).values_list("assessment__entity__code", "sha256", "status")
    return _sha256(cycle, framework, memberships, frozen)


def _sha256(
    cycle: Cycle, framework: FrameworkShape, memberships: Memberships, frozen: Iterable[Frozen]
) -> str:
    snapshots = {code: [digest, status] for code, digest, status in frozen if code in memberships}
    return sha256(
        canonical_json(
            {
                "method": METHOD,
                "framework": [cycle.framework.slug, cycle.framework.version],
                "items": [[item.code, item.weight, item.enabler] for item in framework.items],
                "highest_level": framework.highest_level,
                "units": memberships,
                "snapshots": snapshots,
            }
        )
    )
