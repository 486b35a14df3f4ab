"""Computing the figures of a whole cycle from frozen sheets, and storing them. Idempotent.

This imports numpy, so it belongs to workers and commands; one sheet at a time is followed without
(`services.following`). Cycles of very many units are left to several workers (`services.ranges`).
"""

from datetime import datetime

import numpy as np
from django.conf import settings
from django.db import transaction

from quintet.models import Cycle, Phase
from scorecards.domain.figures import FrameworkShape
from scorecards.models import Computation, ComputationRun, UnitScore
from scorecards.queries.frameworks import framework_shape, made_with
from scorecards.queries.units import units_of
from scorecards.services import counting
from scorecards.services.locking import one_at_a_time
from scorecards.services.ranges import begin_run
from un20portal.lib.columns import Columns


@transaction.atomic
def compute_cycle(*, cycle_id: int, at: datetime) -> Computation:
    """Bring the stored figures of the cycle up to date; the same inputs change nothing.

    They stand when this returns: a run under way is ended, its work is done here.
    """
    one_at_a_time(cycle_id=cycle_id)
    cycle = Cycle.objects.select_related("framework").get(pk=cycle_id)
    framework = framework_shape(cycle.framework)
    current = Computation.objects.filter(cycle=cycle, **made_with(framework)).first()
    if current is None:
        ComputationRun.objects.filter(cycle=cycle).delete()
        UnitScore.objects.filter(cycle=cycle).delete()  # whatever they say, it means something else now
    sheets = counting.read_sheets(cycle, framework, current.kinds if current else [])
    stored = counting.stored_units(cycle) if current else counting.NOTHING_STORED
    if not _store(cycle, sheets, stored, framework) and current:
        return current
    values = {**made_with(framework), "kinds": sheets.groups, "at": at}
    computation, _made = Computation.objects.update_or_create(cycle=cycle, defaults=values)
    return computation


@transaction.atomic
def bring_up_to_date(*, cycle_id: int, at: datetime) -> Computation | None:
    """As `compute_cycle`; or None where so many units are to be computed that a run of ranges does it."""
    one_at_a_time(cycle_id=cycle_id)
    cycle = Cycle.objects.select_related("framework").get(pk=cycle_id)
    framework = framework_shape(cycle.framework)
    stands = Computation.objects.filter(cycle=cycle, **made_with(framework)).exists()
    if stands or units_of(cycle).count() <= settings.SCORECARDS_RANGE_UNITS:
        return compute_cycle(cycle_id=cycle_id, at=at)
    begin_run(cycle=cycle, framework=framework, at=at)
    return None


@transaction.atomic
def rebuild_cycle(*, cycle_id: int, at: datetime) -> Computation:
    """Compute the figures of the cycle anew, whatever is stored."""
    one_at_a_time(cycle_id=cycle_id)
    Computation.objects.filter(cycle=cycle_id).delete()  # without it no stored row means anything
    return compute_cycle(cycle_id=cycle_id, at=at)


def heal_stale_figures(*, at: datetime) -> int:
    """Bring up to date every cycle whose figures do not match its sheets; return how many were stale.

    One cycle that cannot be computed does not keep the others stale: its error is raised after them.
    """
    healed, errors = 0, []
    for cycle in Cycle.objects.exclude(phase=Phase.PLANNED).order_by("pk"):
        before = Computation.objects.filter(cycle=cycle).values_list("pk", "at").first()
        try:
            found = bring_up_to_date(cycle_id=cycle.pk, at=at)
            healed += found is None or (found.pk, found.at) != before
        except Exception as error:  # noqa: BLE001  raised below, after the other cycles
            error.add_note(f"cycle {cycle.code}")
            errors.append(error)
    if errors:
        raise ExceptionGroup("some cycles could not be computed", errors)
    return healed


def _store(cycle: Cycle, sheets: counting.Sheets, stored: Columns, framework: FrameworkShape) -> bool:
    """Make the `stored` rows those of `sheets`; return whether any was wrong or missing."""
    is_right = counting.is_stored(sheets, stored)
    records = counting.score_sheets(sheets, framework)
    counted = counting.count_kinds(sheets, records, framework)
    tallies = counting.in_groups(counted, sheets.groups, framework)
    if is_right.all() and len(stored) == len(is_right) and counting.are_stored(cycle, tallies):
        return False
    wrong = np.setdiff1d(stored["entity_id"], sheets.entities[is_right])
    if len(wrong):
        held = UnitScore.objects.filter(cycle=cycle)
        (held if len(wrong) == len(stored) else held.filter(entity__in=wrong.tolist())).delete()
    counting.write_units(cycle, sheets, records, ~is_right)
    counting.store_groups(cycle, tallies)
    return True
