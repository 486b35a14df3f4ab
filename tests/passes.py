"""A pytest plugin: which tests belong to which of the two passes of `make test`.

Pass 2 proves the default without servers. Left out of it: what asks for real parts, and what is the same with
and without them (`once`): plain Python that asks for no database is marked by itself, other modules say so.
"""

from typing import Any

import pytest

SERVER_FIXTURES = {
    "celery_worker_process",
    "scratch_database",
    "migrated_database",
    "own_redis",
    "own_postgresql",
    "office",
}
PLAIN_FOLDERS = {"domain", "interchange", "architecture"}
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}
LEFT_OUT = pytest.StashKey[int]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by fixtures and folders, so that nobody forgets a marker."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & SERVER_FIXTURES:
            item.add_marker("servers")
        if "browser" in fixtures:
            item.add_marker("browser")
        if item.path.parent.name in PLAIN_FOLDERS and not _has_database(item, fixtures):
            item.add_marker("once")


def _has_database(item: pytest.Item, fixtures: set[str]) -> bool:
    """To all others pytest-django refuses one."""
    return bool(fixtures & DATABASE_FIXTURES or item.get_closest_marker("django_db"))


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what is left to the other pass, so that nothing is left out in silence."""
    left_out = [item for item in items if item.get_closest_marker("once")]
    for item in left_out:
        item.config.stash[LEFT_OUT] = len(left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist tells its count to the process that prints."""
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    if error is None:
        node.config.stash[LEFT_OUT] = node.workeroutput["left_out"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{count} tests are the same without servers: left to the other pass")
