"""Deciding what published versions may show beside each other: once, in order, and stored as it was."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Cycle, Framework
from scorecards.domain.bridge import Bridge, Parts
from scorecards.domain.compared import read_moved, read_shown
from scorecards.domain.comparing import showable
from scorecards.domain.published import PANEL, Pairing, Part, Shown
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.movement import compared_document
from scorecards.queries.publications import published_document
from scorecards.services.comparing import COMPARE, decide_comparisons, owe_missing_comparisons
from scorecards.services.publishing import release
from tests.factories import (
    AT,
    ENABLERS,
    Cast,
    Levels,
    fill,
    later,
    make_counted_cycle,
    make_entities,
    make_framework,
)
from tests.guards import unguarded
from tests.scorecards.worked import publish
from un20portal.lib.canonical import sha256
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
CODES = [f"{dimension}-{enabler}" for dimension in ("DAT", "INN") for enabler in ENABLERS]
Publish = Callable[..., Scorecard]


@pytest.fixture
def units() -> list[Entity]:
    return make_entities(18)


@pytest.fixture
def published(cast: Cast, units: list[Entity]) -> Publish:
    """Publish a cycle of a year, in which the units with these numbers are on this level."""
    framework = make_framework()

    def publish_year(
        year: str, numbers: range, level: int, framework: Framework = framework, audience: str = "public"
    ) -> Scorecard:
        found: dict[Entity, Levels] = {units[number]: dict.fromkeys(CODES, level) for number in numbers}
        cycle = Cycle.objects.filter(code=year).first() or make_counted_cycle(framework, {}, year)
        days = {"opens_on": date(int(year), 1, 1), "closes_on": date(int(year), 6, 30)}
        Cycle.objects.filter(pk=cycle.pk).update(**days)
        cycle.refresh_from_db()
        fill(cycle, found)
        return publish(cycle, cast, audience=audience)

    return publish_year


def stored() -> list[tuple[str, int, str, int]]:
    """Cycle and version of each two that were compared, in the order in which that was decided."""
    rows = ComparedPair.objects.select_related("before__cycle", "after__cycle")
    return [
        (row.before.cycle.code, row.before.version, row.after.cycle.code, row.after.version) for row in rows
    ]


class TestDeciding:
    def test_follows_the_order_in_which_comparisons_became_possible(self, published: Publish) -> None:
        published("2024", range(12), 1)
        published("2026", range(12), 2)
        published("2025", range(12), 3)
        published("2024", range(12, 18), 1)
        assert decide_comparisons(at=AT) == 5
        assert stored() == [
            ("2024", 1, "2026", 1),
            ("2025", 1, "2026", 1),
            ("2024", 1, "2025", 1),
            ("2024", 2, "2026", 1),
            ("2024", 2, "2025", 1),
        ]

    def test_pairs_what_everybody_reads_beside_what_the_committees_read_first(
        self, published: Publish
    ) -> None:
        published("2025", range(6), 1)
        published("2025", range(6, 12), 1, audience="committee")
        published("2026", range(12), 2)
        assert decide_comparisons(at=AT) == 2
        assert stored() == [("2025", 1, "2026", 1), ("2025", 2, "2026", 1)]

    def test_is_the_same_at_once_and_one_by_one(self, published: Publish) -> None:
        for year, numbers, level in (("2024", range(12), 1), ("2025", range(6, 18), 2)):
            published(year, numbers, level)
        published("2026", range(3, 15), 3)
        decide_comparisons(at=AT)
        at_once = list(ComparedPair.objects.values_list("payload", flat=True))
        with unguarded():
            ComparedPair.objects.exclude(pk=ComparedPair.objects.all()[0].pk).delete()
        assert decide_comparisons(at=later(1)) == 2
        assert list(ComparedPair.objects.values_list("payload", flat=True)) == at_once

    def test_happens_once(self, published: Publish) -> None:
        published("2025", range(12), 1)
        published("2026", range(12), 2)
        assert decide_comparisons(at=AT) == 1
        row = ComparedPair.objects.get()
        assert decide_comparisons(at=later(1)) == 0
        assert ComparedPair.objects.get() == row
        assert (row.at, sha256(row.payload)) == (AT, row.sha256)

    def test_keeps_nothing_that_is_not_shown(self, published: Publish) -> None:
        """Two of twelve units left: whoever knows the panel and both full samples would know the two."""
        published("2025", range(12), 1)
        published("2026", range(10), 2)
        decide_comparisons(at=AT)
        document = compared_document(ComparedPair.objects.get().sha256)
        assert document["shown"] == {}
        assert all(
            figures == {"items": {}, "dimensions": {}}
            for bases in document["groups"].values()
            for figures in bases.values()
        )

    def test_keeps_the_figures_of_what_is_shown(self, published: Publish) -> None:
        published("2025", range(12), 1)
        published("2026", range(12), 2)
        decide_comparisons(at=AT)
        document = compared_document(ComparedPair.objects.get().sha256)
        assert Part(PANEL, "accepted", "all") in read_shown(document)["DAT-STR"]
        moved = read_moved(document, group="all", basis="accepted")
        panel, bridge = moved.panels["DAT-STR"], moved.shares["DAT-STR"]
        assert (panel.rose, panel.same, panel.fell, panel.has_after) == (12, 0, 0, 12)
        assert bridge == Bridge(Fraction(0), Fraction(100), Parts(*map(Fraction, (0, 0, 0, 100))))
        assert moved.indices["DAT"].change == 25

    def test_waits_for_a_crosswalk(self, published: Publish) -> None:
        published("2025", range(12), 1)
        published("2026", range(12), 2, make_framework("next"))
        assert decide_comparisons(at=AT) == 0
        assert not owe_missing_comparisons(at=AT)


class TestACorrection:
    """Six units are in both cycles, five more in the second one; they leave it, and one joins."""

    @pytest.fixture
    def correct(self, published: Publish, units: list[Entity]) -> Callable[[], Scorecard]:
        published("2025", range(6), 1)
        published("2026", range(11), 2)

        def publish_correction() -> Scorecard:
            gone = [unit.pk for unit in units[6:11]]
            Entity.objects.filter(pk__in=gone).update(valid_to=date(2026, 1, 1))
            return published("2026", range(11, 12), 2)

        return publish_correction

    @staticmethod
    def shown_of(scorecard: Scorecard) -> dict[str, Any]:
        groups = published_document(scorecard.sha256)["groups"]
        found: dict[str, Any] = groups["all"]["accepted"]["items"]["DAT-STR"]
        return found

    @staticmethod
    def panels() -> list[bool]:
        """Of each comparison whether the panel of all units is shown."""
        documents = map(compared_document, ComparedPair.objects.values_list("sha256", flat=True))
        return [
            Part(PANEL, "accepted", "all") in read_shown(document).get("DAT-STR", ())
            for document in documents
        ]

    def test_does_not_tell_the_one_who_joined_beside_a_comparison(
        self, correct: Callable[[], Scorecard]
    ) -> None:
        decide_comparisons(at=AT)
        assert self.shown_of(correct())["carried_from"] == 1
        decide_comparisons(at=later(1))
        assert self.panels() == [True, False]

    def test_is_what_a_comparison_that_comes_late_is_decided_beside(
        self, correct: Callable[[], Scorecard]
    ) -> None:
        assert self.shown_of(correct())["n_answered"] == 7
        decide_comparisons(at=later(1))
        assert self.panels() == [False, False]

    def test_that_is_published_while_a_comparison_is_decided_counts(
        self, correct: Callable[[], Scorecard], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        judged: list[int] = []

        def published_meanwhile(pairing: Pairing, **beside: Any) -> Shown:
            shown = showable(pairing, **beside)
            if not judged:
                correct()
            judged.append(len(beside["versions"]))
            return shown

        monkeypatch.setattr("scorecards.services.comparing.showable", published_meanwhile)
        assert decide_comparisons(at=AT) == 2
        assert judged == [2, 3, 3]
        assert self.panels() == [False, False]


class TestOwing:
    def owed(self) -> int:
        return Message.objects.pending().filter(topic=COMPARE).count()

    def test_begins_with_the_second_cycle_that_is_published(self, published: Publish) -> None:
        published("2025", range(12), 1)
        assert self.owed() == 0
        published("2026", range(12), 2)
        assert self.owed() == 1
        assert outbox.run_errands(now=lambda: AT, topic=COMPARE) == 1
        assert stored() == [("2025", 1, "2026", 1)]

    def test_follows_the_release_of_a_version_that_was_never_the_latest(
        self, published: Publish, cast: Cast
    ) -> None:
        published("2025", range(6), 1)
        second = published("2025", range(6, 12), 1, audience="committee")
        published("2025", range(12, 18), 1, audience="committee")
        published("2026", range(12), 2)
        decide_comparisons(at=AT)
        assert ("2025", 2, "2026", 1) not in stored()
        Message.objects.all().delete()
        release(scorecard=second, by=cast.task_force, at=AT)
        assert self.owed() == 1
        decide_comparisons(at=AT)
        assert stored()[-1] == ("2025", 2, "2026", 1)

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("in_process")
    def test_is_done_at_once_where_tasks_run_in_process(self, published: Publish) -> None:
        published("2025", range(12), 1)
        published("2026", range(12), 2)
        assert stored() == [("2025", 1, "2026", 1)]

    def test_is_healed_where_it_was_lost(self, published: Publish) -> None:
        published("2025", range(12), 1)
        published("2026", range(12), 2)
        Message.objects.all().delete()
        assert owe_missing_comparisons(at=AT)
        assert not owe_missing_comparisons(at=AT), "it is owed already"
        outbox.run_errands(now=lambda: AT, topic=COMPARE)
        assert not owe_missing_comparisons(at=AT), "nothing is missing"

    @pytest.mark.once
    def test_asks_the_database_as_often_for_more_versions(self, published: Publish) -> None:
        """Also beside cycles that nobody can compare: of their frameworks nobody said anything."""
        asked = []
        for years in (range(2010, 2011), range(2011, 2014)):
            for year in years:
                strange = make_framework(f"strange-{year}")
                published(f"{year}", range(12), 1, framework=strange)
                published(f"{year + 20}", range(12), 2)
            decide_comparisons(at=AT)
            Message.objects.all().delete()
            with CaptureQueriesContext(connection) as captured:
                assert not owe_missing_comparisons(at=AT), "nothing is missing"
            asked.append([query["sql"] for query in captured])
        assert len(asked[0]) == len(asked[1]) == 5, "three, and those of the transaction"
        assert not [sql for sql in asked[1] if "payload" in sql]


class TestVerifying:
    @pytest.fixture(autouse=True)
    def _decided(self, published: Publish) -> None:
        published("2025", range(12), 1)
        published("2026", range(12), 2)
        decide_comparisons(at=AT)

    def test_finds_nothing_in_what_was_stored(self) -> None:
        out = StringIO()
        call_command("verify_publications", stdout=out)
        assert out.getvalue().endswith(": 2.\n")

    def test_names_a_comparison_whose_bytes_were_changed(self) -> None:
        self.tamper(payload="{}")
        assert self.finding() == "The comparison of 2025 and 2026: the stored bytes do not match their hash."

    def test_names_a_comparison_that_was_given_to_other_versions(self) -> None:
        row = ComparedPair.objects.get()
        payload = row.payload.replace(row.before.sha256, row.after.sha256)
        self.tamper(payload=payload, sha256=sha256(payload))
        assert (
            self.finding() == "The comparison of 2025 and 2026: the row says other versions than its bytes."
        )

    @staticmethod
    def tamper(**values: str) -> None:
        with unguarded():
            ComparedPair.objects.update(**values)

    @staticmethod
    def finding() -> str:
        with pytest.raises(CommandError) as refused:
            call_command("verify_publications", stdout=StringIO())
        return str(refused.value)
