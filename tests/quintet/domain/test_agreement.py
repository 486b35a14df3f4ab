"""Agreement of two raters against published figures and what must always hold."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.agreement import exact_match, quadratic_kappa

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=40)


def pairs_of(first: dict[int, int], second: dict[int, int]) -> list[tuple[int, int]]:
    """Pairs from two lists of ratings, each given as level → how often, one after the other."""
    ratings = [[level for level, count in one.items() for _ in range(count)] for one in (first, second)]
    return list(zip(*ratings, strict=True))


class TestAPublishedExample:
    """The weighting example of scikit-learn's tests (sklearn/metrics/tests/test_classification.py,
    `test_cohen_kappa`): quadratic 0.9541."""

    PAIRS = pairs_of({0: 46, 1: 44, 2: 10}, {0: 50, 1: 40, 2: 10})

    def test_has_the_published_kappa(self) -> None:
        kappa = quadratic_kappa(self.PAIRS)
        assert kappa is not None
        assert round(float(kappa), 4) == 0.9541

    def test_is_what_a_hand_computes(self) -> None:
        """Four of 100 pairs are one level apart. Expected by chance, of 10 000 combinations: one level
        apart are 46·40 + 44·50 + 44·10 + 10·40, two levels (four times as bad) 46·10 + 10·50."""
        by_chance = Fraction(46 * 40 + 44 * 50 + 44 * 10 + 10 * 40 + 4 * (46 * 10 + 10 * 50), 10_000)
        assert quadratic_kappa(self.PAIRS) == 1 - Fraction(4, 100) / by_chance
        assert exact_match(self.PAIRS) == 96


class TestKappa:
    def test_is_undefined_where_nobody_could_disagree(self) -> None:
        assert quadratic_kappa([]) is None
        assert quadratic_kappa([(3, 3), (3, 3)]) is None

    def test_is_zero_where_one_rater_always_says_the_same(self) -> None:
        assert quadratic_kappa([(2, 0), (2, 1), (2, 4)]) == 0

    def test_is_minus_one_for_opposites(self) -> None:
        assert quadratic_kappa([(0, 4), (4, 0)]) == -1

    @given(PAIRS)
    def test_is_between_minus_one_and_one(self, pairs: list[tuple[int, int]]) -> None:
        kappa = quadratic_kappa(pairs)
        assert kappa is None or -1 <= kappa <= 1

    @given(PAIRS)
    def test_is_one_exactly_for_full_agreement(self, pairs: list[tuple[int, int]]) -> None:
        kappa = quadratic_kappa(pairs)
        assert (kappa == 1) == (kappa is not None and all(first == second for first, second in pairs))

    @given(PAIRS)
    def test_does_not_care_who_was_first(self, pairs: list[tuple[int, int]]) -> None:
        turned = [(second, first) for first, second in pairs]
        assert quadratic_kappa(turned) == quadratic_kappa(pairs)
        assert exact_match(turned) == exact_match(pairs)


class TestTheExactMatch:
    def test_is_a_share_in_per_cent(self) -> None:
        assert exact_match([(1, 1), (2, 3), (0, 4)]) == Fraction(100, 3)

    def test_of_no_pair_is_none(self) -> None:
        assert exact_match([]) is None
