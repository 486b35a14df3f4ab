"""Comparisons and simulations are done again when they are verified: what was falsified is named."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from entities.models import Entity
from quintet.models import Cycle
from scorecards.models import ComparedPair, Scorecard, Uncertainty
from scorecards.services.redoing import first_broken_comparison, first_broken_simulation
from scorecards.services.simulating import simulate_cycle, simulate_scorecard
from tests.factories import AT, Cast, fill
from tests.guards import unguarded
from tests.scorecards.years import Compared
from un20portal.lib.canonical import canonical_json, sha256

pytestmark = pytest.mark.django_db
Document = dict[str, Any]
NOT_OURS = "this is not what the frozen sheets come to."


@pytest.fixture
def cast(outside_cast: Cast) -> Cast:
    return outside_cast


@pytest.fixture
def years(compared: Compared) -> list[Cycle]:
    return compared.cycles


def falsify(row: ComparedPair | Uncertainty, change: Callable[[Document], object]) -> None:
    """Change the bytes with their hash, as the owner of the database could."""
    document = json.loads(row.payload)
    change(document)
    payload = canonical_json(document)
    assert payload != row.payload
    with unguarded():
        type(row).objects.filter(pk=row.pk).update(payload=payload, sha256=sha256(payload))


def shown(document: Document) -> Document:
    found: Document = document["groups"]["all"]["accepted"]
    return found


def _rise(document: Document) -> None:
    shown(document)["items"]["DAT-STR"][0][0] += 1


def _bend(document: Document) -> None:
    shown(document)["dimensions"]["DAT"][2][3][0] += 1


def _index(document: Document) -> None:
    shown(document)["dimensions"]["DAT"][1][0] += 1


def _hide(document: Document) -> None:
    del shown(document)["items"]["DAT-STR"]


def _forget_group(document: Document) -> None:
    del document["groups"]["entities"]


COMPARED: dict[str, tuple[Callable[[Document], object], str]] = {
    "how many rose": (_rise, "groups, all, accepted, items, DAT-STR"),
    "a part of a bridge": (_bend, "groups, all, accepted, dimensions, DAT"),
    "the index after": (_index, "groups, all, accepted, dimensions, DAT"),
    "a panel that is left out": (_hide, "groups, all, accepted, items, DAT-STR"),
    "a group that is left out": (_forget_group, "groups, entities"),
    "the method": (lambda document: document.update(method="other"), "method"),
}


@pytest.mark.usefixtures("years")
class TestAComparison:
    def test_is_good_as_it_was_stored(self) -> None:
        assert first_broken_comparison() == ""

    @pytest.mark.parametrize("what", COMPARED)
    def test_is_compared_again(self, what: str) -> None:
        change, place = COMPARED[what]
        falsify(ComparedPair.objects.get(), change)
        assert first_broken_comparison() == f"The comparison of 2025 and 2026: {place}: {NOT_OURS}"

    def test_of_other_links_is_no_comparison_of_these_sheets(self) -> None:
        falsify(ComparedPair.objects.get(), lambda document: document["links"].pop())
        assert first_broken_comparison().startswith("The comparison of 2025 and 2026: ")

    @pytest.mark.parametrize("payload", ["{}", "[]", "{", "null"])
    def test_of_other_bytes_is_none(self, payload: str) -> None:
        with unguarded():
            ComparedPair.objects.update(payload=payload, sha256=sha256(payload))
        told = "The comparison of 2025 and 2026: the stored bytes are not those of a comparison: "
        assert first_broken_comparison().startswith(told)


def _median(document: Document) -> None:
    document["areas"]["capability"]["all"]["interval"]["p50"] = "99.9"


def _of_a_unit(document: Document) -> None:
    document["units"]["capability"]["intervals"]["ENT-001"]["p5"] = "0.0"


SIMULATED: dict[str, tuple[Callable[[Document], object], str]] = {
    "the median of a group": (_median, "areas, capability, all, interval, p50"),
    "an interval of a unit": (_of_a_unit, "units, capability, intervals, ENT-001, p5"),
    "a band": (
        lambda document: document["units"]["capability"].update(bands=[]),
        "units, capability, bands",
    ),
    "the agreement": (lambda document: document["agreement"].update(kappa="0.50"), "agreement, kappa"),
    "the seed": (lambda document: document.update(seed="1"), "seed"),
    "a size": (lambda document: document["groups"]["all"].update(n_group=99), "groups, all, n_group"),
}


class TestASimulation:
    @pytest.mark.parametrize("is_published", [True, False])
    @pytest.mark.parametrize("what", SIMULATED)
    def test_is_simulated_again(self, years: list[Cycle], what: str, *, is_published: bool) -> None:
        """Of the sheets of a published version, whatever came in since; of a cycle as it stands."""
        cycle = years[0]
        if is_published:
            row = simulate_scorecard(scorecard=Scorecard.objects.get(cycle=cycle), at=AT)
            fill(cycle, {Entity.objects.get(code="ENT-024"): {"DAT-STR": 4}})
        else:
            fill(cycle, {Entity.objects.get(code="ENT-024"): {"DAT-STR": 4}})
            row = simulate_cycle(cycle_id=cycle.pk, at=AT)
        assert first_broken_simulation() == ""
        change, place = SIMULATED[what]
        falsify(row, change)
        name = f"The uncertainty of 2025, inputs {row.inputs_sha256[:8]}"
        assert first_broken_simulation() == f"{name}: {place}: {NOT_OURS}"

    def test_of_sheets_that_nobody_knows_any_more_has_its_hash_alone(self, years: list[Cycle]) -> None:
        cycle = years[0]
        for code in ("ENT-023", "ENT-024"):
            fill(cycle, {Entity.objects.get(code=code): {"DAT-STR": 4}})
            simulate_cycle(cycle_id=cycle.pk, at=AT)
        older = Uncertainty.objects.order_by("pk")[0]
        falsify(older, _median)
        assert first_broken_simulation() == ""
        with unguarded():
            Uncertainty.objects.filter(pk=older.pk).update(sha256="0" * 64)
        assert first_broken_simulation().endswith(": the stored bytes do not match their hash.")

    @pytest.mark.parametrize("payload", ["{}", "[]", "{", "null"])
    def test_of_other_bytes_is_none(self, years: list[Cycle], payload: str) -> None:
        simulate_cycle(cycle_id=years[0].pk, at=AT)
        with unguarded():
            Uncertainty.objects.update(payload=payload, sha256=sha256(payload))
        assert ": the stored bytes are not those of a simulation: " in first_broken_simulation()
