"""Computing the figures of a cycle from frozen sheets, and storing them. Idempotent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db import transaction

from quintet.models import Cycle, Item, Phase, Snapshot, Status
from quintet.queries.monitoring import counted_snapshots
from scorecards.domain.figures import (
    FrameworkShape,
    Unit,
    UnitScores,
    group_figures,
    score_units,
)
from scorecards.domain.groups import group_codes
from scorecards.domain.scoring import METHOD, ItemShape
from scorecards.models import Basis, Computation, UnitScore
from scorecards.queries import units_of
from un20portal.lib.canonical import canonical_json, sha256

SCORE_FIELDS = (
    "applicable",
    "answered",
    "weight_applicable",
    "weight_answered",
    "points",
    "is_rated",
    "has",
    "operates",
    "foundation",
    "is_advanced",
)
STORED_FIELDS = ("entity_id", "dimension_id", "basis", "snapshot_id", *SCORE_FIELDS)
score_values = attrgetter(*SCORE_FIELDS)


@dataclass(frozen=True)
class Inputs:
    """Everything a computation reads, fixed at one moment."""

    cycle: Cycle
    framework: FrameworkShape
    units: Sequence[Unit]
    snapshots: Sequence[Snapshot]
    sha256: str


@transaction.atomic
def compute_cycle(*, cycle_id: int, at: datetime) -> Computation:
    """Bring the stored figures of the cycle up to date; the same inputs change nothing."""
    # One computation per cycle at a time; NO KEY leaves other rows free to point at the cycle.
    Cycle.objects.select_for_update(no_key=True).get(pk=cycle_id)
    inputs = gather(cycle_id=cycle_id)
    current = Computation.objects.filter(cycle_id=cycle_id).first()
    if current and current.inputs_sha256 == inputs.sha256:
        return current
    scores = score_units(inputs.units, inputs.framework)
    _store_scores(inputs, scores)
    figures = canonical_json(group_figures(inputs.units, inputs.framework, scores))
    computation, _made = Computation.objects.update_or_create(
        cycle_id=cycle_id,
        defaults={"method": METHOD, "inputs_sha256": inputs.sha256, "figures": figures, "at": at},
    )
    return computation


@transaction.atomic
def rebuild_cycle(*, cycle_id: int, at: datetime) -> Computation:
    """Compute the figures of the cycle anew, whatever is stored."""
    Cycle.objects.select_for_update(no_key=True).get(pk=cycle_id)
    Computation.objects.filter(cycle_id=cycle_id).delete()
    return compute_cycle(cycle_id=cycle_id, at=at)


def gather(*, cycle_id: int) -> Inputs:
    """Read the snapshots that count and the units asked; one statement sees each sheet and its status."""
    cycle = Cycle.objects.select_related("framework").get(pk=cycle_id)
    snapshots = counted_snapshots(cycle)
    framework = _framework_shape(cycle)
    by_entity = {snapshot.assessment.entity_id: snapshot for snapshot in snapshots}
    units = [
        Unit(
            code=entity.code,
            groups=tuple(
                group_codes(entity_type=entity.type, is_ceb_member=entity.ceb_member, region=entity.region_id)
            ),
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


def heal_stale_figures(*, at: datetime) -> int:
    """Compute every cycle whose figures do not match its sheets; return how many were stale.

    One cycle that cannot be computed does not keep the others stale: its error is raised after them.
    """
    healed, errors = 0, []
    for cycle in Cycle.objects.exclude(phase=Phase.PLANNED).order_by("pk"):
        before = Computation.objects.filter(cycle=cycle).values_list("inputs_sha256", flat=True).first()
        try:
            healed += compute_cycle(cycle_id=cycle.pk, at=at).inputs_sha256 != before
        except Exception as error:  # noqa: BLE001  raised below, after the other cycles
            error.add_note(f"cycle {cycle.code}")
            errors.append(error)
    if errors:
        raise ExceptionGroup("some cycles could not be computed", errors)
    return healed


def _framework_shape(cycle: Cycle) -> FrameworkShape:
    dimensions: dict[str, list[ItemShape]] = {}
    items = Item.objects.filter(framework=cycle.framework_id).in_order().select_related("dimension")
    for item in items:
        dimensions.setdefault(item.dimension.code, []).append(ItemShape(item.code, item.weight, item.enabler))
    return FrameworkShape(cycle.framework.highest_level, dimensions)


def _store_scores(inputs: Inputs, scores: UnitScores) -> None:
    """Make the stored rows those of `scores`: wrong ones go, missing ones come, the others stay."""
    dimension_ids = dict(inputs.cycle.framework.dimensions.values_list("code", "pk"))
    snapshots = {snapshot.assessment.entity.code: snapshot for snapshot in inputs.snapshots}
    wanted = [
        (
            snapshots[unit].assessment.entity_id,
            dimension_ids[dimension],
            basis,
            snapshots[unit].pk,
            *score_values(figures),
        )
        for basis, units in scores.items()
        for unit, dimensions in units.items()
        for dimension, figures in dimensions.items()
    ]
    held = UnitScore.objects.filter(cycle=inputs.cycle)
    stored = {tuple(values): pk for pk, *values in held.values_list("pk", *STORED_FIELDS)}
    held.filter(pk__in=[stored[values] for values in stored.keys() - set(wanted)]).delete()
    new = [values for values in wanted if values not in stored]
    UnitScore.objects.bulk_create(
        (UnitScore(cycle=inputs.cycle, **dict(zip(STORED_FIELDS, values, strict=True))) for values in new),
        batch_size=1000,
    )
