"""What somebody finds out who adds and subtracts public cells: slow, plain, and not the code under test."""

from collections import Counter
from collections.abc import Collection, Mapping
from fractions import Fraction
from itertools import combinations

from scorecards.domain.disclosure import Atom, Cell

THRESHOLD = 5


def rank(rows: list[list[Fraction]]) -> int:
    """Over exact fractions: not the arithmetic that is tested."""
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows = [
            [a - row[column] / pivot[column] * b for a, b in zip(row, pivot, strict=True)]
            for row in rows
            if row is not pivot
        ]
        found += 1
    return found


def smallest_secret(population: Mapping[Atom, int], public: Collection[Cell]) -> int | None:
    """The fewest units that a combination of `public` depends on, tried set by set; None without any."""
    atoms = [(atom, number) for atom, number in population.items() if number]
    columns = [(place, unknown) for place, (atom, _n) in enumerate(atoms) for unknown in atom]
    rows = [[Fraction(cell in unknown) for _place, unknown in columns] for cell in public]
    whole, sizes = rank(rows), []
    for size in range(1, len(atoms) + 1):
        for chosen in combinations(range(len(atoms)), size):
            weight = sum(atoms[place][1] for place in chosen)
            outside = [at for at, (place, _unknown) in enumerate(columns) if place not in chosen]
            if weight < THRESHOLD and rank([[row[at] for at in outside] for row in rows]) < whole:
                sizes.append(weight)
    return min(sizes, default=None)


def only(population: Mapping[Atom, int], visible: Collection[Cell]) -> dict[Atom, int]:
    """The units as far as the visible cells tell them apart."""
    found: Counter[Atom] = Counter()
    for atom, number in population.items():
        found[frozenset(part for unknown in atom if (part := unknown & set(visible)))] += number
    return dict(found)
