"""Killing a process at a chosen statement, as `kill -9` may hit it anywhere."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any
from unittest.mock import patch

from django.db import connection


@contextmanager
def noticing(notice: Callable[[str], None]) -> Iterator[None]:
    """Call `notice` before each statement of this connection, and before and after each commit."""
    commit = connection.commit

    def noticed_commit() -> None:
        notice("COMMIT")
        commit()
        notice("committed")

    def execute(run: Callable[..., Any], statement: str, *rest: Any) -> Any:
        notice(statement)
        return run(statement, *rest)

    with connection.execute_wrapper(execute), patch.object(connection, "commit", noticed_commit):
        yield


def kill_at(point: int, act: Callable[[], object]) -> None:
    """Let a process do it that gets `kill -9` at this point, in the middle of everything."""
    connection.close()  # a session belongs to one process
    process = get_context("fork").Process(target=_act_until, args=(point, act))
    process.start()
    process.join(180)
    assert process.exitcode == -signal.SIGKILL


def _act_until(point: int, act: Callable[[], object]) -> None:
    passed: list[str] = []

    def notice(statement: str) -> None:
        if len(passed) == point:
            os.kill(os.getpid(), signal.SIGKILL)
        passed.append(statement)

    with noticing(notice):
        act()
