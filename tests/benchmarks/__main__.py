"""`python -m tests.benchmarks --output build/bench.json`: how fast the portal is, measured in one run.

Medians and ratios on a database of its own with the real system's size; a bar that is missed is said,
never hidden. Nothing here is a test: machines differ and are shared, ratios within one run matter.
"""

import argparse
import json
import logging
import os
import platform
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connection, connections

from tests import processes, servers
from tests.benchmarks.measuring import ROUNDS, Line, table
from tests.provision import NOT_INHERITED

CLIENTS, WORKERS = 4, 2
NOT_SERVED_HERE = ["*plotly*", "admin/*"]  # no page that is measured loads them
NOTES = [
    "S: the demonstration; M: 46,000 units, 3 million answers; L: five such cycles, four without answers.",
    "A query per unit is measured on 60 units and multiplied. Payloads of M are short: real ones lie aside.",
    "The API counts who asks how often, with limits that nobody reaches.",
    f"Over HTTP: gunicorn with {WORKERS} workers, {CLIENTS} clients, on this machine.",
]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the portal.")
    parser.add_argument("--output", type=Path, help="where to write the figures as JSON")
    output = parser.parse_args().output
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="un20-benchmarks-")))
        _prepare(stack, folder)
        lines, notes = _measure(folder)
        facts = _facts(round(time.monotonic() - begun))
    print(f"{facts['sizes']}\n\n{table(lines)}\n")  # noqa: T201
    print("\n".join(notes))  # noqa: T201
    if output:
        figures = [{**asdict(line), "ratio": line.ratio} for line in lines]
        output.write_text(json.dumps({**facts, "notes": notes, "lines": figures}, indent=1) + "\n")


def _prepare(stack: ExitStack, folder: Path) -> None:
    """Set Django up on a scratch database that holds the reference data and the demonstration."""
    for name in NOT_INHERITED:
        os.environ.pop(name, None)
    os.environ["TEST_DATABASE_URL"] = servers.database_url(stack)
    os.environ["DATABASE_URL"] = stack.enter_context(processes.scratch_database())
    os.environ["DEMO_PASSWORD"] = "correct horse battery"
    os.environ["BENCHMARK_FILES"] = str(folder / "files")
    os.environ["BENCHMARK_STATIC_ROOT"] = str(folder / "static")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
    os.environ["LOG_LEVEL"] = "ERROR"
    django.setup()
    logging.disable(logging.WARNING)
    stack.callback(connections.close_all)
    with (folder / "setup.log").open("w") as log:
        call_command("migrate", verbosity=0)
        call_command("load_reference", stdout=log)
        call_command("demo_data", stdout=log)
        call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=NOT_SERVED_HERE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _measure(folder: Path) -> tuple[list[Line], list[str]]:
    # these modules name models: they can be imported only now
    from tests.benchmarks import figures, lighthouse, reading, saving, uncertainty, weights, workbooks
    from tests.benchmarks.clients import asking
    from tests.benchmarks.serving import portal

    lines = figures.lines() + uncertainty.lines()
    with portal(workers=WORKERS, folder=folder) as port, asking(port, count=CLIENTS) as clients:
        lines += saving.lines(clients)
        lines += reading.lines(clients, port)
        lines += weights.lines(port)
        lines += workbooks.lines(port)
        scores, notes = lighthouse.lines(port)
    return [*lines, *scores, *weights.memory(folder=folder)], [*NOTES, *notes]


def _facts(seconds: int) -> dict[str, Any]:
    """When, on what and with how much this was measured."""
    from quintet.models import Answer, Assessment, Cycle, Phase

    closed = Cycle.objects.filter(phase=Phase.CLOSED).order_by("-code")[0]
    units = Assessment.objects.filter(cycle=closed).count()
    answers = Answer.objects.filter(assessment__cycle=closed).count()
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgresql = cursor.fetchone()[0]
    packages = {
        name: version(name) for name in ("django", "djangorestframework", "gunicorn", "psycopg2-binary")
    }
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": seconds,
        "rounds": ROUNDS,
        "versions": {"python": platform.python_version(), "postgresql": postgresql, **packages},
        "processors": os.cpu_count(),
        "sizes": {"units": units, "answers": answers, "cycles": Cycle.objects.count()},
    }


if __name__ == "__main__":
    main()
