"""What is counted of a group of units on one basis: sums of which every figure of §4 is a function.

A tally is additive. Tallies of two sets of units make that of both; a unit that changes is taken out as it
was and put in as it is. So a cycle can be counted range by range, and one sheet costs the same whatever
the size of the cycle. Plain Python, integers only.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.groups import DimensionSummary, ItemCounts, quartiles
from scorecards.domain.scoring import UnitFigures, exact_index


@dataclass
class DimensionTally:
    """The counted sheets of a group in one dimension."""

    foundation: list[int]  # sheets by foundation, 0…L
    breadth: list[int]  # sheets by `has`, 0…items
    n_advanced: int = 0
    indices: Counter[tuple[int, int]] = field(default_factory=Counter)  # (points, weight) of rated sheets

    def add(self, figures: UnitFigures, times: int) -> None:
        self.breadth[figures.has] += times
        if figures.foundation is not None:
            self.foundation[figures.foundation] += times
        if figures.is_advanced:
            self.n_advanced += times
        if figures.is_rated:
            _count(self.indices, (figures.points, figures.weight_answered), times)

    def merge(self, other: "DimensionTally") -> None:
        _add_up(self.foundation, other.foundation)
        _add_up(self.breadth, other.breadth)
        self.n_advanced += other.n_advanced
        self.indices.update(other.indices)


@dataclass
class Tally:
    """A group on one basis: how many units, how many of them counted, and what their sheets say.

    `items[i]` holds the counts of level 0…L of item i, then those of “not applicable”.
    """

    n_group: int
    n_counted: int
    items: list[list[int]]
    dimensions: list[DimensionTally]

    @classmethod
    def empty(cls, sizes: Sequence[int], highest_level: int) -> "Tally":
        """Return the tally of nobody for dimensions of so many items each."""
        levels = highest_level + 1
        return cls(
            n_group=0,
            n_counted=0,
            items=[[0] * (levels + 1) for _item in range(sum(sizes))],
            dimensions=[DimensionTally([0] * levels, [0] * (size + 1)) for size in sizes],
        )

    def add(self, levels: bytes | None, figures: Sequence[UnitFigures], times: int = 1) -> None:
        """Count a unit with its packed levels and its figures per dimension; None: it does not count.

        With `times` −1 a unit is taken out that was added with the same values.
        """
        self.n_group += times
        if levels is None:
            return
        self.n_counted += times
        for counts, level in zip(self.items, levels, strict=True):
            if level != MISSING_BYTE:
                counts[-1 if level == NA_BYTE else level] += times
        for dimension, found in zip(self.dimensions, figures, strict=True):
            dimension.add(found, times)

    def merge(self, other: "Tally") -> None:
        """Add the units of `other`, of which none is counted here."""
        self.n_group += other.n_group
        self.n_counted += other.n_counted
        for mine, theirs in zip(self.items, other.items, strict=True):
            _add_up(mine, theirs)
        for here, there in zip(self.dimensions, other.dimensions, strict=True):
            here.merge(there)

    def item(self, position: int) -> ItemCounts:
        """Return the counts of the item in this place of the framework."""
        *dist, n_na = self.items[position]
        return ItemCounts(self.n_group, n_na, self.n_group - n_na - sum(dist), tuple(dist))

    def dimension(self, place: int, *, can_be_advanced: bool) -> DimensionSummary:
        """Return the summary of the dimension in this place of the framework."""
        tally = self.dimensions[place]
        indices = _indices(tally.indices, highest_level=len(tally.foundation) - 1)
        n_rated = tally.indices.total()
        q1, median, q3 = quartiles(indices) or (None, None, None)
        return DimensionSummary(
            n_group=self.n_group,
            n_counted=self.n_counted,
            n_rated=n_rated,
            mean=mean_index(tally.indices, highest_level=len(tally.foundation) - 1),
            median=median,
            q1=q1,
            q3=q3,
            foundation=tuple(tally.foundation),
            n_advanced=tally.n_advanced if can_be_advanced else None,
            breadth=tuple(tally.breadth),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the tally as plain JSON values."""
        return {
            "n_group": self.n_group,
            "n_counted": self.n_counted,
            "items": self.items,
            "dimensions": [
                {
                    "foundation": dimension.foundation,
                    "breadth": dimension.breadth,
                    "n_advanced": dimension.n_advanced,
                    "indices": sorted([*sums, n] for sums, n in dimension.indices.items()),
                }
                for dimension in self.dimensions
            ],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Tally":
        """Return what `as_json` was given."""
        return cls(
            n_group=content["n_group"],
            n_counted=content["n_counted"],
            items=content["items"],
            dimensions=[
                DimensionTally(
                    foundation=dimension["foundation"],
                    breadth=dimension["breadth"],
                    n_advanced=dimension["n_advanced"],
                    indices=Counter({(points, weight): n for points, weight, n in dimension["indices"]}),
                )
                for dimension in content["dimensions"]
            ],
        )


def mean_index(sums: Mapping[tuple[int, int], int], highest_level: int) -> Fraction | None:
    """Return the mean index of sheets, counted by points and answered weight; None for no sheet."""
    points: Counter[int] = Counter()  # summed as integers wherever the answered weight is the same
    for (found, weight), n in sums.items():
        points[weight] += found * n
    indices = (exact_index(total, weight, highest_level) for weight, total in points.items())
    return sum(indices, Fraction(0)) / sum(sums.values()) if sums else None


def _indices(counts: Mapping[tuple[int, int], int], highest_level: int) -> list[tuple[Fraction, int]]:
    """The indices of rated sheets, ascending, each with how many have it."""
    merged: Counter[Fraction] = Counter()
    for (points, weight), n in counts.items():
        merged[exact_index(points, weight, highest_level)] += n
    return sorted(merged.items())


def _count(counts: Counter[tuple[int, int]], key: tuple[int, int], times: int) -> None:
    counts[key] += times
    if not counts[key]:
        del counts[key]


def _add_up(mine: list[int], theirs: Sequence[int]) -> None:
    for place, n in enumerate(theirs):
        mine[place] += n
