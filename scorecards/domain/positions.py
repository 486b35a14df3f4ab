"""Where one unit stands in its group without anybody's name: the quarter, never a rank. Plain Python.

It follows from the group's published quartiles and the unit's own figure and from nothing else, so it tells
nobody more than these two do. No sheet of another unit is read, and no unit is counted.
"""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any

from scorecards.domain.derivations import exact
from scorecards.domain.showing import is_shown

FEWEST_RATED = 5


class Quarter(StrEnum):
    """A quarter of a group, from below."""

    LOWEST = "lowest"
    LOWER = "lower"
    UPPER = "upper"
    HIGHEST = "highest"


# The quartiles between which each quarter lies: from the first on, below the second; None: there is none
BOUNDS: Mapping[Quarter, tuple[str | None, str | None]] = {
    Quarter.LOWEST: (None, "q1"),
    Quarter.LOWER: ("q1", "median"),
    Quarter.UPPER: ("median", "q3"),
    Quarter.HIGHEST: ("q3", None),
}


def position_in(cell: Mapping[str, Any], index: Fraction | None) -> Quarter | None:
    """Return the quarter of a group in which an index lies, by the group's cell as it is published.

    None where the cell is hidden or carried, where fewer than five units are rated, where the index or a
    quartile is not there, and where two quartiles equal the index: then too many stand at one figure.
    """
    if index is None or not is_shown(cell) or (cell.get("n_rated") or 0) < FEWEST_RATED:
        return None
    published = [cell.get(name) for name in ("q1", "median", "q3")]
    if not all(published):
        return None
    quartiles = [exact(quartile) for quartile in published]
    if quartiles.count(index) > 1:
        return None
    return list(Quarter)[sum(quartile <= index for quartile in quartiles)]
