"""Which groups share units, by what their codes mean. Plain Python, no units looked at."""

from enum import StrEnum

from scorecards.domain.groups import ALL, CEB31, COUNTRY_TEAMS, CUSTOM, ENTITIES

TYPE, REGION = "type:", "region:"


class Overlap(StrEnum):
    """How two groups lie to each other."""

    FIRST_CONTAINS = "first contains second"
    SECOND_CONTAINS = "second contains first"
    MAY_SHARE = "may share units"
    APART = "apart"


def overlap(first: str, second: str) -> Overlap:
    """Return how two different groups lie to each other; of custom groups nothing is known."""
    if first.startswith(CUSTOM) or second.startswith(CUSTOM):
        return Overlap.MAY_SHARE
    if _contains(first, second):
        return Overlap.FIRST_CONTAINS
    if _contains(second, first):
        return Overlap.SECOND_CONTAINS
    of_types = [group.startswith(TYPE) for group in (first, second)]
    return Overlap.MAY_SHARE if CEB31 in (first, second) and any(of_types) else Overlap.APART


def _contains(whole: str, part: str) -> bool:
    if whole == ALL:
        return True
    if whole == ENTITIES:
        return part == CEB31 or part.startswith(TYPE)
    return whole == COUNTRY_TEAMS and part.startswith(REGION)
