"""Method un20-1 §7 for two cycles: which parts of a comparison may be shown. Plain Python.

Who compares two cycles adds and subtracts what is shown of the comparison and both full samples. Two sums
over sheets stand behind what it shows of a group on a basis:

    panel    the units that answer an item in both cycles: rose, same, fell, and who has it before and after;
             of a dimension, those that answer the same of its items in both
    overlap  the units that are counted in both cycles: a bridge is made of it, the panel and the full samples

Each of them adds up sheets of the cycle before and, for itself, sheets of the cycle after. So the rule of
`disclosure` is asked once for either cycle, over its full samples in all versions and every comparison that
it takes part in:

    no linear combination of public cells depends on fewer units than the threshold.

A full sample less its panel is one such combination: it tells of the units that no longer answer. What has
been shown of an earlier comparison stays shown, so comparisons are decided in the order in which they became
possible. A unit's sheets of two cycles are two unknowns: that somebody's answer changed between two years is
not what is protected here, but that nobody finds the answer, as in the figures of one cycle.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import NamedTuple

from quintet.domain.crosswalk import Crosswalk
from scorecards.domain.disclosure import Atom, Cell, hidden_cells
from scorecards.domain.figures import BASES, FrameworkShape, Unit, UnitScores, score_units
from scorecards.domain.movement import is_answer
from scorecards.domain.suppression import (
    Release,
    TakesPart,
    View,
    by_importance,
    count_cells,
    kinds_of,
    population,
)

PANEL, OVERLAP = "panel", "overlap"
SUMS = (PANEL, OVERLAP)  # the panel is the last to be hidden


class Part(NamedTuple):
    """What is shown of an item or a dimension in one group on one basis."""

    sums: str  # PANEL or OVERLAP
    basis: str
    group: str


Shown = Mapping[str, frozenset[Part]]  # by code of an item or dimension after


@dataclass(frozen=True, eq=False)
class Version:
    """A published version of a cycle; its release is numbered by its place among all that are looked at."""

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

    def sides(self, cycle: str) -> tuple[Version, Version] | None:
        """The version of this cycle and the other one; None when the cycle is not compared here."""
        if cycle not in (self.before.cycle, self.after.cycle):
            return None
        return self.versions if cycle == self.before.cycle else (self.after, self.before)

    def places(self, version: Version) -> dict[int, int]:
        """By position in this version's sheets, where an equal item stands in those of the other one."""
        pairs = self.crosswalk.joined.values()
        return dict(pairs) if version is self.before else {after: before for before, after in pairs}


class Appearance(NamedTuple):
    """A sheet of one cycle in a full sample, a panel or an overlap, and the cells in which it takes part."""

    number: int  # of the full sample, or of the panel or overlap of a pairing
    basis: str
    unit: str
    own: bytes
    other: bytes | None  # the sheet of the other cycle; None in a full sample
    cells: frozenset[Cell]


class _Cycle:
    """All that is public of one cycle or may become so, as the units that take part in it."""

    def __init__(
        self,
        own: Version,
        versions: Sequence[Version],
        pairings: Sequence[tuple[int, Pairing]],
        bases: Sequence[str],
    ) -> None:
        self.own, self.bases = own, bases
        self.releases = {
            version.release.version: version for version in versions if version.cycle == own.cycle
        }
        self.pairings = {n: pairing for n, pairing in pairings if pairing.sides(own.cycle)}
        units: dict[str, list[Appearance]] = {}
        for appearance in self._appearances():
            units.setdefault(appearance.unit, []).append(appearance)
        self.units = list(units.values())
        self.version_of = self.releases | {
            n + place: sides[0]
            for n, pairing in self.pairings.items()
            for place in range(len(SUMS))
            if (sides := pairing.sides(own.cycle))
        }
        self.compared_with = [version for pairing in self.pairings.values() for version in pairing.versions]
        self.others = {n: pairing.places(self.version_of[n]) for n, pairing in self.pairings.items()}

    def _appearances(self) -> Iterator[Appearance]:
        for number, version in self.releases.items():
            for unit, basis in product(version.release.units, self.bases):
                if (own := unit.sheets[basis]) is not None:
                    yield Appearance(number, basis, unit.code, own, None, _cells(number, basis, unit.groups))
        for number, pairing in self.pairings.items():
            version, other = pairing.sides(self.own.cycle) or pairing.versions
            for code, basis in product(version.units.keys() & other.units.keys(), self.bases):
                here, there = version.units[code], other.units[code]
                own, theirs = here.sheets[basis], there.sheets[basis]
                if own is not None and theirs is not None:
                    groups = tuple(group for group in here.groups if group in there.groups)
                    for place in range(len(SUMS)):
                        at = number + place
                        yield Appearance(at, basis, code, own, theirs, _cells(at, basis, groups))

    @cached_property
    def views(self) -> list[View[Appearance]]:
        """What is an unknown: a unit; after a correction also each of its sheets, and each pair of them."""
        views: list[View[Appearance]] = [[[(found, 0) for found in unit] for unit in self.units]]
        if _corrected([*self.releases.values(), *self.compared_with]):
            for basis in self.bases:
                here = [[found for found in unit if found.basis == basis] for unit in self.units]
                views.append([[(found, found.own) for found in unit] for unit in here])
                views.append(
                    [[(found, (found.own, found.other)) for found in unit if found.other] for unit in here]
                )
        return views

    def parts(self, code: str, position: int | None) -> Sequence[TakesPart[Appearance]]:
        """Who counts in a figure: who is counted at all, and who answers the item or is rated."""
        if position is None:
            return [self.is_counted(code), self.is_rated(code)]
        return [_is_counted, self.answers(position)]

    def answers(self, position: int) -> TakesPart[Appearance]:
        """Whether somebody answers the item; in a panel, in both cycles."""

        def takes_part(found: Appearance) -> bool:
            if not is_answer(found.own[position]):
                return False
            if found.number not in self.others:  # a full sample or an overlap
                return True
            there = self.others[found.number].get(position)
            return there is not None and found.other is not None and is_answer(found.other[there])

        return takes_part

    def is_rated(self, dimension: str) -> TakesPart[Appearance]:
        """Whether somebody is rated in the dimension; in a panel, answering the same items in both cycles."""
        return lambda found: (
            self.version_of[found.number].scores[found.basis][found.unit][dimension].is_rated
            and self._answers_the_same(found, dimension)
        )

    def is_counted(self, dimension: str) -> TakesPart[Appearance]:
        """Whether somebody is counted; in a panel, answering the same items in both cycles."""
        return lambda found: self._answers_the_same(found, dimension)

    def _answers_the_same(self, found: Appearance, dimension: str) -> bool:
        if found.number not in self.others or found.other is None:  # a full sample or an overlap
            return True
        place = self.own.framework.places[dimension]
        return all(
            is_answer(found.own[here]) == is_answer(found.other[there])
            for here, there in self.others[found.number].items()
            if place.start <= here < place.stop
        )

    def public(self, kind: str, code: str, position: int | None) -> Iterator[Cell]:
        """The cells of one figure that everybody knows: full samples, and what earlier comparisons show."""
        for version in self.releases.values():
            yield from (cell for cell in version.release.own_cells(kind, code) if cell[1] in self.bases)
        for number, pairing in self.pairings.items():
            for part in pairing.shown.get(self._code_after(pairing, code, position), ()):
                if part.basis in self.bases:
                    yield _cell(number, part)

    def _code_after(self, pairing: Pairing, code: str, position: int | None) -> str:
        """How the comparison calls a figure of this cycle: by its code after."""
        if position is None or self.own.cycle == pairing.after.cycle:
            return code
        there = pairing.places(pairing.before).get(position)
        return "" if there is None else pairing.after.codes[there]


def showable(pairing: Pairing, *, versions: Sequence[Version], earlier: Sequence[Pairing]) -> Shown:
    """Return what may be shown of a comparison, by the code after of items and dimensions.

    `versions` are all that are published of the two cycles, `earlier` the decided comparisons in which one of
    them takes part.
    """
    involved = [*versions, *(version for each in earlier for version in each.versions)]
    if _corrected(involved) or not all(map(_is_alike_on_both_bases, involved)):
        return _Screen(pairing, versions, earlier, BASES).shown()
    # Both bases have the same rows: they are judged once.
    first, second = BASES
    found = _Screen(pairing, versions, earlier, [first]).shown()
    return {code: parts | {part._replace(basis=second) for part in parts} for code, parts in found.items()}


def _corrected(versions: Iterable[Version]) -> bool:
    """Whether a cycle is there in more than one version."""
    known = {(version.cycle, version.release.version) for version in versions}
    return len(known) > len({cycle for cycle, _number in known})


def _is_alike_on_both_bases(version: Version) -> bool:
    """Whether the same units answer the same items on both bases, and the same figures are shown."""
    return all(
        _answered(unit.sheets[BASES[0]]) == _answered(unit.sheets[BASES[1]]) for unit in version.release.units
    ) and all(
        len(cells) == 2 * len({group for _version, _basis, group in cells})
        for kind, codes in (("items", version.codes), ("dimensions", version.framework.dimensions))
        for cells in (list(version.release.own_cells(kind, code)) for code in codes)
    )


def _answered(levels: bytes | None) -> list[bool] | None:
    return None if levels is None else [is_answer(level) for level in levels]


class _Screen:
    """Decides figure by figure which parts of a comparison stay hidden."""

    def __init__(
        self,
        pairing: Pairing,
        versions: Sequence[Version],
        earlier: Sequence[Pairing],
        bases: Sequence[str],
    ) -> None:
        self.pairing = pairing
        self.threshold = max(version.threshold for version in pairing.versions)
        first = 1 + max(version.release.version for version in versions)
        numbered = [(first + len(SUMS) * place, each) for place, each in enumerate([*earlier, pairing])]
        self.number = numbered[-1][0]
        self.cycles = [_Cycle(version, versions, numbered, bases) for version in pairing.versions]
        groups = pairing.before.release.groups
        ranked = [
            cell for cell in by_importance(pairing.after.release) if cell[2] in groups and cell[1] in bases
        ]
        self.candidates = [Part(sums, basis, group) for sums in SUMS for _version, basis, group in ranked]

    def shown(self) -> dict[str, frozenset[Part]]:
        return {
            code: self._parts("items", self._codes(places), places)
            for code, places in self.pairing.crosswalk.joined.items()
        } | {
            code: self._parts("dimensions", (code, code), (None, None))
            for code in self.pairing.after.framework.dimensions
            if code in self.pairing.before.framework.dimensions
        }

    def _codes(self, places: tuple[int, int]) -> tuple[str, str]:
        before, after = self.pairing.versions
        return before.codes[places[0]], after.codes[places[1]]

    def _parts(
        self, kind: str, codes: tuple[str, str], places: tuple[int | None, int | None]
    ) -> frozenset[Part]:
        """Return the parts of one figure that may be shown: its panels, and beside them its overlaps."""
        sides = [
            _Side(cycle, kind, code, place)
            for cycle, code, place in zip(self.cycles, codes, places, strict=True)
        ]
        shown: list[Part] = []
        for sums in SUMS:
            wanted = [
                part
                for part in self.candidates
                if part.sums == sums and all(self._may_be_shown(part, side) for side in sides)
            ]
            cells = [_cell(self.number, part) for part in wanted]
            public = [_cell(self.number, part) for part in shown]
            populations = [
                units for side in sides for units in side.populations({*cells, *public, *side.public})
            ]
            hidden = hidden_cells(populations, candidates=cells, threshold=self.threshold)
            shown += (part for part, cell in zip(wanted, cells, strict=True) if cell not in hidden)
        return frozenset(shown)

    def _may_be_shown(self, part: Part, side: "_Side") -> bool:
        """Whether this part alone tells enough units, by itself and as the rest of its full sample."""
        full = side.fresh.get((part.basis, part.group))
        if full is None:
            return False
        cell = _cell(self.number, part)
        return all(
            count[cell] >= self.threshold and count[full] - count[cell] not in range(1, self.threshold)
            for count in side.counts
        )


class _Side:
    """One figure of a comparison as it is told of one of the two cycles."""

    def __init__(self, cycle: _Cycle, kind: str, code: str, place: int | None) -> None:
        parts = cycle.parts(code, place)
        kinds = [[kinds_of(view, takes_part) for takes_part in parts] for view in cycle.views]
        self.public = list(cycle.public(kind, code, place))
        self.fresh = {cell[1:]: cell for cell in cycle.own.release.own_cells(kind, code)}
        self.counts = [count_cells(found) for found in kinds[0]]
        self._kinds = [found for of_view in kinds for found in of_view]

    def populations(self, visible: Set[Cell]) -> list[Mapping[Atom, int]]:
        return [population(kinds, visible) for kinds in self._kinds]


def _is_counted(_found: Appearance) -> bool:
    return True


def _cells(number: int, basis: str, groups: Sequence[str]) -> frozenset[Cell]:
    return frozenset((number, basis, group) for group in groups)


def _cell(number: int, part: Part) -> Cell:
    return number + SUMS.index(part.sums), part.basis, part.group
