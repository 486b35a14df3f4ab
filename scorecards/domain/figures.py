"""The figures of one cycle: from packed sheets to counts per group, and to a plain document."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any

from scorecards.domain.groups import DimensionSummary, ItemCounts, count_item, summarise_dimension
from scorecards.domain.scoring import ItemShape, UnitFigures, score_dimension
from un20portal.lib.ratios import one_decimal

BASES = ("accepted", "claimed")


@dataclass(frozen=True)
class FrameworkShape:
    """What the engine knows of a framework: items by dimension, in framework order."""

    highest_level: int
    dimensions: Mapping[str, Sequence[ItemShape]]

    @property
    def items(self) -> list[ItemShape]:
        return [item for items in self.dimensions.values() for item in items]

    @property
    def places(self) -> dict[str, slice]:
        """Where in a packed sheet the levels of each dimension are."""
        ends = accumulate(len(items) for items in self.dimensions.values())
        return {
            code: slice(end - len(self.dimensions[code]), end)
            for code, end in zip(self.dimensions, ends, strict=True)
        }


@dataclass(frozen=True)
class Unit:
    """One unit of a cycle: its groups, and its packed levels per basis (None: does not count)."""

    code: str
    groups: tuple[str, ...]
    sheets: Mapping[str, bytes | None]


UnitScores = dict[str, dict[str, dict[str, UnitFigures]]]  # basis → unit code → dimension code


def score_units(units: Sequence[Unit], framework: FrameworkShape) -> UnitScores:
    """Return the figures of §2 for every counted sheet on each basis."""

    @cache  # many sheets say the same on a dimension, most of them on both bases
    def figures(code: str, levels: bytes) -> UnitFigures:
        return score_dimension(framework.dimensions[code], levels, highest_level=framework.highest_level)

    places = framework.places
    return {
        basis: {
            unit.code: {code: figures(code, sheet[place]) for code, place in places.items()}
            for unit in units
            if (sheet := unit.sheets[basis]) is not None
        }
        for basis in BASES
    }


def group_figures(units: Sequence[Unit], framework: FrameworkShape, scores: UnitScores) -> dict[str, Any]:
    """Return {group: {basis: {n_group, n_counted, items, dimensions}}} of §4, as plain JSON values."""
    members: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        for group in unit.groups:
            members[group].append(unit)
    return {
        group: {basis: _figures(inside, framework, scores[basis], basis) for basis in BASES}
        for group, inside in sorted(members.items())
    }


def _figures(
    units: Sequence[Unit], framework: FrameworkShape, scores: dict[str, dict[str, UnitFigures]], basis: str
) -> dict[str, Any]:
    sheets = [unit.sheets[basis] for unit in units]
    counted = [scores[unit.code] for unit in units if unit.code in scores]
    items = {
        item.code: item_entry(
            count_item(
                (sheet[position] if sheet is not None else None for sheet in sheets),
                highest_level=framework.highest_level,
            )
        )
        for position, item in enumerate(framework.items)
    }
    dimensions = {
        code: dimension_entry(
            summarise_dimension(
                [sheet[code] for sheet in counted],
                n_group=len(units),
                n_items=len(shapes),
                highest_level=framework.highest_level,
            )
        )
        for code, shapes in framework.dimensions.items()
    }
    return {"n_group": len(units), "n_counted": len(counted), "items": items, "dimensions": dimensions}


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
