"""What a published version has to say of its groups, counted again from the sheets behind it. Plain Python.

Whether a cell had to be hidden or carried is not decided again: that is `suppression`. What is shown is
counted, what is carried is looked up, and what is hidden may say nothing else.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from scorecards.domain.figures import BASES, FrameworkShape, Tallies, tally_figures
from scorecards.domain.groups import ALL, CEB31, COUNTRY_TEAMS, ENTITIES
from scorecards.domain.published import Release
from scorecards.domain.suppression import carried_entry, hidden_entry

Groups = Mapping[str, Any]  # {group: {basis: {n_group, n_counted, items, dimensions}}}
WHOLES = {ALL: (ENTITIES, COUNTRY_TEAMS), ENTITIES: ("type:",), COUNTRY_TEAMS: ("region:",)}


def recounted(
    groups: Groups,
    tallies: Tallies,
    framework: FrameworkShape,
    *,
    threshold: int,
    before: Sequence[Release],
) -> dict[str, Any]:
    """Return what `groups` has to be, `tallies` being those of the units whose sheets count.

    `before` are the versions of the same cycle, if any. How many units a group has in all is taken from
    `groups`: those without a sheet are named nowhere. Raises ValueError where these numbers contradict each
    other, KeyError where a figure is missing.
    """
    for group in {group for group, _basis in tallies} - groups.keys():
        raise ValueError(f"the group {group} is missing")
    sizes = {group: groups[group][BASES[0]]["n_group"] for group in groups}
    found: dict[str, Any] = {}
    for group, basis in ((group, basis) for group in sorted(groups) for basis in BASES):
        tally = tallies.get((group, basis)) or framework.empty_tally()
        tally.n_group = sizes[group]
        if tally.n_group < tally.n_counted:
            raise ValueError(f"the group {group} has fewer units than sheets")
        figures = tally_figures(tally, framework)
        for kind in ("items", "dimensions"):
            for code, entry in figures[kind].items():
                said = groups[group][basis][kind].get(code, {})
                if "carried_from" in said:
                    figures[kind][code] = carried_entry(before, group, basis, kind, code)
                elif said.get("suppressed") or _n_units(entry) < threshold:
                    figures[kind][code] = hidden_entry(entry)
        found.setdefault(group, {})[basis] = figures
    _require_fitting(sizes)
    return found


def _n_units(entry: Mapping[str, Any]) -> int:
    """How many units a figure is of: those that answer the item, or are rated in the dimension."""
    n_units: int = entry["n_answered"] if "n_answered" in entry else entry["n_rated"]
    return n_units


def _require_fitting(sizes: Mapping[str, int]) -> None:
    """Every unit is in the groups of its kind, so their sizes add up."""
    for whole, parts in WHOLES.items():
        n_parts = sum(size for group, size in sizes.items() if group.startswith(parts))
        if sizes.get(whole, 0) != n_parts:
            raise ValueError(f"the parts of the group {whole} do not add up to it")
    if sizes.get(CEB31, 0) > sizes.get(ENTITIES, 0):
        raise ValueError(f"the group {CEB31} is larger than {ENTITIES}")


def first_difference(said: Any, found: Any) -> list[str] | None:
    """Return the names that lead to the first difference of two JSON documents; None if there is none."""
    if isinstance(said, dict) and isinstance(found, dict):
        for name in sorted(said.keys() | found.keys()):
            if name not in said or name not in found:
                return [name]
            if (place := first_difference(said[name], found[name])) is not None:
                return [name, *place]
        return None
    return None if json.dumps(said, sort_keys=True) == json.dumps(found, sort_keys=True) else []
