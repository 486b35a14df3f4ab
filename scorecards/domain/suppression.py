"""Applying the disclosure rule to the figures of a cycle: what is shown, hidden, or shown as before."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from itertools import count
from typing import Any

from scorecards.domain.disclosure import Atom, Cell, hidden_cells
from scorecards.domain.figures import BASES
from scorecards.domain.groups import ALL, CEB31, COUNTRY_TEAMS, ENTITIES
from scorecards.domain.published import (
    SUMS,
    Pairing,
    Published,
    Release,
    Sheet,
    SheetsByUnit,
    Side,
    Version,
    sheets_by_unit,
)

MAIN_GROUPS = (ALL, ENTITIES, COUNTRY_TEAMS, CEB31)  # the last to be hidden, in this order

View = Sequence[Sequence[tuple[Sheet, Hashable]]]  # of each unit its sheets, and which unknown each one is
TakesPart = Callable[[Sheet], bool]
Kinds = Counter[tuple[tuple[frozenset[Cell], Hashable], ...]]  # how many units are of each kind


def suppress(
    version: Version, *, versions: Sequence[Version] = (), compared: Sequence[Pairing] = ()
) -> dict[str, Any]:
    """Return a copy of the version's groups in which no cell tells too much beside those that are published.

    `versions` are all that are published of its cycle and of the neighbouring ones, the oldest first;
    `compared` the comparisons that are decided in which one of these cycles takes part. A cell that must be
    hidden shows what the last version before showed, marked with `carried_from`, the version that figure is
    of; else only that it is hidden.
    """
    release, framework = version.release, version.framework
    before = [other.release for other in versions if other.cycle == version.cycle]
    shown: dict[str, Any] = {
        group: {basis: {**figures[basis], "items": {}, "dimensions": {}} for basis in BASES}
        for group, figures in release.groups.items()
    }
    curtain = _Curtain(version, versions, compared)
    for dimension, place in framework.places.items():
        telling: set[Cell] = set()
        for position in range(place.start, place.stop):
            item = framework.items[position].code
            hidden = curtain.hidden("items", item, takers_of_item(position))
            telling |= {cell for cell in hidden if _cell(release, cell, "items", item)["n_answered"]}
            _show(shown, release, before, "items", item, hidden)
        # A dimension adds its items up: beside a hidden item it would give that item away.
        hidden = curtain.hidden("dimensions", dimension, takers_of_dimension(dimension), without=telling)
        _show(shown, release, before, "dimensions", dimension, hidden)
    return shown


class _Curtain:
    """Decides figure by figure which cells of a version stay hidden."""

    def __init__(self, version: Version, versions: Sequence[Version], compared: Sequence[Pairing]) -> None:
        self.threshold = version.threshold
        self.candidates = by_importance(version.release)
        public = _public_by_cycle(version, versions, compared)
        self.public = public.pop(version.cycle)
        own = sheets_by_unit([*self.public, version])
        self.views = [_units(own, [])]
        if self.public:
            self.views += [_changes([own], basis) for basis in BASES]
        others: list[SheetsByUnit] = []
        for cycle in public.values():
            sheets = sheets_by_unit(cycle)
            # Where nobody repeats a sheet, the other cycle is of other unknowns and tells nothing of these.
            if not _said(own).isdisjoint(_said(sheets)):
                others.append(sheets)
                self.public += cycle
        if others:
            # Beside the cycle for itself: a sheet that is repeated only now would make old figures seem to
            # have told what is new.
            self.views += [_units(own, others), *(_changes([own, *others], basis) for basis in BASES)]

    def hidden(
        self, kind: str, code: str, takers: Sequence[TakesPart], without: Set[Cell] = frozenset()
    ) -> frozenset[Cell]:
        """Return the cells of one figure that stay hidden; those in `without` do in any case."""
        kinds = [[kinds_of(view, takes_part) for takes_part in takers] for view in self.views]
        counts = [count_cells(found) for found in kinds[0]]
        wanted = [
            cell
            for cell in self.candidates
            if cell not in without and min(count[cell] for count in counts) >= self.threshold
        ]
        visible = {*wanted, *(cell for each in self.public for cell in each.public_cells(kind, code))}
        populations = [population(found, visible) for of_view in kinds for found in of_view]
        refused = hidden_cells(populations, candidates=wanted, threshold=self.threshold)
        return frozenset(self.candidates) - set(wanted) | refused


def _public_by_cycle(
    version: Version, versions: Sequence[Version], compared: Sequence[Pairing]
) -> dict[str, list[Published]]:
    """What is public of the version's cycle and of those beside it: versions, and what comparisons tell."""
    public: dict[str, list[Published]] = {known.cycle: [] for known in (version, *versions)}
    numbers = count(version.release.version + 1, len(SUMS))
    sides = [Side(next(numbers), pairing, own) for pairing in compared for own in pairing.versions]
    published: list[Published] = [*versions, *sides]
    for each in published:
        if each.cycle in public:
            public[each.cycle].append(each)
    return public


def takers_of_item(position: int) -> Sequence[TakesPart]:
    """Who takes part in a figure of an item: who is counted, and who answers it.

    By the counted ones, too: which items are marked must not tell which one a unit left open.
    """
    return [lambda _sheet: True, lambda sheet: bool(sheet.answers[position])]


def takers_of_dimension(dimension: str) -> Sequence[TakesPart]:
    """Who takes part in a figure of a dimension: who is counted in it, and who is rated."""
    return [
        lambda sheet: dimension in sheet.figures,
        lambda sheet: dimension in sheet.figures and sheet.figures[dimension].is_rated,
    ]


def _said(sheets: SheetsByUnit) -> set[tuple[str, bytes]]:
    """What the units say, each with its code."""
    return {(code, sheet.levels) for code, of_unit in sheets.items() for sheet in of_unit}


def _units(own: SheetsByUnit, others: Sequence[SheetsByUnit]) -> View:
    """A unit is one unknown in a cycle, and the same in another one if it handed in the same sheet again.

    Whoever is known to be in one cell and not in another must not be found, even if everybody else said the
    same in both.
    """
    view = []
    for code in dict.fromkeys(code for cycle in (own, *others) for code in cycle):
        sheets = own.get(code, [])
        said = {sheet.levels for sheet in sheets}
        unit = [(sheet, 0) for sheet in sheets]
        for number, cycle in enumerate(others, start=1):
            there = cycle.get(code, [])
            is_repeated = any(sheet.levels in said for sheet in there)
            unit += [(sheet, 0 if is_repeated else number) for sheet in there]
        view.append(unit)
    return view


def _changes(cycles: Sequence[SheetsByUnit], basis: str) -> View:
    """Every different sheet of a unit on this basis is an unknown: who changed it is known by name."""
    view = []
    for code in dict.fromkeys(code for cycle in cycles for code in cycle):
        here = [sheet for cycle in cycles for sheet in cycle.get(code, []) if sheet.basis == basis]
        numbers = {levels: number for number, levels in enumerate(dict.fromkeys(s.levels for s in here))}
        view.append([(sheet, numbers[sheet.levels]) for sheet in here])
    return view


def kinds_of(view: View, takes_part: TakesPart) -> Kinds:
    """Count the units by the cells of their sheets that take part, each with the number of its unknown."""
    return Counter(
        tuple((sheet.cells, unknown) for sheet, unknown in unit if takes_part(sheet)) for unit in view
    )


def population(kinds: Kinds, visible: Set[Cell]) -> Counter[Atom]:
    """Count the units by the visible cells in which their unknowns take part."""
    atoms: Counter[Atom] = Counter()
    for kind, number in kinds.items():
        unknowns: dict[Hashable, set[Cell]] = {}
        for cells, unknown in kind:
            unknowns.setdefault(unknown, set()).update(cells & visible)
        atoms[frozenset(map(frozenset, unknowns.values()))] += number
    return atoms


def count_cells(kinds: Kinds) -> Counter[Cell]:
    """Count the units that take part in each cell."""
    counts: Counter[Cell] = Counter()
    for kind, number in kinds.items():
        for cells, _unknown in kind:
            for cell in cells:
                counts[cell] += number
    return counts


def by_importance(release: Release) -> list[Cell]:
    """All cells of the release: accepted before claimed, the main groups first, then the large ones."""

    def rank(cell: Cell) -> tuple[int, int, int, str]:
        _version, basis, group = cell
        main = MAIN_GROUPS.index(group) if group in MAIN_GROUPS else len(MAIN_GROUPS)
        return BASES.index(basis), main, -release.groups[group][basis]["n_group"], group

    return sorted(((release.version, basis, group) for group in release.groups for basis in BASES), key=rank)


def _cell(release: Release, cell: Cell, kind: str, code: str) -> dict[str, Any]:
    _version, basis, group = cell
    entry: dict[str, Any] = release.groups[group][basis][kind][code]
    return entry


def _show(
    shown: dict[str, Any],
    release: Release,
    before: Sequence[Release],
    kind: str,
    code: str,
    hidden: Set[Cell],
) -> None:
    for group, bases in release.groups.items():
        for basis in BASES:
            entry = bases[basis][kind][code]
            if (release.version, basis, group) in hidden:
                entry = carried_entry(before, group, basis, kind, code) or hidden_entry(entry)
            shown[group][basis][kind][code] = entry


def hidden_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a figure that is hidden."""
    return {"n_group": entry["n_group"], "suppressed": True}


def carried_entry(
    before: Sequence[Release], group: str, basis: str, kind: str, code: str
) -> dict[str, Any] | None:
    """What the version before showed in this place, if it showed anything."""
    if not before or group not in before[-1].groups:
        return None
    entry = before[-1].groups[group][basis][kind][code]
    return None if entry.get("suppressed") else {"carried_from": before[-1].version, **entry}
