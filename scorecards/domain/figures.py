"""The figures of one cycle: from packed sheets to tallies per group, and to plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from typing import Any

from quintet.domain.shape import flaws
from scorecards.domain.groups import DimensionSummary, ItemCounts
from scorecards.domain.scoring import ItemShape, UnitFigures, score_dimension
from scorecards.domain.tally import Tally
from un20portal.lib.ratios import one_decimal

BASES = ("accepted", "claimed")


@dataclass(frozen=True)
class FrameworkShape:
    """What the engine knows of a framework: items by dimension, in framework order.

    Raises ValueError where a dimension cannot be counted: figures of too large sums would be wrong ones.
    """

    highest_level: int
    dimensions: Mapping[str, Sequence[ItemShape]]

    def __post_init__(self) -> None:
        for code, items in self.dimensions.items():
            shapes = ((item.weight, item.enabler) for item in items)
            for flaw in flaws(shapes, highest_level=self.highest_level):
                raise ValueError(f"{code}: {flaw}")

    @cached_property
    def items(self) -> list[ItemShape]:
        return [item for items in self.dimensions.values() for item in items]

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where in a packed sheet the levels of each dimension are."""
        ends = accumulate(len(items) for items in self.dimensions.values())
        return {
            code: slice(end - len(self.dimensions[code]), end)
            for code, end in zip(self.dimensions, ends, strict=True)
        }

    def can_be_advanced(self, dimension: str) -> bool:
        """Whether “advanced” is said of this dimension: its items are enablers."""
        return any(item.enabler for item in self.dimensions[dimension])

    def empty_tally(self) -> Tally:
        return Tally.empty([len(items) for items in self.dimensions.values()], self.highest_level)


@dataclass(frozen=True)
class Unit:
    """One unit of a cycle: its groups, and its packed levels per basis (None: does not count)."""

    code: str
    groups: tuple[str, ...]
    sheets: Mapping[str, bytes | None]


UnitScores = dict[str, dict[str, dict[str, UnitFigures]]]  # basis → unit code → dimension code
Tallies = dict[tuple[str, str], Tally]  # (group, basis)


def score_sheet(levels: bytes, framework: FrameworkShape) -> dict[str, UnitFigures]:
    """Return the figures of §2 of one packed sheet, by dimension in framework order."""
    return {
        code: score_dimension(
            framework.dimensions[code], levels[place], highest_level=framework.highest_level
        )
        for code, place in framework.places.items()
    }


def score_units(units: Sequence[Unit], framework: FrameworkShape) -> UnitScores:
    """Return the figures of §2 for every counted sheet on each basis."""

    @cache  # most sheets say the same on both bases
    def figures(levels: bytes) -> dict[str, UnitFigures]:
        return score_sheet(levels, framework)

    return {
        basis: {unit.code: figures(sheet) for unit in units if (sheet := unit.sheets[basis]) is not None}
        for basis in BASES
    }


def tally_units(units: Sequence[Unit], framework: FrameworkShape, scores: UnitScores) -> Tallies:
    """Count the units of every group on each basis."""
    tallies: Tallies = {}
    for unit in units:
        for basis in BASES:
            figures = scores[basis].get(unit.code, {})
            for group in unit.groups:
                if (group, basis) not in tallies:
                    tallies[group, basis] = framework.empty_tally()
                tallies[group, basis].add(unit.sheets[basis], list(figures.values()))
    return tallies


def group_figures(tallies: Tallies, framework: FrameworkShape) -> dict[str, Any]:
    """Return {group: {basis: {n_group, n_counted, items, dimensions}}} of §4, as plain JSON values."""
    groups = sorted({group for group, _basis in tallies})
    return {
        group: {basis: tally_figures(tallies[group, basis], framework) for basis in BASES} for group in groups
    }


def tally_figures(tally: Tally, framework: FrameworkShape) -> dict[str, Any]:
    """Return {n_group, n_counted, items, dimensions} of one group on one basis, as plain JSON values."""
    return {
        "n_group": tally.n_group,
        "n_counted": tally.n_counted,
        "items": {
            item.code: item_entry(tally.item(position)) for position, item in enumerate(framework.items)
        },
        "dimensions": {
            code: dimension_entry(tally.dimension(place, can_be_advanced=framework.can_be_advanced(code)))
            for place, code in enumerate(framework.dimensions)
        },
    }


def item_entry(counts: ItemCounts) -> dict[str, Any]:
    """Return the counts of one item with their exact and rounded shares."""
    bounds = counts.bounds_has
    return {
        "n_group": counts.n_group,
        "n_na": counts.n_na,
        "n_missing": counts.n_missing,
        "n_answered": counts.n_answered,
        "dist": list(counts.dist),
        "has": counts.has,
        "operates": counts.operates,
        "share_has": ratio(counts.share_has),
        "share_operates": ratio(counts.share_operates),
        "paper_gap": ratio(counts.paper_gap),
        "bounds_has": [ratio(bound) for bound in bounds] if bounds else None,
    }


def dimension_entry(summary: DimensionSummary) -> dict[str, Any]:
    """Return the summary of one dimension with exact and rounded values."""
    return {
        "n_group": summary.n_group,
        "n_counted": summary.n_counted,
        "n_rated": summary.n_rated,
        "mean": ratio(summary.mean),
        "median": ratio(summary.median),
        "q1": ratio(summary.q1),
        "q3": ratio(summary.q3),
        "foundation": list(summary.foundation),
        "n_advanced": summary.n_advanced,
        "breadth": list(summary.breadth),
    }


def ratio(value: Fraction | None) -> list[Any] | None:
    """Return [numerator, denominator, text with one decimal], or None."""
    if value is None:
        return None
    numerator, denominator = value.as_integer_ratio()
    return [numerator, denominator, _rounded(numerator, denominator)]


@lru_cache(maxsize=100_000)  # counts repeat from item to item
def _rounded(numerator: int, denominator: int) -> str | None:
    return one_decimal(Fraction(numerator, denominator))


def unit_entry(figures: UnitFigures, highest_level: int) -> dict[str, Any]:
    """Return the figures of one unit × dimension as plain JSON values."""
    return {
        "applicable": figures.applicable,
        "answered": figures.answered,
        "weight_applicable": figures.weight_applicable,
        "weight_answered": figures.weight_answered,
        "points": figures.points,
        "rated": figures.is_rated,
        "index": ratio(figures.index(highest_level)),
        "has": figures.has,
        "operates": figures.operates,
        "paper_gap": figures.paper_gap,
        "foundation": figures.foundation,
        "advanced": figures.is_advanced,
    }
