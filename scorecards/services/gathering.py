"""Reading what a computation needs: frozen sheets that count, units asked, the shape of the framework."""

from collections.abc import Sequence
from dataclasses import dataclass

from quintet.models import Cycle, Snapshot
from quintet.queries.monitoring import counted_snapshots
from scorecards.domain.figures import FrameworkShape, Unit
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.inputs import sha256_of
from scorecards.queries.sheets import units_with_sheets


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
    return Inputs(cycle, framework, units, kept, sha256_of(cycle, framework, memberships, frozen))
