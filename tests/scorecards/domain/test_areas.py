"""Method un20-1 §3: areas, checked against published composite indicators, and an entity's own figures."""

from decimal import ROUND_UP, Decimal, localcontext
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from quintet.domain.tailoring import Priority
from scorecards.domain.areas import (
    DIGITS,
    AreaFigures,
    WeighedIndex,
    gaps_to_targets,
    summarise_area,
    tailor_dimension,
    tailored_index,
)
from scorecards.domain.scoring import ItemShape, score_dimension

INDICES = st.fractions(0, 100, max_denominator=140)  # 4 levels × up to 35 of weight
DIMENSIONS = st.lists(
    st.builds(WeighedIndex, index=st.none() | INDICES, weight=st.integers(0, 5)), max_size=9
)
RATED = st.lists(st.builds(WeighedIndex, index=INDICES, weight=st.integers(1, 5)), min_size=1, max_size=9)


def stretched(value: str) -> Fraction:
    """The index whose x is this value: 1 + 0.99·index = x."""
    return (Fraction(value) - 1) / Fraction(99, 100)


def mean_of_x(figures: AreaFigures) -> Decimal:
    """G, as others publish it: the figure before it is brought back to 0…100."""
    assert figures.geometric is not None
    return 1 + Decimal("0.99") * figures.geometric


class TestPublishedExamples:
    @pytest.mark.parametrize(
        ("weights", "root"),
        [((1, 1, 1), Fraction(6) ** Fraction(1, 3)), ((1, 1, 2), Fraction(18) ** Fraction(1, 4))],
    )
    def test_coinr_weighted_geometric_mean(self, weights: tuple[int, ...], root: float) -> None:
        """COINr (R package for composite indicators), its tests of `a_gmean`: 1, 2, 3 weighed 1, 1, 2 is
        (1·2·3²)^(1/4), and without weights (1·2·3)^(1/3)."""
        values = [WeighedIndex(stretched(x), weight) for x, weight in zip("123", weights, strict=True)]
        assert float(mean_of_x(summarise_area(values))) == pytest.approx(root, abs=1e-14)

    def test_coinr_compensability(self) -> None:
        """COINr, vignette on aggregation: scores (0, 10) and (5, 5) of 10 have one arithmetic mean; the
        geometric one, on a scale that it brings from 0…100 to 1…100 first, is lower: √(1·100) = 10."""
        uneven = summarise_area([WeighedIndex(Fraction(0)), WeighedIndex(Fraction(100))])
        even = summarise_area([WeighedIndex(Fraction(50)), WeighedIndex(Fraction(50))])
        assert uneven.mean == even.mean == 50
        assert mean_of_x(uneven).quantize(Decimal("1e-20")) == 10
        assert (uneven.geometric_shown, even.geometric_shown) == ("9.1", "50.0")
        assert uneven.weakest == 0

    @pytest.mark.parametrize(
        ("income", "health", "education", "hdi"),
        [
            ("88.4", "94.8", "99.3", "94.0"),  # Norway
            ("91.4", "90.9", "65.5", "81.6"),  # Qatar
            ("90.1", "93.1", "76.4", "86.3"),  # Luxembourg
            ("66.3", "82.8", "77.8", "75.3"),  # Bulgaria
            ("48.4", "74.8", "53.5", "57.9"),  # Indonesia
        ],
    )
    def test_human_development_index(self, income: str, health: str, education: str, hdi: str) -> None:
        """UNDP's Human Development Index since 2010: the cube root of three dimension indices, here × 100,
        as printed with three decimals beside the results of PISA 2006 in a public data set. Indices and HDI
        are rounded there, so half a thousandth of each is open."""
        figures = summarise_area([WeighedIndex(stretched(x)) for x in (income, health, education)])
        assert abs(mean_of_x(figures) - Decimal(hdi)) <= Decimal("0.1")

    def test_the_first_28_digits_of_a_root(self) -> None:
        """√2 = 1.41421356237309504880168872420969807856967…, the G of x = 1 and 2."""
        figures = summarise_area([WeighedIndex(stretched("1")), WeighedIndex(stretched("2"))])
        root_less_one = Decimal("0.41421356237309504880168872420969807856967")
        assert figures.geometric == DIGITS.divide(root_less_one, Decimal("0.99"))


class TestAnArea:
    def test_weighs_its_dimensions(self) -> None:
        figures = summarise_area([WeighedIndex(Fraction(100), 3), WeighedIndex(Fraction(20), 1)])
        assert (figures.weight, figures.weight_rated) == (4, 4)
        assert figures.mean == 80
        assert figures.weakest == 20

    @pytest.mark.parametrize(
        ("rated", "unrated", "is_shown"),
        [
            ([1, 1], [1], True),
            ([1, 1, 1], [1, 1], False),
            ([2], [1], True),
            ([3], [2], False),
            ([1] * 6, [1] * 3, True),
            ([1] * 5, [1] * 4, False),
        ],
    )
    def test_is_shown_from_two_thirds_of_its_weight_on(
        self, rated: list[int], unrated: list[int], is_shown: bool
    ) -> None:
        known = [WeighedIndex(Fraction(50), weight) for weight in rated]
        figures = summarise_area([*known, *(WeighedIndex(None, weight) for weight in unrated)])
        assert (figures.weight, figures.weight_rated) == (sum(rated) + sum(unrated), sum(rated))
        found = {figures.mean is not None, figures.geometric is not None, figures.weakest is not None}
        assert found == {is_shown}

    def test_of_nothing_has_no_figures(self) -> None:
        for dimensions in ([], [WeighedIndex(None)], [WeighedIndex(Fraction(50), 0)]):
            figures = summarise_area(dimensions)
            assert (figures.mean, figures.geometric, figures.weakest) == (None, None, None)
            assert figures.geometric_shown is None

    def test_with_nothing_started_is_zero_and_with_all_leading_a_hundred(self) -> None:
        for index, shown in ((0, "0.0"), (100, "100.0")):
            figures = summarise_area([WeighedIndex(Fraction(index))] * 5)
            assert figures.mean == figures.geometric == figures.weakest == index
            assert figures.geometric_shown == shown


class TestTheGeometricFigure:
    @settings(deadline=None)
    @given(RATED)
    def test_does_not_depend_on_the_settings_of_the_process(self, dimensions: list[WeighedIndex]) -> None:
        expected = summarise_area(dimensions)
        with localcontext(prec=3, rounding=ROUND_UP, Emax=5, Emin=-5):
            assert str(summarise_area(dimensions).geometric) == str(expected.geometric)

    def test_does_not_depend_on_the_order(self) -> None:
        dimensions = [
            WeighedIndex(Fraction(100, n), weight) for n, weight in ((3, 1), (7, 2), (11, 5), (28, 3))
        ]
        found = {str(summarise_area(order).geometric) for order in permutations(dimensions)}
        assert len(found) == 1

    @settings(deadline=None)
    @given(RATED)
    def test_has_28_digits_and_stays_between_the_weakest_and_the_mean(
        self, dimensions: list[WeighedIndex]
    ) -> None:
        figures = summarise_area(dimensions)
        assert figures.mean is not None
        assert figures.weakest is not None
        assert figures.geometric is not None
        assert len(figures.geometric.as_tuple().digits) <= 28
        assert _rounded(figures.weakest) <= figures.geometric <= _rounded(figures.mean)

    @settings(deadline=None)
    @given(INDICES, st.lists(st.integers(1, 5), min_size=1, max_size=9))
    def test_of_equal_indices_is_their_value(self, index: Fraction, weights: list[int]) -> None:
        figures = summarise_area(WeighedIndex(index, weight) for weight in weights)
        assert figures.mean == figures.weakest == index
        assert figures.geometric == _rounded(index)

    @settings(deadline=None)
    @given(RATED, st.integers(0, 8), st.fractions(Fraction(1, 140), 100, max_denominator=140))
    def test_raising_an_index_lowers_nothing(
        self, dimensions: list[WeighedIndex], place: int, by: Fraction
    ) -> None:
        place %= len(dimensions)
        old = dimensions[place]
        assert old.index is not None
        higher = [*dimensions]
        higher[place] = WeighedIndex(min(old.index + by, Fraction(100)), old.weight)
        before, after = summarise_area(dimensions), summarise_area(higher)
        for low, high in (
            (before.mean, after.mean),
            (before.geometric, after.geometric),
            (before.weakest, after.weakest),
        ):
            assert low is not None
            assert high is not None
            assert high >= low

    @settings(deadline=None)
    @given(DIMENSIONS)
    def test_knows_nothing_of_dimensions_without_weight(self, dimensions: list[WeighedIndex]) -> None:
        assert summarise_area(dimensions) == summarise_area([found for found in dimensions if found.weight])


def _rounded(value: Fraction) -> Decimal:
    return DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))


class TestOwnPath:
    """The entity of scoring §9: STR 3, LED 2, COE 1, HRS 2, TRN unanswered, FUN 2, PMS not applicable."""

    items = [ItemShape(f"DAT-{enabler}") for enabler in ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")]
    levels = bytes([3, 2, 1, 2, MISSING_BYTE, 2, NA_BYTE])
    own = {
        "DAT-STR": Priority(4, 5),
        "DAT-LED": Priority(2),
        "DAT-COE": Priority(3, 0),
        "DAT-HRS": Priority(1),
        "DAT-TRN": Priority(2),
        "DAT-PMS": Priority(4),
    }

    def test_gaps_are_levels_to_the_own_target(self) -> None:
        gaps = gaps_to_targets(self.items, self.levels, self.own)
        assert gaps == {"DAT-STR": 1, "DAT-LED": 0, "DAT-HRS": 0, "DAT-TRN": None}

    def test_gaps_agree_with_the_profile(self) -> None:
        profile = tailor_dimension(self.items, self.levels, self.own)
        gaps = gaps_to_targets(self.items, self.levels, self.own).values()
        assert (profile.targets, profile.at_target, profile.targets_unanswered) == (4, 2, 1)
        assert profile.targets == len(gaps)
        assert profile.at_target == sum(gap == 0 for gap in gaps)
        assert profile.targets_unanswered == sum(gap is None for gap in gaps)

    def test_own_weights_change_the_index(self) -> None:
        """15 + 2 + 2 + 2 points of 4 × 8 of answered weight; the common index is 50.0."""
        profile = tailor_dimension(self.items, self.levels, self.own)
        assert tailored_index(profile, 4) == Fraction(2100, 32)

    def test_without_own_weights_is_the_common_figure(self) -> None:
        common = score_dimension(self.items, self.levels, highest_level=4)
        assert tailored_index(tailor_dimension(self.items, self.levels, {}), 4) == common.index(4) == 50

    def test_too_few_answers_have_no_own_index(self) -> None:
        own = {"DAT-TRN": Priority(None, 5)}
        assert tailored_index(tailor_dimension(self.items, self.levels, own), 4) is None

    def test_an_area_by_own_weights(self) -> None:
        index = tailored_index(tailor_dimension(self.items, self.levels, self.own), 4)
        figures = summarise_area(
            [WeighedIndex(index, 4), WeighedIndex(Fraction(25), 1), WeighedIndex(None, 0)]
        )
        assert (figures.mean, figures.weakest) == (Fraction(115, 2), Fraction(25))
        assert figures.weight == 5
