"""A small world whose uncertainty is estimated: twelve organisations, two of them of a type of their own."""

from entities.models import Entity
from quintet.models import Cycle
from tests.factories import ENABLERS, make_counted_cycle, make_entities, make_entity, make_framework

ITEMS = [f"{dimension}-{enabler}" for dimension in ("DAT", "INN") for enabler in ENABLERS]


def levels_of(number: int) -> dict[str, int]:
    """The sheet of the unit with this number."""
    return {code: (number * 3 + place * 2) % 5 for place, code in enumerate(ITEMS)}


def make_estimated_cycle(rare_codes: tuple[str, str]) -> Cycle:
    """UNDP, UNICEF, eight more entities, and two of a rare type with these codes, all counted."""
    rare = [make_entity(code, type="related_organisation", ceb_member=False) for code in rare_codes]
    units = [*Entity.objects.filter(code__in=["UNDP", "UNICEF"]), *make_entities(8), *rare]
    return make_counted_cycle(make_framework(), {unit: levels_of(n) for n, unit in enumerate(units)})
