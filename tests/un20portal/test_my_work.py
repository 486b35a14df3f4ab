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
    def test_is_a_card_for_each_version(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast, audience="committee")
        fill(cycle, {unit: {"DAT-STR": 3} for unit in (make_entity(f"LATE-{n}") for n in range(6))})
        publish(cycle, cast, audience="committee")
        found = links(client, cast.committee, "/my/")
        for version in (1, 2):
            ways = (f"/scorecards/2026/?version={version}", f"/scorecards/2026/report/?version={version}")
            assert found[ways[0]] == f"{cycle.title}, version {version}"
            assert found[ways[1]].startswith("Committee paper")
            assert [client.get(way).status_code for way in ways] == [200, 200]
        assert "Nothing waits for you." not in client.get("/my/").content.decode()

    def test_is_gone_when_everybody_may_read_it(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        version = publish(cycle, cast, audience="committee")
        publishing.release(scorecard=version, by=cast.task_force, at=AT)
        found = links(client, cast.committee, "/my/")
        assert "/scorecards/2026/?version=1" not in found
        assert "Nothing waits for you." in client.get("/my/").content.decode()

    def test_is_named_to_no_member_of_an_entity(self, cycle: Cycle, cast: Cast, client: Client) -> None:
        publish(cycle, cast, audience="committee")
        for other in (cast.focal, cast.approver, cast.stranger, cast.administrator):
            assert "/scorecards/2026/?version=1" not in links(client, other, "/my/")
