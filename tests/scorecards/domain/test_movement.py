"""Method un20-1 §5: movement on the matched panel, worked example included."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.crosswalk import Crosswalk, Link, Relation, identity
from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.bridge import Parts, bridge_index
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.groups import count_item
from scorecards.domain.movement import (
    Comparison,
    CycleSheets,
    ItemMovement,
    Verdict,
    against_printed,
    compare,
    item_movements,
    judge,
)
from scorecards.domain.scoring import ItemShape
from tests.scorecards.domain.cycles import (
    COMPARISONS,
    NEW,
    OLD,
    ONE_FRAMEWORK,
    column,
    raised,
    shuffled,
    swapped,
)
from un20portal.lib.ratios import one_decimal

ONE_ITEM = FrameworkShape(4, {"DAT": [ItemShape("DAT-STR")]})


def movement(before: dict[str, bytes | None], after: dict[str, bytes | None]) -> ItemMovement:
    return item_movements(compare(CycleSheets(ONE_ITEM, before), CycleSheets(ONE_ITEM, after)))["DAT-STR"]


class TestWorkedExample:
    """DAT-STR: 28 of 31 answer, 21 at level 2 or above, against 67 per cent of 2023 (scoring method §9)."""

    counts = count_item([None] * 3 + [0] * 2 + [1] * 5 + [2] * 9 + [3] * 8 + [4] * 4, highest_level=4)

    def test_eight_points_are_no_clear_change(self) -> None:
        found = against_printed(self.counts, Fraction(67))
        assert found is not None
        assert (one_decimal(found.points), one_decimal(found.entities)) == ("8.0", "2.2")
        assert found.verdict == "no clear change"

    def test_a_lower_mark_is_clear(self) -> None:
        found = against_printed(self.counts, Fraction(60))
        assert found is not None
        assert (found.points, found.entities, found.verdict) == (Fraction(15), Fraction(21, 5), Verdict.CLEAR)

    def test_nobody_answering_is_beside_nothing(self) -> None:
        assert against_printed(count_item([None, NA_BYTE], highest_level=4), Fraction(67)) is None


class TestVerdict:
    @pytest.mark.parametrize(
        ("entities", "points", "verdict"),
        [
            ("3", "5", Verdict.CLEAR),
            ("-3", "-5", Verdict.CLEAR),
            ("299/100", "50", Verdict.NO_CLEAR_CHANGE),
            ("50", "499/100", Verdict.NO_CLEAR_CHANGE),
            ("0", "0", Verdict.NO_CLEAR_CHANGE),
        ],
    )
    def test_needs_three_entities_and_five_points(self, entities: str, points: str, verdict: Verdict) -> None:
        assert judge(Fraction(entities), Fraction(points)) is verdict


class TestItemMovement:
    """Six units: one left, one joined, one left the item open before, one is not applicable now."""

    found = movement(
        column([1, 3, 2, 4, MISSING_BYTE, 2, 0], skip=[6]),
        column([2, 2, 2, 0, 3, NA_BYTE, 4], skip=[3]),
    )

    def test_is_counted_on_units_that_answer_in_both_cycles(self) -> None:
        found = self.found
        assert (found.n_panel, found.rose, found.same, found.fell) == (3, 1, 1, 1)

    def test_says_how_many_more_have_it(self) -> None:
        found = self.found
        assert (found.has_before, found.has_after, found.delta_has) == (2, 3, 1)
        assert found.delta_points == Fraction(100, 3)
        assert found.verdict is Verdict.NO_CLEAR_CHANGE

    def test_says_who_answers_newly_and_no_longer(self) -> None:
        assert (self.found.newly_answered, self.found.no_longer_answered) == (2, 2)

    def test_has_the_full_sample_of_both_cycles_beside_it(self) -> None:
        found = self.found
        assert (found.before.n_group, found.before.n_answered, found.before.share_has) == (6, 5, Fraction(80))
        assert (found.after.n_group, found.after.n_na, found.after.share_has) == (6, 1, Fraction(100))

    def test_of_a_large_panel_is_clear(self) -> None:
        found = movement(column([1] * 5 + [2] * 20), column([2] * 4 + [1] * 1 + [2] * 20))
        assert (found.delta_has, found.delta_points, found.verdict) == (4, Fraction(16), Verdict.CLEAR)

    def test_without_a_panel_is_not_judged(self) -> None:
        found = movement(column([2, None]), column([MISSING_BYTE, 3]))
        assert (found.n_panel, found.delta_points, found.verdict) == (0, None, None)
        assert (found.newly_answered, found.no_longer_answered) == (1, 1)


class TestComparison:
    def test_items_that_are_not_equal_have_no_movement(self) -> None:
        links = (Link(Relation.EQUAL, "A", "A"), Link(Relation.SUBSET, "B", "B"))
        framework = FrameworkShape(4, {"DAT": [ItemShape("A"), ItemShape("B")]})
        cycle = CycleSheets(framework, {"U": bytes([2, 2])})
        found = compare(cycle, cycle, Crosswalk(("A", "B"), ("A", "B"), links))
        assert list(item_movements(found)) == ["A"]
        assert [mark.relation for mark in found.crosswalk.breaks] == ["subset"]

    def test_of_two_frameworks_needs_their_crosswalk(self) -> None:
        with pytest.raises(ValueError, match="names other items than the frameworks"):
            compare(CycleSheets(OLD, {}), CycleSheets(NEW, {}))

    def test_of_different_scales_joins_nothing(self) -> None:
        finer = FrameworkShape(5, {"DAT": [ItemShape("A")]})
        replaced = (Link(Relation.DROPPED, "DAT-STR", None), Link(Relation.NEW, None, "A"))
        found = compare(
            CycleSheets(ONE_ITEM, {"U": bytes([4])}),
            CycleSheets(finer, {"U": bytes([5])}),
            Crosswalk(("DAT-STR",), ("A",), replaced),
        )
        assert item_movements(found) == {}
        assert bridge_index(found, "DAT").parts == Parts(*[Fraction(0)] * 4)

    def test_refuses_to_join_items_of_different_scales(self) -> None:
        finer = FrameworkShape(5, OLD.dimensions)
        with pytest.raises(ValueError, match="one scale, not 0…4 and 0…5"):
            compare(CycleSheets(OLD, {}), CycleSheets(finer, {}))


class TestProperties:
    @given(COMPARISONS)
    def test_every_answer_is_in_the_panel_or_new_or_gone(self, comparison: Comparison) -> None:
        for found in item_movements(comparison).values():
            assert found.rose + found.same + found.fell == found.n_panel
            assert found.after.n_answered == found.n_panel + found.newly_answered
            assert found.before.n_answered == found.n_panel + found.no_longer_answered

    @given(COMPARISONS)
    def test_swapping_the_cycles_turns_every_movement_round(self, comparison: Comparison) -> None:
        there, back = item_movements(comparison).values(), item_movements(swapped(comparison)).values()
        for forth, found in zip(there, back, strict=True):
            assert (found.rose, found.same, found.fell) == (forth.fell, forth.same, forth.rose)
            assert found.delta_has == -forth.delta_has
            assert found.verdict == forth.verdict
            assert (found.before, found.after) == (forth.after, forth.before)
            assert (found.newly_answered, found.no_longer_answered) == (
                forth.no_longer_answered,
                forth.newly_answered,
            )

    @given(ONE_FRAMEWORK)
    def test_the_identity_crosswalk_is_as_good_as_none(self, comparison: Comparison) -> None:
        same = identity(comparison.before.codes)
        assert compare(comparison.before, comparison.after, same) == comparison

    @given(COMPARISONS, st.randoms())
    def test_the_order_of_units_does_not_matter(self, comparison: Comparison, chance: object) -> None:
        assert item_movements(shuffled(comparison, chance)) == item_movements(comparison)

    @given(COMPARISONS, st.integers(0, 2))
    def test_raising_a_level_lowers_nothing(self, comparison: Comparison, position: int) -> None:
        if (higher := raised(comparison, position)) is None:
            return
        code = comparison.after.codes[position]
        low, high = item_movements(comparison)[code], item_movements(higher)[code]
        assert high.n_panel == low.n_panel
        assert high.rose >= low.rose
        assert high.fell <= low.fell
        assert high.delta_has >= low.delta_has
