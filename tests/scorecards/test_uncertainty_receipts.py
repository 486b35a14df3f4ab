"""Receipts of what is estimated: the same numbers as on the page of the uncertainty, to the same readers."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, User
from quintet.models import Cycle, Status
from scorecards.models import Uncertainty
from scorecards.services.computing import compute_cycle
from scorecards.services.consenting import set_consent
from scorecards.services.simulating import simulate_cycle
from tests.factories import (
    AT,
    ENABLERS,
    Cast,
    fill,
    later,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_token,
)
from tests.kept import kept
from tests.scorecards.estimated import levels_of, make_estimated_cycle
from tests.scorecards.worked import publish
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
ROOT, API = "/scorecards/2026/", "/api/v1/scorecards/2026/"
AREA = "area=capability"
ALPHA, KAPPA = "group=all&dimension=DAT&of=alpha", "group=all&of=kappa"
PROVISIONAL = "&version=provisional"
SMALL = "type:related_organisation"


@kept
def make_world() -> tuple[Cast, Cycle]:
    """Twelve organisations, two of them of a type of their own."""
    cast = make_cast(make_entity("UNDP"), make_entity("UNICEF"))
    return cast, make_estimated_cycle(("ONE", "TWO"))


@kept
def publish_world() -> tuple[Cast, Cycle]:
    cast, cycle = make_world()
    publish(cycle, cast)
    simulate_cycle(cycle_id=cycle.pk, at=AT)
    Message.objects.all().delete()
    return cast, cycle


@pytest.fixture
def world(db: None, request: pytest.FixtureRequest) -> tuple[Cast, Cycle]:
    return publish_world() if "published" in request.fixturenames else make_world()


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> Cast:
    """Those of the cycle where a test asks for it."""
    if "cycle" in request.fixturenames:
        cast: Cast = request.getfixturevalue("world")[0]
        return cast
    return make_cast(make_entity("UNDP"), make_entity("UNICEF"))


@pytest.fixture
def cycle(world: tuple[Cast, Cycle]) -> Cycle:
    return world[1]


@pytest.fixture
def published(cycle: Cycle) -> Cycle:
    return cycle


def get(client: Client, query: str, user: User | None = None, status: int = 200) -> Any:
    headers = {"Authorization": make_token(user)} if user else {}
    answer = client.get(f"{API}receipt/?{query}", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json()


def estimate(client: Client, query: str = "", user: User | None = None) -> Any:
    headers = {"Authorization": make_token(user)} if user else {}
    return client.get(f"{API}uncertainty/?{query}", headers=headers).json()


def page(client: Client, query: str, user: User | None = None, status: int = 200) -> str:
    if user:
        client.force_login(user)
    answer = client.get(f"{ROOT}receipt/?{query}")
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def heading(html: str) -> str:
    return html.partition("<h1>")[2].partition("</h1>")[0]


def values(steps: list[dict[str, Any]]) -> dict[str, str | None]:
    return {step["name"]: step["value"] for step in steps}


class TestAGroupsInterval:
    def test_is_that_of_the_uncertainty(self, client: Client, published: Cycle) -> None:
        document = estimate(client)
        for row in document["areas"][0]["groups"]:
            receipt = get(client, f"group={row['group']}&{AREA}")
            assert receipt["figure"] == row
            assert (receipt["state"] == "suppressed") is row["suppressed"]
            assert (receipt["uncertainty"] is None) is row["suppressed"]
        receipt = get(client, f"group=all&{AREA}")
        drawn = receipt["uncertainty"]
        found = values(drawn["steps"])
        assert {name: found[name] for name in ("p5", "p50", "p95")} | {
            "n_rated_draws": int(str(found["n_rated_draws"]))
        } == receipt["figure"]["interval"]
        assert (found["seed"], drawn["draws"]) == (document["seed"], document["draws"])
        assert found["raw"] == str(2000 * (14 + 2 + 2))
        assert values(receipt["steps"])["mean[accepted]"] == receipt["figure"]["accepted"]
        stored = Uncertainty.objects.get()
        assert (receipt["hashes"]["simulation"], receipt["hashes"]["inputs"]) == (
            stored.sha256,
            stored.inputs_sha256,
        )
        assert receipt["method"] == json.loads(stored.payload)["method"]
        assert (receipt["basis"], receipt["units"], drawn["band"]) == (None, [], None)

    def test_is_said_in_words(self, client: Client, published: Cycle) -> None:
        shown = page(client, f"group=all&{AREA}")
        interval = get(client, f"group=all&{AREA}")["figure"]["interval"]
        assert heading(shown) == (
            "Quintet of change · mean index, Entities and country teams: "
            f"{interval['p5']} to {interval['p95']} in 9 of 10 draws"
        )
        assert "Units with a sheet that counts on the accepted basis: 12 of 12." in shown
        assert "one for each of the 14 items and one for each of the 2 dimensions" in shown
        assert f"p95 = x[1 + 95 · (n_rated_draws - 1) / 100] = x[1900.05] = <b>{interval['p95']}</b>" in shown
        assert Uncertainty.objects.get().sha256 in shown
        assert f'href="{ROOT}uncertainty/"' in shown

    def test_is_hidden_with_the_reason(self, client: Client, published: Cycle) -> None:
        receipt = get(client, f"group={SMALL}&{AREA}")
        assert (receipt["state"], receipt["steps"], receipt["missing"]) == ("suppressed", [], [])
        assert receipt["uncertainty"] is receipt["figure"]["interval"] is None
        assert "every draw is of at least 5 units" in receipt["disclosure"]
        shown = page(client, f"group={SMALL}&{AREA}")
        assert heading(shown).endswith("suppressed")
        assert "The figure is hidden. It is shown only where" in shown
        assert "receipt-steps" not in shown

    def test_is_hidden_beside_carried_cells(self, client: Client, published: Cycle, cast: Cast) -> None:
        fill(published, {make_entity("NEW-1"): levels_of(3)})
        publish(published, cast)
        simulate_cycle(cycle_id=published.pk, at=later(1))
        for query in (f"group=all&{AREA}", ALPHA, KAPPA):
            receipt = get(client, query)
            assert (receipt["version"], receipt["state"], receipt["steps"]) == (2, "suppressed", [])
            assert get(client, f"{query}&version=1")["state"] == "shown"

    def test_is_not_promised_before_it_is_there(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast)
        for query in (f"group=all&{AREA}", KAPPA):
            for path in (f"{API}receipt/?{query}", f"{ROOT}receipt/?{query}"):
                answer = client.get(path)
                assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert "is being estimated. Ask again in a minute." in page(client, KAPPA, status=503)
        Message.objects.update(dead_at=AT)
        assert "has not been estimated" in get(client, KAPPA, status=404)["detail"]

    @pytest.mark.parametrize("query", ["group=all&area=x", "group=nobody&area=capability"])
    def test_of_what_is_not_there_does_not_exist(self, client: Client, published: Cycle, query: str) -> None:
        get(client, query, status=404)
        page(client, query, status=404)


class TestProvisionally:
    def test_it_is_for_the_task_force_alone(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        for query in (f"group=all&{AREA}", f"group={SMALL}&{AREA}", ALPHA, KAPPA, f"entity=UNDP&{AREA}"):
            for who in (None, cast.focal, cast.committee, cast.administrator):
                get(client, query + PROVISIONAL, who, status=404)
        found = estimate(client, "version=provisional", cast.task_force)
        receipt = get(client, f"group=all&{AREA}{PROVISIONAL}", cast.task_force)
        assert (receipt["state"], receipt["version"]) == ("provisional", None)
        assert [receipt["figure"]] == [row for row in found["areas"][0]["groups"] if row["group"] == "all"]
        assert receipt["hashes"]["scorecard"] is None
        assert receipt["hashes"]["inputs"] == found["inputs_sha256"]
        small = get(client, f"group={SMALL}&{AREA}{PROVISIONAL}", cast.task_force)
        assert (small["state"], small["uncertainty"]) == ("suppressed", None)
        assert small["disclosure"] == (
            "The figure is left out, also here: fewer than 5 units of the group have a submitted or "
            "validated sheet."
        )
        assert get(client, ALPHA + PROVISIONAL, cast.task_force)["state"] == "provisional"

    def test_it_says_when_sheets_have_changed_since(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        compute_cycle(cycle_id=cycle.pk, at=AT)
        asked = [f"{query}{PROVISIONAL}" for query in (f"group=all&{AREA}", f"entity=UNDP&{AREA}", KAPPA)]
        said = "Sheets have changed since this was estimated."
        for query in asked:
            assert said not in get(client, query, cast.task_force)["missing"]
        fill(cycle, {make_entity("NEW-1"): levels_of(3)})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        for query in asked:
            assert said in get(client, query, cast.task_force)["missing"]
            assert said in page(client, query, cast.task_force)
        simulate_cycle(cycle_id=cycle.pk, at=later(1))
        for query in asked:
            assert said not in get(client, query, cast.task_force)["missing"]

    def test_it_is_not_there_before_it_is_estimated(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        answer = get(client, KAPPA + PROVISIONAL, cast.task_force, status=404)
        assert "has not been estimated yet" in answer["detail"]


class TestAUnitsInterval:
    def test_stands_below_its_figures(self, client: Client, published: Cycle, cast: Cast) -> None:
        [unit] = estimate(client, user=cast.focal)["areas"][0]["units"]
        receipt = get(client, f"entity=UNDP&{AREA}", cast.focal)
        assert receipt["uncertainty"]["interval"] == unit["interval"]
        assert receipt["uncertainty"]["band"] is None
        assert "band" not in values(receipt["uncertainty"]["steps"])
        assert receipt["figure"]["mean"] is not None
        shown = page(client, f"entity=UNDP&{AREA}", cast.focal)
        assert f"Between {unit['interval']['p5']} and {unit['interval']['p95']} in 9 of 10 draws" in shown
        assert "Band" not in shown

    def test_is_in_a_band_for_the_task_force(self, client: Client, published: Cycle, cast: Cast) -> None:
        bands = estimate(client, user=cast.task_force)["areas"][0]["bands"]
        receipt = get(client, f"entity=UNDP&{AREA}", cast.task_force)
        number, band = next((n, band) for n, band in enumerate(bands, 1) if "UNDP" in band)
        assert receipt["uncertainty"]["band"] == band
        assert values(receipt["uncertainty"]["steps"])["band"] == str(number)
        assert f"Band {number} of {len(bands)}." in page(client, f"entity=UNDP&{AREA}", cast.task_force)

    def test_is_for_those_who_may_see_it(self, client: Client, published: Cycle, cast: Cast) -> None:
        for who in (None, cast.stranger, cast.committee, cast.administrator):
            get(client, f"entity=UNDP&{AREA}", who, status=404)
        unit = Entity.objects.get(code="UNDP")
        set_consent(cycle=published, entity=unit, audience="public", by=cast.approver, at=AT)
        [row] = estimate(client)["areas"][0]["units"]
        receipt = get(client, f"entity=UNDP&{AREA}")
        assert receipt["uncertainty"]["interval"] == row["interval"]
        assert receipt["uncertainty"]["band"] is None
        assert "ENT-001" not in json.dumps(receipt)

    def test_may_be_missing_where_the_figures_are_there(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        publish(cycle, cast)
        receipt = get(client, f"entity=UNDP&{AREA}", cast.focal)
        assert receipt["uncertainty"] is receipt["hashes"]["simulation"] is None
        assert "is being estimated" in receipt["missing"][-1]
        assert receipt["figure"]["mean"] is not None
        Message.objects.all().delete()
        assert "has not been estimated" in page(client, f"entity=UNDP&{AREA}", cast.focal)

    def test_is_not_there_for_a_unit_that_came_after(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        fill(cycle, {make_entity("NEW-1"): levels_of(3)})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        receipt = get(client, f"entity=NEW-1&{AREA}{PROVISIONAL}", cast.task_force)
        assert receipt["missing"] == ["No interval was estimated for this unit."]


class TestDiagnostics:
    def test_are_those_of_the_uncertainty(self, client: Client, published: Cycle) -> None:
        document = estimate(client)
        for row in document["diagnostics"]:
            told, code = row["told"], row["dimension"]
            alpha = get(client, f"group=all&dimension={code}&of=alpha")
            assert alpha["figure"] == {"n_complete": told["n_complete"], "alpha": told["alpha"]}
            assert (alpha["basis"], values(alpha["steps"])["k"]) == ("accepted", "7")
            for of in ("exact_match", "kappa"):
                found = get(client, f"group=all&dimension={code}&of={of}")["figure"]
                assert found == {"n_pairs": told["n_pairs"], of: told[of]}
            for enabler, change in told["without"].items():
                found = get(client, f"group=all&item={code}-{enabler}&of=without")
                assert found["figure"] == {"enabler": enabler, "without": change}
        overall = get(client, KAPPA)
        assert overall["figure"]["kappa"] == document["agreement"]["kappa"]
        assert overall["hashes"]["simulation"] == Uncertainty.objects.get().sha256
        assert (overall["basis"], overall["of"], overall["uncertainty"]) == (None, "kappa", None)
        assert "would tell single answers" in overall["missing"][0]

    def test_are_said_in_words(self, client: Client, published: Cycle) -> None:
        told = estimate(client)["diagnostics"][0]["told"]
        assert heading(page(client, ALPHA)) == f"Data · Cronbach’s alpha: {told['alpha']}"
        shown = page(client, "group=all&item=DAT-LED&of=without")
        assert heading(shown).startswith("Data · change of the mean index without Leadership roles: ")
        assert "rated with DAT-LED and without it" in shown
        assert heading(page(client, "group=all&dimension=INN&of=exact_match")).endswith("level: 100%")
        assert heading(page(client, KAPPA)).startswith("All dimensions · agreement")

    def test_say_nothing_of_few_validated_sheets(self, client: Client, cast: Cast) -> None:
        units = make_entities(8)
        cycle = make_counted_cycle(make_framework(), {unit: levels_of(n) for n, unit in enumerate(units[:3])})
        fill(cycle, {unit: levels_of(n) for n, unit in enumerate(units[3:])}, Status.SUBMITTED)
        publish(cycle, cast)
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        for query in (ALPHA, KAPPA, "group=all&item=DAT-STR&of=without"):
            receipt = get(client, query)
            assert (receipt["state"], receipt["figure"], receipt["steps"]) == ("suppressed", None, [])
            assert heading(page(client, query)).endswith("suppressed")

    def test_say_nothing_of_few_units_that_answer_everything(self, client: Client, cast: Cast) -> None:
        """Of 35 units five each leave another of the seven items open: nobody answers all of them."""
        sheets = {
            unit: levels_of(n) | {f"DAT-{ENABLERS[n % 7]}": None} for n, unit in enumerate(make_entities(35))
        }
        cycle = make_counted_cycle(make_framework(), sheets)
        publish(cycle, cast)
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        assert estimate(client)["diagnostics"][0]["told"]["n_complete"] is None
        for query in (ALPHA, "group=all&item=DAT-STR&of=without"):
            receipt = get(client, query)
            assert (receipt["state"], receipt["figure"], receipt["steps"]) == ("suppressed", None, [])
            assert "fewer than 5 units answer every item" in receipt["disclosure"]
        assert get(client, "group=all&dimension=DAT&of=kappa")["state"] == "shown"

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("group=all&dimension=XXX&of=alpha", 404),
            ("group=all&item=DAT-XXX&of=without", 404),
            ("group=all&dimension=%00&of=alpha", 404),
            ("group=entities&dimension=DAT&of=alpha", 400),
            ("group=all&dimension=DAT&of=beta", 400),
            ("group=all&of=alpha", 400),
        ],
    )
    def test_are_refused_for_what_is_none(
        self, client: Client, published: Cycle, query: str, status: int
    ) -> None:
        get(client, query, status=status)
        page(client, query, status=status)


class TestLinks:
    def test_lead_from_the_uncertainty_to_each_receipt(
        self, client: Client, published: Cycle, cast: Cast
    ) -> None:
        client.force_login(cast.task_force)
        for query in ("", "?version=1", "?version=provisional"):
            html = client.get(f"{ROOT}uncertainty/{query}").content.decode().replace("&amp;", "&")
            links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*receipt/[^"]*)"', html)}
            whole = estimate(client, query.removeprefix("?"), cast.task_force)
            [area] = whole["areas"]
            # groups, units, enablers of two capabilities; alpha, exact match and kappa of them; both of all
            assert len(links) == len(area["groups"]) + len(area["units"]) + 2 * 7 + 2 * 3 + 2
            compute_cycle(cycle_id=published.pk, at=AT)
            for link in links:
                assert client.get(link).status_code == 200


@pytest.mark.parametrize("query", [f"group=all&{AREA}", f"entity=UNDP&{AREA}", ALPHA, KAPPA])
@pytest.mark.parametrize("root", [ROOT, API])
def test_queries_do_not_grow_with_units(
    client: Client, published: Cycle, cast: Cast, query: str, root: str
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{root}receipt/?{query}").status_code == 200
        return len(queries)

    client.force_login(cast.task_force)
    count()  # what a process keeps
    before = count()
    fill(published, {unit: levels_of(4) for unit in (make_entity(f"NEW-{n}") for n in range(10))})
    publish(published, cast)
    simulate_cycle(cycle_id=published.pk, at=later(1))
    Message.objects.all().delete()
    count()
    assert count() == before
