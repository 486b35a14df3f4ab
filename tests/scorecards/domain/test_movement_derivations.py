"""Every step of a change says how it follows, and comes to what the method says of the same sheets."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given

from quintet.domain.crosswalk import Relation
from scorecards.domain.bridge import Bridge, Parts, WithoutParts, bridge_index, bridge_share
from scorecards.domain.movement import Comparison, Panel, Verdict, item_movements
from scorecards.domain.movement_derivations import (
    HIDDEN_IN_WORDS,
    MOVEMENT_STATES,
    bridge_steps,
    hidden_in_words,
    mean_steps,
    panel_steps,
    relation_in_words,
    sample_behind,
    sample_steps,
    why_no_parts,
)
from scorecards.domain.receipts import Sentence, Step, parse_subject
from tests.scorecards.domain.cycles import COMPARISONS
from tests.scorecards.reckoned import calculated, reckoned
from un20portal.lib.errors import InvalidInput
from un20portal.lib.ratios import one_decimal


def by_name(steps: Sequence[Step]) -> dict[str, Step]:
    found = {step.name: step for step in steps}
    assert len(found) == len(steps)
    return found


def said(sentence: Sentence) -> str:
    return sentence.message % sentence.params


def panel_of(n: int, before: int, after: int) -> Panel:
    rose, fell = max(after - before, 0), max(before - after, 0)
    return Panel(rose, n - rose - fell, fell, before, after, newly_answered=0, no_longer_answered=0)


class TestTheVerdict:
    @pytest.mark.parametrize(
        ("n", "before", "after", "conditions"),
        [
            (10, 4, 7, ("true", "true")),
            (10, 7, 4, ("true", "true")),
            (10, 4, 6, ("false", "true")),
            (100, 10, 14, ("true", "false")),
            (60, 10, 13, ("true", "true")),  # 5 points exactly
            (61, 10, 13, ("true", "false")),
            (10, 4, 4, ("false", "false")),
        ],
    )
    def test_is_three_entities_and_five_points(
        self, n: int, before: int, after: int, conditions: tuple[str, str]
    ) -> None:
        panel = panel_of(n, before, after)
        steps = by_name(panel_steps(panel))
        assert (steps["clear_entities"].value, steps["clear_points"].value) == conditions
        assert steps["verdict"].filled == " and ".join(conditions)
        assert panel.verdict is not None
        assert steps["verdict"].value == panel.verdict.name.lower()
        is_clear = panel.verdict is Verdict.CLEAR
        assert ("is called clear" in said(steps["verdict"].words)) == is_clear
        for name, met in zip(("clear_entities", "clear_points"), conditions, strict=True):
            assert said(steps[name].words).endswith("It is met." if met == "true" else "It is not met.")

    def test_is_not_asked_of_nobody(self) -> None:
        assert [step.name for step in panel_steps(panel_of(0, 0, 0))] == ["n_panel"]


class TestTheWorkedExample:
    """Five units: 2 of 4 = 50 becomes 3 of 3 = 100; two answer in both, one left, one joined, one is n/a."""

    panel = Panel(1, 1, 0, 1, 2, newly_answered=1, no_longer_answered=2)
    bridge = Bridge(
        Fraction(50),
        Fraction(100),
        Parts(Fraction(175, 6), Fraction(-25, 3), Fraction(0), Fraction(175, 6)),
    )

    def test_adds_up_in_the_panel_and_in_both_samples(self) -> None:
        before, after = sample_behind("2025", 4, self.bridge.before), sample_behind("2026", 3, Fraction(100))
        steps = by_name([*panel_steps(self.panel), *sample_steps(self.panel, before, after)])
        assert {name: (step.filled, step.value) for name, step in steps.items()} == {
            "n_panel": ("1 + 1 + 0", "2"),
            "has_before": ("", "1"),
            "has_after": ("", "2"),
            "share_before": ("100 · 1 / 2", "50.0"),
            "share_after": ("100 · 2 / 2", "100.0"),
            "delta_has": ("2 - 1", "1"),
            "delta_points": ("100 · 1 / 2", "50.0"),
            "clear_entities": ("1 ≥ 3", "false"),
            "clear_points": ("100 · 1 ≥ 5 · 2", "true"),
            "verdict": ("false and true", "no_clear_change"),
            "before.n_answered": ("2 + 2", "4"),
            "before.has": ("", "2"),
            "before.share_has": ("100 · 2 / 4", "50.0"),
            "after.n_answered": ("2 + 1", "3"),
            "after.has": ("", "3"),
            "after.share_has": ("100 · 3 / 3", "100.0"),
            "total": ("100 · 3 / 3 - 100 · 2 / 4", "50.0"),
        }

    def test_has_parts_that_add_up_exactly(self) -> None:
        steps = by_name(bridge_steps(self.bridge, is_share=True))
        assert [(step.filled, step.value) for step in steps.values()] == [
            ("175/6", "29.2"),
            ("-25/3", "-8.3"),
            ("0", "0.0"),
            ("175/6", "29.2"),
            ("(175/6) + (-25/3) + 0 + (175/6)", "50.0"),
        ]
        assert "a share has no weights" in said(steps["method"].words)
        assert "weights" in said(by_name(bridge_steps(self.bridge, is_share=False))["method"].words)


class TestAnyTwoCycles:
    @given(COMPARISONS)
    def test_every_number_is_what_its_formula_says(self, comparison: Comparison) -> None:
        for code, found in item_movements(comparison).items():
            bridge = bridge_share(comparison, code)
            before = sample_behind("2025", found.before.n_answered, bridge.before)
            after = sample_behind("2026", found.after.n_answered, bridge.after)
            assert (before.has, after.has) == (found.before.has, found.after.has)
            steps = [*panel_steps(found), *sample_steps(found, before, after)]
            recalculate([*steps, *bridge_steps(bridge, is_share=True)])
            adds_up(bridge)

    @given(COMPARISONS)
    def test_the_same_of_a_mean(self, comparison: Comparison) -> None:
        for dimension in ("DAT", "DIG"):
            bridge = bridge_index(comparison, dimension)
            for n_rated in ([3, 4], [None, None]):
                recalculate(mean_steps(bridge, n_rated, ["2025", "2026"]))
            recalculate(bridge_steps(bridge, is_share=False))
            adds_up(bridge)


def recalculate(steps: Sequence[Step]) -> None:
    """Reckon every formula anew that has numbers in it; conditions are tested above."""
    for name, step in by_name(steps).items():
        assert said(step.words)
        if not step.filled or name in ("clear_entities", "clear_points", "verdict"):
            continue
        assert step.value in (calculated(step.filled), str(reckoned(step.filled))), name


def adds_up(bridge: Bridge) -> None:
    steps = by_name(bridge_steps(bridge, is_share=False))
    assert (not steps) == (bridge.why_not is not None)
    if steps:
        parts = [reckoned(steps[name].filled) for name in Parts._fields]
        assert sum(parts) == reckoned(steps["sum"].filled) == bridge.change
        assert steps["sum"].value == one_decimal(bridge.change)


class TestWords:
    @pytest.mark.parametrize("reason", WithoutParts)
    def test_say_why_there_are_no_parts(self, reason: WithoutParts) -> None:
        sentence = why_no_parts(Bridge(None, None, None, reason))
        assert sentence is not None
        assert said(sentence)

    @pytest.mark.parametrize("relation", Relation)
    def test_say_what_became_of_a_question(self, relation: Relation) -> None:
        breaks = relation is not Relation.EQUAL
        assert said(relation_in_words(relation, [])).startswith("The series breaks") == breaks
        assert ("(A, B)" in said(relation_in_words(relation, ["A", "B"]))) == breaks

    def test_say_of_every_state_what_is_hidden(self) -> None:
        assert set(HIDDEN_IN_WORDS) == set(MOVEMENT_STATES)
        for state in MOVEMENT_STATES:
            assert "%(" not in said(hidden_in_words(state, threshold=5))


class TestWhatAReceiptIsAskedFor:
    def test_may_be_a_change(self) -> None:
        asked = {"group": "all", "item": "DAT-STR"}
        assert parse_subject(asked | {"from": " 2025 "}).since == "2025"
        assert parse_subject(asked).since == ""
        assert parse_subject({"entity": "UNDP", "dimension": "DAT", "from": "2025"}).since == "2025"
        assert parse_subject({"group": "all", "of": "moved", "from": "2025"}).of == "moved"

    @pytest.mark.parametrize(
        ("asked", "says"),
        [
            ({"entity": "UNDP", "area": "culture", "from": "2025"}, "and item or dimension"),
            ({"group": "all", "of": "response", "from": "2025"}, "needs from"),
            ({"group": "all", "of": "moved"}, "needs from"),
            ({"group": "all", "item": "DAT-STR", "from": " "}, "Name the cycle"),
            ({"group": "all", "from": "2025"}, "one figure"),
        ],
    )
    def test_is_refused_where_it_is_no_change(self, asked: dict[str, str], says: str) -> None:
        with pytest.raises(InvalidInput, match=says):
            parse_subject(asked)
