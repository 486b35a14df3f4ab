"""Computing the figures of a whole cycle from frozen sheets, and storing them. Idempotent.

Sheets come as matrices and go as packed rows: tens of thousands in less than a second. This imports numpy,
so it belongs to workers and commands; one sheet at a time is followed without (`services.following`).
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import BigIntegerField, Case, Max, Min, QuerySet, When
from django.db.models.functions import Cast, Coalesce

from entities.models import Entity, EntityType, Region
from quintet.models import COUNTED, Assessment, Cycle, Phase, Snapshot, Status
from scorecards.domain import matrix
from scorecards.domain.figures import BASES, FrameworkShape, Tallies
from scorecards.domain.groups import group_codes
from scorecards.domain.scoring import METHOD
from scorecards.models import Computation, GroupScore, UnitScore
from scorecards.queries.frameworks import framework_shape, shape_sha256
from scorecards.services.locking import one_at_a_time
from un20portal.lib.columns import Columns, read_columns, write_columns

STORED = np.dtype([("entity_id", "i8"), ("kind", "i8"), ("snapshot_id", "i8")])
NOBODY = 0  # no snapshot has this number


@dataclass(frozen=True)
class Sheets:
    """The units of a cycle by entity id: their kinds, and the sheets that count as matrices."""

    entities: Columns  # ids, ascending
    kinds: Columns  # of each unit the place in `groups`
    groups: list[list[str]]
    counted: Columns  # of each sheet the place of its unit
    snapshots: Columns  # of each sheet the id
    levels: dict[str, Columns]  # basis → sheets × items
    rows: dict[str, Columns]  # basis → of each of those sheets the place in `counted`


@transaction.atomic
def compute_cycle(*, cycle_id: int, at: datetime) -> Computation:
    """Bring the stored figures of the cycle up to date; the same inputs change nothing."""
    one_at_a_time(cycle_id=cycle_id)
    cycle = Cycle.objects.select_related("framework").get(pk=cycle_id)
    framework = framework_shape(cycle.framework)
    made_with = {"method": METHOD, "shape_sha256": shape_sha256(framework)}
    current = Computation.objects.filter(cycle=cycle, **made_with).first()
    if current is None:
        UnitScore.objects.filter(cycle=cycle).delete()  # whatever they say, it means something else now
    sheets = _read(cycle, framework, current.kinds if current else [])
    if not _store_units(cycle, sheets, framework) and current:
        return current
    values = {**made_with, "kinds": sheets.groups, "at": at}
    computation, _made = Computation.objects.update_or_create(cycle=cycle, defaults=values)
    return computation


@transaction.atomic
def rebuild_cycle(*, cycle_id: int, at: datetime) -> Computation:
    """Compute the figures of the cycle anew, whatever is stored."""
    one_at_a_time(cycle_id=cycle_id)
    for model in (Computation, UnitScore, GroupScore):
        model._default_manager.filter(cycle_id=cycle_id).delete()
    return compute_cycle(cycle_id=cycle_id, at=at)


def heal_stale_figures(*, at: datetime) -> int:
    """Compute every cycle whose figures do not match its sheets; return how many were stale.

    One cycle that cannot be computed does not keep the others stale: its error is raised after them.
    """
    healed, errors = 0, []
    for cycle in Cycle.objects.exclude(phase=Phase.PLANNED).order_by("pk"):
        before = Computation.objects.filter(cycle=cycle).values_list("pk", "at").first()
        try:
            found = compute_cycle(cycle_id=cycle.pk, at=at)
            healed += (found.pk, found.at) != before
        except Exception as error:  # noqa: BLE001  raised below, after the other cycles
            error.add_note(f"cycle {cycle.code}")
            errors.append(error)
    if errors:
        raise ExceptionGroup("some cycles could not be computed", errors)
    return healed


def _read(cycle: Cycle, framework: FrameworkShape, known: list[list[str]]) -> Sheets:
    """Read the units that were asked and exist on the last day, and the latest snapshots that count.

    `known` are the kinds that stored rows name: they keep their places.
    """
    members = Entity.objects.active_on(cycle.closes_on)
    asked = Assessment.objects.filter(cycle=cycle, entity__in=members).order_by("entity_id")
    regions = list(Region.objects.order_by("code").values_list("code", flat=True))
    units = read_columns(
        asked.values_list("entity_id", _membership(regions)), [("entity_id", "i8"), ("membership", "i8")]
    )
    memberships, kinds = np.unique(units["membership"], return_inverse=True)
    found = [_groups(int(code), regions) for code in memberships]
    groups = known + [codes for codes in found if codes not in known]
    places = np.array([groups.index(codes) for codes in found], dtype=np.intp)
    sheets = read_columns(_counted(asked), _sheet_type(framework))
    is_validated = sheets["is_validated"] == 1
    rows = {"claimed": np.arange(len(sheets)), "accepted": np.flatnonzero(is_validated)}
    entities = units["entity_id"].astype(np.int64)
    return Sheets(
        entities=entities,
        kinds=places[kinds],
        groups=groups,
        counted=np.searchsorted(entities, sheets["entity_id"]),
        snapshots=sheets["snapshot_id"].astype(np.int64),
        levels={
            basis: matrix.read_levels(sheets[basis][rows[basis]].tobytes(), framework) for basis in BASES
        },
        rows=rows,
    )


def _counted(asked: QuerySet[Assessment]) -> "QuerySet[Snapshot, Any]":
    # Sheets of a cycle are made together: between the first and the last one the database reads no others.
    ends = asked.aggregate(first=Min("pk", default=0), last=Max("pk", default=0))
    within = Snapshot.objects.filter(assessment__gte=ends["first"], assessment__lte=ends["last"])
    counted = within.latest_of_each_sheet().filter(assessment__in=asked, assessment__status__in=COUNTED)
    is_validated = Case(When(status=Status.VALIDATED, then=1), default=0, output_field=BigIntegerField())
    columns = ("assessment__entity_id", "pk", Cast(is_validated, BigIntegerField()), "claimed", "accepted")
    return counted.order_by("assessment__entity_id").values_list(*columns)


def _sheet_type(framework: FrameworkShape) -> np.dtype[Any]:
    levels = f"V{len(framework.items)}"
    numbers = [(name, "i8") for name in ("entity_id", "snapshot_id", "is_validated")]
    return np.dtype([*numbers, ("claimed", levels), ("accepted", levels)])


def _membership(regions: list[str]) -> Cast:
    """What decides on the groups of a unit as one number: type, membership of CEB, region."""
    kind = _place("entity__type", EntityType.values, default=None)
    is_member = Case(When(entity__ceb_member=True, then=1), default=0)
    number = (kind * 2 + is_member) * (len(regions) + 1) + _place("entity__region", regions, default=0)
    return Cast(number, BigIntegerField())


def _place(field: str, values: list[str], *, default: int | None) -> Case:
    """Where in `values` the value of a column is, from 1 on."""
    whens = [When(**{field: value}, then=place) for place, value in enumerate(values, 1)]
    return Case(*whens, default=default)


def _groups(membership: int, regions: list[str]) -> list[str]:
    """The codes of the groups that `_membership` stands for."""
    rest, region = divmod(membership, len(regions) + 1)
    kind, is_member = divmod(rest, 2)
    return group_codes(
        entity_type=EntityType.values[kind - 1],
        is_ceb_member=bool(is_member),
        region=regions[region - 1] if region else None,
    )


def _store_units(cycle: Cycle, sheets: Sheets, framework: FrameworkShape) -> bool:
    """Make the stored rows those of `sheets`; return whether any was wrong or missing."""
    held = UnitScore.objects.filter(cycle=cycle).order_by("entity_id")
    kind = Cast("kind", BigIntegerField())
    stored = read_columns(held.values_list("entity_id", kind, Coalesce("snapshot_id", NOBODY)), STORED)
    is_right = _is_stored(sheets, stored)
    if is_right.all() and len(stored) == len(is_right):
        return False
    wrong = np.setdiff1d(stored["entity_id"], sheets.entities[is_right])
    held.delete() if len(wrong) == len(stored) else held.filter(entity__in=wrong.tolist()).delete()
    records = {basis: matrix.score_matrix(levels, framework) for basis, levels in sheets.levels.items()}
    write_columns(UnitScore, _rows(cycle, sheets, records, ~is_right))
    _store_groups(cycle, _tally(sheets, records, framework))
    return True


def _is_stored(sheets: Sheets, stored: Columns) -> Columns:
    """Whether each unit has its row already, of the same kind and snapshot."""
    if not len(stored):
        return np.zeros(len(sheets.entities), dtype=bool)
    snapshots = np.full(len(sheets.entities), NOBODY)
    snapshots[sheets.counted] = sheets.snapshots
    found = stored[np.searchsorted(stored["entity_id"], sheets.entities).clip(max=len(stored) - 1)]
    is_same: Columns = found["entity_id"] == sheets.entities
    return is_same & (found["kind"] == sheets.kinds) & (found["snapshot_id"] == snapshots)


def _rows(cycle: Cycle, sheets: Sheets, records: dict[str, Columns], is_new: Columns) -> list[Columns]:
    """The rows of new units: those of sheets on both bases, on the claimed one, and of units without."""
    size = records["claimed"].dtype.itemsize * records["claimed"].shape[1]
    packed = {basis: found.view(f"V{size}").reshape(-1) for basis, found in records.items()}
    is_validated = np.zeros(len(sheets.counted), dtype=bool)
    is_validated[sheets.rows["accepted"]] = True
    parts = []
    for chosen, bases in ((is_validated, ["claimed", "accepted"]), (~is_validated, ["claimed"])):
        rows = np.flatnonzero(chosen & is_new[sheets.counted])
        part = _part(
            cycle, sheets, sheets.counted[rows], [("snapshot_id", "i8"), *((b, f"V{size}") for b in bases)]
        )
        part["snapshot_id"] = sheets.snapshots[rows]
        for basis in bases:
            part[basis] = packed[basis][np.searchsorted(sheets.rows[basis], rows)]
        parts.append(part)
    is_silent = is_new.copy()
    is_silent[sheets.counted] = False
    return [*parts, _part(cycle, sheets, np.flatnonzero(is_silent), [])]


def _part(cycle: Cycle, sheets: Sheets, units: Columns, fields: list[tuple[str, str]]) -> Columns:
    part = np.empty(len(units), dtype=[("cycle_id", "i8"), ("entity_id", "i8"), ("kind", "i2"), *fields])
    part["cycle_id"], part["entity_id"], part["kind"] = cycle.pk, sheets.entities[units], sheets.kinds[units]
    return part


def _tally(sheets: Sheets, records: dict[str, Columns], framework: FrameworkShape) -> Tallies:
    """Count every group on each basis: first every kind of unit, then the kinds of each group."""
    n_kinds = len(sheets.groups)
    sizes = np.bincount(sheets.kinds, minlength=n_kinds).tolist()
    tallies: Tallies = {}
    for basis in BASES:
        kinds = sheets.kinds[sheets.counted[sheets.rows[basis]]]
        found = matrix.tally_kinds(
            sheets.levels[basis], records[basis], kinds, n_kinds=n_kinds, framework=framework
        )
        for tally, size, groups in zip(found, sizes, sheets.groups, strict=True):
            tally.n_group = size
            for group in groups:
                if (group, basis) not in tallies:
                    tallies[group, basis] = framework.empty_tally()
                tallies[group, basis].merge(tally)
    return tallies


def _store_groups(cycle: Cycle, tallies: Tallies) -> None:
    GroupScore.objects.filter(cycle=cycle).delete()
    GroupScore.objects.bulk_create(
        GroupScore(
            cycle=cycle, group=group, basis=basis, n_group=tally.n_group, tally=json.dumps(tally.as_json())
        )
        for (group, basis), tally in tallies.items()
    )
