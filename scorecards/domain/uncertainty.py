"""Method un20-1 §6: how far area figures depend on the weights, on the mean, and on what was accepted.

A Monte Carlo simulation with numpy: for tasks, never imported by what serves pages. The same inputs give
the same texts, whatever the order of the units, the size of a block, the processor or numpy's version:

* The generator's raw 64-bit numbers are drawn: numpy promises that their stream never changes.
* Multipliers are integers, so that sums of points and weights are exact in any order, and an index is
  one division of exact numbers.
* Figures of areas are kept in whole grains of 2⁻³⁰, which takes the last digits of a logarithm away. From
  there on all is exact again: group sums, and percentiles as fractions, rounded once when shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.bands import Interval, bands
from scorecards.domain.figures import BASES, FrameworkShape, Unit
from scorecards.domain.scoring import ItemShape

DRAWS = 2_000
BLOCK = 32  # units at a time: fits in a processor's cache, and numpy starts no threads for it
LOWEST_MULTIPLIER, CHANCE_BITS = 3 << 19, 20  # U(0.75, 1.25) in steps of 2⁻²¹
GRAINS = 1 << 30  # in 1 of an index; the sum of 80 000 figures stays below 2⁵³
SLOPE = 0.99  # of §3: x = 1 + 0.99 · index keeps an index of 0 from being a product of 0
PERCENTILES = (5, 50, 95)

Numbers = NDArray[np.float64]
Areas = Mapping[str, Mapping[str, int]]  # area → dimension → positive integer weight


@dataclass(frozen=True)
class Way:
    """The draws that share a basis and a mean; they differ in weights. Columns are draws.

    `items[dimension]` holds a row for each item, `dimensions[dimension]` one number for each draw.
    """

    basis: str
    is_geometric: bool
    items: Mapping[str, Numbers]
    dimensions: Mapping[str, Numbers]
    n_draws: int


@dataclass(frozen=True)
class AreaUncertainty:
    """One area: an interval for each unit and each group's mean (None: never rated), and bands of units."""

    units: Mapping[str, Interval | None]
    groups: Mapping[str, Interval | None]
    bands: tuple[tuple[str, ...], ...]


def simulate(
    units: Sequence[Unit],
    framework: FrameworkShape,
    areas: Areas,
    *,
    inputs_sha256: str,
    draws: int = DRAWS,
    block: int = BLOCK,
) -> dict[str, AreaUncertainty]:
    """Return the uncertainty of each area's figure for units and groups.

    A draw takes one basis and one mean for everybody, and multiplies every weight by U(0.75, 1.25).
    Unaccepted answers are in or out: on the claimed basis submitted sheets count and levels are the
    claimed ones, on the accepted basis only validated sheets count, with the accepted levels. The rule of
    two thirds is asked anew in every draw, of items and of dimensions.
    """
    ways = draw_ways(framework, inputs_sha256=inputs_sha256, draws=draws)
    groups = sorted({group for unit in units for group in unit.groups})
    tallies = {area: _Tally(groups, draws) for area in areas}
    for begin in range(0, len(units), block):
        inside = units[begin : begin + block]
        parts = [_figures(inside, framework, areas, way) for way in ways]
        for area, tally in tallies.items():
            tally.add(inside, np.hstack([part[area] for part in parts]))
    return {area: tally.result() for area, tally in tallies.items()}


def seed_of(inputs_sha256: str) -> int:
    """Return the generator's seed: the first 8 bytes of the inputs' hash."""
    return int(inputs_sha256[:16], 16)


def draw_ways(framework: FrameworkShape, *, inputs_sha256: str, draws: int) -> list[Way]:
    """Return what is left to chance, drawn from the first 8 bytes of the inputs' hash.

    Each draw takes a number for every item, one for every dimension and two coins, so fewer draws are the
    first of more. Weights are not renormalised: in ratios of their sums that changes nothing.
    """
    n_items, n_dimensions = len(framework.items), len(framework.dimensions)
    width = n_items + n_dimensions + 2
    raw = np.random.PCG64(seed_of(inputs_sha256)).random_raw(draws * width).reshape(draws, width).T
    multipliers = (LOWEST_MULTIPLIER + (raw[:-2] >> (64 - CHANCE_BITS))).astype(np.float64)
    is_claimed, is_geometric = raw[-2:] >> 63 == 1
    ways = []
    for basis in BASES:
        for geometric in (False, True):
            drawn = multipliers[:, (is_claimed == (basis == "claimed")) & (is_geometric == geometric)]
            items = {code: drawn[:n_items][place] for code, place in framework.places.items()}
            dimensions = dict(zip(framework.dimensions, drawn[n_items:], strict=True))
            ways.append(Way(basis, geometric, items, dimensions, drawn.shape[1]))
    return ways


class _Tally:
    """The figures of one area, added block by block."""

    def __init__(self, groups: Iterable[str], draws: int) -> None:
        self.units: dict[str, Interval | None] = {}
        self.sums = {group: np.zeros(draws) for group in groups}
        self.n_rated = {group: np.zeros(draws) for group in self.sums}

    def add(self, units: Sequence[Unit], figures: Numbers) -> None:
        """Add the figures, units × draws, in grains."""
        self.units.update(zip((unit.code for unit in units), intervals_of(figures), strict=True))
        is_rated = ~np.isnan(figures)
        for unit, values, rated in zip(units, np.where(is_rated, figures, 0), is_rated, strict=True):
            for group in unit.groups:
                self.sums[group] += values
                self.n_rated[group] += rated

    def result(self) -> AreaUncertainty:
        """Return the intervals of units and of the groups' means over their rated units."""
        groups = {}
        for group, sums in self.sums.items():
            with np.errstate(invalid="ignore"):  # 0 / 0: nobody is rated, the mean is not a number
                means = np.rint(sums / self.n_rated[group])
            [groups[group]] = intervals_of(means[np.newaxis])
        return AreaUncertainty(self.units, groups, bands(self.units))


def _figures(units: Sequence[Unit], framework: FrameworkShape, areas: Areas, way: Way) -> dict[str, Numbers]:
    """Return {area: units × draws} in grains; not a number where the area is not rated."""
    unanswered = bytes([MISSING_BYTE] * len(framework.items))
    sheets = b"".join(unit.sheets[way.basis] or unanswered for unit in units)
    levels = np.frombuffer(sheets, dtype=np.uint8).reshape(len(units), len(framework.items))
    indices = {
        code: _indices(levels[:, place], framework.dimensions[code], framework.highest_level, way.items[code])
        for code, place in framework.places.items()
    }
    return {
        area: _combined(
            [indices[code] for code in weights],
            [weight * way.dimensions[code] for code, weight in weights.items()],
            is_geometric=way.is_geometric,
        )
        for area, weights in areas.items()
    }


def _indices(
    levels: NDArray[np.uint8], items: Sequence[ItemShape], highest_level: int, multipliers: Numbers
) -> Numbers:
    """Return the indices of one dimension, units × draws; not a number where it is not rated (§2)."""
    weights = np.array([item.weight for item in items], dtype=np.float64)
    applicable = weights * (levels != NA_BYTE)
    answered = applicable * (levels != MISSING_BYTE)
    with np.errstate(invalid="ignore"):  # 0 / 0: nothing is answered, the index is not a number
        indices = (100 * answered * levels) @ multipliers / ((highest_level * answered) @ multipliers)
    indices[(3 * answered - 2 * applicable) @ multipliers < 0] = np.nan
    return indices


def _combined(indices: Sequence[Numbers], weights: Sequence[Numbers], *, is_geometric: bool) -> Numbers:
    """Return the mean of the rated dimensions in grains, where they hold two thirds of the weight (§3)."""
    held = np.zeros_like(indices[0])
    total = np.zeros_like(indices[0])
    for index, weight in zip(indices, weights, strict=True):
        is_rated = ~np.isnan(index)
        held += weight * is_rated
        value = np.log(1 + SLOPE * index) if is_geometric else index
        total += weight * np.where(is_rated, value, 0)
    with np.errstate(invalid="ignore"):  # 0 / 0: no dimension is rated
        mean = total / held
    figures = (np.exp(mean) - 1) / SLOPE if is_geometric else mean
    figures[3 * held < 2 * np.sum(weights, axis=0)] = np.nan
    return np.rint(figures * GRAINS)


def intervals_of(figures: Numbers) -> list[Interval | None]:
    """Return the percentiles of each row of `figures`, in grains, over its numbers: type 7, exact."""
    ordered = np.sort(figures, axis=1)  # what is not a number comes last
    n_rated = np.count_nonzero(~np.isnan(ordered), axis=1)
    low, median, high = (_percentiles(ordered, n_rated, percent) for percent in PERCENTILES)
    return [
        Interval(low[row], median[row], high[row], n_rated_draws=n) if n else None
        for row, n in enumerate(n_rated.tolist())
    ]


def _percentiles(ordered: Numbers, n_rated: NDArray[np.intp], percent: int) -> list[Fraction]:
    """The percentile of the first `n_rated` values of each row; linear interpolation in integers."""
    last = np.maximum(n_rated - 1, 0)
    lower, rest = np.divmod(last * percent, 100)
    rows = np.arange(len(ordered))
    below, above = ordered[rows, lower], ordered[rows, np.minimum(lower + 1, last)]
    hundredths = np.nan_to_num(100 * below + rest * (above - below))  # a row without numbers: any will do
    return [Fraction(int(value), 100 * GRAINS) for value in hundredths]
