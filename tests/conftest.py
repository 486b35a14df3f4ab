"""Fixtures for every test: a clean cache, scratch folders, real worker processes, a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.core.cache import caches
from django.db import connections
from django.test import client
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from whitenoise.middleware import WhiteNoiseMiddleware

from entities.models import Entity
from quintet.models import Cycle
from tests import browsers, migrated, processes, servers
from tests.factories import Cast, make_cast, make_entity, make_framework, make_open_cycle
from un20portal.celery import app
from un20portal.lib.holding import ANSWERS
from un20portal.lib.storage import folder
from un20portal.lib.throttling import COUNTS

NewContext = Callable[..., BrowserContext]
PATIENCE = 60_000  # milliseconds that a page may take on a machine where much else is going on
expect.set_options(timeout=PATIENCE)
# What is drawn by chance is drawn from a seed: a test that passed passes again. How long an example takes is
# not tested. To look for what nobody thought of: --hypothesis-profile=default
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Test with a copy of a migrated database, whose commits wait for no disk.

    On SQLite it is a file: what users have has other locks than a database in memory.
    """
    default: Any = connections["default"]
    test, create = default.settings_dict["TEST"], default.creation._create_test_db

    def create_copy(*arguments: Any, **options: Any) -> str:
        if default.vendor == "sqlite":
            name = str(create(*arguments, **options))
            migrated.copy_file_to(Path(name))
            return name
        with migrated.database_template() as test["TEMPLATE"]:
            name = str(create(*arguments, **options))
        migrated.let_commits_not_wait(name)
        return name

    if default.vendor == "sqlite":
        test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        default.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default.creation, "_create_test_db", create_copy)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Argon2 takes a tenth of a second on purpose; people made for a test need not wait for it."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_copies_of_contexts() -> Iterator[None]:
    """A test reads what a page says: the client need not copy the context of each template for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "store_rendered_templates", lambda *_arguments, **_options: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_found_once() -> Iterator[None]:
    """Each client of a test loads the middleware anew; the files that it serves stay where they are."""
    found = WhiteNoiseMiddleware(lambda _request: None).files
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", lambda self: self.files.update(found))
        yield


@pytest.fixture(scope="session", autouse=True)
def _scratch_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Files of evidence go to a folder of this run."""
    from django.conf import settings
    from django.test import override_settings

    evidence = folder(str(tmp_path_factory.mktemp("evidence")))
    with override_settings(STORAGES={**settings.STORAGES, "evidence": evidence}):
        yield


@pytest.fixture(autouse=True)
def _nothing_is_left_over(settings: Settings) -> None:
    """The next test begins uncounted, with nothing held, with no wake-up from before, and in English."""
    caches["throttle"].clear()
    processes.forget_wake_ups(settings.REDIS_URL)
    COUNTS.forget()
    ANSWERS.forget()
    ANSWERS.seconds_between_checks = 0
    translation.activate(settings.LANGUAGE_CODE)


# --- people and a cycle ----------------------------------------------------------------------------
@pytest.fixture
def undp(db: None) -> Entity:
    return make_entity("UNDP")


@pytest.fixture
def cast(undp: Entity) -> Cast:
    """One person per role, those of entities with UNDP; the stranger is focal point of UNICEF."""
    return make_cast(undp, make_entity("UNICEF"))


@pytest.fixture
def cycle(undp: Entity, cast: Cast) -> Cycle:
    """An open cycle of UNDP and UNICEF on a small framework."""
    return make_open_cycle(make_framework(), [undp, Entity.objects.get(code="UNICEF")], cast.task_force)


@pytest.fixture
def in_process(settings: Settings) -> Iterator[None]:
    """Tasks run in process, also where there is a broker."""
    settings.CELERY_TASK_ALWAYS_EAGER, before = True, app.conf.task_always_eager
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = before


# --- real processes ------------------------------------------------------------------------------
@pytest.fixture
def celery_worker_process(transactional_db: None, tmp_path: Path) -> Iterator[processes.Worker]:
    """A ready Celery worker on this test's database and broker: `.kill()`, `.start()`, `.output`."""
    worker = processes.Worker(environment=processes.environment(), log=tmp_path / "worker.log")
    try:
        worker.wait_until_ready()
        yield worker
    finally:
        worker.end()  # whoever wants to see it stop asks it: here its unfinished work goes with the database


@pytest.fixture
def scratch_database() -> Iterator[str]:
    """The address of an empty PostgreSQL database that lives as long as the test."""
    with processes.scratch_database() as url:
        yield url


@pytest.fixture
def migrated_database() -> Iterator[str]:
    """The address of a PostgreSQL database that is migrated and holds nothing."""
    with migrated.database_template() as template, processes.scratch_database(template) as url:
        yield url


@pytest.fixture
def own_redis() -> Iterator[str]:
    """The address of a Redis server that belongs to the test: it may be flushed and stopped."""
    with servers.private_redis() as url:
        yield url


@pytest.fixture
def own_postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server that belongs to the test: it may be restarted and stopped."""
    with servers.private_postgresql() as url:
        yield url


@pytest.fixture
def office(tmp_path: Path) -> processes.Office:
    """LibreOffice without windows: `.resave(bytes)` saves a workbook again, `.printed(bytes)` prints it."""
    try:
        return processes.Office(servers.require_office(), tmp_path)
    except servers.MissingPart as missing:
        pytest.fail(str(missing))


# --- a real browser ------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    try:
        servers.require_browser()
    except servers.MissingPart as missing:
        pytest.fail(str(missing))
    return {**browser_type_launch_args, "executable_path": str(servers.CHROMIUM), "args": [*browsers.FLAGS]}


@pytest.fixture(scope="session")
def _browsers(launch_browser: Callable[[], Browser]) -> Iterator[browsers.Browsers]:
    of_this_process = browsers.Browsers(launch_browser)
    yield of_this_process
    of_this_process.close()


@pytest.fixture
def browser(_browsers: browsers.Browsers) -> Browser:
    """A browser that answers. One that died fails its test, and no later one."""
    return _browsers.next()


@pytest.fixture
def new_context(new_context: NewContext) -> NewContext:
    """Return a function that opens a browser of its own; the test's end closes it."""

    def opened(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.set_default_timeout(PATIENCE)
        return context

    return opened


@pytest.fixture
def page_at(context: BrowserContext) -> Callable[[int], Page]:
    """Return a function that opens a new page of the given width in CSS pixels."""

    def open_page(width: int, height: int = 900) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        return page

    return open_page
