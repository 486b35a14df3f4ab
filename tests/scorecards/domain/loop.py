"""The simulation as a loop: slow, plain, without numpy, and not the code under test."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import exp, fsum, log
from statistics import quantiles

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.bands import Interval, bands
from scorecards.domain.figures import FrameworkShape, Unit
from scorecards.domain.uncertainty import Areas, AreaUncertainty, Way

Figure = float | None


def simulate_in_a_loop(
    units: Sequence[Unit], framework: FrameworkShape, areas: Areas, ways: Iterable[Way]
) -> dict[str, AreaUncertainty]:
    """Unit by unit, item by item, draw by draw: what `simulate` does with the same draws."""
    members = {group: [unit.code for unit in units if group in unit.groups] for group in groups_of(units)}
    of_units: dict[str, dict[str, list[Figure]]] = {area: {u.code: [] for u in units} for area in areas}
    of_groups: dict[str, dict[str, list[Figure]]] = {area: {g: [] for g in members} for area in areas}
    for way in ways:
        item_draws = zip(*(multipliers.T.tolist() for multipliers in way.items.values()), strict=True)
        dimension_draws = zip(*(numbers.tolist() for numbers in way.dimensions.values()), strict=True)
        for item_weights, dimension_weights in zip(item_draws, dimension_draws, strict=True):
            drawn = dict(zip(framework.dimensions, dimension_weights, strict=True))
            indices = {
                unit.code: unit_indices(unit.sheets[way.basis], framework, item_weights) for unit in units
            }
            for area, base in areas.items():
                weights = {code: weight * drawn[code] for code, weight in base.items()}
                found = {code: combined(indices[code], weights, way.is_geometric) for code in indices}
                for code, figure in found.items():
                    of_units[area][code].append(figure)
                for group, codes in members.items():
                    of_groups[area][group].append(mean([found[code] for code in codes]))
    result = {}
    for area in areas:
        intervals = {code: interval(figures) for code, figures in of_units[area].items()}
        means = {group: interval(figures) for group, figures in of_groups[area].items()}
        result[area] = AreaUncertainty(intervals, means, bands(intervals))
    return result


def groups_of(units: Iterable[Unit]) -> list[str]:
    return sorted({group for unit in units for group in unit.groups})


def unit_indices(
    sheet: bytes | None, framework: FrameworkShape, multipliers: Sequence[Sequence[float]]
) -> dict[str, Figure]:
    if sheet is None:
        return dict.fromkeys(framework.dimensions)
    found: dict[str, Figure] = {}
    position = 0
    for (code, items), drawn in zip(framework.dimensions.items(), multipliers, strict=True):
        points = answered = applicable = 0.0
        for item, multiplier in zip(items, drawn, strict=True):
            level, weight = sheet[position], item.weight * multiplier
            position += 1
            if level != NA_BYTE:
                applicable += weight
                if level != MISSING_BYTE:
                    answered += weight
                    points += weight * level
        is_rated = applicable > 0 and 3 * answered >= 2 * applicable
        found[code] = 100 * points / (framework.highest_level * answered) if is_rated else None
    return found


def combined(indices: dict[str, Figure], weights: dict[str, float], is_geometric: bool) -> Figure:
    total = held = whole = 0.0
    for code, weight in weights.items():
        whole += weight
        index = indices[code]
        if index is not None:
            held += weight
            total += weight * (log(1 + 0.99 * index) if is_geometric else index)
    if not held or 3 * held < 2 * whole:
        return None
    return (exp(total / held) - 1) / 0.99 if is_geometric else total / held


def mean(figures: Sequence[Figure]) -> Figure:
    rated = [figure for figure in figures if figure is not None]
    return fsum(rated) / len(rated) if rated else None


def interval(figures: Sequence[Figure]) -> Interval | None:
    """Percentiles by the standard library, whose method "inclusive" is type 7."""
    rated = [figure for figure in figures if figure is not None]
    if not rated:
        return None
    cuts = quantiles(rated, n=20, method="inclusive") if len(rated) > 1 else rated * 19
    low, median, high = (Fraction(cuts[place]) for place in (0, 9, 18))
    return Interval(low, median, high, len(rated))


def distance(found: dict[str, AreaUncertainty], expected: dict[str, AreaUncertainty]) -> float:
    """The largest difference of two percentiles; an assertion fails where they are of different draws."""
    largest = 0.0
    for area, uncertainty in expected.items():
        for kind in ("units", "groups"):
            here, there = getattr(found[area], kind), getattr(uncertainty, kind)
            assert here.keys() == there.keys()
            largest = max([largest, *(_apart(here[code], there[code]) for code in there)])
    return largest


def _apart(one: Interval | None, other: Interval | None) -> float:
    assert (one and one.n_rated_draws) == (other and other.n_rated_draws)
    if one is None or other is None:
        return 0.0
    return float(max(abs(one.low - other.low), abs(one.median - other.median), abs(one.high - other.high)))
