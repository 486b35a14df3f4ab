"""What next: the smallest sets of rises, held against trying out everything."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.rises import (
    SHOWN,
    Rise,
    Way,
    become_advanced,
    lift_foundation,
    reach_targets,
)
from scorecards.domain.scoring import ItemShape, UnitFigures, score_dimension

HIGHEST = 4
ITEMS = [ItemShape(f"DAT-{enabler}", 1, enabler) for enabler in ("STR", "COE", "LED", "TRN", "FUN")]
CODES = [item.code for item in ITEMS]
LEVELS = st.sampled_from([0, 1, 2, 3, 4, NA_BYTE, MISSING_BYTE])
SHEETS = st.lists(LEVELS, min_size=len(ITEMS), max_size=len(ITEMS))


def figures(levels: Sequence[int]) -> UnitFigures:
    return score_dimension(ITEMS, levels, highest_level=HIGHEST)


def after(levels: Sequence[int], way: Way) -> list[int]:
    rises = {rise.item: rise.after for rise in way}
    return [rises.get(code, level) for code, level in zip(CODES, levels, strict=True)]


def size(way: Way) -> int:
    return sum(rise.levels for rise in way)


def every_way(levels: Sequence[int]) -> Iterator[Way]:
    """All sets of rises there are; who answers anew is worth something only from level 1 on."""
    choices = []
    for level in levels:
        if level == NA_BYTE:
            choices.append([level])
        else:
            choices.append([level, *range(1 if level == MISSING_BYTE else level + 1, HIGHEST + 1)])
    for chosen in product(*choices):
        pairs = zip(CODES, levels, chosen, strict=True)
        yield tuple(
            Rise(code, None if old == MISSING_BYTE else old, new) for code, old, new in pairs if old != new
        )


def smallest(levels: Sequence[int], is_reached: Callable[[UnitFigures], bool]) -> set[Way]:
    """The sets of rises that reach a goal with the fewest levels, by trying out all of them."""
    by_size: dict[int, list[Way]] = {}
    for way in every_way(levels):
        by_size.setdefault(size(way), []).append(way)
    for _levels, ways in sorted(by_size.items()):
        if found := {way for way in ways if is_reached(figures(after(levels, way)))}:
            return found
    return set()


class TestBecomingAdvanced:
    @settings(max_examples=40, deadline=None)
    @given(SHEETS)
    def test_takes_as_few_levels_as_anything_does(self, levels: list[int]) -> None:
        tried = smallest(levels, lambda found: bool(found.is_advanced))
        ways = become_advanced(ITEMS, levels)
        if ways is None:
            assert tried == set()
            return
        assert ways.n == len(tried)
        assert set(ways.shown) <= tried
        assert len(ways.shown) == min(len(tried), SHOWN)
        fewest_items = min(len(way) for way in tried)
        assert len(ways.shown[0]) == fewest_items
        assert ways.is_reached == bool(figures(levels).is_advanced)

    @given(SHEETS)
    def test_stands_in_the_order_of_items_then_of_the_framework(self, levels: list[int]) -> None:
        ways = become_advanced(ITEMS, levels)
        keys = [(len(way), [CODES.index(rise.item) for rise in way]) for way in ways.shown] if ways else []
        assert keys == sorted(keys)

    def test_shows_three_of_more(self) -> None:
        ways = become_advanced(ITEMS, [2, 2, 2, 2, 2])
        assert ways is not None
        assert (ways.n, len(ways.shown), ways.levels) == (5, 3, 4)
        assert [rise.item for rise in ways.shown[0]] == CODES[:4]
        assert ways.shown[0][0] == Rise("DAT-STR", 2, 3)

    def test_is_not_possible_without_strategy_leadership_and_training(self) -> None:
        assert become_advanced(ITEMS, [NA_BYTE, 3, 3, 3, 3]) is None
        assert become_advanced(ITEMS[:3], [3, 3, 3]) is None
        culture = [ItemShape(f"CUL-{n}") for n in range(5)]
        assert become_advanced(culture, [0] * 5) is None

    def test_needs_nothing_where_it_is_reached(self) -> None:
        ways = become_advanced(ITEMS, [2, 3, 3, 3, 3])
        assert ways is not None
        assert (ways.is_reached, ways.levels, ways.shown) == (True, 0, ((),))


class TestLiftingTheFoundation:
    @settings(max_examples=40, deadline=None)
    @given(SHEETS)
    def test_takes_as_few_levels_as_anything_does(self, levels: list[int]) -> None:
        before = figures(levels).foundation
        way = lift_foundation(ITEMS, levels, highest_level=HIGHEST)
        if before is None or before == HIGHEST:
            assert way is None
            return
        assert smallest(levels, lambda found: (found.foundation or 0) > before) == {way}
        assert way
        assert figures(after(levels, way)).foundation == before + 1

    def test_names_what_holds_it(self) -> None:
        way = lift_foundation(ITEMS, [2, MISSING_BYTE, 0, NA_BYTE, 1], highest_level=HIGHEST)
        assert way == (Rise("DAT-COE", None, 1), Rise("DAT-LED", 0, 1))
        assert [rise.levels for rise in way] == [1, 1]


class TestReachingTargets:
    @given(SHEETS, st.dictionaries(st.sampled_from(CODES), st.integers(0, HIGHEST)))
    def test_raises_what_is_short_and_nothing_else(self, levels: list[int], targets: dict[str, int]) -> None:
        way = reach_targets(ITEMS, levels, targets)
        reached = dict(zip(CODES, after(levels, way), strict=True))
        said = dict(zip(CODES, levels, strict=True))
        for code, target in targets.items():
            assert said[code] == NA_BYTE or target <= reached[code] <= HIGHEST
        for rise in way:
            assert rise.after == targets[rise.item]
            assert said[rise.item] == MISSING_BYTE or said[rise.item] < rise.after

    def test_asks_for_an_answer_where_there_is_none(self) -> None:
        way = reach_targets(ITEMS, [MISSING_BYTE] * 5, {"DAT-STR": 0, "DAT-TRN": 3})
        assert way == (Rise("DAT-STR", None, 0), Rise("DAT-TRN", None, 3))
        assert [rise.levels for rise in way] == [0, 3]
