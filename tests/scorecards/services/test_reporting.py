"""Owing and writing the papers of published versions: all of them, each once, whatever goes wrong between."""

import hashlib
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Cycle
from scorecards.models import PaperFile, Scorecard
from scorecards.queries import papers
from scorecards.queries.papers import PAPERS, Paper, compared_with, paper_of, shelf_of
from scorecards.services.comparing import COMPARE, decide_comparisons, owe_missing_comparisons
from scorecards.services.publishing import release
from scorecards.services.reporting import Writers, owe_missing_papers, write_papers
from tests.factories import (
    AT,
    Cast,
    Levels,
    fill,
    later,
    make_cast,
    make_entities,
    make_entity,
    make_framework,
)
from tests.guards import unguarded
from tests.scorecards.worked import publish
from tests.scorecards.years import cycle_of, sheets
from un20portal.lib.languages import REFERENCE_LANGUAGES
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message
from un20portal.outbox.services import PutOff

pytestmark = pytest.mark.django_db
FULL: Levels = {"DAT-STR": 3}
N_PAPERS = 2 * len(REFERENCE_LANGUAGES)


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@pytest.fixture
def units() -> list[Entity]:
    return make_entities(24)


@pytest.fixture
def cycles(units: list[Entity]) -> list[Cycle]:
    framework = make_framework()
    return [
        cycle_of(framework, "2025", sheets(units, range(18), 1)),
        cycle_of(framework, "2026", sheets(units, range(6, 24), 2)),
    ]


def named(paper: Paper) -> bytes:
    """A quick paper: its symbol, and the group as it is called in the language."""
    return f"{paper.symbol} {paper.group.name}".encode()


def broken(paper: Paper) -> bytes:
    raise OSError("no such library")


QUICK: Writers = {"pdf": named, "xlsx": named}


def write(scorecard: Scorecard, writers: Writers = QUICK) -> None:
    write_papers(scorecard_id=scorecard.pk, at=AT, writers=writers)


def stored(scorecard: Scorecard) -> list[tuple[str, str]]:
    return list(PaperFile.objects.filter(scorecard=scorecard).values_list("language", "form"))


class TestOwing:
    def test_a_publication_owes_its_papers_once(self, cycles: list[Cycle], cast: Cast) -> None:
        scorecard = publish(cycles[0], cast)
        assert Message.objects.get(topic=PAPERS).payload == {"scorecard_id": scorecard.pk}
        assert owe_missing_papers(at=AT) == 0, "it is owed already"

    def test_the_sweep_owes_what_old_versions_lack(self, cycles: list[Cycle], cast: Cast) -> None:
        first, second = (publish(cycle, cast) for cycle in cycles)
        decide_comparisons(at=AT)
        Message.objects.all().delete()
        write(first)
        assert owe_missing_papers(at=AT) == 1
        assert Message.objects.get(topic=PAPERS).payload == {"scorecard_id": second.pk}

    def test_a_new_edition_is_owed_for_all_and_the_old_one_read_until_then(
        self, cycles: list[Cycle], cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scorecard = publish(cycles[0], cast)
        write(scorecard)
        Message.objects.all().delete()
        for place in ("scorecards.queries.papers", "scorecards.services.reporting"):
            monkeypatch.setattr(f"{place}.EDITION", papers.EDITION + 1)
        assert owe_missing_papers(at=AT) == 1
        shelf = shelf_of(scorecard, at=AT)
        assert (len(shelf.files), shelf.n_ready, shelf.n_all) == (N_PAPERS, 0, N_PAPERS)

    def test_what_was_given_up_is_not_owed_again_and_again(self, cycles: list[Cycle], cast: Cast) -> None:
        publish(cycles[0], cast)
        Message.objects.filter(topic=PAPERS).update(dead_at=AT)
        assert owe_missing_papers(at=AT) == 0


class TestWriting:
    def test_stores_one_of_each_language_and_format_english_first(
        self, cycles: list[Cycle], cast: Cast
    ) -> None:
        scorecard = publish(cycles[0], cast)
        write(scorecard)
        assert stored(scorecard)[:2] == [("en", "pdf"), ("en", "xlsx")]
        assert set(stored(scorecard)) == {(code, form) for code in REFERENCE_LANGUAGES for form in QUICK}
        english = PaperFile.objects.get(scorecard=scorecard, language="en", form="pdf")
        assert bytes(english.content) == b"UN 2.0 portal/2025/v1 UN entities"
        assert english.sha256 == hashlib.sha256(bytes(english.content)).hexdigest()
        assert "Organismes des Nations Unies" in _text(scorecard, "fr")

    def test_twice_writes_nothing_twice(self, cycles: list[Cycle], cast: Cast) -> None:
        scorecard = publish(cycles[0], cast)
        write(scorecard)
        write(scorecard, {"pdf": broken, "xlsx": broken})
        assert PaperFile.objects.count() == N_PAPERS

    def test_goes_on_with_what_is_missing(self, cycles: list[Cycle], cast: Cast) -> None:
        """A machine without fonts has the workbooks; with them, only the PDFs are still to be written."""
        scorecard = publish(cycles[0], cast)
        with pytest.raises(OSError, match="no such library"):
            write(scorecard, {"pdf": broken, "xlsx": named})
        assert {form for _code, form in stored(scorecard)} == {"xlsx"}
        write(scorecard, {"pdf": named, "xlsx": broken})
        assert len(stored(scorecard)) == N_PAPERS

    def test_tries_no_second_paper_of_a_format_that_hangs(self, cycles: list[Cycle], cast: Cast) -> None:
        """Six times the longest wait is more than a task may take: it would be killed and tell nobody."""
        scorecard, tried = publish(cycles[0], cast), []

        def hanging(paper: Paper) -> bytes:
            tried.append(paper)
            raise TimeoutError("still setting type")

        with pytest.raises(TimeoutError):
            write(scorecard, {"pdf": hanging, "xlsx": named})
        assert len(tried) == 1
        assert stored(scorecard) == [(code, "xlsx") for code, _form in stored(scorecard)]
        assert len(stored(scorecard)) == len(REFERENCE_LANGUAGES)

    def test_ends_when_the_time_of_its_task_is_up(self, cycles: list[Cycle], cast: Cast) -> None:
        scorecard = publish(cycles[0], cast)

        def out_of_time(paper: Paper) -> bytes:
            raise SoftTimeLimitExceeded

        with pytest.raises(SoftTimeLimitExceeded):
            write(scorecard, {"pdf": named, "xlsx": out_of_time})
        assert stored(scorecard) == [("en", "pdf")]

    def test_waits_for_the_comparison_that_is_being_decided(self, cycles: list[Cycle], cast: Cast) -> None:
        for cycle in cycles:
            latest = publish(cycle, cast)
        assert Message.objects.filter(topic=COMPARE, done_at=None).exists()
        with pytest.raises(PutOff):
            write(latest)
        assert not PaperFile.objects.exists()
        outbox.run_errands(now=lambda: AT + timedelta(seconds=1), topic=COMPARE)
        write(latest)
        assert len(stored(latest)) == N_PAPERS

    def test_another_worker_may_have_written_it_meanwhile(self, cycles: list[Cycle], cast: Cast) -> None:
        scorecard = publish(cycles[0], cast)

        def overtaken(paper: Paper) -> bytes:
            if not PaperFile.objects.exists():
                write(scorecard)
            return b"too late"

        write(scorecard, {"pdf": overtaken, "xlsx": overtaken})
        assert PaperFile.objects.count() == N_PAPERS
        assert not PaperFile.objects.filter(sha256=hashlib.sha256(b"too late").hexdigest()).exists()


def test_a_paper_asks_the_same_of_the_database_whatever_the_number_of_dimensions(cast: Cast) -> None:
    units, found = make_entities(6), []
    for slug, dimensions in (("few", ("DAT", "INN")), ("many", ("DAT", "INN", "FOR", "DIG", "BES"))):
        framework = make_framework(slug, dimensions)
        scorecard = publish(
            cycle_of(framework, f"{2020 + len(dimensions)}", dict.fromkeys(units, FULL)), cast
        )
        with CaptureQueriesContext(connection) as asked:
            assert len(paper_of(scorecard).capabilities) == len(dimensions)
        found.append(len(asked))
    assert found[0] == found[1]


class TestWhatIsComparedWith:
    def test_is_the_earlier_cycle_once_that_is_decided(self, cycles: list[Cycle], cast: Cast) -> None:
        first, second = (publish(cycle, cast) for cycle in cycles)
        assert compared_with(second) is None
        decide_comparisons(at=AT)
        assert compared_with(second) == first
        assert compared_with(first) is None

    def test_is_nothing_that_not_everybody_reads(self, cycles: list[Cycle], cast: Cast) -> None:
        """A paper stays as it is when its own version is released: it must not hold what others keep."""
        _first, second = (publish(cycle, cast, audience="committee") for cycle in cycles)
        decide_comparisons(at=AT)
        assert compared_with(second) is None

    def test_is_what_was_open_to_everybody_when_the_version_was_published(
        self, cycles: list[Cycle], cast: Cast
    ) -> None:
        """A paper that is written, or written again, after the release of the version before is the same."""
        first, second = (publish(cycle, cast, audience="committee") for cycle in cycles)
        release(scorecard=first, by=cast.second, at=later(1))
        owe_missing_comparisons(at=later(1))
        decide_comparisons(at=later(1))
        assert compared_with(second) is None

    def test_was_open_since_a_release_before_the_publication(self, cycles: list[Cycle], cast: Cast) -> None:
        first = publish(cycles[0], cast, audience="committee")
        release(scorecard=first, by=cast.second, at=AT)
        second = publish(cycles[1], cast)
        decide_comparisons(at=AT)
        assert compared_with(second) == first

    def test_stays_the_same_when_the_earlier_cycle_is_corrected(
        self, cycles: list[Cycle], cast: Cast, units: list[Entity]
    ) -> None:
        first, second = (publish(cycle, cast) for cycle in cycles)
        decide_comparisons(at=AT)
        fill(cycles[0], {unit: {"DAT-STR": 3} for unit in units[18:]})
        publish(cycles[0], cast)
        decide_comparisons(at=later(1))
        assert compared_with(second) == first


def _text(scorecard: Scorecard, language: str) -> str:
    return bytes(PaperFile.objects.get(scorecard=scorecard, language=language, form="pdf").content).decode()


def test_a_lost_row_is_written_again(cycles: list[Cycle], cast: Cast) -> None:
    scorecard = publish(cycles[0], cast)
    write(scorecard)
    with unguarded():
        PaperFile.objects.filter(language="en").delete()
    write(scorecard)
    assert len(stored(scorecard)) == N_PAPERS
