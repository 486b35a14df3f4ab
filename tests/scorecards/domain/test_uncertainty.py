"""Method un20-1 §6: the simulation against a plain loop with the same draws, and what must always hold."""

from fractions import Fraction
from hashlib import sha256

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.bands import Interval, interval_entry
from scorecards.domain.figures import FrameworkShape, Unit
from scorecards.domain.scoring import ItemShape
from scorecards.domain.uncertainty import GRAINS, AreaUncertainty, draw_ways, intervals_of, simulate
from tests.scorecards.domain.loop import distance, simulate_in_a_loop

CAPABILITIES, LEVERS = ("DAT", "INN", "FOR"), ("CUR", "COL")
DIMENSIONS = {code: [ItemShape(f"{code}-{n}", 1, f"E{n}") for n in range(6)] for code in CAPABILITIES} | {
    code: [ItemShape(f"{code}-{n}", n + 1) for n in range(3)] for code in LEVERS
}
FRAMEWORK = FrameworkShape(highest_level=4, dimensions=DIMENSIONS)
N_ITEMS = len(FRAMEWORK.items)
AREAS = {"capability": dict.fromkeys(CAPABILITIES, 1), "culture": {"CUR": 1, "COL": 3}}
INPUTS = sha256(b"inputs").hexdigest()

LEVELS = st.sampled_from([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, NA_BYTE, MISSING_BYTE])
SHEETS = st.none() | st.lists(LEVELS, min_size=N_ITEMS, max_size=N_ITEMS).map(bytes)
GROUPS = st.sampled_from([("all", "entities"), ("all", "country_teams")])
UNITS = st.lists(
    st.builds(
        lambda groups, claimed, accepted: unit("", claimed, accepted and claimed and accepted, groups),
        GROUPS,
        SHEETS,
        SHEETS,
    ),
    max_size=7,
).map(lambda units: [Unit(f"U{n}", one.groups, one.sheets) for n, one in enumerate(units)])
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)


def unit(
    code: str, claimed: bytes | None, accepted: bytes | None, groups: tuple[str, ...] = ("all",)
) -> Unit:
    return Unit(code, groups, {"claimed": claimed, "accepted": accepted})


def everywhere(level: int) -> bytes:
    return bytes([level] * N_ITEMS)


def simulated(*units: Unit, draws: int = 200) -> AreaUncertainty:
    return simulate(units, FRAMEWORK, AREAS, inputs_sha256=INPUTS, draws=draws)["capability"]


def rated(interval: Interval | None) -> Interval:
    assert interval
    return interval


class TestBesideAPlainLoop:
    @settings(deadline=None)
    @given(UNITS, HASHES, st.integers(1, 12))
    def test_it_finds_the_same(self, units: list[Unit], inputs: str, draws: int) -> None:
        found = simulate(units, FRAMEWORK, AREAS, inputs_sha256=inputs, draws=draws)
        ways = draw_ways(FRAMEWORK, inputs_sha256=inputs, draws=draws)
        assert distance(found, simulate_in_a_loop(units, FRAMEWORK, AREAS, ways)) <= 1e-9


class TestReproducing:
    @settings(deadline=None)
    @given(UNITS, st.randoms(), st.integers(1, 9))
    def test_neither_the_order_of_units_nor_the_size_of_a_block_matters(
        self, units: list[Unit], chance: object, block: int
    ) -> None:
        shuffled = [*units]
        chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
        found = simulate(shuffled, FRAMEWORK, AREAS, inputs_sha256=INPUTS, draws=40, block=block)
        assert found == simulate(units, FRAMEWORK, AREAS, inputs_sha256=INPUTS, draws=40)

    def test_a_unit_does_not_depend_on_the_others(self) -> None:
        mixed = unit("B", bytes(n % 5 for n in range(N_ITEMS)), None)
        alone = simulated(mixed)
        among_others = simulated(unit("A", everywhere(1), everywhere(4)), mixed)
        assert among_others.units["B"] == alone.units["B"]

    def test_the_figures_can_be_had_again_in_years(self) -> None:
        """Pinned: another version of numpy or another processor must say the same."""
        claimed = bytes([0, 3, 1, 4, 2, 4] * 2 + [MISSING_BYTE, 4, 4, NA_BYTE, 3, 4] + [4, 0, 2] * 2)
        accepted = bytes([0, 3, 1, 2, 2, 4] * 2 + [MISSING_BYTE, 4, 4, NA_BYTE, 1, 4] + [3, 0, 2] * 2)
        found = simulate([unit("A", claimed, accepted)], FRAMEWORK, AREAS, inputs_sha256=INPUTS, draws=2000)
        assert {area: interval_entry(one.units["A"]) for area, one in found.items()} == {
            "capability": {"p5": "57.1", "p50": "63.5", "p95": "71.7", "n_rated_draws": 2000},
            "culture": {"p5": "35.3", "p50": "39.3", "p95": "44.1", "n_rated_draws": 2000},
        }

    def test_other_inputs_draw_other_numbers(self) -> None:
        [one, *_], [other, *_] = (
            draw_ways(FRAMEWORK, inputs_sha256=inputs, draws=50) for inputs in (INPUTS, INPUTS[::-1])
        )
        assert one.dimensions["DAT"].tolist() != other.dimensions["DAT"].tolist()

    def test_fewer_draws_are_the_first_of_more(self) -> None:
        few, more = (draw_ways(FRAMEWORK, inputs_sha256=INPUTS, draws=draws) for draws in (50, 80))
        for one, other in zip(few, more, strict=True):
            n_draws = len(one.dimensions["DAT"])
            assert np.array_equal(one.items["DAT"], other.items["DAT"][:, :n_draws])


class TestDraws:
    WAYS = draw_ways(FRAMEWORK, inputs_sha256=INPUTS, draws=2000)

    def test_multipliers_fill_three_to_five_quarters(self) -> None:
        drawn = np.concatenate([numbers.ravel() for way in self.WAYS for numbers in way.items.values()])
        drawn /= 1 << 21
        assert 0.75 <= drawn.min() < 0.7501
        assert 1.2499 < drawn.max() < 1.25
        assert abs(drawn.mean() - 1) < 0.002

    def test_every_basis_meets_every_mean_about_as_often(self) -> None:
        counts = {(way.basis, way.is_geometric): len(way.dimensions["DAT"]) for way in self.WAYS}
        assert len(counts) == 4
        assert sum(counts.values()) == 2000
        assert all(420 < count < 580 for count in counts.values())


class TestUnaccepted:
    def test_levels_are_in_or_out(self) -> None:
        found = rated(simulated(unit("A", everywhere(4), everywhere(2))).units["A"])
        assert [found.low, found.high, found.n_rated_draws] == [50, 100, 200]

    def test_a_sheet_that_is_only_submitted_counts_in_the_claimed_draws(self) -> None:
        ways = draw_ways(FRAMEWORK, inputs_sha256=INPUTS, draws=200)
        n_claimed = sum(len(way.dimensions["DAT"]) for way in ways if way.basis == "claimed")
        found = simulated(unit("A", everywhere(3), None))
        assert found.units["A"] == Interval(Fraction(75), Fraction(75), Fraction(75), n_claimed)

    def test_who_handed_nothing_in_has_no_interval_and_no_band(self) -> None:
        found = simulated(unit("A", None, None, ("none",)), unit("B", everywhere(1), None))
        assert found.units["A"] is None
        assert found.groups["none"] is None
        assert found.bands == (("B",),)


class TestTwoThirds:
    """Of six items of one weight, three, four or five are answered in every capability."""

    def rated_draws(self, n_answered: int) -> int:
        capability = [2] * n_answered + [MISSING_BYTE] * (6 - n_answered)
        levels = bytes(capability * 3 + [2] * 6)
        interval = simulated(unit("A", levels, levels)).units["A"]
        return interval.n_rated_draws if interval else 0

    def test_are_asked_anew_in_every_draw(self) -> None:
        assert 0 < self.rated_draws(4) < 200

    def test_are_never_or_always_reached_far_from_them(self) -> None:
        assert self.rated_draws(3) == 0
        assert self.rated_draws(5) == 200

    def test_hold_for_the_dimensions_of_an_area_too(self) -> None:
        """One of three capabilities is rated: never enough. Two: in some draws."""
        open_one, full_one = [MISSING_BYTE] * 6, [2] * 6
        one = bytes(full_one + open_one * 2 + full_one)
        two = bytes(full_one * 2 + open_one + full_one)
        found = simulated(unit("A", one, one), unit("B", two, two)).units
        assert found["A"] is None
        assert 0 < rated(found["B"]).n_rated_draws < 200


class TestIntervals:
    def test_percentiles_are_those_of_type_seven(self) -> None:
        """In R: quantile(1:10, c(0.05, 0.5, 0.95)) is 1.45, 5.50, 9.55."""
        values = np.array([[*range(10, 0, -1), np.nan]]) * GRAINS
        expected = Interval(Fraction(145, 100), Fraction(55, 10), Fraction(955, 100), n_rated_draws=10)
        assert intervals_of(values) == [expected]

    def test_the_same_level_everywhere_leaves_no_doubt(self) -> None:
        for level in range(5):
            found = rated(simulated(unit("A", everywhere(level), everywhere(level))).units["A"])
            assert found.low == found.high == 25 * level

    @given(UNITS)
    def test_lie_in_order_between_zero_and_hundred(self, units: list[Unit]) -> None:
        found = simulated(*units, draws=20)
        for interval in filter(None, [*found.units.values(), *found.groups.values()]):
            assert 0 <= interval.low <= interval.median <= interval.high <= 100

    @given(st.lists(st.integers(0, 4), min_size=N_ITEMS, max_size=N_ITEMS), st.integers(0, N_ITEMS - 1))
    def test_raising_a_level_lowers_nothing(self, levels: list[int], place: int) -> None:
        raised = [*levels]
        raised[place] = min(levels[place] + 1, 4)
        before, after = (
            rated(simulated(unit("A", bytes(one), bytes(one)), draws=20).units["A"])
            for one in (levels, raised)
        )
        assert after.low >= before.low
        assert after.median >= before.median
        assert after.high >= before.high


class TestGroups:
    def test_a_group_of_one_has_the_interval_of_its_unit(self) -> None:
        mixed = bytes(n % 5 for n in range(N_ITEMS))
        found = simulated(unit("A", mixed, everywhere(1), ("own",)), unit("B", everywhere(4), None))
        assert found.groups["own"] == found.units["A"]

    def test_the_mean_is_of_the_units_rated_in_a_draw(self) -> None:
        """A counts on both bases with 100, B only on the claimed one with 0."""
        found = simulated(unit("A", everywhere(4), everywhere(4)), unit("B", everywhere(0), None))
        mean = rated(found.groups["all"])
        assert [mean.low, mean.high] == [50, 100]

    def test_the_mean_is_kept_in_whole_grains(self) -> None:
        """A third of a hundred is not one; with one draw every percentile is the mean itself."""
        units = [
            unit(code, everywhere(level), everywhere(level))
            for code, level in zip("ABC", (4, 0, 0), strict=True)
        ]
        mean = rated(simulated(*units, draws=1).groups["all"])
        assert (mean.median * GRAINS).denominator == 1
        assert abs(mean.median - Fraction(100, 3)) <= Fraction(1, GRAINS)

    def test_no_units_have_no_groups(self) -> None:
        assert simulated() == AreaUncertainty({}, {}, ())
