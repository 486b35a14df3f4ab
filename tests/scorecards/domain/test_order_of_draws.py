"""The order of draws as scorecards/README.md says it, done again from its words alone, with plain numpy.

Nothing here is taken from `domain/uncertainty.py` but the answer that it is held against: whoever has the
sheets and the page of the README gets the same percentiles.
"""

from fractions import Fraction
from hashlib import sha256
from math import exp, log

import numpy as np
import pytest

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.bands import Interval
from scorecards.domain.figures import FrameworkShape, Unit
from scorecards.domain.scoring import ItemShape
from scorecards.domain.uncertainty import simulate
from scorecards.domain.uncertainty_derivations import drawing_steps, percentile_steps

NO, NA = MISSING_BYTE, NA_BYTE
WEIGHTS = {"DAT": [1, 1, 1, 1], "INN": [1, 1, 1], "CUR": [1, 3], "COL": [1, 2]}
AREAS = {"capability": {"DAT": 1, "INN": 1}, "culture": {"CUR": 1, "COL": 3}}
SHEETS = {
    "A": ([0, 3, 1, 4, 2, 4, 1, 4, 0, 2, 2], [0, 2, 1, 4, 2, 3, 1, 3, 0, 2, 1]),
    "B": ([3, NO, 1, 4, NA, 4, 1, 1, 0, NO, 2], None),
    "C": ([1, 1, 2, NO, 2, NO, 3, 4, 4, NO, 2], [1, 0, 2, NO, 2, NO, 3, 4, 2, NO, 2]),
}  # C answers exactly two thirds of INN and of COL: the draw decides whether it is rated
DRAWS = 300
INPUTS = sha256(b"the inputs of a small world").hexdigest()
GRAIN = 2**30


def as_the_readme_says(area: str) -> dict[str, Interval | None]:
    """The intervals of A, B, C and of their mean, "all"."""
    n, d = sum(map(len, WEIGHTS.values())), len(WEIGHTS)
    raw = np.random.PCG64(int(INPUTS[:16], 16)).random_raw(DRAWS * (n + d + 2))
    grains: dict[str, list[int]] = {code: [] for code in (*SHEETS, "all")}
    for row in raw.reshape(DRAWS, n + d + 2).tolist():
        multipliers = [(3 * 2**19 + (number >> 44)) / 2**21 for number in row[: n + d]]
        is_claimed, is_geometric = row[n + d] >> 63 == 1, row[n + d + 1] >> 63 == 1
        found = {}
        for code, (claimed, accepted) in SHEETS.items():
            sheet = claimed if is_claimed else accepted
            figure = None if sheet is None else area_figure(area, sheet, multipliers, is_geometric)
            if figure is not None:
                found[code] = round(figure * GRAIN)
                grains[code].append(found[code])
        if found:
            grains["all"].append(round(Fraction(sum(found.values()), len(found))))
    return {code: interval(values) for code, values in grains.items()}


def area_figure(area: str, sheet: list[int], multipliers: list[float], is_geometric: bool) -> float | None:
    place, whole, held, total = 0, 0.0, 0.0, 0.0
    for number, (dimension, weights) in enumerate(WEIGHTS.items()):
        levels, drawn = sheet[place : place + len(weights)], multipliers[place : place + len(weights)]
        place += len(weights)
        if dimension not in AREAS[area]:
            continue
        weight = AREAS[area][dimension] * multipliers[sum(map(len, WEIGHTS.values())) + number]
        whole += weight
        index = dimension_index(levels, [w * m for w, m in zip(weights, drawn, strict=True)])
        if index is not None:
            held += weight
            total += weight * (log(1 + 0.99 * index) if is_geometric else index)
    if 3 * held < 2 * whole:
        return None
    return (exp(total / held) - 1) / 0.99 if is_geometric else total / held


def dimension_index(levels: list[int], weights: list[float]) -> float | None:
    applicable = sum(w for w, level in zip(weights, levels, strict=True) if level != NA)
    answered = [(w, level) for w, level in zip(weights, levels, strict=True) if level not in (NA, NO)]
    weight = sum(w for w, _level in answered)
    if not answered or 3 * weight < 2 * applicable:
        return None
    return 100 * sum(w * level for w, level in answered) / (4 * weight)


def interval(values: list[int]) -> Interval | None:
    if not values:
        return None
    low, middle, high = (percentile(sorted(values), percent) for percent in (5, 50, 95))
    return Interval(low, middle, high, n_rated_draws=len(values))


def percentile(ordered: list[int], percent: int) -> Fraction:
    """At place 1 + p · (m - 1) / 100, the first being 1; between two values in proportion."""
    place = 1 + Fraction(percent * (len(ordered) - 1), 100)
    below = int(place)
    above = min(below + 1, len(ordered))
    value = ordered[below - 1] + (place - below) * (ordered[above - 1] - ordered[below - 1])
    return Fraction(value) / GRAIN


def simulated() -> dict[str, dict[str, Interval | None]]:
    units = [
        Unit(code, ("all",), {"claimed": bytes(said), "accepted": None if judged is None else bytes(judged)})
        for code, (said, judged) in SHEETS.items()
    ]
    shapes = {
        code: [ItemShape(f"{code}-{place}", weight) for place, weight in enumerate(weights)]
        for code, weights in WEIGHTS.items()
    }
    found = simulate(units, FrameworkShape(4, shapes), AREAS, inputs_sha256=INPUTS, draws=DRAWS)
    return {area: {**one.units, **one.groups} for area, one in found.items()}


@pytest.mark.parametrize("area", AREAS)
def test_the_words_of_the_readme_give_the_same_percentiles(area: str) -> None:
    expected = as_the_readme_says(area)
    assert simulated()[area] == expected
    edge = expected["C"]
    assert edge
    assert 0 < edge.n_rated_draws < DRAWS


def test_a_receipt_names_the_same_seed_width_and_places() -> None:
    steps = {step.name: step for step in drawing_steps(INPUTS, draws=DRAWS, n_items=11, n_dimensions=4)}
    assert steps["seed"].value == str(int(INPUTS[:16], 16))
    assert steps["raw"].filled == "300 · (11 + 4 + 2)"
    assert int(str(steps["raw"].value)) == 300 * 17
    told = {"p5": "1.0", "p50": "2.0", "p95": "3.0", "n_rated_draws": 21}
    places = [step.filled for step in percentile_steps(told, draws=DRAWS, is_group=True)[1:]]
    assert places == ["x[2]", "x[11]", "x[20]"]
    assert percentile([*range(100, 121)], 5) * GRAIN == 101  # the second of 21
