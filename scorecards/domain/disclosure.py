"""Method un20-1 §7: which cells of one figure may be shown. Pure functions, plain Python.

A cell is the figure of one group on one basis in one version. Who sees several cells can add and
subtract them, so the rule speaks of all that they can be made to say:

    no linear combination of public cells depends on fewer units than the threshold.

That covers the small group itself, the difference of two groups (entities − CEB members), of several
(entities − one type − another), of the two bases (claimed − accepted), of two versions of a cycle and of
two cycles.
What a unit says is an unknown, or several when it says different things in different cells. A cell is
the sum of the unknowns of its units: a row of a matrix with one column per unknown. Units that take part
in the same cells are one *atom* with a weight. Cells that take part in a combination that touches too
little weight are hidden, the least important first, until there is no such combination.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

# Sums are taken modulo a prime: what vanishes in integers vanishes here too, so nothing is missed.
PRIME = (1 << 61) - 1

Cell = tuple[int, str, str]  # number of a published sum (a version, a panel, an overlap), basis, group
Unknown = frozenset[Cell]  # the cells in which one sheet of a unit takes part
Atom = frozenset[Unknown]  # all sheets of a unit
Ordered = tuple[tuple[Cell, ...], ...]  # an atom, sorted
Population = tuple[tuple[Ordered, int], ...]
# Inside, cells and columns are numbers: they are looked up millions of times.
Numbered = Sequence[tuple[Sequence[frozenset[int]], int]]  # a population


class Row(NamedTuple):
    """A combination of cells: the unknowns it adds up, by column, and the cells it is made of."""

    sums: dict[int, int]
    cells: dict[int, int]


class Matrix(NamedTuple):
    """One row per cell, one column per unknown; each column belongs to an atom, which has a weight."""

    rows: Sequence[Row]
    atoms: Sequence[int]
    weights: Sequence[int]


def hidden_cells(
    populations: Iterable[Mapping[Atom, int]], *, candidates: Sequence[Cell], threshold: int
) -> frozenset[Cell]:
    """Return the candidates that must stay hidden beside the cells that are public already.

    `candidates` are the cells one would like to show, the most important first. A population counts the
    units by the cells in which their sheets take part; a cell in it that is no candidate is public
    already. Where several are given (who is rated, who is counted), the rule holds in each of them.
    """
    ordered = [tuple(sorted((_in_order(atom), n) for atom, n in units.items() if n)) for units in populations]
    named = {cell for units in ordered for atom, _n in units for unknown in atom for cell in unknown}
    public, wanted = tuple(sorted(named.difference(candidates))), tuple(candidates)
    for units in ordered:  # what tells nothing in one of them still does not with fewer cells
        wanted = _shown(units, public, wanted, threshold)
    return frozenset(candidates).difference(wanted)


@lru_cache(maxsize=4096)  # items that the same units answer need the same protection
def _shown(
    population: Population, public: tuple[Cell, ...], wanted: tuple[Cell, ...], threshold: int
) -> tuple[Cell, ...]:
    cells = [*public, *wanted]
    units = _numbered(population, {cell: number for number, cell in enumerate(cells)})
    left = list(range(len(public), len(cells)))
    while telling := _telling_cells(range(len(public)), left, units, threshold):
        left.remove(next(cell for cell in reversed(left) if cell in telling))
    return tuple(cells[number] for number in left)


def _numbered(population: Population, numbers: Mapping[Cell, int]) -> Numbered:
    return [
        ([frozenset(numbers[cell] for cell in unknown if cell in numbers) for unknown in atom], weight)
        for atom, weight in population
    ]


def _telling_cells(public: Sequence[int], wanted: Sequence[int], units: Numbered, threshold: int) -> Set[int]:
    """Return cells, a wanted one among them, that together depend on too few units; empty if none do."""
    matrix = _matrix([*public, *wanted], units)
    heavy = [column for column in _columns(matrix.rows) if matrix.weights[matrix.atoms[column]] >= threshold]
    light = matrix._replace(rows=_vanishing(matrix.rows, heavy))
    return _light_combination(light, threshold - 1, set(wanted)).keys()


def _matrix(shown: Sequence[int], units: Numbered) -> Matrix:
    """Return a row per cell, and the weight of each atom as far as the shown cells tell it from others."""
    visible = set(shown)
    merged: Counter[frozenset[frozenset[int]]] = Counter()
    for atom, weight in units:
        merged[frozenset(seen for unknown in atom if (seen := unknown & visible))] += weight
    sums: dict[int, dict[int, int]] = {cell: {} for cell in shown}
    atoms: list[int] = []
    for place, unknowns in enumerate(merged):
        for unknown in unknowns:
            for cell in unknown:
                sums[cell][len(atoms)] = 1
            atoms.append(place)
    first: dict[tuple[int, ...], int] = {}  # of cells that say the same
    for cell in shown:
        first.setdefault(tuple(sums[cell]), cell)
    rows = [Row(sums[cell], {cell: 1}) for cell in first.values()]
    return Matrix(_independent(rows), atoms, [*merged.values()])


def _in_order(atom: Iterable[Iterable[Cell]]) -> Ordered:
    """The same sets give the same tuples in every process: hashes of texts do not."""
    return tuple(sorted(tuple(sorted(unknown)) for unknown in atom if unknown))


def _light_combination(matrix: Matrix, budget: int, wanted: Set[int]) -> dict[int, int]:
    """Return the cells of a combination of independent rows that touches no more weight than `budget`.

    Of those without a `wanted` cell none is returned.

    Atom by atom, the heaviest first: either the combination does not touch it (one elimination less to
    choose from) or it does (less budget for the others).
    """
    rows, atoms, weights = matrix
    if wanted.isdisjoint(cell for row in rows for cell in row.cells):
        return {}
    left = _columns(rows)
    if not left:
        return next(row.cells for row in rows if not wanted.isdisjoint(row.cells))
    place = max((atoms[column] for column in left), key=lambda atom: (weights[atom], atom))
    columns = [column for column in left if atoms[column] == place]
    if found := _light_combination(matrix._replace(rows=_vanishing(rows, columns)), budget, wanted):
        return found
    if weights[place] > budget:
        return {}
    touched = [Row({at: n for at, n in row.sums.items() if atoms[at] != place}, row.cells) for row in rows]
    return _light_combination(matrix._replace(rows=touched), budget - weights[place], wanted)


def _columns(rows: Sequence[Row]) -> list[int]:
    return list(dict.fromkeys(column for row in rows for column in row.sums))


def _vanishing(rows: Sequence[Row], columns: Sequence[int]) -> list[Row]:
    """Return a basis of the combinations of `rows` that are zero in `columns`: Gaussian elimination."""
    left = list(rows)
    for column in columns:
        pivot = next((row for row in left if column in row.sums), None)
        if pivot is not None:
            left = [_reduced(row, pivot, column) for row in left if row is not pivot]
    return left


def _independent(rows: Sequence[Row]) -> list[Row]:
    """Return the rows without those that are a combination of rows before them."""
    echelon: list[tuple[dict[int, int], int]] = []
    kept = []
    for row in rows:
        rest = row.sums
        for pivot, column in echelon:
            if column in rest:
                rest = _less(rest, rest[column], pivot)
        if rest:
            column = next(iter(rest))
            inverse = pow(rest[column], -1, PRIME)
            echelon.append(({key: part * inverse % PRIME for key, part in rest.items()}, column))
            kept.append(row)
    return kept


def _reduced(row: Row, pivot: Row, column: int) -> Row:
    """Return `row` less the multiple of `pivot` that makes it zero in `column`."""
    if column not in row.sums:
        return row
    factor = row.sums[column] * pow(pivot.sums[column], -1, PRIME) % PRIME
    return Row(_less(row.sums, factor, pivot.sums), _less(row.cells, factor, pivot.cells))


def _less(vector: dict[int, int], factor: int, other: dict[int, int]) -> dict[int, int]:
    result = dict(vector)
    for key, part in other.items():
        if value := (result.get(key, 0) - factor * part) % PRIME:
            result[key] = value
        else:
            result.pop(key, None)
    return result
