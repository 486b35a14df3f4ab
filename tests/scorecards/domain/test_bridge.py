"""Method un20-1 §5: the parts of a change add up exactly, and each is what it says it is."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.domain.crosswalk import Crosswalk, Link, Relation
from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.bridge import Bridge, Parts, State, WithoutParts, bridge_index, bridge_share, decompose
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.movement import Comparison, CycleSheets, Sheet, compare, item_movements
from scorecards.domain.scoring import ItemShape, score_dimension
from tests.scorecards.domain.cycles import (
    COMPARISONS,
    NEW,
    OLD,
    OLD_TO_NEW,
    ONE_FRAMEWORK,
    column,
    raised,
    shuffled,
    swapped,
)

ONE_ITEM = FrameworkShape(4, {"DAT": [ItemShape("A")]})


def share_bridge(before: dict[str, Sheet], after: dict[str, Sheet]) -> Bridge:
    return bridge_share(compare(CycleSheets(ONE_ITEM, before), CycleSheets(ONE_ITEM, after)), "A")


def all_bridges(comparison: Comparison) -> list[Bridge]:
    shares = [bridge_share(comparison, code) for code in comparison.crosswalk.joined]
    return [*shares, *(bridge_index(comparison, dimension) for dimension in ("DAT", "DIG"))]


class TestWorkedExample:
    """Five units, in place before and after (– left the group, or not yet in it):

    U0 no → yes · U1 yes → yes · U2 yes → not applicable · U3 no → – · U4 – → yes

    Before 2 of 4 = 50, after 3 of 3 = 100. Forward: membership takes U3 for U4, 3 of 4; U2 goes, 2 of 3; U0
    rises, 3 of 3. Back: U0 rises, 3 of 4; U2 goes, 2 of 3; U3 for U4, 3 of 3.
    """

    found = share_bridge(column([1, 2, 2, 0, 0], skip=[4]), column([2, 3, NA_BYTE, 0, 4], skip=[3]))

    def test_the_parts_are_the_means_of_both_ways(self) -> None:
        forward = {"membership": Fraction(25), "na": Fraction(200, 3) - 75, "real": 100 - Fraction(200, 3)}
        back = {"real": Fraction(25), "na": Fraction(200, 3) - 75, "membership": 100 - Fraction(200, 3)}
        mean = {factor: (forward[factor] + back[factor]) / 2 for factor in forward}
        assert self.found.parts == Parts(mean["membership"], mean["na"], Fraction(0), mean["real"])

    def test_they_add_up_to_the_change(self) -> None:
        assert (self.found.before, self.found.after) == (Fraction(50), Fraction(100))
        assert sum(self.found.parts or ()) == self.found.change == 50


class TestOneFactorAlone:
    @pytest.mark.parametrize(
        ("before", "after", "parts"),
        [
            (column([1, 2]), column([2, 2]), Parts(Fraction(0), Fraction(0), Fraction(0), Fraction(50))),
            (
                column([1, 2, 2], skip=[2]),
                column([1, 2, 2], skip=[0]),
                Parts(Fraction(50), Fraction(0), Fraction(0), Fraction(0)),
            ),
            (
                column([1, 2, MISSING_BYTE]),
                column([NA_BYTE, 2, 4]),
                Parts(Fraction(0), Fraction(50), Fraction(0), Fraction(0)),
            ),
            (column([1, 2]), column([None, 2]), Parts(Fraction(50), Fraction(0), Fraction(0), Fraction(0))),
        ],
        ids=["levels", "joined and left", "answered or not", "no longer counted"],
    )
    def test_has_the_whole_change(
        self, before: dict[str, Sheet], after: dict[str, Sheet], parts: Parts
    ) -> None:
        assert share_bridge(before, after).parts == parts

    def test_new_weights_are_method(self) -> None:
        old = FrameworkShape(4, {"DAT": [ItemShape("A"), ItemShape("B")]})
        new = FrameworkShape(4, {"DAT": [ItemShape("A", 3), ItemShape("B")]})
        sheets: dict[str, Sheet] = {"U": bytes([4, 0]), "V": bytes([2, 2])}
        found = bridge_index(compare(CycleSheets(old, sheets), CycleSheets(new, sheets)), "DAT")
        assert (found.before, found.after) == (Fraction(50), Fraction(125, 2))
        assert found.parts == Parts(Fraction(0), Fraction(0), Fraction(25, 2), Fraction(0))

    def test_a_new_item_is_method(self) -> None:
        """C is gone (4 of 4), D2 comes from another dimension (0), B weighs three times as much (2)."""
        before, after = {"U": bytes([2, 2, 4, 0])}, {"U": bytes([2, 2, 0, 4])}
        found = bridge_index(compare(CycleSheets(OLD, before), CycleSheets(NEW, after), OLD_TO_NEW), "DAT")
        assert (found.before, found.after) == (Fraction(200, 3), Fraction(40))
        assert found.parts == Parts(Fraction(0), Fraction(0), Fraction(-80, 3), Fraction(0))

    def test_a_unit_that_left_is_not_held_against_items_it_was_never_asked(self) -> None:
        """By the new framework the leaver keeps the index of the one item it answered: all is membership."""
        old = FrameworkShape(4, {"DAT": [ItemShape("A")]})
        new = FrameworkShape(4, {"DAT": [ItemShape("A"), ItemShape("N")]})
        links = (Link(Relation.EQUAL, "A", "A"), Link(Relation.NEW, None, "N"))
        before = CycleSheets(old, {"STAYS": bytes([2]), "LEAVES": bytes([4])})
        after = CycleSheets(new, {"STAYS": bytes([2, 2])})
        found = bridge_index(compare(before, after, Crosswalk(("A",), ("A", "N"), links)), "DAT")
        assert found.parts == Parts(Fraction(-25), Fraction(0), Fraction(0), Fraction(0))


class TestWithoutParts:
    def test_nobody_before_or_after(self) -> None:
        nobody, somebody = column([None, MISSING_BYTE]), column([2, 1])
        assert share_bridge(nobody, somebody) == Bridge(None, Fraction(50), None, WithoutParts.NOBODY_BEFORE)
        assert share_bridge(somebody, nobody) == Bridge(Fraction(50), None, None, WithoutParts.NOBODY_AFTER)
        assert share_bridge(somebody, nobody).change is None

    def test_nobody_between_leaves_the_change_without_a_guess(self) -> None:
        """U0 left, U1 answers newly: with the units of now and the answers of then there is nobody."""
        found = share_bridge({"U0": bytes([1]), "U1": bytes([NA_BYTE])}, {"U1": bytes([2])})
        assert found.change == 100
        assert (found.parts, found.why_not) == (None, WithoutParts.NOBODY_BETWEEN)

    def test_an_item_that_is_not_equal_has_no_bridge(self) -> None:
        comparison = compare(CycleSheets(OLD, {}), CycleSheets(NEW, {}), OLD_TO_NEW)
        with pytest.raises(ValueError, match="E is not equal in both cycles"):
            bridge_share(comparison, "E")


class TestDecompose:
    @settings(deadline=None)
    @given(st.lists(st.fractions(-100, 100), min_size=16, max_size=16))
    def test_adds_up_for_any_figure(self, values: list[Fraction]) -> None:
        found = decompose(
            dict(zip(map(State._make, product((0, 1), repeat=4)), values, strict=True)).__getitem__
        )
        assert found.parts is not None
        assert sum(found.parts) == found.change == values[-1] - values[0]

    @settings(deadline=None)
    @given(st.tuples(*[st.fractions(-100, 100)] * 4))
    def test_gives_each_factor_its_own_where_they_do_not_interact(
        self, effects: tuple[Fraction, ...]
    ) -> None:
        def figure(state: State) -> Fraction:
            return sum(
                (effect for effect, is_after in zip(effects, state, strict=True) if is_after), Fraction(0)
            )

        assert decompose(figure).parts == effects


class TestProperties:
    @settings(deadline=None)
    @given(COMPARISONS)
    def test_parts_add_up_exactly_or_there_is_a_reason(self, comparison: Comparison) -> None:
        for found in all_bridges(comparison):
            assert (found.parts is None) == (found.why_not is not None)
            if found.parts is not None:
                assert sum(found.parts) == found.change

    @settings(deadline=None)
    @given(COMPARISONS)
    def test_the_ends_are_the_published_figures(self, comparison: Comparison) -> None:
        for code, movement in item_movements(comparison).items():
            found = bridge_share(comparison, code)
            assert (found.before, found.after) == (movement.before.share_has, movement.after.share_has)
        for dimension in ("DAT", "DIG"):
            ends = [mean_index(cycle, dimension) for cycle in comparison.cycles]
            index = bridge_index(comparison, dimension)
            assert [index.before, index.after] == ends

    @settings(deadline=None)
    @given(COMPARISONS)
    def test_swapping_the_cycles_negates_all_parts(self, comparison: Comparison) -> None:
        for there, back in zip(all_bridges(comparison), all_bridges(swapped(comparison)), strict=True):
            assert (back.before, back.after) == (there.after, there.before)
            assert (back.parts is None) == (there.parts is None)
            assert [-part for part in back.parts or ()] == list(there.parts or ())

    @settings(deadline=None)
    @given(COMPARISONS, st.randoms())
    def test_the_order_of_units_does_not_matter(self, comparison: Comparison, chance: object) -> None:
        assert all_bridges(shuffled(comparison, chance)) == all_bridges(comparison)

    @settings(deadline=None)
    @given(COMPARISONS)
    def test_the_real_part_of_a_share_is_that_of_the_panel(self, comparison: Comparison) -> None:
        """The panel's entities as points of the full sample, mean of both cycles' samples."""
        for code, movement in item_movements(comparison).items():
            if (parts := bridge_share(comparison, code).parts) is not None:
                points = [Fraction(100, counts.n_answered) for counts in (movement.before, movement.after)]
                assert parts.real == movement.delta_has * sum(points) / 2
                assert parts.method == 0

    @settings(deadline=None)
    @given(ONE_FRAMEWORK)
    def test_one_framework_has_no_method_part(self, comparison: Comparison) -> None:
        assert all(found.parts.method == 0 for found in all_bridges(comparison) if found.parts)

    @settings(deadline=None)
    @given(COMPARISONS)
    def test_the_same_units_have_no_membership_part(self, comparison: Comparison) -> None:
        both = [code for code, pair in comparison.pairs.items() if None not in pair]
        old, new = ({code: cycle.sheets[code] for code in both} for cycle in comparison.cycles)
        matched = compare(
            CycleSheets(comparison.before.framework, old),
            CycleSheets(comparison.after.framework, new),
            comparison.crosswalk,
        )
        assert all(found.parts.membership == 0 for found in all_bridges(matched) if found.parts)

    @settings(deadline=None)
    @given(COMPARISONS, st.integers(0, 2))
    def test_raising_a_level_lowers_no_real_part(self, comparison: Comparison, position: int) -> None:
        if (higher := raised(comparison, position)) is not None:
            for low, high in zip(all_bridges(comparison), all_bridges(higher), strict=True):
                if low.parts is not None and high.parts is not None:
                    assert high.parts.real >= low.parts.real


def mean_index(cycle: CycleSheets, dimension: str) -> Fraction | None:
    """The mean of a dimension as the scorecard of its cycle has it."""
    framework = cycle.framework
    place, items = framework.places[dimension], framework.dimensions[dimension]
    counted = [
        score_dimension(items, sheet[place], highest_level=4) for sheet in cycle.sheets.values() if sheet
    ]
    indices = [index for sheet in counted if (index := sheet.index(4)) is not None]
    return sum(indices, Fraction(0)) / len(indices) if indices else None
