"""What is proposed, on its faces: the page while it is composed, the form that confirms what it shows."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from entities.models import Entity, User
from quintet.models import Cycle
from scorecards.models import Proposal, Scorecard
from scorecards.queries.work import COMPOSE
from scorecards.services import publishing
from scorecards.services.computing import compute_cycle
from tests.factories import (
    AT,
    Cast,
    fill,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
    make_token,
)
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
PAGE = "/scorecards/2026/publication/"
BUTTON = "Confirm and publish"


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in make_entities(6)})


@pytest.fixture
def large(settings: Settings) -> None:
    settings.SCORECARDS_COMPOSED_AT_ONCE = 5


def compose_owed() -> None:
    assert outbox.run_errands(now=timezone.now, topic=COMPOSE) == 1


def shown_to(client: Client, person: User, query: str = "") -> Any:
    client.force_login(person)
    return client.get(PAGE + query)


def post(client: Client, person: User, **body: object) -> Any:
    return client.post(
        "/api/v1/scorecards/2026/publish/",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": make_token(person)},
    )


class TestThePage:
    def test_confirms_what_it_showed(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        proposal = publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        page = shown_to(client, cast.second).content.decode()
        assert f'name="sha256" value="{proposal.sha256}"' in page
        assert 'name="audience" value="public"' in page
        seen = {"sha256": proposal.sha256, "audience": "public"}
        assert client.post(f"{PAGE}confirm/", seen).status_code == 302
        assert Scorecard.objects.get().sha256 == proposal.sha256

    def test_confirms_nothing_else(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        seen = {"sha256": publishing.propose(cycle=cycle, by=cast.task_force, at=AT).sha256}
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT, audience="committee")
        client.force_login(cast.second)
        for body in (seen | {"audience": "public"}, seen, {}):
            refused = client.post(f"{PAGE}confirm/", body)
            assert refused.status_code == 409
            assert "The proposal has changed since you opened this page" in refused.content.decode()
        assert not Scorecard.objects.exists()

    @pytest.mark.usefixtures("large")
    def test_renews_itself_while_a_worker_composes(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        client.force_login(cast.task_force)
        told = client.post(f"{PAGE}propose/", {"audience": "public"}, follow=True)
        assert "Proposed: the scorecard is being composed." in told.content.decode()
        waiting = shown_to(client, cast.second)
        page = waiting.content.decode()
        assert waiting.headers["Refresh"] == "5"
        assert "waits for a worker" in page
        assert BUTTON not in page
        assert "Propose again" not in page, "a form that is renewed loses what is typed"
        assert "Hash of the inputs" not in page, "it is not worked out at each look"
        still = shown_to(client, cast.second, "?refresh=off")
        assert "Refresh" not in still.headers
        assert "Propose again" in still.content.decode()
        compose_owed()
        ready = shown_to(client, cast.second)
        assert "Refresh" not in ready.headers
        assert BUTTON in ready.content.decode()
        assert "Hash of the inputs" in ready.content.decode()

    @pytest.mark.usefixtures("large")
    def test_keeps_still_while_a_form_is_mended(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        client.force_login(cast.task_force)
        refused = client.post(f"{PAGE}propose/", {"audience": "nonsense"})
        assert (refused.status_code, "Refresh" in refused.headers) == (400, False)
        assert "Propose again" in refused.content.decode()

    @pytest.mark.usefixtures("large")
    def test_says_what_became_of_composing(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        owed = Message.objects.filter(topic=COMPOSE)
        owed.update(attempts=1)
        assert "failed and will be tried again" in shown_to(client, cast.second).content.decode()
        owed.update(leased_until=timezone.now() + outbox.LEASE)
        assert "A worker composes the scorecard" in shown_to(client, cast.second).content.decode()
        owed.update(dead_at=AT, leased_until=None)
        given_up = shown_to(client, cast.second)
        assert "was given up" in given_up.content.decode()
        assert "Propose again" in given_up.content.decode()
        assert "Refresh" not in given_up.headers

    @pytest.mark.usefixtures("large")
    def test_says_that_a_proposal_says_nothing_new(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        for _time in range(2):
            publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
            compose_owed()
            if not Scorecard.objects.exists():
                publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        for person in (cast.task_force, cast.second):
            page = shown_to(client, person).content.decode()
            assert "there is nothing to confirm" in page
            assert BUTTON not in page
            assert "Propose again" in page


class TestTheApi:
    @pytest.mark.usefixtures("large")
    def test_says_how_far_it_is(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        first = post(client, cast.task_force)
        assert (first.status_code, first.json()["state"], first.json()["sha256"]) == (202, "composing", None)
        for person in (cast.task_force, cast.second):
            assert post(client, person).status_code == 409
        compose_owed()
        done = post(client, cast.second)
        assert (done.status_code, done.json()["version"]) == (201, 1)

    def test_confirms_the_hash_it_is_given(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        first = post(client, cast.task_force).json()
        assert first["state"] == "ready"
        assert post(client, cast.task_force, sha256=first["sha256"]).status_code == 403
        done = post(client, cast.second, sha256=first["sha256"])
        assert (done.status_code, done.json()["sha256"]) == (201, first["sha256"])

    def test_proposes_nothing_in_its_place(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        assert post(client, cast.second, sha256="0" * 64).status_code == 409
        assert not Proposal.objects.exists()
        digest = post(client, cast.task_force).json()["sha256"]
        for body in ({"sha256": "0" * 64}, {"sha256": digest, "audience": "committee"}, {"sha256": ""}):
            refused = post(client, cast.second, **body)
            assert refused.status_code == 409
            assert "has changed since" in refused.json()["detail"]
        fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}})
        refused = post(client, cast.second, sha256=digest)
        assert refused.status_code == 409
        assert "propose the scorecard again" in refused.json()["detail"]
        assert Proposal.objects.get().by == cast.task_force

    @pytest.mark.parametrize("body", [{"sha256": 7}, {"sha": "0"}])
    def test_names_what_it_does_not_understand(
        self, cycle: Cycle, cast: Cast, client: Client, body: dict[str, object]
    ) -> None:
        answer = post(client, cast.task_force, **body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == next(iter(body))


@pytest.mark.usefixtures("large")
def test_the_command_needs_no_worker(cycle: Cycle, cast: Cast) -> None:
    call_command("publish_scorecard", cycle="2026", by=cast.task_force.email, second=cast.second.email)
    scorecard = Scorecard.objects.get()
    compose_owed()
    assert Scorecard.objects.get() == scorecard
    assert not Proposal.objects.exists()
