"""A scorecard that the committees read first: who sees it, what nobody else notices, and its release."""

import re
from functools import partial
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import User
from quintet.models import Cycle
from scorecards.models import Proposal, PublicRelease, Scorecard
from scorecards.services import checkpoints, publishing
from tests.factories import (
    AT,
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
from tests.scorecards import worked
from un20portal.lib.errors import InvalidInput, NotAllowed, WrongState
from un20portal.lib.holding import ANSWERS

pytestmark = pytest.mark.django_db
STRANGERS = [None, "viewer", "contributor", "focal", "approver", "stranger", "administrator"]
READERS = ["committee", "task_force", "second"]
PATHS = [
    "/scorecards/2026/",
    "/scorecards/2026/?version=1",
    "/scorecards/2026/figure/",
    "/scorecards/2026/figure/?version=1",
    "/api/v1/scorecards/2026/",
    "/api/v1/scorecards/2026/1/",
    "/api/v1/scorecards/2026/items/",
    "/api/v1/scorecards/2026/items/?version=1",
    "/api/v1/scorecards/2026/state-of-play/",
    "/api/v1/scorecards/2026/dimensions/",
]
LISTS = ["/", "/scorecards/", "/api/v1/scorecards/", "/checkpoints/", "/api/v1/checkpoints/"]


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP", ceb_member=False, type="other_entity"), make_entity("UNICEF"))


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in make_entities(6)})


publish = partial(worked.publish, audience="committee")


def change(cycle: Cycle, count: int = 6) -> None:
    """Let more units answer, so that there is something new to publish."""
    first = len(cycle.assessments.all())
    units = [make_entity(f"NEW-{number}") for number in range(first, first + count)]
    fill(cycle, {unit: {"DAT-STR": 3} for unit in units})


def get(path: str, person: User | None) -> Any:
    client = Client()
    if person is None:
        return client.get(path)
    if path.startswith("/api/"):
        return client.get(path, headers={"Authorization": make_token(person, scope="read")})
    client.force_login(person)
    return client.get(path)


@pytest.mark.once  # each kind of reader; that versions keep apart is seen in both passes, below
class TestForAllOthers:
    @pytest.mark.parametrize("who", STRANGERS)
    def test_it_does_not_exist(self, cycle: Cycle, cast: Cast, who: str | None) -> None:
        """No address answers, no list or page differs from what it was, even once its readers were there."""
        person = getattr(cast, who) if who else None
        before = {path: _plain(get(path, person)) for path in LISTS}
        scorecard = publish(cycle, cast)
        checkpoints.sign_checkpoint(at=AT)
        for path in [*PATHS, *LISTS]:
            assert get(path, cast.committee).status_code == 200
        for path in PATHS:
            answer = get(path, person)
            assert answer.status_code == 404, path
            assert scorecard.sha256[:12] not in answer.content.decode() + str(answer.headers)
        for path in LISTS:
            answer = get(path, person)
            assert scorecard.sha256[:12] not in answer.content.decode()
            assert _plain(answer) == before[path], path

    def test_its_etag_is_no_way_in(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        scorecard = publish(cycle, cast)
        for path in ("/api/v1/scorecards/2026/", "/api/v1/scorecards/2026/1/"):
            assert client.get(path, headers={"If-None-Match": f'"{scorecard.sha256}"'}).status_code == 404

    def test_an_export_leaves_it_out(self, cycle: Cycle, cast: Cast, tmp_path: Any) -> None:
        scorecard = publish(cycle, cast)
        export = {"cycle": "2026", "format": "json", "output": tmp_path / "out.json"}
        with pytest.raises(CommandError, match="No such scorecard"):
            call_command("export_scorecard", **export)
        assert not export["output"].exists()
        call_command("export_scorecard", **export, committee=True)
        assert export["output"].read_text() == scorecard.payload


def _plain(answer: Any) -> tuple[int, str]:
    """A page without what differs each time it is shown."""
    lines = answer.content.decode().splitlines()
    return answer.status_code, "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


@pytest.mark.once
class TestItsReaders:
    @pytest.mark.parametrize("who", READERS)
    def test_see_it_everywhere_and_marked(self, cycle: Cycle, cast: Cast, who: str) -> None:
        scorecard = publish(cycle, cast)
        person = getattr(cast, who)
        for path in PATHS:
            assert get(path, person).status_code == 200, path
        for path in ("/", "/scorecards/2026/", "/scorecards/2026/figure/"):
            assert "For the committees." in get(path, person).content.decode()
        assert "for the committees" in get("/scorecards/", person).content.decode()
        [row] = get("/api/v1/scorecards/", person).json()["results"]
        assert (row["sha256"], row["audience"]) == (scorecard.sha256, "committee")
        assert get("/api/v1/scorecards/2026/", person)["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        "page", ["report/", "uncertainty/", "entities/", "explore/", "receipt/?group=all&item=DAT-STR"]
    )
    def test_are_told_so_on_each_page_of_it(self, cycle: Cycle, cast: Cast, page: str) -> None:
        """Whoever comes by a link reads it, too, and nobody reads it after the release."""
        publish(cycle, cast)
        told = get(f"/scorecards/2026/{page}", cast.committee).content.decode()
        assert "do not pass it on before it is released" in told
        publishing.release(scorecard=Scorecard.objects.get(), by=cast.second, at=AT)
        ANSWERS.forget()
        told = get(f"/scorecards/2026/{page}", cast.committee).content.decode()
        assert "do not pass it on" not in told


class TestBesideAPublicVersion:
    def test_others_go_on_reading_the_public_one_as_the_latest(self, cycle: Cycle, cast: Cast) -> None:
        public = publish(cycle, cast, audience="public")
        page = get("/scorecards/2026/?version=1", None).content
        change(cycle)
        hidden = publish(cycle, cast)
        for person in (None, cast.focal):
            assert get("/api/v1/scorecards/2026/", person)["ETag"] == f'"{public.sha256}"'
            shown = get("/scorecards/2026/", person).content.decode()
            assert "version 1" in shown
            assert "has replaced it" not in shown
            assert get("/scorecards/2026/?version=2", person).status_code == 404
        assert get("/scorecards/2026/?version=1", None).content == page
        assert get("/api/v1/scorecards/2026/", cast.committee)["ETag"] == f'"{hidden.sha256}"'
        assert (
            "Version 2 has replaced it."
            in get("/scorecards/2026/?version=1", cast.committee).content.decode()
        )

    def test_a_public_successor_is_the_latest_for_everybody(self, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast)
        change(cycle)
        public = publish(cycle, cast, audience="public")
        for person in (None, cast.committee):
            assert get("/api/v1/scorecards/2026/", person)["ETag"] == f'"{public.sha256}"'
        assert get("/scorecards/2026/?version=1", None).status_code == 404
        assert get("/api/v1/scorecards/2026/items/?version=1", None).status_code == 404

    def test_few_changes_stay_hidden_across_both(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        """The rule of disclosure counts what the committees read, too: they read both versions."""
        publish(cycle, cast)
        change(cycle, count=1)
        publish(cycle, cast, audience="public")
        row = client.get("/api/v1/scorecards/2026/items/").json()[0]
        assert (row["carried_from"], row["n_answered"]) == (1, 6)

    def test_a_receipt_of_a_carried_figure_names_it_to_its_readers_alone(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        hidden = publish(cycle, cast)
        change(cycle, count=1)
        publish(cycle, cast, audience="public")
        path = "/api/v1/scorecards/2026/receipt/?group=entities&item=DAT-STR"
        for person in (None, cast.focal):
            receipt = get(path, person).json()
            assert (receipt["state"], receipt["carried_from"]) == ("carried", 1)
            assert (receipt["hashes"]["carried_from"], receipt["units"]) == (None, [])
            page = get("/scorecards/2026/receipt/?group=entities&dimension=DAT", person)
            assert page.status_code == 200
        receipt = get(path, cast.committee).json()
        assert (receipt["hashes"]["carried_from"], len(receipt["units"])) == (hidden.sha256, 6)


class TestRelease:
    def test_opens_it_to_everybody_at_once(self, cycle: Cycle, cast: Cast) -> None:
        scorecard = publish(cycle, cast)
        checkpoints.sign_checkpoint(at=AT)
        for path in PATHS:
            assert get(path, None).status_code == 404
        release = publishing.release(scorecard=scorecard, by=cast.task_force, at=later(9))
        assert (release.by, release.at) == (cast.task_force, later(9))
        for path in PATHS:
            assert get(path, None).status_code == 200
        for path in LISTS:
            assert scorecard.sha256[:12] in get(path, None).content.decode() or path == "/"
        assert get("/api/v1/scorecards/", None).json()["results"][0]["audience"] == "public"
        assert "For the committees." not in get("/scorecards/2026/", cast.committee).content.decode()
        assert get("/api/v1/scorecards/2026/", None).content.decode() == scorecard.payload

    def test_replaces_the_page_that_was_kept_for_all(self, cycle: Cycle, cast: Cast) -> None:
        publish(cycle, cast, audience="public")
        change(cycle)
        second = publish(cycle, cast)
        assert "version 1" in get("/scorecards/2026/", None).content.decode()
        publishing.release(scorecard=second, by=cast.second, at=AT)
        assert "version 2" in get("/scorecards/2026/", None).content.decode()

    @pytest.mark.parametrize("who", ["viewer", "focal", "approver", "committee", "administrator"])
    def test_is_for_the_task_force(self, cycle: Cycle, cast: Cast, who: str) -> None:
        scorecard = publish(cycle, cast)
        with pytest.raises(NotAllowed):
            publishing.release(scorecard=scorecard, by=getattr(cast, who), at=AT)
        assert not PublicRelease.objects.exists()

    @pytest.mark.parametrize("audience", ["committee", "public"])
    def test_happens_once(self, cycle: Cycle, cast: Cast, audience: str) -> None:
        scorecard = publish(cycle, cast, audience=audience)
        if audience == "committee":
            publishing.release(scorecard=scorecard, by=cast.task_force, at=AT)
        with pytest.raises(WrongState, match="already"):
            publishing.release(scorecard=scorecard, by=cast.second, at=AT)
        assert PublicRelease.objects.count() == (audience == "committee")

    def test_is_confirmed_on_its_page(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        scorecard = publish(cycle, cast)
        client.force_login(cast.task_force)
        url = "/scorecards/2026/publication/1/release/"
        assert f'href="{url}"' in client.get("/scorecards/2026/publication/").content.decode()
        assert "Release version 1 to everybody" in client.get(url).content.decode()
        refused = client.post(url)
        assert refused.status_code == 400
        assert "Tick the box to confirm" in refused.content.decode()
        assert not PublicRelease.objects.exists()
        assert client.post(url, {"confirmed": "on"}).status_code == 302
        assert PublicRelease.objects.get().scorecard == scorecard
        shown = client.get("/scorecards/2026/publication/").content.decode()
        assert "released by" in shown
        assert url not in shown


class TestProposing:
    def test_keeps_who_is_to_read_it(self, cycle: Cycle, cast: Cast) -> None:
        assert publish(cycle, cast).audience == "committee"
        assert (
            publish(make_counted_cycle(cycle.framework, {}, "2025"), cast, audience="public").audience
            == "public"
        )

    @pytest.mark.parametrize("audience", ["nobody", "", "x"])
    def test_for_other_readers_is_refused(self, cycle: Cycle, cast: Cast, audience: str) -> None:
        with pytest.raises(InvalidInput, match="committee, public"):
            publishing.propose(cycle=cycle, by=cast.task_force, at=AT, audience=audience)
        assert not Proposal.objects.exists()

    def test_asks_on_its_page_who_reads_it(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        client.force_login(cast.task_force)
        page = client.get("/scorecards/2026/publication/").content.decode()
        assert 'name="audience"' in page
        assert 'name="note"' not in page
        client.post("/scorecards/2026/publication/propose/", {"audience": "committee"})
        assert Proposal.objects.get().audience == "committee"
        assert "the committees" in client.get("/scorecards/2026/publication/").content.decode()
        refused = client.post("/scorecards/2026/publication/propose/")
        assert refused.status_code == 400
        assert "Choose who reads it first" in refused.content.decode()
        assert Proposal.objects.get().audience == "committee"

    def test_is_asked_again_for_the_readers_of_before(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        client.force_login(cast.task_force)
        page = client.get("/scorecards/2026/publication/").content.decode()
        assert " checked" not in page
        client.post("/scorecards/2026/publication/propose/", {"audience": "committee"})
        page = client.get("/scorecards/2026/publication/").content.decode()
        assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["committee"]

    def test_a_figure_that_changed_is_proposed_anew_for_the_same_readers(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        publishing.publish(cycle=cycle, by=cast.task_force, at=AT, audience="committee")
        change(cycle)
        proposal = publishing.publish(cycle=cycle, by=cast.second, at=AT)
        assert isinstance(proposal, Proposal)
        assert proposal.audience == "committee"

    def test_for_other_readers_than_proposed_confirms_nothing(self, cycle: Cycle, cast: Cast) -> None:
        publishing.publish(cycle=cycle, by=cast.task_force, at=AT, audience="committee")
        other = publishing.publish(cycle=cycle, by=cast.second, at=AT, audience="public")
        assert isinstance(other, Proposal)
        assert not Scorecard.objects.exists()
        done = publishing.publish(cycle=cycle, by=cast.task_force, at=AT, audience="public")
        assert isinstance(done, Scorecard)
        assert done.audience == "public"


class TestQuestionsToTheDatabase:
    @pytest.mark.parametrize("path", ["/scorecards/", "/api/v1/scorecards/"])
    def test_do_not_grow_with_released_versions(self, cast: Cast, cycle: Cycle, path: str) -> None:
        client, found = Client(), []
        for first in (0, 10):
            for number in range(first, first + 10):
                scorecard = publish(make_counted_cycle(cycle.framework, {}, f"c{number}"), cast)
                publishing.release(scorecard=scorecard, by=cast.second, at=AT)
            client.get(path)  # what is asked once per process is not counted
            ANSWERS.forget()
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            found.append(len(captured))
        assert found[0] == found[1]
