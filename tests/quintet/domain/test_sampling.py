"""The sample of rule R6: enough of everything, the same for everybody who knows the seed."""

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.sampling import (
    DRAWN,
    NEW_TOP,
    RISE,
    Check,
    Claim,
    drawn,
    sample,
    second_sample,
)

LEVELS = st.none() | st.integers(0, 4)
CODES = st.from_regex(r"[A-Z]{3}-[A-Z]{3}", fullmatch=True)
SHEETS = st.dictionaries(CODES, st.tuples(LEVELS, LEVELS), max_size=65).map(
    lambda levels: [Claim(item, now, before) for item, (now, before) in levels.items()]
)
SEEDS = st.text("0123456789abcdef", min_size=32, max_size=32)
SEED = "0f" * 16


def reasons(
    claims: list[Claim], seed: str = SEED, unit: str = "UNDP", submission: int = 1
) -> dict[str, tuple[str, ...]]:
    return {
        check.item: check.reasons for check in sample(claims, seed=seed, unit=unit, submission=submission)
    }


class TestWhatIsChecked:
    @pytest.mark.parametrize(
        ("now", "before", "why"),
        [
            (4, None, (NEW_TOP,)),
            (4, 3, (NEW_TOP,)),
            (4, 1, (NEW_TOP, RISE)),
            (4, 4, ()),
            (3, 1, (RISE, DRAWN)),
            (2, 0, (RISE, DRAWN)),
            (2, None, (DRAWN,)),
            (1, 0, ()),
            (1, None, ()),
            (0, 4, ()),
            (None, 4, ()),
            (None, None, ()),
        ],
    )
    def test_has_every_reason_that_the_level_now_and_before_gives(
        self, now: int | None, before: int | None, why: tuple[str, ...]
    ) -> None:
        """Of one level 2 or 3 the lot always falls on that one."""
        assert reasons([Claim("DAT-STR", now, before)]).get("DAT-STR", ()) == why

    @given(SHEETS, SEEDS)
    def test_is_every_new_top_level_and_every_rise_of_two(self, claims: list[Claim], seed: str) -> None:
        found = reasons(claims, seed)
        for claim in claims:
            why = found.get(claim.item, ())
            assert (NEW_TOP in why) == (claim.claimed == 4 and claim.before != 4)
            assert (RISE in why) == (
                claim.claimed is not None and claim.before is not None and claim.claimed - claim.before >= 2
            )

    @given(SHEETS, SEEDS)
    def test_is_at_least_15_per_cent_of_the_levels_2_and_3(self, claims: list[Claim], seed: str) -> None:
        middle = {claim.item for claim in claims if claim.claimed in (2, 3)}
        checked = middle & set(reasons(claims, seed))
        assert 100 * len(checked) >= 15 * len(middle)

    @given(SHEETS, SEEDS)
    def test_is_drawn_among_the_levels_2_and_3_alone(self, claims: list[Claim], seed: str) -> None:
        levels = {claim.item: claim.claimed for claim in claims}
        assert {levels[item] for item, why in reasons(claims, seed).items() if DRAWN in why} <= {2, 3}

    @pytest.mark.parametrize(("n", "wanted"), [(0, 0), (1, 1), (6, 1), (7, 2), (13, 2), (14, 3), (65, 10)])
    def test_is_no_more_than_that(self, n: int, wanted: int) -> None:
        assert (
            len(drawn((f"I-{number}" for number in range(n)), seed=SEED, unit="UNDP", submission=1)) == wanted
        )

    def test_says_something_about_those_that_rose_too(self) -> None:
        """All rose by two: the lot falls on some of them, and nothing else is added."""
        claims = [Claim(f"I-{number}", 3, 1) for number in range(20)]
        found = list(reasons(claims).values())
        assert (found.count((RISE,)), found.count((RISE, DRAWN))) == (17, 3)


class TestDrawingAgain:
    @given(SHEETS, SEEDS, st.randoms(use_true_random=False))
    def test_gives_the_same_in_any_order(self, claims: list[Claim], seed: str, chance: random.Random) -> None:
        shuffled = claims.copy()
        chance.shuffle(shuffled)
        assert reasons(shuffled, seed) == reasons(claims, seed)

    def test_keeps_the_order_of_the_sheet(self) -> None:
        claims = [Claim(item, 4, None) for item in ("B", "C", "A")]
        assert [check.item for check in sample(claims, seed=SEED, unit="UNDP", submission=1)] == [
            "B",
            "C",
            "A",
        ]

    def test_is_possible_with_a_pocket_calculator(self) -> None:
        """The rule in one line, as the page of the cycle tells it."""
        items = [f"I-{number}" for number in range(20)]
        lots = {item: hashlib.sha256(f"{SEED}:UNDP:1:{item}".encode()).hexdigest() for item in items}
        assert drawn(items, seed=SEED, unit="UNDP", submission=1) == set(
            sorted(items, key=lots.__getitem__)[:3]
        )

    def test_gives_what_it_gave_when_this_was_written(self) -> None:
        claims = [Claim(f"DAT-{code}", 2, 2) for code in ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")]
        assert sample(claims, seed="seed", unit="UNDP", submission=1) == [
            Check("DAT-TRN", (DRAWN,)),
            Check("DAT-FUN", (DRAWN,)),
        ]

    def test_is_another_draw_for_another_unit_or_seed_or_submission(self) -> None:
        items = [f"I-{number}" for number in range(65)]
        draws = {
            drawn(items, seed=seed, unit=unit, submission=submission)
            for seed in (SEED, SEED[::-1])
            for unit in ("UNDP", "WFP")
            for submission in (1, 2)
        }
        assert len(draws) == 8

    def test_favours_no_item(self) -> None:
        items = [f"I-{number}" for number in range(20)]
        counts = dict.fromkeys(items, 0)
        for unit in range(2000):
            for item in drawn(items, seed=SEED, unit=str(unit), submission=1):
                counts[item] += 1
        assert all(240 <= count <= 360 for count in counts.values())  # 300 each, ± 3.8 deviations


class TestTheSecondRating:
    @given(st.sets(CODES, min_size=1, max_size=65), SEEDS)
    def test_is_of_a_fifth_of_what_is_checked_and_of_one_item_at_least(
        self, checked: set[str], seed: str
    ) -> None:
        found = second_sample(checked, seed=seed, unit="UNDP", submission=1)
        assert found <= checked
        assert len(found) == max(1, -(-len(checked) // 5))

    def test_is_of_nothing_where_nothing_is_checked(self) -> None:
        assert second_sample([], seed=SEED, unit="UNDP", submission=1) == frozenset()

    def test_is_drawn_by_another_lot(self) -> None:
        items = [f"I-{number}" for number in range(20)]
        first = {unit: min(drawn(items, seed=SEED, unit=str(unit), submission=1)) for unit in range(50)}
        second = {
            unit: min(second_sample(items, seed=SEED, unit=str(unit), submission=1)) for unit in range(50)
        }
        assert first != second
