"""Groups that count the same units say so."""

import pytest

from scorecards.domain.groups import group_codes
from scorecards.domain.overlaps import Overlap, overlap

GROUPS = (
    *("entities", "country_teams", "all", "ceb31"),
    *("type:fund_or_programme", "type:secretariat", "region:africa", "region:asia_pacific"),
)
UNITS = [
    set(group_codes(entity_type=kind, is_ceb_member=is_member, region=region))
    for kind, is_member, region in (
        ("fund_or_programme", True, None),
        ("fund_or_programme", False, None),
        ("secretariat", True, None),
        ("secretariat", False, None),
        ("country_team", False, "africa"),
        ("country_team", False, "asia_pacific"),
    )
]


class TestOverlap:
    @pytest.mark.parametrize("first", GROUPS)
    @pytest.mark.parametrize("second", GROUPS)
    def test_is_true_of_units_of_every_kind(self, first: str, second: str) -> None:
        if first == second:
            return
        of_first, of_second = ([first in unit for unit in UNITS], [second in unit for unit in UNITS])
        shared = any(one and other for one, other in zip(of_first, of_second, strict=True))
        is_whole = all(one for one, other in zip(of_first, of_second, strict=True) if other)
        is_part = all(other for one, other in zip(of_first, of_second, strict=True) if one)
        found = overlap(first, second)
        assert (found is not Overlap.APART) == shared
        assert (found is Overlap.FIRST_CONTAINS) == is_whole
        assert (found is Overlap.SECOND_CONTAINS) == is_part

    def test_is_not_known_of_custom_groups(self) -> None:
        assert overlap("custom:islands", "all") is Overlap.MAY_SHARE
