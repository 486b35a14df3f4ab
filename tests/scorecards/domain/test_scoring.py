"""Method un20-1 §2: one unit in one dimension, worked example included."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.scoring import ItemShape, UnitFigures, score_dimension
from un20portal.lib.ratios import one_decimal

ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
DATA = [ItemShape(f"DAT-{enabler}", 1, enabler) for enabler in ENABLERS]
LEVELS = st.lists(st.sampled_from([0, 1, 2, 3, 4, NA_BYTE, MISSING_BYTE]), min_size=7, max_size=7)


def score(levels: list[int]) -> UnitFigures:
    return score_dimension(DATA, levels, highest_level=4)


class TestWorkedExample:
    """STR 3, LED 2, COE 1, HRS 2, TRN unanswered, FUN 2, PMS not applicable (scoring method §9)."""

    figures = score([3, 2, 1, 2, MISSING_BYTE, 2, NA_BYTE])

    def test_weights_and_points(self) -> None:
        found = self.figures
        assert (found.weight_applicable, found.weight_answered, found.points) == (6, 5, 10)

    def test_is_rated_with_index_fifty(self) -> None:
        assert self.figures.is_rated
        assert one_decimal(self.figures.index(4)) == "50.0"

    def test_has_operates_foundation_and_advanced(self) -> None:
        found = self.figures
        assert (found.has, found.operates, found.foundation, found.is_advanced) == (4, 1, 0, False)
        assert found.paper_gap == 3


class TestRules:
    def test_less_than_two_thirds_of_the_weight_is_not_rated(self) -> None:
        figures = score([4, 4, 4, 4, MISSING_BYTE, MISSING_BYTE, MISSING_BYTE])
        assert not figures.is_rated
        assert figures.index(4) is None

    def test_exactly_two_thirds_is_rated(self) -> None:
        assert score([4, 4, 4, 4, MISSING_BYTE, MISSING_BYTE, NA_BYTE]).is_rated

    def test_nothing_applicable_has_no_foundation_and_no_index(self) -> None:
        figures = score([NA_BYTE] * 7)
        assert (figures.foundation, figures.is_rated, figures.applicable) == (None, False, 0)

    def test_level_zero_is_an_answer_and_missing_is_not(self) -> None:
        assert score([0] * 7).answered == 7
        assert score([MISSING_BYTE] * 7).answered == 0

    def test_advanced_needs_strategy_leadership_and_training_in_place(self) -> None:
        assert score([2, 2, 3, 3, 2, 3, 3]).is_advanced
        assert not score([2, 2, 3, 3, 1, 3, 3]).is_advanced
        assert not score([4, 2, 3, 3, 2, 2, NA_BYTE]).is_advanced

    def test_culture_is_never_advanced_or_not(self) -> None:
        items = [ItemShape("CUL-CUR-1"), ItemShape("CUL-CUR-2")]
        assert score_dimension(items, [4, 4], highest_level=4).is_advanced is None

    def test_weights_count(self) -> None:
        items = [ItemShape("A", 3), ItemShape("B", 1)]
        figures = score_dimension(items, [4, 0], highest_level=4)
        assert figures.index(4) == Fraction(75)


class TestProperties:
    @given(LEVELS, st.integers(0, 6))
    def test_raising_a_level_lowers_nothing(self, levels: list[int], place: int) -> None:
        if levels[place] >= 4:
            return
        raised = [*levels]
        raised[place] += 1
        before, after = score(levels), score(raised)
        assert (after.index(4) or 0) >= (before.index(4) or 0)
        assert after.has >= before.has
        assert after.operates >= before.operates
        assert (after.foundation or 0) >= (before.foundation or 0)
        assert after.is_advanced or not before.is_advanced

    @given(LEVELS, st.randoms())
    def test_order_does_not_matter(self, levels: list[int], chance: object) -> None:
        pairs = list(zip(DATA, levels, strict=True))
        chance.shuffle(pairs)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
        shuffled = score_dimension(
            [item for item, _level in pairs], [level for _item, level in pairs], highest_level=4
        )
        assert shuffled == score(levels)

    @given(LEVELS)
    def test_index_stays_between_zero_and_hundred(self, levels: list[int]) -> None:
        index = score(levels).index(4)
        assert index is None or 0 <= index <= 100
