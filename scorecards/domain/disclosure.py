"""Method un20-1 §7: which cells of one figure must be hidden. One pure function, plain Python.

A cell (one group's figure) with fewer answering units than the threshold is hidden. Groups overlap
and nest, so a hidden cell could be found by adding and subtracting published ones: groups are
vectors over atoms (units with the same memberships), and further cells are hidden until no secret
is a linear combination of what is published.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

PRIME = (1 << 61) - 1  # 0/1 matrices of this size have determinants far below it: ranks are exact
MAIN_GROUPS = ("ceb31", "country_teams", "entities", "all")  # hidden last, in this order

Vector = tuple[int, ...]


def hidden_groups(answering: Mapping[frozenset[str], int], *, threshold: int) -> frozenset[str]:
    """Return the groups whose cell must be hidden.

    `answering` maps each set of groups that units share (an atom) to how many of them answer.
    """
    return _hidden_groups(tuple(sorted((tuple(sorted(k)), v) for k, v in answering.items())), threshold)


@lru_cache(maxsize=4096)
def _hidden_groups(answering: tuple[tuple[tuple[str, ...], int], ...], threshold: int) -> frozenset[str]:
    groups = sorted({group for memberships, _n in answering for group in memberships})
    atoms = [(frozenset(memberships), n) for memberships, n in answering if n > 0]
    vectors = {group: tuple(int(group in atom) for atom, _n in atoms) for group in groups}
    counts = {group: sum(n for atom, n in atoms if group in atom) for group in groups}
    hidden = {group for group in groups if counts[group] < threshold}
    sizes = [n for _atom, n in atoms]
    while secret := _findable_secret(vectors, hidden, sizes, threshold):
        published = [group for group in groups if group not in hidden]
        hidden.add(_next_to_hide(published, vectors, counts, secret))
    return frozenset(hidden)


def _findable_secret(
    vectors: Mapping[str, Vector], hidden: set[str], sizes: Sequence[int], threshold: int
) -> Vector | None:
    """Return a small set of answering units that published cells give away, or None."""
    published = [vector for group, vector in vectors.items() if group not in hidden]
    basis = _basis(published)
    differences = [
        tuple(a - b for a, b in zip(one, other, strict=True)) for one in published for other in published
    ]
    single_atoms = [tuple(int(i == j) for j in range(len(sizes))) for i in range(len(sizes))]
    secrets = [*(vectors[group] for group in sorted(hidden)), *single_atoms, *differences]
    for secret in secrets:
        is_a_set = all(part in (0, 1) for part in secret)
        size = sum(part * n for part, n in zip(secret, sizes, strict=True))
        if is_a_set and 0 < size < threshold and _is_in_span(secret, basis):
            return secret
    return None


def _next_to_hide(
    published: Sequence[str], vectors: Mapping[str, Vector], counts: Mapping[str, int], secret: Vector
) -> str:
    """Choose the least important published group whose hiding protects the secret."""

    def importance(group: str) -> tuple[int, int, str]:
        rank = MAIN_GROUPS.index(group) + 1 if group in MAIN_GROUPS else 0
        return rank, counts[group], group

    candidates = sorted((group for group in published if any(vectors[group])), key=importance)
    for group in candidates:
        rest = _basis([vectors[other] for other in candidates if other != group])
        if not _is_in_span(secret, rest):
            return group
    return candidates[0]


def _basis(vectors: Sequence[Vector]) -> list[tuple[int, list[int]]]:
    """Return a reduced basis of the span as (pivot, row with 1 at the pivot), modulo PRIME."""
    basis: list[tuple[int, list[int]]] = []
    for vector in vectors:
        row = _reduce(vector, basis)
        pivot = next((i for i, part in enumerate(row) if part), None)
        if pivot is None:
            continue
        inverse = pow(row[pivot], -1, PRIME)
        basis.append((pivot, [part * inverse % PRIME for part in row]))
    return basis


def _reduce(vector: Sequence[int], basis: Sequence[tuple[int, list[int]]]) -> list[int]:
    row = [part % PRIME for part in vector]
    for pivot, other in basis:
        if factor := row[pivot]:
            row = [(a - factor * b) % PRIME for a, b in zip(row, other, strict=True)]
    return row


def _is_in_span(vector: Sequence[int], basis: Sequence[tuple[int, list[int]]]) -> bool:
    return not any(_reduce(vector, basis))
