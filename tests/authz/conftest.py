"""The world of a module of tests, undone at its end, and the runner into it."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.throttling import SimpleRateThrottle

from tests.authz.runner import Runner
from tests.authz.world import World, build_world
from tests.kept import kept

make_world = kept(build_world)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Everything that requests can be about; each test runs in a savepoint inside.

    Tests carry the mark `django_db`: without one in the run, pytest-django sets no database up.
    """
    assert "test" in Path(str(connection.settings_dict["NAME"])).name, "this is not a test database"
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


# a session that the browser carries: reading one from a table is a tenth of a request
QUICK = {"ACCOUNT_RATE_LIMITS": False, "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies"}


@pytest.fixture(scope="module")
def runner(world: World) -> Iterator[Runner]:
    """Thousands of requests a minute are no abuse here: limits have tests of their own."""
    with pytest.MonkeyPatch.context() as patch, override_settings(**QUICK):
        rates = SimpleRateThrottle.THROTTLE_RATES
        patch.setattr(SimpleRateThrottle, "THROTTLE_RATES", dict.fromkeys(rates))
        logging.disable(logging.WARNING)  # a line for every refusal would be all there is to read
        yield Runner(world)
        logging.disable(logging.NOTSET)
