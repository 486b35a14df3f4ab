"""The sheets of a cycle, or of a range of its units, as matrices: read, compared with rows, scored, counted.

Tens of thousands in less than a second. This imports numpy, so it belongs to workers and commands.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, Case, Max, Min, QuerySet, When
from django.db.models.functions import Cast, Coalesce

from entities.models import EntityType, Region
from quintet.models import COUNTED, Assessment, Cycle, Snapshot, Status
from scorecards.domain import matrix
from scorecards.domain.figures import BASES, FrameworkShape, Tallies
from scorecards.domain.groups import group_codes
from scorecards.domain.tally import Tally
from scorecards.models import GroupScore, UnitScore
from scorecards.queries.units import units_of
from un20portal.lib.columns import Columns, read_columns, write_columns

Span = tuple[int, int]  # the first and the last entity id
EVERYBODY: Span = (0, BigIntegerField.MAX_BIGINT)
KindTallies = Mapping[str, Sequence[Tally]]  # basis → of each kind what is counted of it
STORED = np.dtype([("entity_id", "i8"), ("kind", "i8"), ("snapshot_id", "i8")])
NOTHING_STORED: Columns = np.zeros(0, dtype=STORED)
NOBODY = 0  # no snapshot has this number


@dataclass(frozen=True)
class Units:
    """Units of a cycle by entity id, and their kinds."""

    entities: Columns  # ids, ascending
    kinds: Columns  # of each unit the place in `groups`
    groups: list[list[str]]


@dataclass(frozen=True)
class Sheets(Units):
    """Units with the sheets that count, as matrices."""

    counted: Columns  # of each sheet the place of its unit
    snapshots: Columns  # of each sheet the id
    levels: dict[str, Columns]  # basis → sheets × items
    rows: dict[str, Columns]  # basis → of each of those sheets the place in `counted`


def read_units(cycle: Cycle, known: list[list[str]], *, span: Span = EVERYBODY) -> Units:
    """Read the units that were asked and exist on the last day.

    `known` are the kinds that stored rows name: they keep their places, new ones follow.
    """
    regions = list(Region.objects.order_by("code").values_list("code", flat=True))
    asked = units_of(cycle).filter(pk__range=span).values_list("pk", _membership(regions))
    found = read_columns(asked, [("entity_id", "i8"), ("membership", "i8")])
    memberships, kinds = np.unique(found["membership"], return_inverse=True)
    codes = [_groups(int(code), regions) for code in memberships]
    groups = known + [one for one in codes if one not in known]
    places = np.array([groups.index(one) for one in codes], dtype=np.intp)
    return Units(found["entity_id"].astype(np.int64), places[kinds], groups)


def read_sheets(
    cycle: Cycle,
    framework: FrameworkShape,
    known: list[list[str]],
    *,
    span: Span = EVERYBODY,
    bases: Sequence[str] = BASES,
) -> Sheets:
    """Read these units and their latest snapshots that count, with the levels on `bases`."""
    units = read_units(cycle, known, span=span)
    found = read_columns(_counted(cycle, span, bases), _sheet_type(framework, bases))
    sheets = found[np.isin(found["entity_id"], units.entities)]
    rows = {"claimed": np.arange(len(sheets)), "accepted": np.flatnonzero(sheets["is_validated"] == 1)}
    return Sheets(
        units.entities,
        units.kinds,
        units.groups,
        counted=np.searchsorted(units.entities, sheets["entity_id"]),
        snapshots=sheets["snapshot_id"].astype(np.int64),
        levels={
            basis: matrix.read_levels(sheets[basis][rows[basis]].tobytes(), framework) for basis in bases
        },
        rows=rows,
    )


def _counted(cycle: Cycle, span: Span, bases: Sequence[str]) -> "QuerySet[Snapshot, Any]":
    asked = Assessment.objects.filter(cycle=cycle, entity__pk__range=span)
    # Sheets of a cycle are made together: between the first and the last one the database reads no others.
    ends = asked.aggregate(first=Min("pk", default=0), last=Max("pk", default=0))
    within = Snapshot.objects.filter(assessment__gte=ends["first"], assessment__lte=ends["last"])
    is_validated = Case(When(status=Status.VALIDATED, then=1), default=0, output_field=BigIntegerField())
    return (
        within.latest_of_each_sheet()
        .filter(assessment__in=asked, assessment__status__in=COUNTED)
        .order_by("assessment__entity_id")
        .values_list("assessment__entity_id", "pk", Cast(is_validated, BigIntegerField()), *bases)
    )


def _sheet_type(framework: FrameworkShape, bases: Sequence[str]) -> np.dtype[Any]:
    numbers = [(name, "i8") for name in ("entity_id", "snapshot_id", "is_validated")]
    return np.dtype([*numbers, *((basis, f"V{len(framework.items)}") for basis in bases)])


def _membership(regions: list[str]) -> Cast:
    """What decides on the groups of a unit as one number: type, membership of CEB, region."""
    kind = _place("type", EntityType.values, default=None)
    is_member = Case(When(ceb_member=True, then=1), default=0)
    number = (kind * 2 + is_member) * (len(regions) + 1) + _place("region", regions, default=0)
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


def stored_units(cycle: Cycle) -> Columns:
    """What is stored of each unit of the cycle: its kind and its snapshot."""
    held = UnitScore.objects.filter(cycle=cycle).order_by("entity_id")
    kind = Cast("kind", BigIntegerField())
    return read_columns(held.values_list("entity_id", kind, Coalesce("snapshot_id", NOBODY)), STORED)


def is_stored(sheets: Sheets, stored: Columns) -> Columns:
    """Whether each unit has its row already, of the same kind and snapshot."""
    if not len(stored):
        return np.zeros(len(sheets.entities), dtype=bool)
    snapshots = np.full(len(sheets.entities), NOBODY)
    snapshots[sheets.counted] = sheets.snapshots
    found = stored[np.searchsorted(stored["entity_id"], sheets.entities).clip(max=len(stored) - 1)]
    is_same: Columns = found["entity_id"] == sheets.entities
    return is_same & (found["kind"] == sheets.kinds) & (found["snapshot_id"] == snapshots)


def score_sheets(sheets: Sheets, framework: FrameworkShape) -> dict[str, Columns]:
    """The figures of every sheet on each basis, as records."""
    return {basis: matrix.score_matrix(levels, framework) for basis, levels in sheets.levels.items()}


def write_units(cycle: Cycle, sheets: Sheets, records: Mapping[str, Columns], is_new: Columns) -> None:
    """Insert the rows of new units: with figures on both bases, on the claimed one alone, or without any."""
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
    write_columns(UnitScore, [*parts, _part(cycle, sheets, np.flatnonzero(is_silent), [])])


def _part(cycle: Cycle, sheets: Sheets, units: Columns, fields: list[tuple[str, str]]) -> Columns:
    part = np.empty(len(units), dtype=[("cycle_id", "i8"), ("entity_id", "i8"), ("kind", "i2"), *fields])
    part["cycle_id"], part["entity_id"], part["kind"] = cycle.pk, sheets.entities[units], sheets.kinds[units]
    return part


def count_kinds(sheets: Sheets, records: Mapping[str, Columns], framework: FrameworkShape) -> KindTallies:
    """Count every kind of unit on each basis."""
    n_kinds = len(sheets.groups)
    sizes = np.bincount(sheets.kinds, minlength=n_kinds).tolist()
    counted = {}
    for basis, levels in sheets.levels.items():
        kinds = sheets.kinds[sheets.counted[sheets.rows[basis]]]
        counted[basis] = matrix.tally_kinds(
            levels, records[basis], kinds, n_kinds=n_kinds, framework=framework
        )
        for tally, size in zip(counted[basis], sizes, strict=True):
            tally.n_group = size
    return counted


def in_groups(counted: KindTallies, groups: Sequence[Sequence[str]], framework: FrameworkShape) -> Tallies:
    """Sum up what is counted of the kinds of each group; `groups` are those of each kind."""
    tallies: Tallies = {}
    for basis, kinds in counted.items():
        for tally, codes in zip(kinds, groups, strict=True):
            for group in codes:
                if (group, basis) not in tallies:
                    tallies[group, basis] = framework.empty_tally()
                tallies[group, basis].merge(tally)
    return tallies


def are_stored(cycle: Cycle, tallies: Tallies) -> bool:
    """Whether this is what is stored of the groups, and nothing else."""
    rows = GroupScore.objects.filter(cycle=cycle).values_list("group", "basis", "n_group", "tally")
    stored = {(group, basis): (n_group, tally) for group, basis, n_group, tally in rows}
    return stored == {place: (tally.n_group, _as_text(tally)) for place, tally in tallies.items()}


def store_groups(cycle: Cycle, tallies: Tallies) -> None:
    """Store what is counted of every group, and nothing else."""
    GroupScore.objects.filter(cycle=cycle).delete()
    GroupScore.objects.bulk_create(
        GroupScore(cycle=cycle, group=group, basis=basis, n_group=tally.n_group, tally=_as_text(tally))
        for (group, basis), tally in tallies.items()
    )


def _as_text(tally: Tally) -> str:
    return json.dumps(tally.as_json())
