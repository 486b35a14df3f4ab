"""Method un20-1 §7: who may see one unit's own figures."""

from itertools import product

import pytest

from scorecards.domain.visibility import Audience, Reader, may_see

MEMBER, TASK_FORCE, COMMITTEE = Reader
ANYBODY: set[Reader] = set()
# readers of counted sheets: before publication, then published for nobody else, the committees, everybody
TABLE = [
    (ANYBODY, "no", "no no yes"),
    ({MEMBER}, "no", "yes yes yes"),
    ({COMMITTEE}, "no", "no yes yes"),
    ({MEMBER, COMMITTEE}, "no", "yes yes yes"),
    ({TASK_FORCE}, "yes", "yes yes yes"),
    ({TASK_FORCE, COMMITTEE}, "yes", "yes yes yes"),
]


class TestMaySee:
    @pytest.mark.parametrize(("readers", "provisional", "published"), TABLE)
    def test_is_as_the_table_says(self, readers: set[Reader], provisional: str, published: str) -> None:
        for audience, answer in zip(Audience, published.split(), strict=True):
            assert may_see(readers, is_counted=True, is_published=True, audience=audience) == (
                answer == "yes"
            )
            assert may_see(readers, is_counted=True, is_published=False, audience=audience) == (
                provisional == "yes"
            )

    @pytest.mark.parametrize("readers", [row[0] for row in TABLE])
    def test_is_no_for_a_sheet_that_does_not_count(self, readers: set[Reader]) -> None:
        for is_published, audience in product((True, False), Audience):
            assert not may_see(readers, is_counted=False, is_published=is_published, audience=audience)

    def test_never_takes_away_from_whom_it_is_opened_for_more(self) -> None:
        for readers, _provisional, _published in TABLE:
            seen = [may_see(readers, is_counted=True, is_published=True, audience=one) for one in Audience]
            assert seen == sorted(seen)
