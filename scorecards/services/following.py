"""Following one sheet: its stored figures and those of its groups, whatever the size of the cycle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from quintet.models import COUNTED, Assessment, Cycle, Snapshot
from scorecards.domain.figures import BASES, FrameworkShape, score_sheet
from scorecards.domain.packed import pack_figures, unpack_figures
from scorecards.domain.scoring import METHOD, UnitFigures
from scorecards.domain.tally import Tally
from scorecards.models import Computation, GroupScore, UnitScore
from scorecards.queries.frameworks import framework_shape, shape_sha256
from scorecards.queries.sheets import groups_of, sheets_of
from scorecards.queries.units import units_of
from scorecards.services.locking import one_at_a_time


@transaction.atomic
def follow(*, cycle_id: int, at: datetime, assessment_id: int | None = None) -> None:
    """Bring the cycle's stored figures up to date after a change of this sheet, or of all of them.

    While a run of ranges is under way, its end sees to that: it holds every row against the sheets of then.
    """
    one_at_a_time(cycle_id=cycle_id)
    sheet = None if assessment_id is None else _sheet(assessment_id)
    computation = Computation.objects.filter(cycle_id=cycle_id).first()
    if sheet is None or computation is None or not _replace(sheet, computation):
        from scorecards.services.computing import bring_up_to_date  # numpy: not for those who only follow

        bring_up_to_date(cycle_id=cycle_id, at=at)
    else:
        Computation.objects.filter(pk=computation.pk).update(at=at)


def _sheet(assessment_id: int) -> Assessment:
    return Assessment.objects.select_related("cycle__framework", "entity").get(pk=assessment_id)


@dataclass(frozen=True)
class _Saying:
    """What a unit says: its groups, its packed levels and its figures per basis."""

    groups: Sequence[str]
    levels: Mapping[str, bytes | None]
    figures: Mapping[str, list[UnitFigures]]


def _replace(sheet: Assessment, computation: Computation) -> bool:
    """Take the unit out as it was and put it in as it is; return False where that is not enough."""
    framework = framework_shape(sheet.cycle.framework)
    held = UnitScore.objects.select_related("snapshot").filter(cycle=sheet.cycle_id, entity=sheet.entity_id)
    row, groups = held.first(), list(groups_of(sheet.entity))
    is_made_alike = (computation.method, computation.shape_sha256) == (METHOD, shape_sha256(framework))
    is_asked = units_of(sheet.cycle).filter(pk=sheet.entity_id).exists()
    if row is None or not is_made_alike or not is_asked or groups not in computation.kinds:
        return False
    snapshot = Snapshot.objects.latest_of_each_sheet().filter(assessment=sheet).first()
    now = _now(groups, snapshot if sheet.status in COUNTED else None, framework)
    tallies = _replace_in_groups(sheet.cycle, _before(row, computation), now)
    row.kind, row.snapshot = computation.kinds.index(groups), snapshot if now.figures else None
    for basis in BASES:
        setattr(row, basis, pack_figures(now.figures[basis]) if basis in now.figures else None)
    row.save()
    GroupScore.objects.bulk_update(tallies, ["n_group", "tally"])
    return True


def _before(row: UnitScore, computation: Computation) -> _Saying:
    packed = {basis: getattr(row, basis) for basis in BASES}
    figures = {basis: unpack_figures(bytes(found)) for basis, found in packed.items() if found is not None}
    return _Saying(computation.kinds[row.kind], sheets_of(row.snapshot), figures)


def _now(groups: Sequence[str], snapshot: Snapshot | None, framework: FrameworkShape) -> _Saying:
    levels = sheets_of(snapshot)
    figures = {
        basis: list(score_sheet(found, framework).values())
        for basis, found in levels.items()
        if found is not None
    }
    return _Saying(groups, levels, figures)


def _replace_in_groups(cycle: Cycle, before: _Saying, now: _Saying) -> list[GroupScore]:
    """Return the rows of the groups that the unit was or is in, changed and not yet stored."""
    rows = list(GroupScore.objects.filter(cycle=cycle, group__in={*before.groups, *now.groups}))
    for row in rows:
        tally = Tally.from_json(json.loads(row.tally))
        for saying, times in ((before, -1), (now, 1)):
            if row.group in saying.groups:
                tally.add(saying.levels[row.basis], saying.figures.get(row.basis, []), times)
        row.n_group, row.tally = tally.n_group, json.dumps(tally.as_json())
    return rows
