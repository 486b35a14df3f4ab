"""Method un20-1 §4: figures of a group, worked example included."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.groups import count_item, group_codes, quartiles
from scorecards.domain.scoring import ItemShape, score_dimension
from scorecards.domain.tally import Tally
from un20portal.lib.ratios import one_decimal

LEVELS = st.lists(st.sampled_from([None, 0, 1, 2, 3, 4, NA_BYTE, MISSING_BYTE]), max_size=60)


class TestWorkedExample:
    """31 entities; 3 missing, level 0 × 2, 1 × 5, 2 × 9, 3 × 8, 4 × 4 (scoring method §9)."""

    counts = count_item([None] * 3 + [0] * 2 + [1] * 5 + [2] * 9 + [3] * 8 + [4] * 4, highest_level=4)

    def test_counts(self) -> None:
        found = self.counts
        assert (found.n_group, found.n_missing, found.n_na, found.n_answered) == (31, 3, 0, 28)
        assert (found.has, found.operates, found.dist) == (21, 12, (2, 5, 9, 8, 4))

    def test_shares(self) -> None:
        found = self.counts
        assert one_decimal(found.share_has) == "75.0"
        assert one_decimal(found.share_operates) == "42.9"
        assert one_decimal(found.paper_gap) == "32.1"
        assert [one_decimal(bound) for bound in found.bounds_has or ()] == ["67.7", "77.4"]


class TestItemCounts:
    @given(LEVELS)
    def test_every_unit_is_counted_once(self, levels: list[int | None]) -> None:
        counts = count_item(levels, highest_level=4)
        assert counts.n_group == len(levels) == counts.n_na + counts.n_missing + counts.n_answered

    @given(LEVELS)
    def test_bounds_contain_the_share(self, levels: list[int | None]) -> None:
        counts = count_item(levels, highest_level=4)
        if counts.share_has is not None and counts.bounds_has is not None:
            low, high = counts.bounds_has
            assert low <= counts.share_has <= high

    def test_nobody_answering_has_no_share(self) -> None:
        counts = count_item([None, MISSING_BYTE, NA_BYTE], highest_level=4)
        assert (counts.share_has, counts.share_operates, counts.paper_gap) == (None, None, None)

    @given(LEVELS)
    def test_not_applicable_leaves_the_denominator(self, levels: list[int | None]) -> None:
        before = count_item(levels, highest_level=4)
        after = count_item([*levels, NA_BYTE], highest_level=4)
        assert after.share_has == before.share_has


class TestDimensionSummary:
    def test_quartiles_are_type_seven(self) -> None:
        values = [(Fraction(value), 1) for value in (10, 20, 30, 40)]
        assert quartiles(values) == (Fraction(35, 2), Fraction(25), Fraction(65, 2))
        assert quartiles([(Fraction(10), 3), (Fraction(20), 1)]) == (
            Fraction(10),
            Fraction(10),
            Fraction(25, 2),
        )
        assert quartiles([]) is None

    def test_unrated_sheets_count_in_breadth_but_not_in_the_mean(self) -> None:
        items = [ItemShape("A"), ItemShape("B"), ItemShape("C")]
        rated = score_dimension(items, [4, 4, 4], highest_level=4)
        unrated = score_dimension(items, [4, MISSING_BYTE, MISSING_BYTE], highest_level=4)
        tally = Tally.empty([3], highest_level=4)
        for levels, figures in ((b"\x04\x04\x04", rated), (b"\x04\xff\xff", unrated), *[(None, rated)] * 3):
            tally.add(levels, [figures])
        summary = tally.dimension(0, can_be_advanced=False)
        assert (summary.n_group, summary.n_counted, summary.n_rated) == (5, 2, 1)
        assert summary.mean == 100
        assert summary.breadth == (0, 1, 0, 1)
        assert summary.foundation == (1, 0, 0, 0, 1)
        assert summary.n_advanced is None


class TestGroupCodes:
    def test_an_entity_of_the_board_is_in_four_groups(self) -> None:
        codes = group_codes(entity_type="specialised_agency", is_ceb_member=True, region=None)
        assert codes == ["all", "entities", "type:specialised_agency", "ceb31"]

    def test_a_country_team_is_grouped_by_region(self) -> None:
        codes = group_codes(entity_type="country_team", is_ceb_member=False, region="africa")
        assert codes == ["all", "country_teams", "region:africa"]
