"""P1, P2 and P12: all figures of a cycle, and one sheet of it, at the sizes S, M and L."""

import itertools
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from quintet.models import Answer, Assessment, Cycle, Phase
from scorecards.domain.figures import score_sheet
from scorecards.domain.packed import unpack_figures
from scorecards.models import UnitScore
from scorecards.queries.frameworks import framework_shape
from scorecards.services import counting
from scorecards.services.composing import compose
from scorecards.services.computing import rebuild_cycle
from scorecards.services.following import follow
from tests.benchmarks.measuring import Line, medians_in_turn, milliseconds
from tests.benchmarks.sizes import UNITS_M, make_cycle

# The scores of both bases in one pass over the answers. It writes nothing and hands one row over, so that
# only the work is measured; its sorts and tables fit into memory.
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
), scores AS (
    SELECT entity_id, dimension_id,
           count(*) FILTER (WHERE NOT is_na) AS applicable,
           sum(weight) FILTER (WHERE NOT is_na) AS weight_applicable,
           count(claimed) AS answered, sum(weight) FILTER (WHERE claimed IS NOT NULL) AS weight_answered,
           coalesce(sum(weight * claimed), 0) AS points,
           count(*) FILTER (WHERE claimed >= 2) AS has, count(*) FILTER (WHERE claimed >= 3) AS operates,
           min(coalesce(claimed, 0)) FILTER (WHERE NOT is_na) AS foundation,
           count(*) FILTER (WHERE claimed >= 2 AND enabler IN ('STR', 'LED', 'TRN')) AS needed,
           count(accepted) AS a_answered,
           sum(weight) FILTER (WHERE accepted IS NOT NULL) AS a_weight_answered,
           coalesce(sum(weight * accepted), 0) AS a_points,
           count(*) FILTER (WHERE accepted >= 2) AS a_has,
           count(*) FILTER (WHERE accepted >= 3) AS a_operates,
           min(coalesce(accepted, 0)) FILTER (WHERE NOT is_na) AS a_foundation,
           count(*) FILTER (WHERE accepted >= 2 AND enabler IN ('STR', 'LED', 'TRN')) AS a_needed
    FROM levels GROUP BY entity_id, dimension_id
)
SELECT count(*), sum(applicable), sum(weight_applicable), sum(answered), sum(weight_answered), sum(points),
       sum(has), sum(operates), sum(foundation), sum(needed), sum(a_answered), sum(a_weight_answered),
       sum(a_points), sum(a_has), sum(a_operates), sum(a_foundation), sum(a_needed)
FROM scores
"""
# What a computation replaces lies in the tables until autovacuum comes, a minute later at most. Here
# computations follow each other in a second: each begins with the tables that it would find in service.
VACUUM = "VACUUM scorecards_unitscore, scorecards_groupscore, scorecards_computation"
MEMORY = "SET work_mem = '512MB'; SET statement_timeout = 0"
LOOP_UNITS = 60  # the loop of one query per unit is measured on so many and stands for all


def lines() -> list[Line]:
    """Measure the last closed cycle of the demonstration, then cycles of 46,000 units."""
    with connection.cursor() as cursor:
        cursor.execute(MEMORY)
    small = Cycle.objects.filter(phase=Phase.CLOSED).order_by("-code")[0]
    found = _small(small)
    large = make_cycle("bench-m1", units=UNITS_M, with_answers=True)
    found += _medium(large)
    history = [make_cycle(f"bench-m{n}", units=UNITS_M, with_answers=False) for n in range(2, 6)]
    found += _growth(small, [large, *history])
    with connection.cursor() as cursor:
        cursor.execute("RESET work_mem; RESET statement_timeout")
    return found


def _small(cycle: Cycle) -> list[Line]:
    rebuild_cycle(cycle_id=cycle.pk, at=timezone.now())
    _require_same_sums(cycle)
    rebuilt, document, aggregate = medians_in_turn(
        lambda: _rebuild(cycle),
        lambda: milliseconds(lambda: compose(cycle=cycle)),
        lambda: _aggregate(cycle),
    )
    sql = ("best SQL aggregate", aggregate)
    return [
        Line("P1 S: all figures, written", rebuilt, "ms", "≤ 150 ms", rebuilt <= 150, *sql),
        Line("P1 S: the bytes to publish", document, "ms", "none", None, *sql),
    ]


def _medium(cycle: Cycle) -> list[Line]:
    rebuild_cycle(cycle_id=cycle.pk, at=timezone.now())
    _require_same_sums(cycle)
    rebuilt, computed, aggregate, loop = medians_in_turn(
        lambda: _rebuild(cycle),
        _compute_alone(cycle),
        lambda: _aggregate(cycle),
        lambda: _loop(cycle),
    )
    sql = ("best SQL aggregate", aggregate)
    return [
        Line("P1 M: all figures, written", rebuilt, "ms", "≤ 0.7 ×", rebuilt <= 0.7 * aggregate, *sql),
        Line("P1 M: compute alone", computed, "ms", "≤ 0.15 ×", computed <= 0.15 * aggregate, *sql),
        Line("P1 M: a query per unit", loop, "ms", "≥ 200 ×", loop >= 200 * rebuilt, "all figures", rebuilt),
    ]


def _growth(small: Cycle, large: list[Cycle]) -> list[Line]:
    for cycle in large:
        rebuild_cycle(cycle_id=cycle.pk, at=timezone.now())
    in_turn = itertools.cycle(large)  # always the same one would find all of itself in the database's memory
    follow_small, follow_large, at_small, one, all_five = medians_in_turn(
        lambda: _follow(small),
        lambda: _follow(large[-1]),
        lambda: _rebuild(small),
        lambda: _rebuild(next(in_turn)),
        lambda: sum(_rebuild(cycle) for cycle in large),
    )
    is_flat, is_linear = follow_large <= 1.2 * follow_small, all_five <= 5.5 * one
    times = UNITS_M / small.assessments.count()
    as_many, is_below = at_small * times, one <= at_small * times
    return [
        Line("P2 L: follow one sheet", follow_large, "ms", "≤ 1.2 ×", is_flat, "at S", follow_small),
        Line("P12 M: all figures", one, "ms", "≤ 1 ×", is_below, f"{times:.0f} times S", as_many),
        Line("P12 L: all figures of five cycles", all_five, "ms", "≤ 5.5 ×", is_linear, "one at M", one),
    ]


def _rebuild(cycle: Cycle) -> float:
    with connection.cursor() as cursor:
        cursor.execute(VACUUM)
    return milliseconds(lambda: rebuild_cycle(cycle_id=cycle.pk, at=timezone.now()))


def _compute_alone(cycle: Cycle) -> Callable[[], float]:
    framework = framework_shape(cycle.framework)
    sheets = counting.read_sheets(cycle, framework, [])

    def compute() -> None:
        counted = counting.count_kinds(sheets, counting.score_sheets(sheets, framework), framework)
        counting.in_groups(counted, sheets.groups, framework)

    return lambda: milliseconds(compute)


def _follow(cycle: Cycle) -> float:
    """Let a unit say something else, and follow it."""
    row = UnitScore.objects.filter(cycle=cycle).exclude(accepted=None).order_by("entity")[5]
    sheet = Assessment.objects.get(cycle=cycle, entity=row.entity_id)
    UnitScore.objects.filter(pk=row.pk).update(claimed=row.accepted)
    return milliseconds(lambda: follow(cycle_id=cycle.pk, assessment_id=sheet.pk, at=timezone.now()))


def _loop(cycle: Cycle) -> float:
    """A query per unit, as such portals do it; some units stand for all."""
    framework = framework_shape(cycle.framework)
    sheets = list(Assessment.objects.filter(cycle=cycle).order_by("pk")[:LOOP_UNITS])

    def score() -> None:
        for sheet in sheets:
            answers = Answer.objects.filter(assessment=sheet).select_related("item__dimension")
            levels = {a.item.code: 255 if a.claimed is None else a.claimed for a in answers}
            score_sheet(bytes(levels.get(item.code, 255) for item in framework.items), framework)

    return milliseconds(score) * cycle.assessments.count() / LOOP_UNITS


def _aggregate(cycle: Cycle) -> float:
    return milliseconds(lambda: _sums(cycle))


def _sums(cycle: Cycle) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(AGGREGATE, [cycle.pk])
        return tuple(cursor.fetchone())


def _require_same_sums(cycle: Cycle) -> None:
    """The aggregate is a fair measure only if it adds up to what the engine stored."""
    count, *_applicable, answered, weight, points, has, operates, _f, _n = _sums(cycle)[:10]
    rows = UnitScore.objects.filter(cycle=cycle).exclude(claimed=None).values_list("claimed", flat=True)
    figures = [found for packed in rows if packed for found in unpack_figures(bytes(packed))]
    names = ("answered", "weight_answered", "points", "has", "operates")
    stored = [len(figures), *(sum(getattr(found, name) for found in figures) for name in names)]
    assert [count, answered, weight, points, has, operates] == stored, f"SQL and engine differ: {stored}"
