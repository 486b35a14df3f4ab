"""What the tests of this floor share beside the people of `tests.conftest`."""

import pytest

from entities.models import Entity
from quintet.models import Framework
from tests.factories import Cast, make_cast, make_entities, make_entity, make_framework
from tests.scorecards.years import Compared, make_compared, make_outside_cast


@pytest.fixture
def compared(db: None) -> Compared:
    """Two cycles of 24 units, a year apart, published and compared."""
    return make_compared()


@pytest.fixture
def outside_cast(db: None, request: pytest.FixtureRequest) -> Cast:
    """The cast with UNDP as no member of CEB; those of the compared years where a test asks for these."""
    if "compared" in request.fixturenames:
        cast: Cast = request.getfixturevalue("compared").cast
        return cast
    return make_outside_cast()


@pytest.fixture
def units(db: None, request: pytest.FixtureRequest) -> list[Entity]:
    """The 24 of the compared years where a test asks for these, else as many."""
    if "compared" in request.fixturenames:
        units: list[Entity] = request.getfixturevalue("compared").units
        return units
    return make_entities(24)


@pytest.fixture
def undp(db: None, request: pytest.FixtureRequest) -> Entity:
    if "compared" in request.fixturenames:
        request.getfixturevalue("compared")
        return Entity.objects.get(code="UNDP")
    return make_entity("UNDP")


@pytest.fixture
def cast(undp: Entity, request: pytest.FixtureRequest) -> Cast:
    """Those of the compared years where a test asks for these."""
    if "compared" in request.fixturenames:
        cast: Cast = request.getfixturevalue("compared").cast
        return cast
    return make_cast(undp, make_entity("UNICEF"))


@pytest.fixture
def framework(db: None, request: pytest.FixtureRequest) -> Framework:
    """Two capabilities with seven items each."""
    if "compared" in request.fixturenames:
        framework: Framework = request.getfixturevalue("compared").framework
        return framework
    return make_framework()
