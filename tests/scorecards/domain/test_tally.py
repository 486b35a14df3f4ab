"""Tallies are sums: of ranges, of kinds of units, of a unit taken out and put in again."""

import json

from hypothesis import given
from hypothesis import strategies as st

from scorecards.domain.figures import score_sheet, tally_figures
from scorecards.domain.tally import Tally
from tests.scorecards.domain.frameworks import SHEETS, WEIGHTED

UNITS = st.lists(st.none() | SHEETS, max_size=12)


def tally(sheets: list[bytes | None]) -> Tally:
    found = WEIGHTED.empty_tally()
    for sheet in sheets:
        add(found, sheet)
    return found


def add(found: Tally, sheet: bytes | None, times: int = 1) -> None:
    figures = [] if sheet is None else list(score_sheet(sheet, WEIGHTED).values())
    found.add(sheet, figures, times)


class TestTally:
    @given(UNITS, UNITS)
    def test_of_two_ranges_makes_that_of_both(
        self, first: list[bytes | None], second: list[bytes | None]
    ) -> None:
        merged = tally(first)
        merged.merge(tally(second))
        assert merged == tally(first + second)

    @given(UNITS, st.none() | SHEETS, st.none() | SHEETS)
    def test_follows_a_unit_that_changes(
        self, others: list[bytes | None], before: bytes | None, now: bytes | None
    ) -> None:
        followed = tally([*others, before])
        add(followed, before, times=-1)
        add(followed, now)
        assert followed == tally([*others, now])

    @given(st.permutations(range(5)), st.lists(SHEETS, min_size=5, max_size=5))
    def test_does_not_depend_on_the_order(self, order: list[int], sheets: list[bytes]) -> None:
        shuffled: list[bytes | None] = [sheets[place] for place in order]
        assert tally(shuffled) == tally([*sheets])

    @given(UNITS)
    def test_is_the_same_after_it_was_stored(self, sheets: list[bytes | None]) -> None:
        found = tally(sheets)
        assert Tally.from_json(json.loads(json.dumps(found.as_json()))) == found

    @given(UNITS, SHEETS, st.integers(0, 16), st.integers(0, 3))
    def test_raising_a_level_lowers_no_share(
        self, others: list[bytes | None], sheet: bytes, place: int, level: int
    ) -> None:
        low, high = bytearray(sheet), bytearray(sheet)
        low[place], high[place] = level, level + 1
        before, after = (tally([*others, bytes(one)]).item(place) for one in (low, high))
        assert before.n_answered == after.n_answered
        assert (before.has, before.operates) <= (after.has, after.operates)
        assert before.operates <= after.operates

    def test_of_nobody_has_figures_without_values(self) -> None:
        figures = tally_figures(WEIGHTED.empty_tally(), WEIGHTED)
        assert figures["items"]["DAT-STR"]["share_has"] is None
        assert figures["dimensions"]["DAT"]["mean"] is None
        assert figures["dimensions"]["DAT"]["n_advanced"] == 0
        assert figures["dimensions"]["CUL-CUR"]["n_advanced"] is None
