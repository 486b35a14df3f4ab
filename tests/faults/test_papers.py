"""Papers are written by a real worker, and killed in the middle: they are all there in the end, each once."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from quintet.models import Cycle
from scorecards.models import PaperFile, Scorecard
from scorecards.queries.papers import PAPERS, Paper
from scorecards.services.reporting import write_papers
from tests import processes
from tests.factories import AT, Cast, make_counted_cycle, make_entities, make_framework
from tests.faults.killing import kill_at, noticing
from tests.guards import unguarded
from tests.scorecards.worked import publish
from un20portal.lib.languages import REFERENCE_LANGUAGES
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
N_PAPERS = 2 * len(REFERENCE_LANGUAGES)
WAIT = 240  # seconds: six papers are typeset, on a machine that others use, too


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in make_entities(6)})


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[processes.Worker]:
    found = processes.Worker(environment=processes.environment(), log=tmp_path / "worker.log")
    try:
        found.wait_until_ready()
        yield found
    finally:
        found.end()


def named(paper: Paper) -> bytes:
    return f"{paper.symbol} {paper.group.name}".encode()


def stored() -> list[tuple[str, str, str]]:
    return sorted(PaperFile.objects.values_list("language", "form", "sha256"))


def test_killed_at_any_point_the_rest_is_written_and_nothing_twice(cycle: Cycle, cast: Cast) -> None:
    scorecard: Scorecard = publish(cycle, cast)
    write = partial(write_papers, scorecard_id=scorecard.pk, at=AT, writers={"pdf": named, "xlsx": named})
    write()  # what a process keeps is read once
    clean = stored()
    _forget()
    points: list[str] = []
    with noticing(points.append):
        write()
    assert len(points) > N_PAPERS
    for point in range(0, len(points), 7):
        _forget()
        kill_at(point, write)
        assert set(stored()) < set(clean), points[point]
        write()
        assert stored() == clean, f"killed at point {point}: {points[point]}"


def test_a_worker_writes_real_ones_also_after_another_was_killed(
    cycle: Cycle, cast: Cast, worker: processes.Worker
) -> None:
    worker.kill()
    publish(cycle, cast)
    Message.objects.filter(topic=PAPERS).update(leased_until=timezone.now() + outbox.LEASE)
    assert outbox.run_errands(now=timezone.now, topic=PAPERS) == 0, "its lease has not ended"
    Message.objects.filter(topic=PAPERS).update(leased_until=timezone.now())
    worker.start()
    worker.wait_until_ready()
    worker.wait_until(_what_is_missing, seconds=WAIT)
    assert PaperFile.objects.count() == N_PAPERS
    for paper in PaperFile.objects.filter(form="pdf"):
        assert bytes(paper.content).startswith(b"%PDF-1.7")


def _what_is_missing() -> str | None:
    n_written = PaperFile.objects.count()
    return None if n_written == N_PAPERS else f"{n_written} of {N_PAPERS} papers are written"


def _forget() -> None:
    with unguarded():
        PaperFile.objects.all().delete()
