"""Method un20-1 §7: no combination of public cells depends on fewer units than the threshold."""

from collections import Counter
from collections.abc import Collection, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from scorecards.domain.disclosure import Atom, Cell, hidden_cells
from tests.scorecards.domain.attack import only, smallest_secret

TYPES = ["secretariat", "fund", "agency", "related"]
MAIN = ["all", "entities", "country_teams", "ceb31"]
Units = Mapping[tuple[str, ...], int]  # how many units share these groups


def cells(groups: Collection[str], version: int = 1, basis: str = "accepted") -> frozenset[Cell]:
    return frozenset((version, basis, group) for group in groups)


def hidden(units: Units, *, threshold: int = 5) -> set[str]:
    """The groups hidden when every unit answers once."""
    population = {frozenset({cells(groups)}): number for groups, number in units.items()}
    groups = sorted({group for memberships in units for group in memberships})
    ordered = sorted(groups, key=lambda group: (MAIN.index(group) if group in MAIN else len(MAIN), group))
    candidates = [(1, "accepted", group) for group in ordered]
    found = hidden_cells([population], candidates=candidates, threshold=threshold)
    return {group for _version, _basis, group in found}


class TestOneVersion:
    def test_shows_large_groups(self) -> None:
        units = {("all", "entities", "ceb31", "fund"): 12, ("all", "entities", "agency"): 22}
        assert hidden(units) == set()

    def test_hides_a_small_group_and_a_second_one_that_would_tell_it(self) -> None:
        units = {
            ("all", "entities"): 40,
            ("all", "country_teams", "africa"): 3,
            ("all", "country_teams", "asia"): 30,
            ("all", "country_teams", "europe"): 10,
        }
        found = hidden(units)
        assert "africa" in found
        assert len(found & {"asia", "europe"}) == 1
        assert not found & {"all", "entities", "country_teams"}

    def test_hides_one_of_two_groups_that_differ_by_few_units(self) -> None:
        units = {("all", "entities", "ceb31", "fund"): 12, ("all", "entities", "fund"): 2}
        found = hidden(units)
        assert "ceb31" in found
        assert "entities" not in found

    def test_hides_what_several_groups_tell_together(self) -> None:
        """Entities less type a less type b would be the four units of c and d."""
        found = hidden(
            {("entities", "a"): 20, ("entities", "b"): 20, ("entities", "c"): 2, ("entities", "d"): 2}
        )
        assert {"c", "d"} < found
        assert found & {"a", "b"}
        assert "entities" not in found

    def test_hides_nothing_for_a_group_that_nobody_answers(self) -> None:
        units = {
            ("all", "entities"): 20,
            ("all", "country_teams", "asia"): 30,
            ("all", "country_teams", "x"): 0,
        }
        assert "country_teams" not in hidden(units)

    def test_shows_everything_when_one_unit_is_enough(self) -> None:
        assert hidden({("all", "a"): 1, ("all", "b"): 1}, threshold=1) == set()

    def test_is_the_same_whatever_the_order(self) -> None:
        units: dict[tuple[str, ...], int] = {("all", "a"): 4, ("all", "b"): 4, ("all", "c"): 9}
        assert hidden(units) == hidden(dict(reversed(list(units.items()))))


class TestSeveralBases:
    def test_hide_the_claimed_figure_of_units_that_few_others_join(self) -> None:
        both = frozenset({cells(["all"]) | cells(["all"], basis="claimed")})
        claimed_only = frozenset({cells(["all"], basis="claimed")})
        candidates = [(1, "accepted", "all"), (1, "claimed", "all")]
        few = hidden_cells([{both: 30, claimed_only: 4}], candidates=candidates, threshold=5)
        assert few == {(1, "claimed", "all")}
        enough = hidden_cells([{both: 30, claimed_only: 5}], candidates=candidates, threshold=5)
        assert enough == frozenset()


class TestSeveralVersions:
    def test_hide_a_figure_that_would_tell_what_few_units_changed(self) -> None:
        before, now = cells(["all"]), cells(["all"], version=2)
        same, changed = frozenset({before | now}), frozenset({before, now})
        for number, expected in ((1, now), (4, now), (5, frozenset()), (0, frozenset())):
            found = hidden_cells([{same: 30, changed: number}], candidates=[*now], threshold=5)
            assert found == expected

    def test_hide_a_figure_that_would_tell_the_few_who_joined(self) -> None:
        before, now = cells(["all"]), cells(["all"], version=2)
        population = {frozenset({before | now}): 30, frozenset({now}): 2}
        assert hidden_cells([population], candidates=[*now], threshold=5) == now

    def test_add_nothing_to_versions_that_tell_too_much_already(self) -> None:
        """The two of the small group are told; the three others of the medium one would be, too."""
        public = cells(["all", "small"])
        now = [(2, "accepted", "all"), (2, "accepted", "medium")]
        population = {
            frozenset({cells(["all"]) | {now[0]}}): 30,
            frozenset({cells(["all"]) | {*now}}): 3,
            frozenset({public | {*now}}): 2,
        }
        assert hidden_cells([population], candidates=now, threshold=5) == {now[1]}


@st.composite
def populations(draw: st.DrawFn) -> dict[Atom, int]:
    """Units of some types, some of them on the board, over two versions and two bases."""
    found: Counter[Atom] = Counter()
    for _unit in range(draw(st.integers(1, 7))):
        groups = ["all", draw(st.sampled_from(TYPES))] + (["ceb31"] if draw(st.booleans()) else [])
        sheets = [cells(groups, version, basis) for version in (1, 2) for basis in ("accepted", "claimed")]
        labels = draw(st.lists(st.integers(0, 2), min_size=len(sheets), max_size=len(sheets)))
        unknowns = [
            frozenset().union(*(sheet for sheet, at in zip(sheets, labels, strict=True) if at == label))
            for label in (1, 2)  # 0: no answer
        ]
        found[frozenset(unknown for unknown in unknowns if unknown)] += draw(st.integers(1, 6))
    return dict(found)


class TestProperty:
    @settings(max_examples=120, deadline=None)
    @given(populations())
    def test_no_combination_of_public_cells_depends_on_few_units(self, population: dict[Atom, int]) -> None:
        named = sorted({cell for atom in population for unknown in atom for cell in unknown})
        first = [cell for cell in named if cell[0] == 1]
        public = set(first) - hidden_cells([only(population, first)], candidates=first, threshold=5)
        second = [cell for cell in named if cell[0] == 2]
        visible = only(population, {*public, *second})
        public |= set(second) - hidden_cells([visible], candidates=second, threshold=5)
        assert smallest_secret(only(population, public), sorted(public)) is None
