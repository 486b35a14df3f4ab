"""Method un20-1 §7 for two cycles: which parts of a comparison may be shown. Plain Python.

Who compares two cycles adds and subtracts what is shown of the comparison and both full samples. Two sums
of `published` stand behind what it shows of a group on a basis: the panel (rose, same, fell, and who has an
item before and after), and the overlap, of which a bridge is made with the panel and the full samples. Each
of them adds up sheets of the cycle before and, for itself, sheets of the cycle after. So the rule of
`disclosure` is asked once for either cycle, over its full samples in all versions and every comparison that
it takes part in:

    no linear combination of public cells depends on fewer units than the threshold.

A full sample less its panel is one such combination: it tells of the units that no longer answer. What has
been shown of an earlier comparison stays shown, so comparisons are decided in the order in which they became
possible. A unit's sheets of two cycles are two unknowns: that somebody's answer changed between two years is
not what is protected here, but that nobody finds the answer, as in the figures of one cycle.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property

from scorecards.domain.disclosure import Atom, Cell, hidden_cells
from scorecards.domain.figures import BASES
from scorecards.domain.movement import is_answer
from scorecards.domain.published import SUMS, Pairing, Part, Published, Shown, Side, Version, sheets_by_unit
from scorecards.domain.suppression import (
    TakesPart,
    View,
    by_importance,
    count_cells,
    kinds_of,
    population,
    takers_of_dimension,
    takers_of_item,
)


class _Cycle:
    """All that is public of one cycle or may become so, as the units that take part in it."""

    def __init__(
        self, own: Version, versions: Sequence[Version], sides: Sequence[Side], bases: Sequence[str]
    ) -> None:
        self.own, self.bases = own, bases
        published: list[Published] = [*versions, *sides]
        self.published = [each for each in published if each.cycle == own.cycle]
        self.units = [
            [sheet for sheet in sheets if sheet.basis in bases]
            for sheets in sheets_by_unit(self.published).values()
        ]
        pairings = [side.pairing for side in sides if side.cycle == own.cycle]
        self.is_corrected = _corrected(
            [version for version in versions if version.cycle == own.cycle]
            + [version for pairing in pairings for version in pairing.versions]
        )

    @cached_property
    def views(self) -> list[View]:
        """What is an unknown: a unit; after a correction also each of its sheets, and each pair of them."""
        views: list[View] = [[[(sheet, 0) for sheet in unit] for unit in self.units]]
        if self.is_corrected:
            for basis in self.bases:
                here = [[sheet for sheet in unit if sheet.basis == basis] for unit in self.units]
                views.append([[(sheet, sheet.levels) for sheet in unit] for unit in here])
                views.append(
                    [[(sheet, (sheet.levels, sheet.other)) for sheet in unit if sheet.other] for unit in here]
                )
        return views

    def public_cells(self, kind: str, code: str) -> list[Cell]:
        """The cells of one figure that everybody knows: full samples, and what earlier comparisons show."""
        return [
            cell for each in self.published for cell in each.public_cells(kind, code) if cell[1] in self.bases
        ]


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
        sides = [
            Side(first + len(SUMS) * place, each, own)
            for place, each in enumerate([*earlier, pairing])
            for own in each.versions
        ]
        self.cell = sides[-1].cell  # the same on either side: each cycle is judged for itself
        self.cycles = [_Cycle(version, versions, sides, bases) for version in pairing.versions]
        groups = pairing.before.release.groups
        ranked = [
            cell for cell in by_importance(pairing.after.release) if cell[2] in groups and cell[1] in bases
        ]
        self.candidates = [Part(sums, basis, group) for sums in SUMS for _version, basis, group in ranked]

    def shown(self) -> dict[str, frozenset[Part]]:
        items = {
            code: [
                _Figure(cycle, "items", cycle.own.codes[place], takers_of_item(place))
                for cycle, place in zip(self.cycles, places, strict=True)
            ]
            for code, places in self.pairing.crosswalk.joined.items()
        }
        dimensions = {
            code: [_Figure(cycle, "dimensions", code, takers_of_dimension(code)) for cycle in self.cycles]
            for code in self.pairing.after.framework.dimensions
            if code in self.pairing.before.framework.dimensions
        }
        return {code: self._parts(figures) for code, figures in (items | dimensions).items()}

    def _parts(self, figures: Sequence["_Figure"]) -> frozenset[Part]:
        """Return the parts of one figure that may be shown: its panels, and beside them its overlaps."""
        shown: list[Part] = []
        for sums in SUMS:
            wanted = [
                part
                for part in self.candidates
                if part.sums == sums and all(self._may_be_shown(part, figure) for figure in figures)
            ]
            cells = [self.cell(part) for part in wanted]
            public = [self.cell(part) for part in shown]
            populations = [
                units for figure in figures for units in figure.populations({*cells, *public, *figure.public})
            ]
            hidden = hidden_cells(populations, candidates=cells, threshold=self.threshold)
            shown += (part for part, cell in zip(wanted, cells, strict=True) if cell not in hidden)
        return frozenset(shown)

    def _may_be_shown(self, part: Part, figure: "_Figure") -> bool:
        """Whether this part alone tells enough units, by itself and as the rest of its full sample."""
        full = figure.fresh.get((part.basis, part.group))
        if full is None:
            return False
        cell = self.cell(part)
        return all(
            count[cell] >= self.threshold and count[full] - count[cell] not in range(1, self.threshold)
            for count in figure.counts
        )


class _Figure:
    """One figure of a comparison as it is told of one of the two cycles."""

    def __init__(self, cycle: _Cycle, kind: str, code: str, takers: Sequence[TakesPart]) -> None:
        kinds = [[kinds_of(view, takes_part) for takes_part in takers] for view in cycle.views]
        self.public = cycle.public_cells(kind, code)
        self.fresh = {cell[1:]: cell for cell in cycle.own.public_cells(kind, code)}
        self.counts = [count_cells(found) for found in kinds[0]]
        self._kinds = [found for of_view in kinds for found in of_view]

    def populations(self, visible: Set[Cell]) -> list[Mapping[Atom, int]]:
        return [population(kinds, visible) for kinds in self._kinds]
