"""P1: all figures of one cycle, from the database to the stored rows, beside one SQL aggregate."""

from typing import Any

from django.db import connection
from django.utils import timezone

from quintet.models import Cycle, Phase
from scorecards.domain.figures import group_figures, score_units
from scorecards.models import UnitScore
from scorecards.services.composing import compose
from scorecards.services.computing import compute_cycle, gather, rebuild_cycle
from tests.benchmarks.measuring import Line, medians_in_turn, milliseconds

# The scores of both bases in one pass over the answers; it writes nothing.
AGGREGATE = """
WITH levels AS (
    SELECT sheet.entity_id, item.dimension_id, item.weight, item.enabler,
           answer.state = 'na' AND answer.na_decision = 'approved' AS is_na,
           answer.claimed,
           CASE WHEN sheet.status = 'validated' THEN coalesce(answer.accepted, answer.claimed) END AS accepted
    FROM quintet_answer answer
    JOIN quintet_assessment sheet ON sheet.id = answer.assessment_id
    JOIN quintet_item item ON item.id = answer.item_id
    WHERE sheet.cycle_id = %s AND sheet.status IN ('submitted', 'validated')
)
SELECT entity_id, dimension_id,
       count(*) FILTER (WHERE NOT is_na),
       sum(weight) FILTER (WHERE NOT is_na),
       count(claimed), sum(weight) FILTER (WHERE claimed IS NOT NULL), coalesce(sum(weight * claimed), 0),
       count(*) FILTER (WHERE claimed >= 2), count(*) FILTER (WHERE claimed >= 3),
       min(coalesce(claimed, 0)) FILTER (WHERE NOT is_na),
       count(*) FILTER (WHERE claimed >= 2 AND enabler IN ('STR', 'LED', 'TRN')),
       count(accepted), sum(weight) FILTER (WHERE accepted IS NOT NULL), coalesce(sum(weight * accepted), 0),
       count(*) FILTER (WHERE accepted >= 2), count(*) FILTER (WHERE accepted >= 3),
       min(coalesce(accepted, 0)) FILTER (WHERE NOT is_na),
       count(*) FILTER (WHERE accepted >= 2 AND enabler IN ('STR', 'LED', 'TRN'))
FROM levels GROUP BY entity_id, dimension_id
"""
SUMS = {"claimed": (4, 6, 7, 8), "accepted": (11, 13, 14, 15)}  # answered, points, has, operates
BAR = "≤ 150 ms"
BAR_MS = 150


def lines() -> list[Line]:
    """Measure the rebuild of the last closed cycle."""
    cycle = Cycle.objects.filter(phase=Phase.CLOSED).order_by("-code")[0]
    compute_cycle(cycle_id=cycle.pk, at=timezone.now())
    _require_same_scores(cycle)
    inputs = gather(cycle_id=cycle.pk)

    def everything() -> float:
        UnitScore.objects.filter(cycle=cycle).delete()
        return rebuild()

    def rebuild() -> float:
        return milliseconds(lambda: rebuild_cycle(cycle_id=cycle.pk, at=timezone.now()))

    def compute() -> None:
        group_figures(inputs.units, inputs.framework, score_units(inputs.units, inputs.framework))

    all_written, rebuilt, computed, document, aggregate = medians_in_turn(
        everything,
        rebuild,
        lambda: milliseconds(compute),
        lambda: milliseconds(lambda: compose(cycle=cycle)),
        lambda: milliseconds(lambda: _aggregate(cycle)),
    )
    sql = ("best SQL aggregate", aggregate)
    return [
        Line("P1 rebuild, every score written", all_written, "ms", BAR, all_written <= BAR_MS, *sql),
        Line("P1 rebuild, scores stored before", rebuilt, "ms", BAR, rebuilt <= BAR_MS, *sql),
        Line("P1 compute alone", computed, "ms", "≤ 0.15 × at M", None, *sql),
        Line("P1 the bytes to publish", document, "ms", "none", None, *sql),
    ]


def _aggregate(cycle: Cycle) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(AGGREGATE, [cycle.pk])
        return cursor.fetchall()


def _require_same_scores(cycle: Cycle) -> None:
    """The aggregate is a fair measure only if it says what the engine stored."""
    aggregated = {(row[0], row[1]): row for row in _aggregate(cycle)}
    for basis, places in SUMS.items():
        stored = UnitScore.objects.filter(cycle=cycle, basis=basis)
        values = stored.values_list("entity_id", "dimension_id", "answered", "points", "has", "operates")
        for unit, dimension, *sums in values:
            found = [aggregated[unit, dimension][place] for place in places]
            assert found == sums, f"{basis}: SQL says {found}, the engine {sums}"
