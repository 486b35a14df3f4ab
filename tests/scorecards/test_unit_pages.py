"""Figures of single units: one decision on every face, and the page on which a unit opens them."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, User
from quintet.models import Cycle
from scorecards.domain.visibility import Audience
from scorecards.models import Consent
from scorecards.services import publishing
from scorecards.services.computing import compute_cycle
from scorecards.services.consenting import set_consent
from scorecards.services.simulating import simulate_cycle
from tests.factories import (
    AT,
    Cast,
    fill,
    make_counted_cycle,
    make_entities,
    make_framework,
    make_token,
)

pytestmark = pytest.mark.django_db
PAGES, API = "/scorecards/2026/entities/", "/api/v1/scorecards/2026/entities/"
SHARING = f"{PAGES}UNDP/sharing/"
RECEIPT = "/scorecards/2026/receipt/"
FULL = {f"DAT-{enabler}": 2 for enabler in ("STR", "LED", "COE", "HRS", "TRN", "FUN")}


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return make_counted_cycle(make_framework(), dict.fromkeys(Entity.objects.all(), FULL))


@pytest.fixture
def published(cycle: Cycle, cast: Cast) -> Cycle:
    publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
    publishing.confirm(cycle=cycle, by=cast.second, at=AT)
    return cycle


def share(cycle: Cycle, audience: str, by: User, code: str = "UNDP") -> None:
    set_consent(cycle=cycle, entity=Entity.objects.get(code=code), audience=audience, by=by, at=AT)


def client_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def faces(user: User | None) -> dict[str, bool]:
    """Whether this reader meets the figures of UNDP on each face."""
    page, program = client_of(user), {"Authorization": make_token(user)} if user else {}
    client = Client()
    listed = client.get(API, headers=program).json()["results"]
    return {
        "page": page.get(f"{PAGES}UNDP/").status_code == 200,
        "list": f"{PAGES}UNDP/".encode() in page.get(PAGES).content,
        "api": client.get(f"{API}UNDP/", headers=program).status_code == 200,
        "api list": "UNDP" in [row["entity"] for row in listed],
    }


class TestEveryFace:
    @pytest.mark.parametrize(
        ("audience", "readers"),
        [
            ("nobody", {"viewer", "focal", "contributor", "approver", "task_force"}),
            ("committee", {"viewer", "focal", "contributor", "approver", "task_force", "committee"}),
            (
                "public",
                {"viewer", "focal", "contributor", "approver", "task_force", "committee"}
                | {"stranger", "administrator", "nobody"},
            ),
        ],
    )
    def test_decides_alike(self, published: Cycle, cast: Cast, audience: str, readers: set[str]) -> None:
        share(published, audience, cast.approver)
        for who in (*cast.__annotations__, "nobody"):
            if who != "second":
                expected = dict.fromkeys(["page", "list", "api", "api list"], who in readers)
                assert faces(getattr(cast, who, None)) == expected, who

    @pytest.mark.parametrize(
        "address",
        [
            PAGES,
            f"{PAGES}UNDP/",
            f"{RECEIPT}?entity=UNDP&dimension=DAT",
            "/scorecards/2026/uncertainty/",
            API,
            f"{API}UNDP/",
            f"/api/v1{RECEIPT}?entity=UNDP&dimension=DAT",
            "/api/v1/scorecards/2026/uncertainty/",
        ],
    )
    def test_is_kept_by_no_cache(self, published: Cycle, cast: Cast, address: str) -> None:
        simulate_cycle(cycle_id=published.pk, at=AT)
        share(published, "public", cast.approver)
        answer = Client().get(address)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        assert "UNDP" in answer.content.decode()

    def test_shows_no_answers_to_those_who_read_figures_alone(self, published: Cycle, cast: Cast) -> None:
        share(published, "public", cast.approver)
        page = Client().get(f"{RECEIPT}?entity=UNDP&dimension=DAT").content.decode()
        assert page.count("not open to you") == 7
        assert "level 2</td>" not in page
        assert Client().get(f"{RECEIPT}?entity=UNDP&item=DAT-STR").status_code == 404
        assert (
            "level 2</td>"
            in client_of(cast.focal).get(f"{RECEIPT}?entity=UNDP&dimension=DAT").content.decode()
        )

    def test_forgets_at_once_what_is_taken_back(self, published: Cycle, cast: Cast) -> None:
        reader = Client()
        share(published, "public", cast.approver)
        first = reader.get(f"{API}UNDP/")
        assert (first.status_code, reader.get(f"{PAGES}UNDP/").status_code) == (200, 200)
        assert "no-store" in first["Cache-Control"]
        assert "no-store" in reader.get(f"{PAGES}UNDP/")["Cache-Control"]
        share(published, "nobody", cast.approver)
        again = {"If-None-Match": first["ETag"]}
        assert reader.get(f"{API}UNDP/", headers=again).status_code == 404
        assert reader.get(f"{PAGES}UNDP/").status_code == 404
        assert not any(faces(None).values())

    def test_holds_for_every_version_of_the_cycle(self, published: Cycle, cast: Cast) -> None:
        share(published, "public", cast.approver)
        fill(published, dict.fromkeys(make_entities(6), FULL))
        publishing.propose(cycle=published, by=cast.task_force, at=AT)
        publishing.confirm(cycle=published, by=cast.second, at=AT)
        for version in (1, 2):
            assert Client().get(f"{API}UNDP/?version={version}").status_code == 200
            assert Client().get(f"{PAGES}UNDP/?version={version}").status_code == 200

    def test_keeps_provisional_figures_for_the_task_force(self, cycle: Cycle, cast: Cast) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        share(cycle, "public", cast.approver)
        for who in (None, cast.focal, cast.approver, cast.committee):
            assert client_of(who).get(f"{PAGES}UNDP/?version=provisional").status_code == 404
        page = client_of(cast.task_force).get(f"{PAGES}UNDP/?version=provisional").content.decode()
        assert "Provisional." in page

    def test_asks_as_many_questions_for_more_units(
        self, published: Cycle, cast: Cast, django_assert_max_num_queries: Any
    ) -> None:
        client = client_of(cast.task_force)
        client.get(PAGES)  # a process keeps the bytes of a version
        with CaptureQueriesContext(connection) as few:
            client.get(PAGES)
        number = len(few)
        fill(published, dict.fromkeys(make_entities(20), FULL))
        publishing.propose(cycle=published, by=cast.task_force, at=AT)
        publishing.confirm(cycle=published, by=cast.second, at=AT)
        client.get(PAGES)
        with django_assert_max_num_queries(number):
            assert "ENT-020" in client.get(PAGES).content.decode()


class TestSignedOut:
    """A bookmark of one's own sheet: the page is not gone, and whether there is such a sheet is not told."""

    @pytest.mark.parametrize("query", ["", "?basis=claimed&version=1"])
    def test_the_page_leads_back_after_signing_in(self, published: Cycle, cast: Cast, query: str) -> None:
        reader, address = Client(), f"{PAGES}UNDP/{query}"
        answer = reader.get(address)
        assert answer.status_code == 404
        said = answer.content.decode()
        assert "the page may need you to sign in" in said
        [sign_in] = re.findall(r'href="(/accounts/login/\?next=[^"]+)"', said)
        sent = {"login": cast.focal.email, "password": "correct horse battery"}
        back = reader.post(unescape(sign_in), sent)
        assert (back.status_code, back.headers["Location"]) == (302, address)
        assert reader.get(address).status_code == 200

    def test_units_with_a_sheet_and_without_one_look_alike(self, published: Cycle) -> None:
        pages = {
            code: Client().get(f"{PAGES}{code}/").content.decode().replace(code, "")
            for code in ("UNDP", "NOBODY")
        }
        assert pages["UNDP"] == pages["NOBODY"]

    def test_nobody_who_is_signed_in_is_asked_to_sign_in(self, published: Cycle, cast: Cast) -> None:
        answer = client_of(cast.stranger).get(f"{PAGES}UNDP/")
        assert answer.status_code == 404
        assert "/accounts/login/" not in answer.content.decode()
        assert "not for this account" in answer.content.decode()


class TestTheFigures:
    def test_lead_to_their_receipts_with_the_areas_above_them(self, published: Cycle, cast: Cast) -> None:
        client = client_of(cast.focal)
        page = client.get(f"{PAGES}UNDP/?basis=claimed").content.decode()
        assert page.index("Geometric mean") < page.index("Figures per dimension")
        links = [unescape(link) for link in re.findall(rf'href="({RECEIPT}[^"]+)"', page)]
        assert any("area=" in link for link in links)
        assert any("dimension=DAT" in link and "basis=claimed" in link for link in links)
        assert {client.get(link).status_code for link in links} == {200}

    def test_are_those_of_the_api(self, published: Cycle, cast: Cast) -> None:
        row = Client().get(f"{API}UNDP/", headers={"Authorization": make_token(cast.focal)}).json()
        page = client_of(cast.focal).get(f"{PAGES}UNDP/").content.decode()
        table = page.split("Figures per dimension")[1].split("</table>")[0]
        cells = re.findall(r'<td[^>]*class="num"[^>]*>([^<]*)</td>', table)
        data = row["dimensions"][0]
        assert (data["index"], data["has"], data["operates"]) == ("50.0", 6, 0)
        assert [cell.strip() for cell in cells][:4] == ["50.0", "6 of 7", "6", "0"]

    def test_are_not_there_for_another_basis_or_unit(self, published: Cycle, cast: Cast) -> None:
        client = client_of(cast.task_force)
        assert client.get(f"{PAGES}undp/?basis=claimed").status_code == 200
        assert client.get(f"{PAGES}UNDP/?basis=mine").status_code == 404
        assert client.get(f"{PAGES}NOBODY/").status_code == 404
        assert client.get("/scorecards/1999/entities/UNDP/").status_code == 404


class TestSharingPage:
    def test_says_who_reads_and_lets_the_approver_choose(self, published: Cycle, cast: Cast) -> None:
        client = client_of(cast.approver)
        page = client.get(SHARING).content.decode()
        assert "read by the entity itself and the task force, nobody else" in page
        assert "What others have copied by then cannot be taken back." in page
        answer = client.post(SHARING, {"audience": "public"}, follow=True)
        assert answer.redirect_chain == [(SHARING, 302)]
        assert "The entity lets everybody read these figures." in answer.content.decode()
        assert Consent.objects.get().audience == Audience.PUBLIC

    def test_is_read_by_the_focal_point_who_cannot_choose(self, published: Cycle, cast: Cast) -> None:
        client = client_of(cast.focal)
        page = client.get(SHARING).content.decode()
        assert 'name="audience"' not in page
        assert "The approver of the entity decides who else reads them." in page
        assert client.post(SHARING, {"audience": "public"}).status_code == 403
        assert not Consent.objects.exists()

    def test_does_not_exist_for_others(self, published: Cycle, cast: Cast) -> None:
        for who in (cast.stranger, cast.task_force, cast.committee, cast.administrator):
            for answer in (client_of(who).get(SHARING), client_of(who).post(SHARING, {"audience": "public"})):
                assert answer.status_code == 404

    def test_takes_nothing_but_the_audience(self, published: Cycle, cast: Cast) -> None:
        other = Entity.objects.get(code="UNICEF")
        sent = {"entity": other.pk, "cycle": "1999", "by": cast.focal.pk, "at": "2020-01-01", "id": 7}
        assert client_of(cast.approver).post(SHARING, {"audience": "committee", **sent}).status_code == 302
        word = Consent.objects.get()
        assert (word.entity.code, word.cycle.code, word.by) == ("UNDP", "2026", cast.approver)
        assert word.at.year > 2020

    def test_refuses_what_it_does_not_know(self, published: Cycle, cast: Cast) -> None:
        for body in ({}, {"audience": "the world"}):
            assert client_of(cast.approver).post(SHARING, body).status_code == 400
        assert not Consent.objects.exists()

    def test_is_there_before_anything_is_published(self, cycle: Cycle, cast: Cast) -> None:
        client = client_of(cast.approver)
        assert (
            "What is chosen here holds from the first publication on." in client.get(SHARING).content.decode()
        )
        assert client.post(SHARING, {"audience": "public"}).status_code == 302

    def test_is_found_from_the_scorecards(self, published: Cycle, cast: Cast) -> None:
        assert SHARING in client_of(cast.viewer).get("/scorecards/").content.decode()
        for who in (None, cast.stranger, cast.committee):
            assert SHARING not in client_of(who).get("/scorecards/").content.decode()
        assert PAGES in Client().get("/scorecards/2026/").content.decode()
