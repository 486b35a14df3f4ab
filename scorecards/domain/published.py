"""What is published of a cycle: sums over sheets, and the cells in which each sheet takes part. Plain Python.

    full sample  the units of a version
    panel        of a comparison, the units that answer an item in both cycles; of a dimension, those that
                 answer the same of its items in both
    overlap      of a comparison, the units that are counted in both cycles

Either sum of a comparison adds up sheets of the cycle before and, for itself, sheets of the cycle after: it
has two sides. Each sum is a cell for every group and basis in which it is shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from quintet.domain.crosswalk import Crosswalk
from scorecards.domain.disclosure import Cell
from scorecards.domain.figures import BASES, FrameworkShape, Unit, UnitScores, score_units
from scorecards.domain.movement import is_answer
from scorecards.domain.scoring import UnitFigures

PANEL, OVERLAP = "panel", "overlap"
SUMS = (PANEL, OVERLAP)  # the panel is the last to be hidden
IS_ANSWER = bytes(map(is_answer, range(256)))  # by packed level


class Part(NamedTuple):
    """What is shown of an item or a dimension in one group on one basis."""

    sums: str  # PANEL or OVERLAP
    basis: str
    group: str


Shown = Mapping[str, frozenset[Part]]  # by code of an item or dimension after


class Sheet(NamedTuple):
    """What a unit says on one basis in one sum, and the cells in which it takes part."""

    unit: str
    basis: str
    levels: bytes
    other: bytes | None  # in a comparison, what the unit says in the other cycle
    answers: bytes  # by position: 1 where it answers, in a panel in both cycles
    figures: Mapping[str, UnitFigures]  # by dimension in which it counts
    cells: frozenset[Cell]


@dataclass(frozen=True)
class Release:
    """One version of a cycle's figures: the units behind it and its cells, published or about to be."""

    version: int  # unlike that of all others that are looked at
    units: Sequence[Unit]
    groups: Mapping[str, Any]  # {group: {basis: {n_group, n_counted, items, dimensions}}}

    def own_cells(self, kind: str, code: str) -> Iterator[Cell]:
        """Yield the cells that show this version's own figure: neither hidden nor carried."""
        for group, bases in self.groups.items():
            for basis, figures in bases.items():
                entry = figures[kind][code]
                if not entry.get("suppressed") and "carried_from" not in entry:
                    yield self.version, basis, group


@dataclass(frozen=True, eq=False)
class Version:
    """A version of a cycle, published or about to be: its full samples."""

    cycle: str
    release: Release
    framework: FrameworkShape
    threshold: int

    @cached_property
    def scores(self) -> UnitScores:
        return score_units(self.release.units, self.framework)

    @cached_property
    def units(self) -> Mapping[str, Unit]:
        return {unit.code: unit for unit in self.release.units}

    @cached_property
    def codes(self) -> Sequence[str]:
        return [item.code for item in self.framework.items]

    def sheets(self) -> Iterator[Sheet]:
        """Yield every sheet that is counted."""
        for unit, basis in product(self.release.units, BASES):
            if (levels := unit.sheets[basis]) is not None:
                cells = _cells(self.release.version, basis, unit.groups)
                figures = self.scores[basis][unit.code]
                yield Sheet(unit.code, basis, levels, None, _answers(levels), figures, cells)

    def public_cells(self, kind: str, code: str) -> Iterator[Cell]:
        """Yield the cells of one figure that this version shows."""
        return self.release.own_cells(kind, code)


@dataclass(frozen=True, eq=False)
class Pairing:
    """Two versions of different cycles beside each other, and what is shown of them if that is decided."""

    before: Version
    after: Version
    crosswalk: Crosswalk
    shown: Shown = field(default_factory=dict)

    @property
    def versions(self) -> tuple[Version, Version]:
        return self.before, self.after


@dataclass(frozen=True, eq=False)
class Side:
    """A comparison as it is told of one of its two cycles: panels have this number, overlaps the next one."""

    number: int
    pairing: Pairing
    own: Version

    @property
    def cycle(self) -> str:
        return self.own.cycle

    def sheets(self) -> Iterator[Sheet]:
        """Yield every sheet that is counted in both cycles, as it is in the overlaps and in the panels."""
        before, after = self.pairing.versions
        other = after if self.own is before else before
        for full in self.own.sheets():
            there = other.units.get(full.unit)
            theirs = there.sheets[full.basis] if there else None
            if there is not None and theirs is not None:
                groups = [group for group in self.own.units[full.unit].groups if group in there.groups]
                panel, overlap = (
                    full._replace(other=theirs, cells=_cells(self.number + place, full.basis, groups))
                    for place in range(len(SUMS))
                )
                yield self._matched(panel, _answers(theirs))
                yield overlap

    def public_cells(self, kind: str, code: str) -> Iterator[Cell]:
        """Yield the cells of one figure of this cycle that the comparison shows."""
        code_after = self._codes_after.get(code) if kind == "items" else code
        for part in self.pairing.shown.get(code_after or "", ()):
            yield self.cell(part)

    def cell(self, part: Part) -> Cell:
        return self.number + SUMS.index(part.sums), part.basis, part.group

    def _matched(self, panel: Sheet, theirs: bytes) -> Sheet:
        """The sheet as far as it is in the panels: where both cycles answer, or both do not."""
        answers, places = panel.answers, self._places
        both = bytes(
            here in places and answers[here] and theirs[places[here]] for here in range(len(answers))
        )
        differing = {here for here, there in places.items() if answers[here] != theirs[there]}
        figures = {
            code: found
            for code, found in panel.figures.items()
            if differing.isdisjoint(self._positions[code])
        }
        return panel._replace(answers=both, figures=figures)

    @cached_property
    def _places(self) -> dict[int, int]:
        """By position in the sheets of this cycle, where an equal item stands in those of the other one."""
        pairs = self.pairing.crosswalk.joined.values()
        return dict(pairs) if self.own is self.pairing.before else {after: before for before, after in pairs}

    @cached_property
    def _positions(self) -> dict[str, range]:
        return {code: range(at.start, at.stop) for code, at in self.own.framework.places.items()}

    @cached_property
    def _codes_after(self) -> dict[str, str]:
        """How the comparison calls an item of this cycle: by its code after."""
        is_after = self.own is self.pairing.after
        joined = self.pairing.crosswalk.joined
        return {self.own.codes[places[is_after]]: code for code, places in joined.items()}


Published = Version | Side
SheetsByUnit = Mapping[str, Sequence[Sheet]]


def sheets_by_unit(published: Iterable[Published]) -> SheetsByUnit:
    """The sheets of one cycle in all its sums, by the unit's code."""
    sheets: dict[str, list[Sheet]] = {}
    for each in published:
        for sheet in each.sheets():
            sheets.setdefault(sheet.unit, []).append(sheet)
    return sheets


def _cells(number: int, basis: str, groups: Iterable[str]) -> frozenset[Cell]:
    return frozenset((number, basis, group) for group in groups)


def _answers(levels: bytes) -> bytes:
    return levels.translate(IS_ANSWER)
