"""Method un20-1 §7: no small cell is published, and none can be found by difference."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from scorecards.domain.disclosure import hidden_groups

TYPES = ["secretariat", "fund", "agency", "related", "principal"]
REGIONS = ["africa", "asia", "europe"]


def atoms(by_type: dict[str, tuple[int, int]], by_region: dict[str, int]) -> dict[frozenset[str], int]:
    """Answering units: per type (members of the board, others), per region."""
    found = {}
    for code, (members, others) in by_type.items():
        found[frozenset({"all", "entities", f"type:{code}", "ceb31"})] = members
        found[frozenset({"all", "entities", f"type:{code}"})] = others
    for code, number in by_region.items():
        found[frozenset({"all", "country_teams", f"region:{code}"})] = number
    return found


def can_be_found(target: list[int], published: list[list[int]]) -> bool:
    """Gaussian elimination over exact fractions: is `target` a combination of `published`?"""
    rows = [[Fraction(part) for part in row] for row in published]
    goal = [Fraction(part) for part in target]
    for column in range(len(goal)):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows = [
            [a - row[column] / pivot[column] * b for a, b in zip(row, pivot, strict=True)] for row in rows
        ]
        factor = goal[column] / pivot[column]
        goal = [a - factor * b for a, b in zip(goal, pivot, strict=True)]
    return not any(goal)


class TestHiddenGroups:
    def test_large_groups_are_published(self) -> None:
        answering = atoms({"fund": (12, 8), "agency": (15, 7)}, {"africa": 20, "asia": 30})
        assert hidden_groups(answering, threshold=5) == frozenset()

    def test_a_small_group_is_hidden(self) -> None:
        answering = atoms({"fund": (12, 8), "agency": (15, 9)}, {"africa": 3, "asia": 30})
        assert "region:africa" in hidden_groups(answering, threshold=5)

    def test_a_second_group_is_hidden_so_that_no_difference_tells_the_first(self) -> None:
        answering = atoms({"fund": (12, 8), "agency": (15, 9)}, {"africa": 3, "asia": 30, "europe": 10})
        hidden = hidden_groups(answering, threshold=5)
        assert {"region:africa", "region:europe"} <= hidden
        assert "country_teams" not in hidden

    def test_two_published_groups_that_differ_by_few_units_are_not_both_published(self) -> None:
        answering = atoms({"fund": (12, 2)}, {})
        hidden = hidden_groups(answering, threshold=5)
        published = {"all", "entities", "ceb31", "type:fund"} - hidden
        assert "ceb31" not in published or not published & {"all", "entities", "type:fund"}

    def test_an_empty_small_group_gives_nobody_away(self) -> None:
        answering = atoms({"fund": (12, 8)}, {"africa": 0, "asia": 30})
        assert "country_teams" not in hidden_groups(answering, threshold=5)

    @settings(max_examples=150, deadline=None)
    @given(
        st.fixed_dictionaries({code: st.tuples(st.integers(0, 15), st.integers(0, 15)) for code in TYPES}),
        st.fixed_dictionaries({code: st.integers(0, 20) for code in REGIONS}),
    )
    def test_no_hidden_group_or_atom_is_a_combination_of_published_ones(
        self, by_type: dict[str, tuple[int, int]], by_region: dict[str, int]
    ) -> None:
        answering = {atom: n for atom, n in atoms(by_type, by_region).items() if n}
        hidden = hidden_groups(answering, threshold=5)
        groups = sorted({group for atom in answering for group in atom})
        vectors = {group: [int(group in atom) for atom in answering] for group in groups}
        published = [vectors[group] for group in groups if group not in hidden]
        sizes = list(answering.values())
        small_atoms = [[int(i == j) for j in range(len(sizes))] for i, size in enumerate(sizes) if size < 5]
        small_groups = [
            vectors[group]
            for group in groups
            if 0 < sum(a * n for a, n in zip(vectors[group], sizes, strict=True)) < 5
        ]
        for secret in [*small_atoms, *small_groups]:
            assert not can_be_found(secret, published)
