"""A later version says what it corrects: in words, or in facts; in its bytes and on every face."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from entities.models import Entity
from quintet.models import Cycle, Phase
from scorecards.domain.corrections import parse_note
from scorecards.models import Proposal, Scorecard
from scorecards.services import publishing
from scorecards.services.deciding import add_point
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

    def test_is_empty_when_nobody_wrote_one(self, cycle: Cycle, cast: Cast) -> None:
        assert document_of(publish(cycle, cast))["correction"] == {"note": ""}

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

    @pytest.mark.parametrize("note", ["...", "\u200b", "late \u202eeltal", "\u2067late\u2069"])
    def test_is_of_words_that_everybody_can_read(self, note: str) -> None:
        with pytest.raises(InvalidInput) as found:
            parse_note(note, is_correction=True)
        assert [error.field for error in found.value.errors] == ["note"]


class TestFacts:
    """What stands where nobody wrote a note: in the reader's language, and never in the bytes."""

    def shown(self, client: Client, version: int) -> list[str]:
        paths = ("/scorecards/", f"/scorecards/2026/?version={version}")
        return [" ".join(client.get(path).content.decode().split()) for path in paths]

    def test_say_how_many_units_have_other_sheets_and_groups(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        Entity.objects.filter(code__in=["ENT-001", "ENT-002"]).update(ceb_member=False)
        payload = publish(cycle, cast).payload
        for page in self.shown(client, 2):
            assert "The sheet of 1 unit has changed. 2 units are in other groups." in page
        assert "has changed" not in payload

    def test_say_that_only_the_cycle_has_changed(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast)
        Cycle.objects.filter(pk=cycle.pk).update(phase=Phase.CLOSED)
        publish(cycle, cast)
        in_list, on_page = self.shown(client, 3)
        assert (
            "No sheet has changed: points for decision are new, or what is said about the cycle." in in_list
        )
        assert "No sheet has changed; what is said about the cycle has." in on_page

    def test_say_that_only_points_for_decision_are_new(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        publish(cycle, cast)
        said = {"verb": "takes_note", "body": "hlcm", "text": "of the gap.", "action": ""}
        add_point(cycle=cycle, by=cast.task_force, at=AT, **said)
        publish(cycle, cast)
        in_list, on_page = self.shown(client, 3)
        assert (
            "No sheet has changed: points for decision are new, or what is said about the cycle." in in_list
        )
        assert "No sheet and no figure has changed: the points for decision are new." in on_page
        _list, before = self.shown(client, 2)
        assert "points for decision are new" not in before

    def test_are_none_of_a_first_version(self, cycle: Cycle, client: Client) -> None:
        assert not [page for page in self.shown(client, 1) if "has changed" in page or "corrects:" in page]


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

    def test_words_that_nobody_can_read_are_named_beside_what_was_written(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        client.force_login(cast.task_force)
        refused = client.post(f"{PAGE}propose/", {"audience": "public", "note": "Late \u202esheet"})
        page = refused.content.decode()
        assert (refused.status_code, Proposal.objects.exists()) == (400, False)
        assert "signs that turn the direction" in page
        assert "Late \u202esheet</textarea>" in page

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
        assert (done.status_code, done.json()["note"]) == (201, "")

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
