"""My work: besides what waits, the ways to one's own figures, and what the committees read first."""

import re
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, Role, User
from entities.services.people import grant_role
from quintet.models import Cycle
from scorecards.models import Proposal
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
    make_open_cycle,
    make_user,
)
from tests.scorecards.worked import publish

pytestmark = pytest.mark.django_db
SHEET = "/scorecards/2026/entities/UNDP/"
PLACES = ["/my/", "/scorecards/"]


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP"), make_entity("UNICEF"))


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """A cycle with the sheet of UNDP; UNICEF has none that counts."""
    units = [Entity.objects.get(code="UNDP"), *make_entities(6)]
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in units})


def links(client: Client, user: User, place: str) -> dict[str, str]:
    """The links of the main part of a page: what they say, by address."""
    client.force_login(user)
    answer = client.get(place)
    assert answer.status_code == 200
    main = unescape(" ".join(answer.content.decode().split("<main", 1)[1].split()))
    found = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>(.*?)</a>', main)
    return {address: re.sub("<[^>]+>", "", said).strip() for address, said in found}


class TestTheFiguresOfOnesOwnEntity:
    @pytest.mark.parametrize("place", PLACES)
    @pytest.mark.parametrize("who", ["focal", "approver", "viewer"])
    def test_are_one_click_away(self, cycle: Cycle, cast: Cast, client: Client, place: str, who: str) -> None:
        publish(cycle, cast)
        found = links(client, getattr(cast, who), place)
        assert found[SHEET] == f"UNDP in {cycle.title}"
        assert found[f"{SHEET}next/"].startswith("What next?")
        for address in (SHEET, f"{SHEET}next/"):
            assert client.get(address).status_code == 200

    @pytest.mark.parametrize("place", PLACES)
    def test_have_no_next_steps_for_who_sees_a_part_of_the_sheet(
        self, cycle: Cycle, cast: Cast, client: Client, place: str
    ) -> None:
        publish(cycle, cast)
        found = links(client, cast.contributor, place)
        assert SHEET in found
        assert f"{SHEET}next/" not in found
        assert client.get(f"{SHEET}next/").status_code == 404

    @pytest.mark.parametrize("place", PLACES)
    @pytest.mark.parametrize("audience", [None, "committee"])
    def test_are_no_link_before_the_person_may_read_them(
        self, cycle: Cycle, cast: Cast, client: Client, place: str, audience: str | None
    ) -> None:
        if audience:
            publish(cycle, cast, audience=audience)
        assert SHEET not in links(client, cast.focal, place)

    @pytest.mark.parametrize("place", PLACES)
    def test_are_nobody_elses(self, cycle: Cycle, cast: Cast, client: Client, place: str) -> None:
        publish(cycle, cast)
        for other in (cast.stranger, cast.committee, cast.administrator):
            assert SHEET not in links(client, other, place)

    def test_lead_to_who_reads_them_as_before(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        assert f"{SHEET}sharing/" in links(client, cast.focal, "/scorecards/")
        publish(cycle, cast)
        assert f"{SHEET}sharing/" in links(client, cast.focal, "/scorecards/")

    def test_of_the_newest_cycle_alone_stand_in_my_work(
        self, cycle: Cycle, cast: Cast, client: Client
    ) -> None:
        publish(cycle, cast)
        later = make_counted_cycle(cycle.framework, {Entity.objects.get(code="UNDP"): {"DAT-STR": 3}}, "2027")
        Cycle.objects.filter(pk=later.pk).update(opens_on=date(2026, 9, 16))
        assert SHEET in links(client, cast.focal, "/my/"), "of the later one nothing is published yet"
        publish(later, cast)
        newest = SHEET.replace("2026", "2027")
        assert newest in links(client, cast.focal, "/my/")
        assert SHEET not in links(client, cast.focal, "/my/")
        assert {SHEET, newest} <= links(client, cast.focal, "/scorecards/").keys()

    @pytest.mark.parametrize("place", PLACES)
    def test_ask_the_database_the_same_however_many_there_are(
        self, cast: Cast, client: Client, place: str
    ) -> None:
        units = make_entities(12)
        publish(make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in units}), cast)
        asked = []
        for number, some in enumerate((units[:6], units)):
            person = make_user(f"many-{number}")
            for unit in some:
                grant_role(user=person, role=Role.FOCAL_POINT, entity=unit)
            client.force_login(person)
            with CaptureQueriesContext(connection) as captured:
                page = client.get(place).content.decode()
            assert page.count("What next?") == len(some)
            asked.append(len(captured))
        assert asked[0] == asked[1]


class TestWhatTheCommitteesReadFirst:
    def test_is_a_card_of_the_newest_version(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast, audience="committee")
        assert "/scorecards/2026/?version=1" in links(client, cast.committee, "/my/")
        fill(cycle, {unit: {"DAT-STR": 3} for unit in (make_entity(f"LATE-{n}") for n in range(6))})
        publish(cycle, cast, audience="committee")
        found = links(client, cast.committee, "/my/")
        assert "/scorecards/2026/?version=1" not in found
        ways = ("/scorecards/2026/?version=2", "/scorecards/2026/report/?version=2")
        assert found[ways[0]] == f"{cycle.title}, version 2"
        assert found[ways[1]].startswith("Committee paper")
        assert [client.get(way).status_code for way in ways] == [200, 200]
        assert "Nothing waits for you." not in client.get("/my/").content.decode()

    def test_is_gone_when_everybody_may_read_it(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        version = publish(cycle, cast, audience="committee")
        publishing.release(scorecard=version, by=cast.task_force, at=AT)
        found = links(client, cast.committee, "/my/")
        assert "/scorecards/2026/?version=1" not in found
        assert "Nothing waits for you." in client.get("/my/").content.decode()

    def test_is_gone_when_everybody_reads_a_later_one(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast, audience="committee")
        fill(cycle, {unit: {"DAT-STR": 3} for unit in (make_entity(f"LATE-{n}") for n in range(6))})
        publish(cycle, cast)
        assert "?version=" not in "".join(links(client, cast.committee, "/my/"))

    def test_is_named_to_no_member_of_an_entity(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast, audience="committee")
        for other in (cast.focal, cast.approver, cast.stranger, cast.administrator):
            assert "/scorecards/2026/?version=1" not in links(client, other, "/my/")


class TestAProposal:
    PAGE = "/scorecards/2026/publication/"

    @pytest.fixture
    def proposal(self, cycle: Cycle, cast: Cast) -> Proposal:
        return publishing.propose(cycle=cycle, by=cast.task_force, at=AT)

    def test_waits_for_the_second_person(self, proposal: Proposal, cast: Cast, client: Client) -> None:
        found = links(client, cast.second, "/my/")
        assert found[self.PAGE].startswith("Look at what is proposed for publication: ")
        page = client.get("/my/").content.decode()
        assert f"proposed by <bdi>{cast.task_force.name}</bdi> on 2 November 2026" in " ".join(page.split())
        assert "Nothing waits for you." not in page

    def test_is_with_others_for_who_made_it(self, proposal: Proposal, cast: Cast, client: Client) -> None:
        found = links(client, cast.task_force, "/my/")
        assert found[self.PAGE] == f"Publication: {proposal.cycle.title}"
        page = " ".join(client.get("/my/").content.decode().split())
        assert "With others" in page
        assert "waits for a second person of the task force since 2 November 2026" in page
        assert "Nothing waits for you." in page

    @pytest.mark.parametrize(("state", "is_told"), [("composing", True), ("repeats", False)])
    def test_that_nobody_can_confirm_is_told_to_who_made_it_alone(
        self, proposal: Proposal, cast: Cast, client: Client, state: str, is_told: bool
    ) -> None:
        Proposal.objects.update(state=state, sha256="")
        assert self.PAGE not in links(client, cast.second, "/my/")
        assert (self.PAGE in links(client, cast.task_force, "/my/")) is is_told

    def test_is_told_to_nobody_else(self, proposal: Proposal, cast: Cast, client: Client) -> None:
        for other in (cast.focal, cast.approver, cast.stranger, cast.committee, cast.administrator):
            assert self.PAGE not in links(client, other, "/my/")

    def test_is_gone_when_it_is_confirmed(self, proposal: Proposal, cast: Cast, client: Client) -> None:
        publishing.confirm(cycle=proposal.cycle, by=cast.second, at=AT)
        for person in (cast.task_force, cast.second):
            assert self.PAGE not in links(client, person, "/my/")


def test_in_arabic_a_unit_and_a_cycle_are_read_from_right_to_left(cast: Cast, client: Client) -> None:
    """Without a direction of its own the cycle would join the Latin name before it: both would be turned."""
    cycle = make_open_cycle(make_framework(), [Entity.objects.get(code="UNDP")], cast.task_force)
    client.force_login(cast.focal)
    page = client.get("/ar/my/").content.decode()
    assert f"UNDP، \u2068{cycle.title}\u2069" in page
