"""What a computation reads, as one hash: whoever has the same inputs gets the same figures."""

from collections.abc import Iterable, Mapping, Sequence

from quintet.models import Cycle
from quintet.queries.monitoring import latest_counted
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.scoring import METHOD
from scorecards.queries.sheets import groups_of
from scorecards.queries.units import units_of
from un20portal.lib.canonical import canonical_json, sha256

Memberships = Mapping[str, Sequence[str]]  # unit → its groups
Frozen = tuple[str, str, str]  # unit, hash and status of the snapshot that counts


def inputs_sha256(cycle: Cycle, framework: FrameworkShape) -> str:
    """The hash of what a computation would read now, without reading the sheets: cheap at any size."""
    units = units_of(cycle).only("code", "type", "ceb_member", "region_id")
    memberships = {unit.code: groups_of(unit) for unit in units}
    frozen = latest_counted(cycle).values_list("assessment__entity__code", "sha256", "status")
    return sha256_of(cycle, framework, memberships, frozen)


def sha256_of(
    cycle: Cycle, framework: FrameworkShape, memberships: Memberships, frozen: Iterable[Frozen]
) -> str:
    """The hash of these inputs; sheets of units that are in no group of the cycle do not count."""
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
