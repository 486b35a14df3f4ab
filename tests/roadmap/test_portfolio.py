"""The portfolio as people and programs read it, and cases as their entity writes them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from entities.models import Entity, User
from roadmap.models import Case
from roadmap.services.cases import change_case, withdraw_case
from tests.factories import AT, Cast, case_text, make_case

pytestmark = pytest.mark.django_db
SAID = {
    "entity": "UNDP",
    "capability": "INN",
    "enabler": "LED",
    "title": "Nouveau <b>",
    "problem": "Lequel ?",
    "done": "Ceci.",
    "outcome": "Cela.",
    "year": "2024",
    "url": "",
    "language": "fr",
}


@pytest.fixture
def unicef(cast: Cast) -> Entity:
    return Entity.objects.get(code="UNICEF")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


class TestPortfolio:
    def test_says_that_there_is_nothing_yet(self, client: Client) -> None:
        page = text_of(client.get("/portfolio/"))
        assert "No entity has shown a case yet." in page
        assert "There is no such case yet." in text_of(client.get("/portfolio/DAT/"))
        assert page.count("0 cases") == 5
        assert "Write a case" not in page

    def test_is_in_the_navigation_of_everybody(self, client: Client, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal)
        here = {
            "/": "",
            "/portfolio/": "page",
            "/portfolio/DAT/": "true",
            f"/portfolio/cases/{case.pk}/": "true",
        }
        for reader in (client, signed_in(cast.focal)):
            for address, current in here.items():
                mark = f' aria-current="{current}"' if current else ""
                link = f'<a href="/portfolio/"{mark}>Portfolio</a>'
                navigation = text_of(reader.get(address)).split('<nav class="site-nav"')[1].split("</nav>")[0]
                assert link in navigation, address

    def test_shows_what_is_shown_to_everybody(self, client: Client, undp: Entity, cast: Cast) -> None:
        make_case(undp, cast.focal, title="Shown to all")
        draft = make_case(undp, cast.focal, title="Still a draft", is_shown=False)
        page = text_of(client.get("/portfolio/"))
        assert "Shown to all" in page
        assert "1 case " in page
        assert "Still a draft" not in page
        assert client.get(f"/portfolio/cases/{draft.pk}/").status_code == 404
        mine = text_of(signed_in(cast.focal).get("/portfolio/"))
        assert "Drafts of your entity" in mine
        assert "Still a draft" in mine
        assert "Still a draft" not in text_of(signed_in(cast.stranger).get("/portfolio/"))

    def test_is_filtered_by_enabler_and_without_an_entity(
        self, client: Client, undp: Entity, unicef: Entity, cast: Cast
    ) -> None:
        make_case(undp, cast.focal, title="Of UNDP")
        make_case(unicef, cast.stranger, title="Of UNICEF")
        make_case(unicef, cast.stranger, title="Of leaders", enabler="LED")
        make_case(unicef, cast.stranger, title="Of foresight", capability="FOR")

        def found(query: str) -> list[str]:
            page = text_of(client.get(f"/portfolio/DAT/{query}"))
            titles = ("Of UNDP", "Of UNICEF", "Of leaders", "Of foresight")
            return [title for title in titles if f">{title}</a>" in page]

        assert found("") == ["Of UNDP", "Of UNICEF", "Of leaders"]
        assert found("?enabler=STR") == ["Of UNDP", "Of UNICEF"]
        assert found("?enabler=STR&without=UNDP") == ["Of UNICEF"]

    @pytest.mark.parametrize(
        ("address", "status"),
        [
            ("/portfolio/CUL/", 404),
            ("/portfolio/dat/", 404),
            ("/portfolio/DAT/?enabler=XXX", 404),
            ("/portfolio/DAT/?without=NOBODY", 404),
            ("/portfolio/DAT/?without=%00", 404),
            ("/portfolio/DAT/?luck=1", 400),
            ("/portfolio/?luck=1", 400),
            ("/portfolio/cases/99999999999999999999999/", 404),
        ],
    )
    def test_knows_few_addresses(self, client: Client, address: str, status: int) -> None:
        assert client.get(address).status_code == status

    def test_is_cut_into_pages_of_fifty(self, client: Client, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal)
        rows = [Case(**{**_columns(case), "title": f"No. {number}"}) for number in range(51)]
        Case.objects.bulk_create(rows)
        first, second = (text_of(client.get(f"/portfolio/DAT/?page={page}")) for page in (1, 2))
        assert (first.count("task-card"), second.count("task-card")) == (50, 2)

    def test_asks_the_database_the_same_of_many_cases(self, client: Client, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal)
        asked = []
        for _round in range(2):
            Case.objects.bulk_create(Case(**_columns(case)) for _number in range(10))
            with CaptureQueriesContext(connection) as queries:
                for address in ("/portfolio/", "/portfolio/DAT/", "/api/v1/cases/"):
                    assert client.get(address).status_code == 200
            asked.append(len(queries))
        assert asked[0] == asked[1] <= 10


def _columns(case: Case) -> dict[str, Any]:
    return {name: value for name, value in vars(case).items() if name != "id" and name[0] != "_"}


class TestACase:
    def test_is_told_in_its_language_and_says_who_tells_it(
        self, client: Client, undp: Entity, cast: Cast
    ) -> None:
        case = make_case(
            undp,
            cast.focal,
            title="خطة",
            language="ar",
            url="https://example.org/more",
            problem="<b>سؤال</b>",
        )
        page = text_of(client.get(f"/portfolio/cases/{case.pk}/"))
        assert '<h1 lang="ar" dir="rtl">خطة</h1>' in page
        assert "&lt;b&gt;" in page
        assert 'href="https://example.org/more"' in page
        assert "Told by UNDP" in page
        assert cast.focal.name not in page

    def test_that_is_invented_says_so(self, client: Client, undp: Entity, cast: Cast) -> None:
        cast.focal.is_demo = True
        cast.focal.save()
        case = make_case(undp, cast.focal)
        for address in ("/portfolio/", "/portfolio/DAT/", f"/portfolio/cases/{case.pk}/"):
            page = text_of(client.get(address))
            assert '<span class="pill">synthetic</span>' in page, address
            assert "demo-banner" in page, address


class TestWriting:
    def test_leads_from_a_draft_to_a_shown_case_and_back(self, client: Client, cast: Cast) -> None:
        focal = signed_in(cast.focal)
        answer = focal.post("/portfolio/cases/new/", SAID)
        case = Case.objects.get()
        address = f"/portfolio/cases/{case.pk}/"
        assert answer["Location"] == address
        assert (case.title, case.language, case.is_shown) == ("Nouveau <b>", "fr", False)
        assert client.get(address).status_code == 404
        assert "This is a draft" in text_of(focal.get(address))
        focal.post(f"{address}show/", {"version": "1"})
        assert client.get(address).status_code == 200
        assert focal.post(f"{address}show/", {"version": "1"}).status_code == 409
        signed_in(cast.task_force).post(f"{address}withdraw/", {"version": "2", "reason": "Not true."})
        assert client.get(address).status_code == 404

    def test_shows_what_is_wrong_and_keeps_the_words(self, cast: Cast) -> None:
        wrong = {"title": "", "url": "ftp://example.org", "year": "1066"}
        answer = signed_in(cast.focal).post("/portfolio/cases/new/", {**SAID, "title": ""})
        assert answer.status_code == 400
        assert "Write a few words here." in text_of(answer)
        answer = signed_in(cast.focal).post("/portfolio/cases/new/", {**SAID, **wrong, "title": "Kept"})
        page = text_of(answer)
        assert answer.status_code == 400
        for told in ("Give a year from 1990", "Give an address of the web", 'value="Kept"', "Lequel ?"):
            assert told in page, told
        assert not Case.objects.exists()

    @pytest.mark.parametrize("year", ["1989", "-5", "20255", "9" * 5000, "next", "2024.5", "", "NEXT"])
    def test_says_from_when_to_when_a_year_may_be(self, cast: Cast, year: str) -> None:
        this_year = localdate().year
        year = year.replace("NEXT", str(this_year + 1))
        answer = signed_in(cast.focal).post("/portfolio/cases/new/", {**SAID, "year": year})
        assert answer.status_code == 400
        wrong = f"Give a year from 1990 to {this_year}."
        assert f'<li> <a href="#id_year">Year</a> – {wrong} </li>' in text_of(answer)

    def test_is_for_an_entity_of_ones_own(self, cast: Cast) -> None:
        answer = signed_in(cast.stranger).post("/portfolio/cases/new/", SAID)
        assert answer.status_code == 400
        assert "UNICEF" in text_of(answer)
        assert not Case.objects.exists()

    def test_by_two_people_keeps_both_texts(self, undp: Entity, cast: Cast) -> None:
        case, focal = make_case(undp, cast.focal), signed_in(cast.focal)
        address = f"/portfolio/cases/{case.pk}/change/"
        assert 'name="version" value="2"' in text_of(focal.get(address))
        assert focal.post(address, {**SAID, "title": "First", "version": "2"}).status_code == 302
        answer = focal.post(address, {**SAID, "title": "Second", "version": "2"})
        page = text_of(answer)
        assert answer.status_code == 412
        assert ">First</strong>" in page
        assert 'value="Second"' in page
        assert 'name="version" value="3"' in page
        assert focal.post(address, {**SAID, "title": "Second", "version": "3"}).status_code == 302
        case.refresh_from_db()
        assert (case.title, case.version, case.entity, case.shown_at) == ("Second", 4, undp, AT)

    def test_without_a_version_is_based_on_nothing(self, undp: Entity, cast: Cast) -> None:
        case, focal = make_case(undp, cast.focal, is_shown=False), signed_in(cast.focal)
        assert focal.post(f"/portfolio/cases/{case.pk}/change/", SAID).status_code == 400
        for version in ("", "x", "0"):
            answer = focal.post(f"/portfolio/cases/{case.pk}/show/", {"version": version})
            assert answer.status_code == 412
        case.refresh_from_db()
        assert (case.title, case.is_shown) == ("A plan", False)


class TestTheApi:
    def test_lists_shown_cases_by_codes(
        self, client: Client, undp: Entity, unicef: Entity, cast: Cast
    ) -> None:
        case = make_case(undp, cast.focal, enabler="")
        make_case(unicef, cast.stranger, capability="FOR", url="https://example.org/a")
        make_case(undp, cast.focal, is_shown=False)
        answer = client.get("/api/v1/cases/?entity=undp")
        assert answer.json() == {
            "count": 1,
            "next": None,
            "previous": None,
            "results": [
                {
                    "id": case.pk,
                    "entity": "UNDP",
                    "capability": "DAT",
                    "enabler": None,
                    "title": "A plan",
                    "problem": "None had one.",
                    "done": "We wrote one.",
                    "outcome": "It is used.",
                    "year": 2025,
                    "url": None,
                    "language": "en",
                    "is_demo": False,
                    "shown_at": "2026-11-02T09:30:00Z",
                    "changed_at": None,
                    "address": f"http://testserver/api/v1/cases/{case.pk}/",
                    "page": f"http://testserver/portfolio/cases/{case.pk}/",
                }
            ],
        }
        counts = {
            query: client.get(f"/api/v1/cases/?{query}").json()["count"]
            for query in ("", "capability=FOR", "enabler=STR", "capability=DAT&enabler=STR")
        }
        assert list(counts.values()) == [2, 1, 1, 0]

    def test_has_an_address_for_each_shown_case(self, client: Client, undp: Entity, cast: Cast) -> None:
        case = make_case(undp, cast.focal)
        [listed] = client.get("/api/v1/cases/").json()["results"]
        answer = client.get(listed["address"])
        assert answer.json() == listed
        assert answer["Cache-Control"] == "no-cache"
        known = {"If-None-Match": answer["ETag"]}
        assert client.get(listed["address"], headers=known).status_code == 304
        withdraw_case(case=case, version=2, reason="Not true.", by=cast.focal, at=AT)
        for person in (client, signed_in(cast.focal), signed_in(cast.task_force)):
            assert person.get(listed["address"], headers=known).status_code == 404, "as in the list"

    @pytest.mark.parametrize("address", ["0/", "99999999999999999999999/", "x/", "1/?luck=1"])
    def test_knows_no_other_case(self, client: Client, address: str) -> None:
        answer = client.get(f"/api/v1/cases/{address}")
        assert answer.status_code == (400 if "luck" in address else 404)
        assert answer["Content-Type"] == "application/problem+json"

    def test_says_when_a_shown_text_was_changed(self, client: Client, undp: Entity, cast: Cast) -> None:
        case, text = make_case(undp, cast.focal), case_text(title="New")
        change_case(case=case, text=text, version=2, by=cast.focal, at=AT + timedelta(days=1))
        [listed] = client.get("/api/v1/cases/").json()["results"]
        assert (listed["shown_at"], listed["changed_at"]) == ("2026-11-02T09:30:00Z", "2026-11-03T09:30:00Z")
        assert "Changed on 3 November 2026." in text_of(client.get(f"/portfolio/cases/{case.pk}/"))
        asked = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
        described = asked.json()["components"]["schemas"]["Case"]
        assert "changed_at" in described["required"]
        assert described["properties"]["changed_at"]["nullable"]

    def test_is_asked_again_by_its_etag(self, client: Client, undp: Entity, cast: Cast) -> None:
        make_case(undp, cast.focal)
        answer = client.get("/api/v1/cases/")
        assert answer["Cache-Control"] == "no-cache", "a case that is withdrawn is asked for again"
        tag = answer["ETag"]
        assert client.get("/api/v1/cases/", headers={"If-None-Match": tag}).status_code == 304
        make_case(undp, cast.focal)
        assert client.get("/api/v1/cases/", headers={"If-None-Match": tag}).status_code == 200

    @pytest.mark.parametrize(
        "query",
        [
            "capability=CUL",
            "capability=dat",
            "enabler=XXX",
            "luck=1",
            "limit=101",
            "entity=a b",
            "entity=NOPE",
            "entity=%00",
        ],
    )
    def test_refuses_what_it_does_not_know(self, client: Client, query: str) -> None:
        answer = client.get(f"/api/v1/cases/?{query}")
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
