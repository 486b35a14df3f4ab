"""Simulating a cycle: stored once for the same inputs, the same bytes again, owed through the outbox."""

import json
import random
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.db import transaction

from entities.models import Entity
from quintet.models import Answer, Cycle, Phase, Status
from quintet.services.freezing import freeze
from scorecards.models import Uncertainty
from scorecards.queries.uncertainty import SIMULATE, progress_of
from scorecards.services import estimating, publishing
from scorecards.services.composing import compose
from scorecards.services.gathering import gather
from scorecards.services.simulating import simulate_cycle, simulate_scorecard
from tests.factories import (
    AT,
    ENABLERS,
    Cast,
    Levels,
    fill,
    later,
    make_cycle,
    make_entities,
    make_entity,
    make_framework,
    sheet_of,
)
from tests.guards import unguarded
from tests.scorecards.worked import publish
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.lib.errors import NotAllowed, WrongState
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message
from un20portal.outbox.services import LEASE

pytestmark = pytest.mark.django_db
ITEMS = [f"{dimension}-{enabler}" for dimension in ("DAT", "INN") for enabler in ENABLERS]


@pytest.fixture
def cycle() -> Cycle:
    return counted(make_framework_cycle(), make_entities(7))


def make_framework_cycle() -> Cycle:
    return make_cycle(make_framework(), phase=Phase.VALIDATION)


def counted(cycle: Cycle, units: Iterable[Entity]) -> Cycle:
    """Each unit answers everything in its own way, whatever the order in which sheets are written."""
    fill(cycle, {unit: levels_of(unit) for unit in units})
    return cycle


def levels_of(unit: Entity) -> Levels:
    return {code: (int(unit.code[-1]) * 3 + place * 2) % 5 for place, code in enumerate(ITEMS)}


def simulated(cycle: Cycle) -> Uncertainty:
    return simulate_cycle(cycle_id=cycle.pk, at=AT)


class TestSimulating:
    def test_stores_one_row_for_the_same_inputs(self, cycle: Cycle) -> None:
        first = simulated(cycle)
        assert simulate_cycle(cycle_id=cycle.pk, at=later(5)) == first
        assert Uncertainty.objects.get().at == AT

    def test_stores_another_row_when_a_sheet_has_changed(self, cycle: Cycle) -> None:
        first = simulated(cycle)
        fill(cycle, {make_entity("ENT-009"): {"DAT-STR": 4}})
        assert simulated(cycle).inputs_sha256 != first.inputs_sha256
        assert Uncertainty.objects.count() == 2

    def test_stores_canonical_bytes_without_keys_and_clocks(self, cycle: Cycle) -> None:
        row = simulated(cycle)
        document = json.loads(row.payload)
        assert row.payload == canonical_json(document)
        assert row.sha256 == sha256(row.payload)
        assert document["inputs_sha256"] == row.inputs_sha256
        assert int(document["seed"]) == int(row.inputs_sha256[:16], 16)
        assert str(AT.date()) not in row.payload

    def test_says_the_same_bytes_again_after_they_were_lost(self, cycle: Cycle) -> None:
        first = simulated(cycle).payload
        with unguarded():
            Uncertainty.objects.all().delete()
        assert simulated(cycle).payload == first

    def test_says_the_same_bytes_whatever_the_order_in_which_units_came(self) -> None:
        names = [f"ENT-{number:03}" for number in range(1, 8)]
        shuffled = random.Random(2).sample(names, len(names))
        empty = make_framework_cycle()
        found = []
        for order in (names, shuffled):
            with transaction.atomic():
                row = simulated(counted(empty, [make_entity(name) for name in order]))
                found.append((row.inputs_sha256, row.payload))
                transaction.set_rollback(True)
        assert found[0] == found[1]

    def test_says_the_mean_by_the_method_beside_the_interval(self, cycle: Cycle) -> None:
        fill(
            cycle, {make_entity("ENT-008"): dict.fromkeys(levels_of(make_entity("X-1")), 4)}, Status.SUBMITTED
        )
        document = json.loads(simulated(cycle).payload)
        group = document["areas"]["capability"]["all"]
        low, middle, high = (float(group["interval"][name]) for name in ("p5", "p50", "p95"))
        assert low < middle < high
        assert float(group["mean"]["accepted"]) < float(group["mean"]["claimed"])
        assert document["groups"]["all"] == {"n_group": 8, "n_counted": {"accepted": 7, "claimed": 8}}

    def test_counts_who_is_rated_in_every_draw(self, cycle: Cycle) -> None:
        two_thirds = [code for code in ITEMS if not code.endswith(("FUN", "PMS"))]
        fill(cycle, {make_entity("ENT-008"): dict.fromkeys(two_thirds, 3)})
        document = json.loads(simulated(cycle).payload)
        assert document["groups"]["all"]["n_counted"]["accepted"] == 8
        assert document["areas"]["capability"]["all"]["n_always_rated"] == {"accepted": 7, "claimed": 7}

    def test_says_the_same_of_what_is_published_as_of_the_cycle_at_that_moment(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        """With a unit that only claims, one that was asked and says nothing, and a group of it alone."""
        asked = {make_entity("CLAIMS-1"): Status.SUBMITTED, make_entity("SILENT-1"): Status.DRAFT}
        asked[make_entity("SILENT-2", type="country_team")] = Status.DRAFT
        for unit, status in asked.items():
            fill(cycle, {unit: dict.fromkeys(ITEMS, 4)}, status)
        scorecard = publish(cycle, cast)
        then = simulated(cycle).payload
        with unguarded():
            Uncertainty.objects.all().delete()
        Answer.objects.filter(assessment__entity__code="ENT-001").update(claimed=0)
        freeze(assessment=sheet_of(cycle, Entity.objects.get(code="ENT-001")), at=later(1))
        assert simulate_scorecard(scorecard=scorecard, at=AT).payload == then
        assert json.loads(then)["groups"]["all"] == {
            "n_group": 10,
            "n_counted": {"accepted": 7, "claimed": 8},
        }
        assert json.loads(then)["areas"]["capability"]["country_teams"]["interval"] is None

    def test_keeps_units_and_bands(self, cycle: Cycle) -> None:
        units = json.loads(simulated(cycle).payload)["units"]["capability"]
        assert sorted(code for band in units["bands"] for code in band) == sorted(units["intervals"])

    def test_of_a_cycle_without_units_says_nothing(self) -> None:
        document = json.loads(simulated(make_framework_cycle()).payload)
        assert document["areas"] == {"capability": {}}
        assert document["agreement"] == {"exact_match": None, "kappa": None, "n_pairs": 0}


class TestTheErrand:
    def owed(self) -> int:
        return Message.objects.filter(topic=SIMULATE, done_at=None).count()

    def test_is_owed_by_a_proposal_and_run_once(self, cycle: Cycle, cast: Cast) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        publishing.propose(cycle=cycle, by=cast.second, at=later(1))
        assert self.owed() == 1
        assert outbox.run_errands(now=lambda: later(2)) == 1
        row = Uncertainty.objects.get()
        assert (row.at, row.inputs_sha256) == (later(2), compose(cycle=cycle).basis.inputs_sha256)
        assert progress_of(cycle, at=later(3)) is None

    def test_is_owed_again_while_an_older_one_is_under_way(self, cycle: Cycle) -> None:
        estimating.owe_simulation(cycle_id=cycle.pk, at=AT)
        Message.objects.update(leased_until=AT + LEASE)
        estimating.owe_simulation(cycle_id=cycle.pk, at=later(1))
        assert self.owed() == 2

    def test_is_asked_for_by_the_task_force_alone(self, cycle: Cycle, cast: Cast) -> None:
        for person in (cast.viewer, cast.focal, cast.approver, cast.committee, cast.administrator):
            with pytest.raises(NotAllowed):
                estimating.ask_for_simulation(cycle=cycle, by=person, at=AT)
        estimating.ask_for_simulation(cycle=cycle, by=cast.task_force, at=AT)
        assert self.owed() == 1

    def test_is_not_owed_before_the_cycle_begins(self, cycle: Cycle, cast: Cast) -> None:
        Cycle.objects.update(phase=Phase.PLANNED)
        cycle.refresh_from_db()
        with pytest.raises(WrongState):
            estimating.ask_for_simulation(cycle=cycle, by=cast.task_force, at=AT)
        assert self.owed() == 0

    def test_says_how_far_it_is(self, cycle: Cycle) -> None:
        assert progress_of(cycle, at=AT) is None
        estimating.owe_simulation(cycle_id=cycle.pk, at=AT)
        for fields, expected in (
            ({}, (False, False, False)),
            ({"leased_until": AT + LEASE}, (True, False, False)),
            ({"leased_until": AT - timedelta(1), "attempts": 1}, (False, True, False)),
            ({"dead_at": AT}, (False, True, True)),
        ):
            Message.objects.update(**fields)
            found = progress_of(cycle, at=later(1))
            assert found
            assert (found.is_running, found.has_failed, found.is_given_up) == expected
            assert found.owed_at == AT


class TestHealing:
    def test_owes_what_is_published_and_not_simulated(self, cycle: Cycle, cast: Cast) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        Message.objects.all().delete()
        assert estimating.owe_missing_simulations(at=later(1)) == 1
        outbox.run_errands(now=lambda: later(2), topic=SIMULATE)
        assert estimating.owe_missing_simulations(at=later(3)) == 0

    def test_does_not_simulate_what_was_never_proposed(self, cycle: Cycle) -> None:
        assert estimating.owe_missing_simulations(at=AT) == 0

    def test_lets_go_of_a_proposal_whose_sheets_have_changed(self, cycle: Cycle, cast: Cast) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        Message.objects.all().delete()
        fill(cycle, {make_entity("ENT-009"): {"DAT-STR": 4}})
        assert estimating.owe_missing_simulations(at=later(1)) == 0

    def test_simulates_each_published_version_though_its_sheets_have_changed(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        published = [publish(cycle, cast)]
        fill(cycle, {make_entity("ENT-009"): {"DAT-STR": 4}})
        published.append(publish(cycle, cast))
        fill(cycle, {make_entity("ENT-010"): {"DAT-STR": 3}})
        Message.objects.all().delete()
        assert estimating.owe_missing_simulations(at=later(1)) == 1
        outbox.run_errands(now=lambda: later(2), topic=SIMULATE)
        simulated = Uncertainty.objects.order_by("pk").values_list("inputs_sha256", flat=True)
        named = [json.loads(scorecard.payload)["inputs_sha256"] for scorecard in published]
        assert list(simulated) == [*named, gather(cycle_id=cycle.pk).sha256], "what stands now comes last"
        assert estimating.owe_missing_simulations(at=later(3)) == 0


def test_what_serves_pages_does_not_import_numpy() -> None:
    """In a fresh interpreter: here the tests themselves have imported it."""
    program = (
        "import os, sys, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'un20portal.settings'); "
        "django.setup(); import un20portal.urls, un20portal.wsgi; "
        "from django.urls import get_resolver; get_resolver().url_patterns; "
        "assert 'scorecards.views.uncertainty' in sys.modules; "
        "sys.exit('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
