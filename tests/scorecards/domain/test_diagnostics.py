"""Method un20-1 §6: alpha, enablers and agreement, against published figures and by hand."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.diagnostics import cronbach_alpha, diagnose
from scorecards.domain.figures import FrameworkShape, Unit
from scorecards.domain.scoring import ItemShape

CAPABILITY = [ItemShape(f"DAT-{enabler}", 1, enabler) for enabler in ("STR", "LED", "TRN")]
LEVER = [ItemShape("CUL-CUR-1")]
FRAMEWORK = FrameworkShape(highest_level=4, dimensions={"DAT": CAPABILITY, "CUL-CUR": LEVER})
COMPLETE = st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4), max_size=12)


def unit(code: str, claimed: list[int], accepted: list[int] | None = None) -> Unit:
    return Unit(
        code, ("all",), {"claimed": bytes(claimed), "accepted": None if accepted is None else bytes(accepted)}
    )


class TestAlpha:
    def test_has_the_published_value(self) -> None:
        """Ten guests of a restaurant, three questions: Z. Bobbitt, "How to Calculate Cronbach's Alpha in
        Python" (Statology, 2021), with the function of Pingouin: 0.7734375."""
        answers = zip(
            [1, 2, 2, 3, 2, 2, 3, 3, 2, 3],
            [1, 1, 1, 2, 3, 3, 2, 3, 3, 3],
            [1, 1, 2, 1, 2, 3, 3, 3, 2, 3],
            strict=True,
        )
        assert cronbach_alpha(list(answers)) == Fraction("0.7734375")

    def test_is_one_where_all_items_say_the_same(self) -> None:
        assert cronbach_alpha([(0, 0), (3, 3), (4, 4)]) == 1

    def test_is_undefined_for_two_units_one_item_or_equal_sums(self) -> None:
        assert cronbach_alpha([]) is None
        assert cronbach_alpha([(0, 1), (2, 3)]) is None
        assert cronbach_alpha([(0,), (1,), (2,)]) is None
        assert cronbach_alpha([(0, 4), (4, 0), (2, 2)]) is None

    @given(COMPLETE)
    def test_is_never_above_one(self, answers: list[list[int]]) -> None:
        alpha = cronbach_alpha(answers)
        assert alpha is None or alpha <= 1

    @given(COMPLETE, st.randoms())
    def test_order_does_not_matter(self, answers: list[list[int]], chance: object) -> None:
        shuffled = [*answers]
        chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
        assert cronbach_alpha(shuffled) == cronbach_alpha(answers)

    def test_of_a_dimension_is_of_the_units_that_answer_every_item(self) -> None:
        complete = [unit("A", [0, 1, 0, 4]), unit("B", [2, 3, 3, 4]), unit("C", [4, 3, 4, 4])]
        open_ones = [unit("D", [4, MISSING_BYTE, 0, 4]), unit("E", [0, NA_BYTE, 4, 4])]
        found = diagnose([*complete, *open_ones], FRAMEWORK, basis="claimed")["DAT"]
        assert found.n_complete == 3
        assert found.alpha == cronbach_alpha([(0, 1, 0), (2, 3, 3), (4, 3, 4)])

    def test_of_a_basis_on_which_nothing_counts_is_none(self) -> None:
        found = diagnose([unit("A", [0, 1, 0, 4])], FRAMEWORK, basis="accepted")["DAT"]
        assert (found.n_complete, found.alpha, found.n_pairs, found.kappa) == (0, None, 0, None)
        assert found.without == {"STR": None, "LED": None, "TRN": None}


class TestWithoutAnEnabler:
    def test_the_mean_changes_by_what_the_enabler_gives(self) -> None:
        """A: 4 2 0 has 50; without STR 25, without LED 50, without TRN 75. B says 2 everywhere."""
        found = diagnose([unit("A", [4, 2, 0, 0]), unit("B", [2, 2, 2, 0])], FRAMEWORK, basis="claimed")
        assert found["DAT"].without == {"STR": Fraction(-25, 2), "LED": 0, "TRN": Fraction(25, 2)}

    def test_a_sheet_that_would_not_be_rated_without_it_is_left_out(self) -> None:
        """B leaves one of three items open: of the two that stay without STR it answers only one."""
        units = [unit("A", [4, 2, 0, 0]), unit("B", [4, 4, MISSING_BYTE, 0])]
        found = diagnose(units, FRAMEWORK, basis="claimed")["DAT"].without
        assert found["STR"] == -25
        assert found["TRN"] == Fraction(25, 2)

    def test_a_lever_of_the_culture_has_no_enablers(self) -> None:
        assert diagnose([unit("A", [4, 2, 0, 3])], FRAMEWORK, basis="claimed")["CUL-CUR"].without == {}


class TestAgreement:
    def test_has_the_published_kappa(self) -> None:
        """The weighting example of scikit-learn's tests (`test_cohen_kappa`): quadratic 0.9541."""
        claimed = [0] * 46 + [1] * 44 + [2] * 10
        accepted = [0] * 50 + [1] * 40 + [2] * 10
        units = [
            unit(f"U{number}", [4, 4, 4, said], [0, 0, 0, judged])
            for number, (said, judged) in enumerate(zip(claimed, accepted, strict=True))
        ]
        found = diagnose(units, FRAMEWORK, basis="accepted")["CUL-CUR"]
        assert found.kappa is not None
        assert round(float(found.kappa), 4) == 0.9541
        assert [found.n_pairs, found.exact_match] == [100, 96]

    def test_is_of_levels_in_validated_sheets(self) -> None:
        units = [
            unit("A", [4, MISSING_BYTE, NA_BYTE, 0], [3, MISSING_BYTE, NA_BYTE, 0]),
            unit("B", [2, NA_BYTE, 2, 0], [NA_BYTE, 2, MISSING_BYTE, 0]),
            unit("C", [2, 2, 2, 2]),
        ]
        found = diagnose(units, FRAMEWORK, basis="claimed")["DAT"]
        assert [found.n_pairs, found.exact_match] == [1, 0]
