"""Applying the disclosure rule to the figures of a cycle: what is shown, hidden, or shown as before."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.disclosure import Atom, Cell, hidden_cells
from scorecards.domain.figures import BASES, FrameworkShape, Unit, score_units
from scorecards.domain.groups import ALL, CEB31, COUNTRY_TEAMS, ENTITIES
from scorecards.domain.scoring import UnitFigures

MAIN_GROUPS = (ALL, ENTITIES, COUNTRY_TEAMS, CEB31)  # the last to be hidden, in this order


@dataclass(frozen=True)
class Release:
    """One version of a cycle's figures: the units behind it and its cells, published or about to be."""

    version: int  # negative: of another cycle than the one in question
    units: Sequence[Unit]
    groups: Mapping[str, Any]  # {group: {basis: {n_group, n_counted, items, dimensions}}}

    def own_cells(self, kind: str, code: str) -> Iterator[Cell]:
        """Yield the cells that show this version's own figure: neither hidden nor carried."""
        for group, bases in self.groups.items():
            for basis, figures in bases.items():
                entry = figures[kind][code]
                if not entry.get("suppressed") and "carried_from" not in entry:
                    yield self.version, basis, group


class TakesCells(Protocol):
    """What a unit says somewhere, and the cells in which it takes part."""

    @property
    def cells(self) -> frozenset[Cell]: ...


class Sheet(NamedTuple):
    """What a unit says on one basis in one version, and the cells in which it takes part."""

    basis: str
    levels: bytes
    figures: Mapping[str, UnitFigures]
    cells: frozenset[Cell]


SheetsByUnit = Mapping[str, Sequence[Sheet]]  # of one cycle, by the unit's code
# A view of the units: for each unit its sheets, each with the number of the unknown that it is.
Said = TypeVar("Said", bound=TakesCells)
View = Sequence[Sequence[tuple[Said, Hashable]]]
TakesPart = Callable[[Said], bool]
Kinds = Counter[tuple[tuple[frozenset[Cell], Hashable], ...]]  # how many units are of each kind


def suppress(
    release: Release,
    framework: FrameworkShape,
    *,
    before: Sequence[Release] = (),
    beside: Sequence[Sequence[Release]] = (),
    threshold: int,
) -> dict[str, Any]:
    """Return a copy of the groups in which no cell tells too much beside those that are published.

    `before` holds the cycle's earlier versions, in order; `beside` those of each neighbouring cycle. A cell
    that must be hidden shows what the last version before showed, marked with `carried_from`, the version
    that figure is of; else only that it is hidden.
    """
    shown: dict[str, Any] = {
        group: {basis: {**figures[basis], "items": {}, "dimensions": {}} for basis in BASES}
        for group, figures in release.groups.items()
    }
    curtain = _Curtain(release, framework, before, beside, threshold)
    for dimension, place in framework.places.items():
        telling: set[Cell] = set()
        for position in range(place.start, place.stop):
            item = framework.items[position].code
            # by the counted sheets too: which items are marked must not tell which one a unit left open
            hidden = curtain.hidden("items", item, [_is_counted, _answers(position)])
            telling |= {cell for cell in hidden if _cell(release, cell, "items", item)["n_answered"]}
            _show(shown, release, before, "items", item, hidden)
        # A dimension adds its items up: beside a hidden item it would give that item away.
        hidden = curtain.hidden("dimensions", dimension, [_is_counted, _is_rated(dimension)], without=telling)
        _show(shown, release, before, "dimensions", dimension, hidden)
    return shown


class _Curtain:
    """Decides figure by figure which cells of a release stay hidden."""

    def __init__(
        self,
        release: Release,
        framework: FrameworkShape,
        before: Sequence[Release],
        beside: Sequence[Sequence[Release]],
        threshold: int,
    ) -> None:
        self.threshold = threshold
        here = [*before, release]
        # Where nobody repeats a sheet, the other cycle is of other unknowns and tells nothing of these.
        beside = [cycle for cycle in beside if not _said(here).isdisjoint(_said(cycle))]
        self.published = [*before, *(other for cycle in beside for other in cycle)]
        own = _sheets_by_unit(here, framework)
        others = [_sheets_by_unit(cycle, framework) for cycle in beside]
        self.views = [_units(own, others)]
        if self.published:
            self.views += [_changes([own, *others], basis) for basis in BASES]
        self.candidates = by_importance(release)

    def hidden(
        self, kind: str, code: str, parts: Sequence[TakesPart[Sheet]], without: Set[Cell] = frozenset()
    ) -> frozenset[Cell]:
        """Return the cells of one figure that stay hidden; those in `without` do in any case."""
        kinds = [[kinds_of(view, takes_part) for takes_part in parts] for view in self.views]
        counts = [count_cells(found) for found in kinds[0]]
        wanted = [
            cell
            for cell in self.candidates
            if cell not in without and min(count[cell] for count in counts) >= self.threshold
        ]
        visible = {*wanted, *(cell for other in self.published for cell in other.own_cells(kind, code))}
        populations = [population(found, visible) for of_view in kinds for found in of_view]
        refused = hidden_cells(populations, candidates=wanted, threshold=self.threshold)
        return frozenset(self.candidates) - set(wanted) | refused


def _is_counted(_sheet: Sheet) -> bool:
    return True


def _is_rated(dimension: str) -> TakesPart[Sheet]:
    return lambda sheet: sheet.figures[dimension].is_rated


def _answers(position: int) -> TakesPart[Sheet]:
    return lambda sheet: sheet.levels[position] not in (NA_BYTE, MISSING_BYTE)


def _said(releases: Sequence[Release]) -> set[tuple[str, bytes]]:
    """The sheets of all units, each with the unit's code."""
    return {
        (unit.code, levels)
        for release in releases
        for unit in release.units
        for levels in unit.sheets.values()
        if levels is not None
    }


def _sheets_by_unit(releases: Sequence[Release], framework: FrameworkShape) -> SheetsByUnit:
    sheets: dict[str, list[Sheet]] = {}
    for release in releases:
        scores = score_units(release.units, framework)
        for unit in release.units:
            for basis, levels in unit.sheets.items():
                if levels is not None:
                    cells = frozenset((release.version, basis, group) for group in unit.groups)
                    found = Sheet(basis, levels, scores[basis][unit.code], cells)
                    sheets.setdefault(unit.code, []).append(found)
    return sheets


def _units(own: SheetsByUnit, others: Sequence[SheetsByUnit]) -> View[Sheet]:
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


def _changes(cycles: Sequence[SheetsByUnit], basis: str) -> View[Sheet]:
    """Every different sheet of a unit on this basis is an unknown: who changed it is known by name."""
    view = []
    for code in dict.fromkeys(code for cycle in cycles for code in cycle):
        here = [sheet for cycle in cycles for sheet in cycle.get(code, []) if sheet.basis == basis]
        numbers = {levels: number for number, levels in enumerate(dict.fromkeys(s.levels for s in here))}
        view.append([(sheet, numbers[sheet.levels]) for sheet in here])
    return view


def kinds_of(view: View[Said], takes_part: TakesPart[Said]) -> Kinds:
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
                entry = _carried(before, group, basis, kind, code) or {
                    "n_group": entry["n_group"],
                    "suppressed": True,
                }
            shown[group][basis][kind][code] = entry


def _carried(
    before: Sequence[Release], group: str, basis: str, kind: str, code: str
) -> dict[str, Any] | None:
    """What the version before showed in this place, if it showed anything."""
    if not before or group not in before[-1].groups:
        return None
    entry = before[-1].groups[group][basis][kind][code]
    return None if entry.get("suppressed") else {"carried_from": before[-1].version, **entry}
