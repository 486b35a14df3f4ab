"""The worked examples of the method (§9), and publishing as two persons do it."""

from quintet.models import Cycle
from scorecards.models import Scorecard
from scorecards.services import publishing
from tests.factories import AT, Cast

# 31 entities on DAT-STR: 3 missing, level 0 × 2, 1 × 5, 2 × 9, 3 × 8, 4 × 4
WORKED = [None] * 3 + [0] * 2 + [1] * 5 + [2] * 9 + [3] * 8 + [4] * 4
# one entity in Data
UNIT: dict[str, int | str | None] = {
    "DAT-STR": 3,
    "DAT-LED": 2,
    "DAT-COE": 1,
    "DAT-HRS": 2,
    "DAT-TRN": None,
    "DAT-FUN": 2,
    "DAT-PMS": "na",
}


def publish(cycle: Cycle, cast: Cast, *, audience: str = "public", note: str = "") -> Scorecard:
    """Publish the cycle's figures as they stand."""
    publishing.propose(cycle=cycle, by=cast.task_force, at=AT, audience=audience, note=note)
    return publishing.confirm(cycle=cycle, by=cast.second, at=AT)
