"""What the tests of this floor share beside the people of `tests.conftest`."""

import pytest

from quintet.models import Framework
from tests.factories import make_framework


@pytest.fixture
def framework(db: None) -> Framework:
    """Two capabilities with seven items each."""
    return make_framework()
