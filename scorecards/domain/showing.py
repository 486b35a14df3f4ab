"""Method un20-1 §6: how much of a simulation may be shown. Pure functions, plain Python.

Intervals come from sheets, not from cells, so they follow the cells that the disclosure rule has judged
already: an interval says nothing of anybody of whom those cells do not speak.
"""

from collections.abc import Mapping
from typing import Any

from scorecards.domain.figures import BASES
from scorecards.domain.groups import ALL

Document = Mapping[str, Any]


def fully_shown_groups(published: Document) -> set[str]:
    """Return the groups whose every dimension stands in the scorecard, on both bases, with its own figure."""
    return {
        group
        for group, bases in published["groups"].items()
        if all(is_shown(cell) for basis in BASES for cell in bases[basis]["dimensions"].values())
    }


def is_shown(cell: Document) -> bool:
    """Whether a cell of a scorecard shows this version's own figure: neither hidden nor carried."""
    return not cell.get("suppressed") and "carried_from" not in cell


def is_steady(entry: Document, threshold: int) -> bool:
    """Whether every draw is of enough units: those of the group that the draws never leave unrated."""
    return all(entry["n_always_rated"][basis] >= threshold for basis in BASES)


def shown_diagnostics(published: Document, dimensions: Document) -> dict[str, dict[str, Any] | None]:
    """Return the diagnostics of each dimension that may be shown beside the scorecard; None: nothing.

    They are of all units, so the dimension's cells of all units must be there. What is said of the units
    that answer everything is said from the threshold on.
    """
    cells = {basis: published["groups"][ALL][basis]["dimensions"] for basis in BASES}
    found: dict[str, dict[str, Any] | None] = {}
    for code, entry in dimensions.items():
        if not all(is_shown(cells[basis][code]) for basis in BASES):
            found[code] = None
        elif entry["n_complete"] >= published["threshold"]:
            found[code] = dict(entry)
        else:
            found[code] = {**entry, "n_complete": None, "alpha": None, "without": {}}
    return found
