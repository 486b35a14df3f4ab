"""Two cycles, a year apart, that are published and compared: invented levels of 24 units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from entities.models import Entity
from quintet.models import Cycle, Framework
from scorecards.services.comparing import decide_comparisons
from tests.factories import (
    AT,
    ENABLERS,
    Cast,
    Levels,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.kept import kept
from tests.scorecards.worked import publish

CODES = [f"{dimension}-{enabler}" for dimension in ("DAT", "INN") for enabler in ENABLERS]


@dataclass(frozen=True)
class Compared:
    """Two compared years with everything they are made of; UNDP stands beside the system that is counted."""

    cast: Cast
    framework: Framework
    units: list[Entity]
    cycles: list[Cycle]

    @property
    def undp(self) -> Entity:
        return Entity.objects.get(code="UNDP")


def level(unit: int, item: int, year: int) -> int | None:
    """An invented level; every seventh answer of units 12 to 17 is left open."""
    if 12 <= unit < 18 and (unit + item) % 7 == year % 2:
        return None
    return (unit * 7 + item * 3 + year * (unit % 3)) % 5


def sheets(units: list[Entity], numbers: range, year: int) -> dict[Entity, Levels]:
    return {
        units[number]: {code: level(number, place, year) for place, code in enumerate(CODES)}
        for number in numbers
    }


def cycle_of(framework: Framework, code: str, found: Mapping[Entity, Levels]) -> Cycle:
    days = {"opens_on": date(int(code), 1, 1), "closes_on": date(int(code), 6, 30)}
    cycle = make_counted_cycle(framework, found, code)
    Cycle.objects.filter(pk=cycle.pk).update(**days)
    cycle.refresh_from_db()
    return cycle


def compared_years(framework: Framework, units: list[Entity], cast: Cast) -> list[Cycle]:
    """Units 0 to 17 answer in 2025, 6 to 23 in 2026: six left, six joined."""
    found = [
        cycle_of(framework, "2025", sheets(units, range(18), 1)),
        cycle_of(framework, "2026", sheets(units, range(6, 24), 2)),
    ]
    for cycle in found:
        publish(cycle, cast)
    decide_comparisons(at=AT)
    return found


def make_outside_cast() -> Cast:
    """The cast with UNDP as an organisation that is no member of CEB."""
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@kept
def make_compared() -> Compared:
    cast, framework, units = make_outside_cast(), make_framework(), make_entities(24)
    return Compared(cast, framework, units, compared_years(framework, units, cast))
