"""A pytest plugin, loaded first: gives every test process its servers before Django reads its settings.

Each process (with xdist: each worker) takes a *lane*: a database name on the PostgreSQL server and two
numbers on the Redis server (broker, cache) that nobody else uses. A lane is a locked file, so a killed
run frees it. `--sqlite` runs on the default instead: SQLite, tasks in process, no servers.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from tests import servers

LANES = range(1, 8)  # Redis has 16 numbers: broker 1…7, cache 8…14; 0 and 15 are left alone
CACHE_OFFSET = 7
OURS = "un20-tests"
# a developer's own environment must not change what is tested
NOT_INHERITED = [
    "ALLOWED_HOSTS", "BEHIND_TLS_PROXY", "CACHE_URL", "CHECKPOINT_FORMER_KEYS", "CHECKPOINT_KEY",
    "CHECKPOINT_KEY_FILE", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "DEBUG",
    "DEMO_PASSWORD", "EMAIL_URL", "LOG_LEVEL", "NUM_PROXIES", "PRODUCTION", "REDIS_URL",
    "SCORECARDS_COMPOSED_AT_ONCE", "SCORECARDS_RANGE_UNITS", "SECRET_KEY", "STATIC_MANIFEST", "THROTTLE_ANON",
    "THROTTLE_USER",
]  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sqlite", action="store_true", help="Run on SQLite, without servers.")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    for name in NOT_INHERITED:
        os.environ.pop(name, None)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the tests' thread
    if not early_config.known_args_namespace.sqlite:
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        try:
            _use_servers(stack)
        except servers.MissingPart as missing:
            advice = "Without servers: pytest --sqlite -m 'not servers and not browser'"
            raise pytest.UsageError(f"{missing}\n{advice}") from None
    return (yield)


@pytest.fixture(scope="session", autouse=True)
def _transactional_tests_leave_nothing() -> Iterator[None]:
    """Append-only tables refuse to be emptied; between two transactional tests they must be."""
    from tests import guards  # reads Django's settings, which stand only now

    with guards.quick_flush():
        yield


def pytest_report_header(config: pytest.Config) -> str:
    if config.getoption("sqlite"):
        return "SQLite pass: the default without servers, tasks in process"
    return "servers: " + " · ".join(
        os.environ[name].rpartition("@")[2] for name in ["DATABASE_URL", "REDIS_URL"]
    )


def _use_servers(stack: ExitStack) -> None:
    # workers of xdist inherit these two and so use the same servers
    os.environ["TEST_DATABASE_URL"] = servers.database_url(stack)
    os.environ["TEST_REDIS_URL"] = servers.redis_url(stack)
    servers.require_browser()
    servers.require_office()
    lane = _take_lane(stack, os.environ["TEST_REDIS_URL"])
    os.environ["DATABASE_URL"] = servers.with_path(os.environ["TEST_DATABASE_URL"], f"un20_{lane}")
    os.environ["REDIS_URL"] = servers.with_path(os.environ["TEST_REDIS_URL"], lane)
    os.environ["CACHE_URL"] = servers.with_path(os.environ["TEST_REDIS_URL"], lane + CACHE_OFFSET)


def _take_lane(stack: ExitStack, url: str) -> int:
    folder = Path(tempfile.gettempdir()) / f"un20-portal-lanes-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for lane in LANES:
        lock = (folder / str(lane)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        if _clear(url, lane):
            stack.enter_context(lock)
            return lane
        lock.close()
    raise servers.MissingPart("all Redis numbers 1…14 are in use; set TEST_REDIS_URL to a server of its own")


def _clear(url: str, lane: int) -> bool:
    """Empty the lane's two numbers, unless they hold something that no test run of ours left there."""
    broker = redis.Redis.from_url(servers.with_path(url, lane))
    cache = redis.Redis.from_url(servers.with_path(url, lane + CACHE_OFFSET))
    with broker, cache:
        marked = broker.exists(OURS)
        if not marked and (broker.dbsize() or cache.dbsize()):
            return False
        broker.flushdb()
        broker.set(OURS, "cleared by the next test run")
        cache.flushdb()
    return True
