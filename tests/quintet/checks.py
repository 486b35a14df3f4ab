"""A handed-in sheet with a known sample, for the tests of checks and second ratings."""

from entities.models import Entity, User
from quintet.models import Assessment, Cycle, Item, Phase, Status
from quintet.queries.samples import sample_of
from quintet.services import reviewing
from tests.factories import Levels, fill, later, make_cycle, sheet_of

SEED = "a1" * 16
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
CODES = [f"{d}-{e}" for d in ("DAT", "INN") for e in ENABLERS]
BEFORE: Levels = {**dict.fromkeys(CODES, 1), "DAT-LED": 4, "DAT-COE": 0}
# new level 4: DAT-STR; a level 4 kept: DAT-LED; a rise of two: DAT-COE; levels 2: INN (and the lot over them)
NOW: Levels = {**dict.fromkeys(CODES, 2), "DAT-STR": 4, "DAT-LED": 4, "DAT-HRS": 1, "DAT-PMS": "na"}


def hand_in(cycle: Cycle, entity: Entity) -> Assessment:
    """A sheet that waits for the task force; the unit's sheet of the year before is validated."""
    days = {day: getattr(cycle, day).replace(year=2025) for day in ("opens_on", "closes_on")}
    before = make_cycle(cycle.framework, "2025", phase=Phase.CLOSED, **days)
    fill(before, {entity: BEFORE})
    Cycle.objects.filter(pk=cycle.pk).update(sample_seed=SEED)
    fill(cycle, {entity: NOW}, Status.SUBMITTED)
    return sheet_of(cycle, entity)


def item_of(sheet: Assessment, code: str) -> Item:
    return Item.objects.select_related("framework").get(framework=sheet.cycle.framework_id, code=code)


def decide(
    sheet: Assessment, code: str, level: int, by: User, *, reason: str = "Seen.", minute: int = 1
) -> None:
    answer = sheet.answers.get(item__code=code)
    reviewing.decide_level(
        assessment=sheet,
        item=item_of(sheet, code),
        accepted=level,
        reason=reason,
        version=answer.version,
        by=by,
        at=later(minute),
    )


def to_rate_twice(sheet: Assessment) -> str:
    """An item that a second person rates."""
    return min(sample_of(sheet).second)
