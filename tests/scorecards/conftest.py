"""What the tests of this floor share beside the people of `tests.conftest`."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from entities.models import Entity
from quintet.models import Framework
from tests.factories import Cast, make_cast, make_entities, make_entity, make_framework
from tests.scorecards.years import Compared, make_compared, make_outside_cast

Made = TypeVar("Made")


def of_compared(request: pytest.FixtureRequest, name: str, otherwise: Callable[[], Made]) -> Made:
    """What the compared years have under a name where a test asks for these; else one of its own."""
    if "compared" not in request.fixturenames:
        return otherwise()
    found: Made = getattr(request.getfixturevalue("compared"), name)
    return found


@pytest.fixture
def compared(db: None) -> Compared:
    """Two cycles of 24 units, a year apart, published and compared."""
    return make_compared()


@pytest.fixture
def outside_cast(db: None, request: pytest.FixtureRequest) -> Cast:
    """The cast with UNDP as no member of CEB."""
    return of_compared(request, "cast", make_outside_cast)


@pytest.fixture
def units(db: None, request: pytest.FixtureRequest) -> list[Entity]:
    """24 units."""
    return of_compared(request, "units", lambda: make_entities(24))


@pytest.fixture
def undp(db: None, request: pytest.FixtureRequest) -> Entity:
    return of_compared(request, "undp", lambda: make_entity("UNDP"))


@pytest.fixture
def cast(undp: Entity, request: pytest.FixtureRequest) -> Cast:
    return of_compared(request, "cast", lambda: make_cast(undp, make_entity("UNICEF")))


@pytest.fixture
def framework(db: None, request: pytest.FixtureRequest) -> Framework:
    """Two capabilities with seven items each."""
    return of_compared(request, "framework", make_framework)
