"""The page and the API of uncertainty: who sees which intervals, of which version, at which cost."""

import csv
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import User
from quintet.models import Cycle, Status
from scorecards.queries.uncertainty import SIMULATE
from scorecards.services.computing import compute_cycle
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
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db
PAGE, API = "/scorecards/2026/uncertainty/", "/api/v1/scorecards/2026/uncertainty/"
PROVISIONAL = "?version=provisional"
SECRET = "SECRET-1"


@kept
def make_world() -> tuple[Cast, Cycle]:
    """Twelve organisations, two of them of a type of their own; one of those is the secret."""
    cast = make_cast(make_entity("UNDP"), make_entity("UNICEF"))
    return cast, make_estimated_cycle((SECRET, "OTHER-2"))


@kept
def publish_world() -> tuple[Cast, Cycle]:
    cast, cycle = make_world()
    publish(cycle, cast)
    simulate_cycle(cycle_id=cycle.pk, at=AT)
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


def get(client: Client, query: str = "", user: User | None = None, status: int = 200) -> Any:
    answer = client.get(f"{API}{query}", headers={"Authorization": make_token(user)} if user else {})
    assert answer.status_code == status
    return answer.json()


def page(client: Client, query: str = "", user: User | None = None, status: int = 200) -> str:
    if user:
        client.force_login(user)
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def groups(document: Any) -> dict[str, Any]:
    return {row["group"]: row for row in document["areas"][0]["groups"]}


class TestWhatEverybodySees:
    def test_is_the_interval_of_each_group_that_stands(self, client: Client, published: Cycle) -> None:
        document = get(client)
        shown = groups(document)["all"]
        assert not shown["suppressed"]
        assert f">{shown['n_counted']['accepted']}/{shown['n_group']}<" in page(client)
        low, middle, high = (float(shown["interval"][name]) for name in ("p5", "p50", "p95"))
        assert 0 < low < middle < high < 100
        written = page(client)
        for number in (*shown["interval"].values(), document["seed"], document["inputs_sha256"]):
            assert str(number) in written or number == shown["interval"]["n_rated_draws"]
        assert written.count("is a draw.") == 1, "what a draw is"

    def test_shows_no_mean_of_fewer_than_ten_rated_units(self, client: Client, cast: Cast) -> None:
        """As where groups are compared and in papers; the API has the means, with the counts beside them."""
        cycle = make_counted_cycle(make_framework(), {unit: levels_of(3) for unit in make_entities(9)})
        publish(cycle, cast)
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        told = groups(get(client))["all"]
        assert told["interval"]
        written = page(client)
        assert written.count("fewer than 10 rated sheets") >= 2, "in the table and in the picture"
        lines = (
            client.get("/scorecards/2026/figures/uncertainty.csv").content.decode("utf-8-sig").splitlines()
        )
        rows = {row["group"]: row for row in csv.DictReader(lines)}
        counted = (rows["all"]["n_counted_accepted"], rows["all"]["n_counted_claimed"])
        assert counted == ("9", "9")
        assert [rows["all"][name] for name in ("p5", "p50", "p95", "accepted", "claimed")] == [""] * 5
        drawn = client.get("/scorecards/2026/figures/uncertainty.svg").content.decode()
        receipt = client.get("/scorecards/2026/receipt/?group=all&area=capability").content.decode()
        assert "fewer than 10 rated sheets" in drawn
        assert "fewer than 10 rated sheets" in receipt
        for told_of in (written, drawn, receipt):
            for number in (told["interval"]["p50"], told["accepted"]):
                assert f">{number}<" not in told_of
                assert f" {number}." not in told_of

    def test_hides_small_groups_on_page_and_in_the_api(self, client: Client, published: Cycle) -> None:
        small = groups(get(client))["type:related_organisation"]
        assert small == {
            "group": "type:related_organisation",
            "n_group": 2,
            "n_counted": None,
            "suppressed": True,
            "interval": None,
            "accepted": None,
            "claimed": None,
        }
        row = page(client).split("Related organisations")[1].split("</tr>")[0]
        assert "Suppressed: confidential" in row
        assert row.count('data-label="') == 0

    def test_hides_what_the_difference_to_a_small_group_would_tell(
        self, client: Client, published: Cycle
    ) -> None:
        """Of the entities all but the two are of one type: beside the entities it would tell the two."""
        assert groups(get(client))["type:fund_or_programme"]["suppressed"]

    def test_names_no_unit(self, client: Client, published: Cycle) -> None:
        document = get(client)
        assert document["areas"][0]["units"] == document["areas"][0]["bands"] == []
        for told in (json.dumps(document), page(client)):
            assert SECRET not in told
            assert "ENT-001" not in told

    def test_does_not_exist_before_it_is_published(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        get(client, status=404)
        page(client, status=404)
        for person in (cast.focal, cast.committee, cast.administrator):
            get(client, PROVISIONAL, person, status=404)
            page(client, PROVISIONAL, person, status=404)

    def test_is_of_the_published_inputs_only(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast)
        Message.objects.filter(topic=SIMULATE).delete()
        fill(cycle, {make_entity("NEW-1"): levels_of(3)})
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        get(client, status=404)
        assert "has not been estimated" in page(client, status=404)
        client.force_login(cast.viewer)
        assert "How certain is this?" not in client.get("/scorecards/2026/").content.decode()

    def test_is_there_though_a_sheet_came_in_between(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        scorecard = publish(cycle, cast)
        fill(cycle, {make_entity("NEW-1"): levels_of(3)})
        run_errands(now=lambda: AT, topic=SIMULATE)
        document = get(client)
        assert document["inputs_sha256"] == json.loads(scorecard.payload)["inputs_sha256"]
        assert groups(document)["all"]["n_group"] == 12

    def test_is_said_to_be_under_way_until_it_is_there(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        publish(cycle, cast)
        answer = client.get(API)
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert answer.json()["code"] == "not_yet"
        shown = page(client)
        assert "How certain is this?" in shown
        assert "is being estimated. Ask again in a minute." in shown
        run_errands(now=lambda: AT, topic=SIMULATE)
        assert get(client)["version"] == 1
        assert "being estimated" not in page(client)

    def test_does_not_promise_what_was_given_up(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast)
        Message.objects.update(dead_at=AT)
        get(client, status=404)

    def test_is_linked_from_the_scorecard(self, client: Client, published: Cycle, cast: Cast) -> None:
        client.force_login(cast.viewer)  # the page of those who are not signed in is kept for a minute
        assert f'href="{PAGE}"' in client.get("/scorecards/2026/").content.decode()

    def test_can_be_had_of_an_earlier_version(self, client: Client, published: Cycle, cast: Cast) -> None:
        first = get(client)
        fill(published, {unit: levels_of(2) for unit in (make_entity(f"NEW-{n}") for n in range(6))})
        publish(published, cast)
        simulate_cycle(cycle_id=published.pk, at=later(1))
        assert get(client)["version"] == 2
        assert get(client, "?version=1") == first
        assert "version 1" in page(client, "?version=1")

    def test_hides_groups_whose_cells_are_carried(self, client: Client, published: Cycle, cast: Cast) -> None:
        fill(published, {make_entity("NEW-1"): levels_of(3)})
        publish(published, cast)
        simulate_cycle(cycle_id=published.pk, at=later(1))
        document = get(client)
        assert document["version"] == 2
        assert all(row["suppressed"] for row in groups(document).values())
        assert [row["told"] for row in document["diagnostics"]] == [None, None]
        assert document["agreement"] is None

    def test_has_an_etag(self, client: Client, published: Cycle) -> None:
        etag = client.get(API)["ETag"]
        assert client.get(API, headers={"If-None-Match": etag}).status_code == 304
        assert client.get(f"{API}?basis=claimed").status_code == 400


class TestUnits:
    def test_are_shown_to_their_members(self, client: Client, published: Cycle, cast: Cast) -> None:
        [area] = get(client, user=cast.focal)["areas"]
        assert [unit["entity"] for unit in area["units"]] == ["UNDP"]
        assert area["bands"] == []
        written = page(client, user=cast.focal)
        assert 'receipt/?entity=UNDP&amp;area=capability">UNDP<' in written
        assert "UNICEF" not in written
        assert SECRET not in written

    @pytest.mark.parametrize("who", ["committee", "administrator"])
    def test_are_not_shown_to_others(self, client: Client, published: Cycle, cast: Cast, who: str) -> None:
        [area] = get(client, user=getattr(cast, who))["areas"]
        assert area["units"] == area["bands"] == []

    def test_are_shown_with_bands_to_the_task_force(
        self, client: Client, published: Cycle, cast: Cast
    ) -> None:
        [area] = get(client, user=cast.task_force)["areas"]
        assert len(area["units"]) == 12
        assert sorted(code for band in area["bands"] for code in band) == [
            unit["entity"] for unit in area["units"]
        ]
        assert SECRET in page(client, user=cast.task_force)


class TestDiagnostics:
    def test_are_published_with_the_scorecard(self, client: Client, published: Cycle) -> None:
        document = get(client)
        told = document["diagnostics"][0]["told"]
        assert told["n_complete"] == 12
        assert set(told["without"]) == set(ENABLERS)
        assert (document["agreement"]["exact_match"], document["agreement"]["n_pairs"]) == ("100.0", 12 * 14)
        written = page(client)
        assert "Leadership roles" in written.split('id="t-without"')[1]

    def test_say_nothing_of_few_validated_sheets(self, client: Client, cast: Cast) -> None:
        units = make_entities(8)
        cycle = make_counted_cycle(make_framework(), {unit: levels_of(n) for n, unit in enumerate(units[:3])})
        fill(cycle, {unit: levels_of(n) for n, unit in enumerate(units[3:])}, Status.SUBMITTED)
        publish(cycle, cast)
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        document = get(client)
        assert [row["told"] for row in document["diagnostics"]] == [None, None]
        assert document["agreement"] is None
        provisional = get(client, PROVISIONAL, cast.task_force)
        assert provisional["diagnostics"][0]["told"]["n_complete"] == 3


class TestTheProvisionalPage:
    def test_shows_groups_from_the_threshold_on(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        found = groups(get(client, PROVISIONAL, cast.task_force))
        assert {code for code, row in found.items() if row["suppressed"]} == {"type:related_organisation"}
        assert "do not pass them on" in page(client, PROVISIONAL, cast.task_force)

    def test_says_how_far_the_estimate_is(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        assert "Nothing has been estimated yet" in page(client, PROVISIONAL, cast.task_force)
        get(client, PROVISIONAL, cast.task_force, status=404)
        answer = client.post(f"{PAGE}estimate/")
        assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}{PROVISIONAL}")
        assert "waiting for its turn" in page(client, PROVISIONAL)
        Message.objects.all().delete()
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        assert "Sheets have changed" not in page(client, PROVISIONAL)
        fill(cycle, {make_entity("NEW-1"): levels_of(3)})
        Message.objects.all().delete()
        assert "Sheets have changed" in page(client, PROVISIONAL)

    def test_reads_no_sheet(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        simulate_cycle(cycle_id=cycle.pk, at=AT)
        with CaptureQueriesContext(connection) as queries:
            page(client, PROVISIONAL, cast.task_force)
        assert not [query for query in queries.captured_queries if '"claimed"' in query["sql"]]

    def test_is_linked_from_the_publication(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        client.force_login(cast.task_force)
        assert f'href="{PAGE}{PROVISIONAL}"' in client.get("/scorecards/2026/publication/").content.decode()


@pytest.mark.parametrize("path", [PAGE, API, f"{PAGE}{PROVISIONAL}"])
def test_queries_do_not_grow_with_units(client: Client, published: Cycle, cast: Cast, path: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
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
