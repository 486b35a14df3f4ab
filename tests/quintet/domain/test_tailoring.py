"""An entity's own path: its weights and targets, exact, and what cannot be set."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.tailoring import (
    Priority,
    TailoredItem,
    parse_own_answer,
    parse_own_item,
    parse_priorities,
    tailor,
)
from un20portal.lib.errors import InvalidInput

ITEMS = st.lists(
    st.builds(
        TailoredItem,
        level=st.none() | st.integers(0, 4),
        target=st.none() | st.integers(0, 4),
        weight=st.integers(0, 5),
        is_na=st.booleans(),
    ),
    max_size=12,
)


class TestTheProfile:
    def test_of_a_worked_example(self) -> None:
        profile = tailor(
            [
                TailoredItem(3, target=4, weight=2),
                TailoredItem(2, target=2),
                TailoredItem(1, target=3, weight=3),
                TailoredItem(None, target=2),
                TailoredItem(4),
                TailoredItem(None, target=4, weight=5, is_na=True),
            ]
        )
        assert (profile.points, profile.weight_answered, profile.weight_applicable) == (15, 7, 8)
        assert profile.mean_level == Fraction(15, 7)
        assert (profile.targets, profile.at_target, profile.targets_unanswered) == (4, 1, 1)
        assert profile.gap == Fraction(2 * 1 + 0 + 3 * 2, 6)
        assert profile.is_rated

    def test_with_the_common_weights_is_the_common_figure(self) -> None:
        """The entity of scoring §9: index 50.0 of a highest level of 4 is a mean level of 2."""
        levels = [3, 2, 1, 2, None, 2]
        profile = tailor([*(TailoredItem(level) for level in levels), TailoredItem(None, is_na=True)])
        assert (profile.weight_applicable, profile.weight_answered, profile.points) == (6, 5, 10)
        assert profile.mean_level == 2
        assert profile.is_rated

    def test_of_nothing_is_nothing_not_zero(self) -> None:
        for items in ([], [TailoredItem(None, target=3)], [TailoredItem(4, weight=0)]):
            profile = tailor(items)
            assert profile.mean_level is None
            assert profile.gap is None

    @given(ITEMS)
    def test_knows_nothing_of_items_without_weight(self, items: list[TailoredItem]) -> None:
        assert tailor(items) == tailor([item for item in items if item.weight])

    @given(ITEMS)
    def test_order_does_not_matter(self, items: list[TailoredItem]) -> None:
        assert tailor(items) == tailor(items[::-1])

    @given(ITEMS, st.integers(0, 3), st.integers(1, 5))
    def test_a_higher_level_never_lowers_the_mean_nor_widens_the_gap(
        self, items: list[TailoredItem], level: int, weight: int
    ) -> None:
        low, high = (tailor([*items, TailoredItem(n, target=3, weight=weight)]) for n in (level, level + 1))
        assert low.mean_level is not None
        assert high.mean_level is not None
        assert high.mean_level > low.mean_level
        assert (high.gap or 0) <= (low.gap or 0)
        assert high.at_target >= low.at_target

    @given(ITEMS)
    def test_stays_within_the_scale(self, items: list[TailoredItem]) -> None:
        profile = tailor(items)
        assert profile.mean_level is None or 0 <= profile.mean_level <= 4
        assert profile.at_target + profile.targets_unanswered <= profile.targets


class TestPriorities:
    def test_are_read_from_texts(self) -> None:
        raw = {"A": {"target": "3", "weight": "5"}, "B": {"target": "", "weight": ""}, "C": {"target": "0"}}
        assert parse_priorities(raw, highest_level=4) == {
            "A": Priority(3, 5),
            "B": Priority(None, 1),
            "C": Priority(0, 1),
        }

    def test_every_wrong_field_is_named(self) -> None:
        raw = {
            "A": {"target": "5", "weight": "-1"},
            "B": {"target": "x", "weight": "6"},
            "C": {"weight": "²"},
        }
        with pytest.raises(InvalidInput) as refusal:
            parse_priorities(raw, highest_level=4)
        named = [error.field for error in refusal.value.errors]
        assert named == ["target-A", "weight-A", "target-B", "weight-B", "weight-C"]


class TestAnOwnItem:
    def test_has_a_question_and_a_text_per_level(self) -> None:
        assert parse_own_item(" Why? ", ["a", " b"], n_levels=2) == ("Why?", ["a", "b"])

    @pytest.mark.parametrize(
        ("question", "texts", "named"),
        [
            ("", ["a", "b"], ["question"]),
            ("x" * 1001, ["a", "b"], ["question"]),
            ("Why?", ["a"], ["level-1"]),
            ("Why?", ["", "b" * 501], ["level-0", "level-1"]),
            ("Why\x00?", ["a", "b"], ["question"]),
        ],
    )
    def test_without_is_refused(self, question: str, texts: list[str], named: list[str]) -> None:
        with pytest.raises(InvalidInput) as refusal:
            parse_own_item(question, texts, n_levels=2)
        assert [error.field for error in refusal.value.errors] == named

    def test_is_answered_by_a_level_and_a_comment(self) -> None:
        assert parse_own_answer({"level": "0", "comment": " so "}, highest_level=4) == (0, "so")
        for raw in ({}, {"level": "5"}, {"level": ""}, {"level": "1", "comment": "x" * 10_001}):
            with pytest.raises(InvalidInput):
                parse_own_answer(raw, highest_level=4)
