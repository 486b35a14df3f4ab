"""Method un20-1 §6: bands instead of ranks."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from scorecards.domain.bands import Interval, bands, interval_entry

NUMBERS = st.lists(st.integers(0, 20), min_size=3, max_size=3).map(sorted)
INTERVALS = st.dictionaries(
    st.sampled_from("ABCDEFGHIJ"), st.none() | NUMBERS.map(lambda numbers: interval(*numbers))
)


def interval(low: int, median: int, high: int) -> Interval:
    return Interval(Fraction(low), Fraction(median), Fraction(high), n_rated_draws=2000)


class TestByHand:
    def test_whoever_overlaps_the_leader_is_in_the_band(self) -> None:
        """U (median 80) leads and reaches down to 70: V touches it, and so does wide W with median 50.
        X ends at 69 and leads the next band, in which Y is; Z is left."""
        found = bands(
            {
                "Z": interval(10, 20, 30),
                "Y": interval(40, 55, 60),
                "X": interval(55, 60, 69),
                "W": interval(20, 50, 75),
                "V": interval(60, 65, 70),
                "U": interval(70, 80, 90),
            }
        )
        assert found == (("U", "V", "W"), ("X", "Y"), ("Z",))

    def test_in_a_band_units_stand_by_code(self) -> None:
        assert bands({"B": interval(40, 60, 80), "A": interval(30, 50, 70)}) == (("A", "B"),)

    def test_of_equal_medians_the_first_code_leads(self) -> None:
        """Led by A (50 to 50), C (55 to 60) is apart; led by B (40 to 60) it would not be."""
        found = bands({"B": interval(40, 50, 60), "C": interval(55, 57, 60), "A": interval(50, 50, 50)})
        assert found == (("B", "C"), ("A",))
        found = bands({"B": interval(40, 50, 60), "C": interval(55, 50, 60), "A": interval(50, 50, 50)})
        assert found == (("A", "B"), ("C",))

    def test_who_is_never_rated_is_in_no_band(self) -> None:
        assert bands({"A": None, "B": interval(1, 2, 3)}) == (("B",),)
        assert bands({}) == ()


class TestProperties:
    @given(INTERVALS)
    def test_every_rated_unit_is_in_one_band(self, intervals: dict[str, Interval | None]) -> None:
        inside = [code for band in bands(intervals) for code in band]
        assert sorted(inside) == sorted(code for code, found in intervals.items() if found)

    @given(INTERVALS)
    def test_leaders_overlap_their_band_and_no_other_leader(
        self, intervals: dict[str, Interval | None]
    ) -> None:
        leaders: list[Interval] = []
        for band in bands(intervals):
            inside = [found for code in band if (found := intervals[code])]
            leader = max(inside, key=lambda one: one.median)
            assert all(leader.overlaps(one) for one in inside)
            assert not any(leader.overlaps(other) for other in leaders)
            leaders.append(leader)

    @given(INTERVALS, st.randoms())
    def test_order_does_not_matter(self, intervals: dict[str, Interval | None], chance: object) -> None:
        pairs = list(intervals.items())
        chance.shuffle(pairs)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
        assert bands(dict(pairs)) == bands(intervals)


class TestTheEntry:
    def test_holds_texts_with_one_decimal_half_to_even(self) -> None:
        found = Interval(Fraction(1, 4), Fraction(7, 20), Fraction(100), n_rated_draws=1990)
        assert interval_entry(found) == {"p5": "0.2", "p50": "0.4", "p95": "100.0", "n_rated_draws": 1990}

    def test_of_a_unit_that_is_never_rated_is_none(self) -> None:
        assert interval_entry(None) is None
