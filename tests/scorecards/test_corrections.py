"""A later version says what it corrects: in words, or in facts; in its bytes and on every face."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from entities.models import Entity
from quintet.models import Cycle, Phase
from scorecards.domain.corrections import facts_of, parse_note
from scorecards.models import Proposal, Scorecard
from scorecards.services import publishing
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
from tests.scorecards.worked import publish
from un20portal.lib.errors import InvalidInput, WrongState

pytestmark = pytest.mark.django_db
NOTE = "UNDP sent its sheet late."
PAGE = "/scorecards/2026/publication/"


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """A cycle with one published version and one sheet that has changed since."""
    cycle = make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in make_entities(6)})
    publish(cycle, cast)
    fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-STR": 4}})
    return cycle


def document_of(scorecard: Scorecard) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(scorecard.payload)
    return found


def post(client: Client, person: Any, **body: object) -> Any:
    return client.post(
        "/api/v1/scorecards/2026/publish/",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": make_token(person)},
    )


class TestTheNote:
    def test_stands_in_the_bytes_beside_the_units_that_changed(self, cycle: Cycle, cast: Cast) -> None:
        document = document_of(publish(cycle, cast, note=f"  {NOTE}\r\n"))
        assert (document["correction"], document["changed_units"]) == ({"note": NOTE}, ["UNDP"])

    def test_is_none_of_a_first_version(self, cycle: Cycle, cast: Cast) -> None:
        assert document_of(Scorecard.objects.get())["correction"] is None
        first = make_counted_cycle(cycle.framework, {}, "2025")
        with pytest.raises(InvalidInput, match="corrects nothing"):
            publishing.propose(cycle=first, by=cast.task_force, at=AT, note=NOTE)

    def test_is_a_sentence_of_facts_when_nobody_wrote_one(self, cycle: Cycle, cast: Cast) -> None:
        assert document_of(publish(cycle, cast))["correction"] == {"note": "The sheet of 1 unit has changed."}
        Cycle.objects.filter(pk=cycle.pk).update(phase=Phase.CLOSED)
        final = document_of(publish(cycle, cast))
        assert final["correction"]["note"] == "No sheet has changed; what is said about the cycle has."

    def test_is_shown_on_every_face(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast, note=NOTE)
        for path in ("/scorecards/", "/scorecards/2026/", "/scorecards/2026/figure/"):
            assert NOTE in client.get(path).content.decode(), path
        assert NOTE not in client.get("/scorecards/2026/?version=1").content.decode()
        rows = client.get("/api/v1/scorecards/").json()["results"]
        assert [row["note"] for row in rows] == [NOTE, ""]
        client.force_login(cast.task_force)
        assert NOTE in client.get(PAGE).content.decode()

    def test_alone_is_nothing_new(self, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast, note=NOTE)
        with pytest.raises(WrongState, match="Nothing has changed"):
            publishing.propose(cycle=cycle, by=cast.task_force, at=AT, note="Other words.")

    @pytest.mark.parametrize("note", ["x" * 2001, "a\x07b"])
    def test_is_of_readable_length_and_characters(self, note: str) -> None:
        with pytest.raises(InvalidInput):
            parse_note(note, is_correction=True)

    def test_counts_in_facts(self) -> None:
        assert facts_of(7, 0) == "The sheets of 7 units have changed."
        assert facts_of(0, 1) == "1 unit is in other groups."
        assert facts_of(1, 2) == "The sheet of 1 unit has changed. 2 units are in other groups."


class TestOnThePage:
    def test_it_is_asked_for(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        client.force_login(cast.task_force)
        assert "Without them the version says how many units" in client.get(PAGE).content.decode()
        client.post(f"{PAGE}propose/", {"audience": "public", "note": NOTE})
        assert Proposal.objects.get().note == NOTE
        assert NOTE in client.get(PAGE).content.decode()

    def test_it_may_be_left_out_as_everywhere(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        client.force_login(cast.task_force)
        assert client.post(f"{PAGE}propose/", {"audience": "committee"}).status_code == 302
        assert Proposal.objects.get().note == ""

    def test_it_is_no_longer_than_a_note_may_be(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        client.force_login(cast.task_force)
        refused = client.post(f"{PAGE}propose/", {"audience": "public", "note": "x" * 2001})
        assert refused.status_code == 400
        assert not Proposal.objects.exists()

    def test_a_refused_proposal_loses_no_words(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast)
        client.force_login(cast.task_force)
        refused = client.post(f"{PAGE}propose/", {"audience": "public", "note": NOTE})
        assert refused.status_code == 409
        assert NOTE in refused.content.decode()


class TestThroughTheApi:
    def test_an_empty_body_is_enough(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        assert post(client, cast.task_force).json()["note"] == ""
        done = post(client, cast.second)
        assert (done.status_code, done.json()["note"]) == (201, "The sheet of 1 unit has changed.")

    def test_the_second_person_need_not_repeat_it(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        first = post(client, cast.task_force, note=NOTE, audience="committee")
        assert (first.status_code, first.json()["note"], first.json()["audience"]) == (202, NOTE, "committee")
        done = post(client, cast.second)
        assert (done.status_code, done.json()["note"], done.json()["audience"]) == (201, NOTE, "committee")

    def test_other_words_are_another_proposal(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        post(client, cast.task_force, note=NOTE)
        assert post(client, cast.second, note="Other words.").status_code == 202
        assert post(client, cast.task_force, note="Other words.").status_code == 201

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"readers": "public"}, "readers"),
            ({"audience": "nobody"}, "audience"),
            ({"audience": 1}, "audience"),
            ({"note": 7}, "note"),
            ({"note": "x" * 2001}, "note"),
        ],
    )
    def test_what_is_not_understood_is_named(
        self, cycle: Cycle, cast: Cast, client: Client, body: dict[str, object], field: str
    ) -> None:
        answer = post(client, cast.task_force, **body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field
        assert not Proposal.objects.exists()


class TestThroughTheCommand:
    def test_readers_and_note_can_be_given(self, cycle: Cycle, cast: Cast) -> None:
        people = {"by": cast.task_force.email, "second": cast.second.email}
        call_command("publish_scorecard", cycle="2026", **people, audience="committee", note=NOTE)
        scorecard = Scorecard.objects.get(version=2)
        assert (scorecard.audience, document_of(scorecard)["correction"]["note"]) == ("committee", NOTE)
