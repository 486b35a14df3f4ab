"""The country level: country teams by region and capability, a map as a table. No borders are drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from quintet.models import Area
from scorecards.domain.groups import median_breadth
from scorecards.queries.frameworks import asked_dimensions
from scorecards.queries.reading import Figures, group_choices

REGION = "region:"


@dataclass(frozen=True)
class RegionCell:
    """How many enablers of one capability the middle country team of a region has in place; None: hidden."""

    dimension: str
    n_counted: int | None
    median: Fraction | None
    n_items: int

    @property
    def is_suppressed(self) -> bool:
        return self.n_counted is None

    @property
    def part(self) -> Fraction | None:
        """The median in per cent of the enablers, to be drawn."""
        return None if self.median is None or not self.n_items else 100 * self.median / self.n_items


@dataclass(frozen=True)
class RegionRow:
    """One region with its capabilities in framework order."""

    code: str
    name: str
    n_group: int
    cells: Sequence[RegionCell]


def regions(figures: Figures, *, basis: str) -> list[RegionRow]:
    """The regions of which there are figures."""
    codes = list(
        asked_dimensions(figures.cycle.framework_id)
        .filter(area=Area.CAPABILITY)
        .values_list("code", flat=True)
    )
    return [
        RegionRow(
            choice.code,
            choice.name,
            choice.n_group,
            _cells(figures.groups[choice.code][basis]["dimensions"], codes),
        )
        for choice in group_choices(figures)
        if choice.code.startswith(REGION)
    ]


def _cells(entries: Mapping[str, Any], codes: Sequence[str]) -> list[RegionCell]:
    return [_cell(code, entries[code]) for code in codes]


def _cell(code: str, entry: Mapping[str, Any]) -> RegionCell:
    if entry.get("suppressed"):
        return RegionCell(code, None, None, 0)
    breadth = entry["breadth"]
    return RegionCell(code, entry["n_counted"], median_breadth(breadth), len(breadth) - 1)
