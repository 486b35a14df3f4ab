"""P9: the simulation of a scorecard's uncertainty, beside the same arithmetic as a pure-Python loop."""

import tracemalloc
from collections.abc import Callable

from quintet.models import Cycle, Phase
from scorecards.domain.uncertainty import DRAWS, draw_ways, simulate
from scorecards.queries.frameworks import area_weights
from scorecards.services.gathering import gather
from tests.benchmarks.measuring import Line, medians_in_turn, milliseconds
from tests.scorecards.domain.loop import distance, simulate_in_a_loop

BAR_MS, BAR_RATIO, MEGABYTES = 300, 0.08, 300
LOOP_DRAWS = 40  # every draw costs the loop the same: it does a part of them, and its time is multiplied


def lines() -> list[Line]:
    """Measure the last closed cycle."""
    cycle = Cycle.objects.filter(phase=Phase.CLOSED).order_by("-code")[0]
    inputs = gather(cycle_id=cycle.pk)
    units, framework = inputs.units, inputs.framework
    areas = area_weights(cycle.framework)
    ways = draw_ways(framework, inputs_sha256=inputs.sha256, draws=LOOP_DRAWS)

    def run(draws: int = DRAWS) -> None:
        simulate(units, framework, areas, inputs_sha256=inputs.sha256, draws=draws)

    def loop() -> None:
        simulate_in_a_loop(units, framework, areas, ways)

    few = simulate(units, framework, areas, inputs_sha256=inputs.sha256, draws=LOOP_DRAWS)
    apart = distance(few, simulate_in_a_loop(units, framework, areas, ways))
    assert apart <= 1e-9, f"the loop says something else, {apart} away"
    simulated, looped = medians_in_turn(
        lambda: milliseconds(run), lambda: milliseconds(loop) * DRAWS / LOOP_DRAWS
    )
    peak = _peak_megabytes(run)
    is_kept = simulated <= BAR_MS and simulated <= BAR_RATIO * looped
    bar = f"≤ {BAR_MS} ms, ≤ {BAR_RATIO} ×"
    return [
        Line(
            f"P9 {DRAWS:,} draws with bands, {len(units)} units",
            simulated,
            "ms",
            bar,
            is_kept,
            f"pure-Python loop, {LOOP_DRAWS} draws extrapolated",
            looped,
        ),
        Line("P9 memory at its peak", peak, "MB", f"≤ {MEGABYTES} MB", peak <= MEGABYTES),
    ]


def _peak_megabytes(work: Callable[[], object]) -> float:
    """The most that `work` held at once beyond what was there before; numpy reports its arrays, too."""
    tracemalloc.start()
    work()
    _held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1_000_000
