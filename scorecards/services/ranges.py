"""Computing a large cycle range by range of its units, side by side, and summing up at the end.

A run is begun once, its ranges are computed in any order by anybody, each in a transaction of its own, and
it is finished by whoever comes when no range is left. Every step may be killed, lost or asked for twice:
what is done is not done again, and no figure is to be seen before all stand. This imports numpy, like
`services.computing`.
"""

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from quintet.models import Cycle
from scorecards import signals
from scorecards.domain.figures import BASES, FrameworkShape
from scorecards.domain.tally import Tally
from scorecards.models import Computation, ComputationRange, ComputationRun, UnitScore
from scorecards.queries.frameworks import framework_shape, made_with
from scorecards.queries.work import RUN
from scorecards.services import counting
from scorecards.services.locking import beside_others, one_at_a_time
from un20portal.lib.columns import Columns
from un20portal.outbox.services import put

PATIENCE = timedelta(minutes=1)  # after which a run that was begun is looked after


@transaction.atomic
def begin_run(*, cycle: Cycle, framework: FrameworkShape, at: datetime) -> None:
    """Cut the cycle's units into ranges and owe them; one run at a time, one under way goes on."""
    one_at_a_time(cycle_id=cycle.pk)
    if ComputationRun.objects.filter(cycle=cycle, **made_with(framework)).exists():
        return
    for model in (ComputationRun, Computation):  # what they say means something else now
        model._default_manager.filter(cycle=cycle).delete()
    units = counting.read_units(cycle, [])
    run = ComputationRun.objects.create(cycle=cycle, kinds=units.groups, begun_at=at, **made_with(framework))
    size, (first, last) = settings.SCORECARDS_RANGE_UNITS, counting.EVERYBODY
    lows = [first, *units.entities[size::size].tolist()]
    highs = [*(low - 1 for low in lows[1:]), last]
    ranges = ComputationRange.objects.bulk_create(
        ComputationRange(run=run, low=low, high=high) for low, high in zip(lows, highs, strict=True)
    )
    put(RUN, {"cycle_id": cycle.pk, "run_id": run.pk}, at=at, due_at=at + PATIENCE)
    run_id, range_ids = run.pk, [one.pk for one in ranges]
    transaction.on_commit(
        lambda: signals.run_begun.send(sender=ComputationRun, run_id=run_id, range_ids=range_ids),
        robust=True,  # a broker that is down delays the work, it does not undo it
    )


@transaction.atomic
def compute_range(*, range_id: int) -> None:
    """Store the rows of the units of this range and keep what is counted of them, unless that is done."""
    cycle_id = _cycle_of(ComputationRange.objects.filter(pk=range_id), "run__cycle")
    if cycle_id is None:
        return
    beside_others(cycle_id=cycle_id)
    waiting = ComputationRange.objects.filter(pk=range_id, counted="").select_for_update(of=("self",))
    part = waiting.select_related("run__cycle__framework").first()
    if part is None:
        return
    framework, kinds = framework_shape(part.run.cycle.framework), part.run.kinds
    if not _is_made_alike(part.run, framework):
        return
    sheets = counting.read_sheets(part.run.cycle, framework, kinds, span=part.span)
    if sheets.groups == kinds:
        _store(part, sheets, framework)
    else:  # a unit is in groups in which nobody was when the run began: the end finds that rows are missing
        _stored(part).delete()
        part.counted = json.dumps({})
        part.save(update_fields=["counted"])


@transaction.atomic
def finish_run(*, run_id: int, at: datetime) -> None:
    """Sum up and let the figures stand, unless a range is still to be done, or the run has ended.

    What changed since a range was computed is computed here, so that the figures are those of the sheets now.
    """
    cycle_id = _cycle_of(ComputationRun.objects.filter(pk=run_id), "cycle")
    if cycle_id is None:
        return
    one_at_a_time(cycle_id=cycle_id)
    run = ComputationRun.objects.select_related("cycle__framework").filter(pk=run_id).first()
    if run is None or run.ranges.filter(counted="").exists():
        return
    framework = framework_shape(run.cycle.framework)
    if not _is_made_alike(run, framework):
        return
    kinds = _renew_what_changed(run, framework)
    counted = _summed_up(run, len(kinds), framework)
    counting.store_groups(run.cycle, counting.in_groups(counted, kinds, framework))
    Computation.objects.create(cycle=run.cycle, kinds=kinds, at=at, **made_with(framework))
    run.delete()


def _cycle_of(rows: "QuerySet[Any]", field: str) -> int | None:
    return rows.values_list(field, flat=True).first()


def _is_made_alike(run: ComputationRun, framework: FrameworkShape) -> bool:
    """Whether the run is of this method and framework; another one is begun anew by the next who looks."""
    return {"method": run.method, "shape_sha256": run.shape_sha256} == made_with(framework)


def _store(part: ComputationRange, sheets: counting.Sheets, framework: FrameworkShape) -> None:
    """Make the range's rows and counts those of `sheets`."""
    _stored(part).delete()
    records = counting.score_sheets(sheets, framework)
    counting.write_units(part.run.cycle, sheets, records, np.ones(len(sheets.entities), dtype=bool))
    counted = counting.count_kinds(sheets, records, framework)
    part.counted = json.dumps(
        {basis: [tally.as_json() for tally in tallies] for basis, tallies in counted.items()}
    )
    part.save(update_fields=["counted"])


def _stored(part: ComputationRange) -> "QuerySet[UnitScore]":
    return UnitScore.objects.filter(cycle=part.run.cycle, entity__pk__range=part.span)


def _renew_what_changed(run: ComputationRun, framework: FrameworkShape) -> list[list[str]]:
    """Compute again the ranges in which a row is not what the sheets say now; return all kinds there are."""
    now = counting.read_sheets(run.cycle, framework, run.kinds, bases=())
    wrong, kinds = _wrong_units(now, counting.stored_units(run.cycle)), now.groups
    for part in run.ranges.select_related("run__cycle"):
        if ((wrong >= part.low) & (wrong <= part.high)).any():
            sheets = counting.read_sheets(run.cycle, framework, kinds, span=part.span)
            _store(part, sheets, framework)
            kinds = sheets.groups
    return kinds


def _wrong_units(now: counting.Sheets, stored: Columns) -> Columns:
    """The ids of units whose row is missing, says something else, or should not be there; ascending."""
    right = now.entities[counting.is_stored(now, stored)]
    return np.setdiff1d(np.union1d(now.entities, stored["entity_id"]), right)


def _summed_up(run: ComputationRun, n_kinds: int, framework: FrameworkShape) -> counting.KindTallies:
    """What is counted of each kind in all ranges together."""
    total = {basis: [framework.empty_tally() for _kind in range(n_kinds)] for basis in BASES}
    for counted in run.ranges.values_list("counted", flat=True):
        for basis, tallies in json.loads(counted).items():
            for sums, tally in zip(total[basis], tallies, strict=False):  # a kind may be newer than a range
                sums.merge(Tally.from_json(tally))
    return total
