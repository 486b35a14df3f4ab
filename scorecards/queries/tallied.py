"""The figures of a cycle's groups as they follow from what is counted now: stored groups and custom ones."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from quintet.models import Cycle
from scorecards.domain.figures import BASES, FrameworkShape, tally_figures
from scorecards.domain.groups import CUSTOM
from scorecards.domain.packed import unpack_figures
from scorecards.domain.tally import Tally
from scorecards.models import Computation, CustomGroup, GroupScore, UnitScore
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.grouping import custom_groups


class TalliedGroups(Mapping[str, Any]):
    """The figures of groups on each basis, in the shape of a document.

    Of a custom group nothing is stored but who is in it: its units are counted when it is read first. Each
    part of a page asks for its group, so what was counted is kept as long as this is.
    """

    def __init__(self, cycle: Cycle) -> None:
        self._cycle = cycle
        self._found: dict[str, dict[str, Any]] = {}
        stored = GroupScore.objects.filter(cycle=cycle).order_by("group").values_list("group", "n_group")
        custom = {f"{CUSTOM}{group.code}": group for group in custom_groups(cycle) if group.n_asked}
        self.custom_names = {code: group.name for code, group in custom.items()}
        self.sizes = {**dict(stored), **{code: group.n_asked for code, group in custom.items()}}

    def __iter__(self) -> Iterator[str]:
        return iter(self.sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, group: str) -> dict[str, Any]:
        if group not in self.sizes:
            raise KeyError(group)
        if group not in self._found:
            tallies = (
                _count(self._cycle, group, self._framework)
                if group in self.custom_names
                else _stored(self._cycle, group)
            )
            figures = {basis: tally_figures(tally, self._framework) for basis, tally in tallies.items()}
            self._found[group] = figures
        return self._found[group]

    @cached_property
    def _framework(self) -> FrameworkShape:
        return framework_shape(self._cycle.framework)


def scores_of(cycle: Cycle, group: str) -> QuerySet[UnitScore]:
    """What is stored of the units of a group in a cycle of which figures stand."""
    scores = UnitScore.objects.filter(cycle=cycle)
    if group.startswith(CUSTOM):
        chosen = CustomGroup.objects.filter(code=group.removeprefix(CUSTOM))
        return scores.filter(entity__in=chosen.values("units"))
    kinds = Computation.objects.values_list("kinds", flat=True).get(cycle=cycle)
    return scores.filter(kind__in=[place for place, groups in enumerate(kinds) if group in groups])


def _stored(cycle: Cycle, group: str) -> dict[str, Tally]:
    rows = GroupScore.objects.filter(cycle=cycle, group=group)
    return {row.basis: Tally.from_json(json.loads(row.tally)) for row in rows}


def _count(cycle: Cycle, group: str, framework: FrameworkShape) -> dict[str, Tally]:
    tallies = {basis: framework.empty_tally() for basis in BASES}
    fields = [name for basis in BASES for name in (basis, f"snapshot__{basis}")]
    for row in scores_of(cycle, group).values(*fields):
        for basis, tally in tallies.items():
            figures = row[basis]
            if figures is None:
                tally.add(None, [])
            else:
                tally.add(bytes(row[f"snapshot__{basis}"]), unpack_figures(bytes(figures)))
    return tallies
