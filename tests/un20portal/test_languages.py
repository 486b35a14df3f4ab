"""Choosing a language on any page: a link for readers, and for people who are signed in also remembered."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from entities.models import User
from tests.conftest import NewContext
from tests.factories import make_cast, make_entity, make_framework, make_open_cycle, make_user, sheet_of

FORM = re.compile(r'<form method="post" action="([^"]*language/)">(.*?)</form>', re.DOTALL)


@pytest.fixture
def person(client: Client) -> User:
    person = make_user("reader")
    client.force_login(person)
    return person


@pytest.mark.django_db
class TestSignedIn:
    @pytest.mark.parametrize(
        "path", ["/", "/my/", "/frameworks/?a=b", "/accounts/password/change/", "/api/v1/docs/"]
    )
    def test_every_page_offers_to_remember_a_language(self, client: Client, person: User, path: str) -> None:
        found = FORM.search(client.get(path).content.decode())
        assert found, "no form to choose a language"
        assert re.findall(r'value="([a-z-]+)"\s+lang', found[2]) == ["ar", "zh-hans", "en", "fr", "ru", "es"]
        target = re.search(r'name="next" value="([^"]*)"', found[2])
        assert target
        response = client.post(found[1], {"language": "fr", "next": target[1]})
        assert response.headers["Location"] == f"/fr{path}"
        person.refresh_from_db()
        assert person.preferred_language == "fr"

    def test_reading_in_a_language_does_not_choose_it(self, client: Client, person: User) -> None:
        assert client.get("/fr/my/").status_code == 200
        person.refresh_from_db()
        assert person.preferred_language == "en"


@pytest.mark.django_db
class TestWhereARefusalWasAnswered:
    """What answers a POST cannot be read again: the page the person came from stands for it."""

    @pytest.fixture
    def refused(self, client: Client) -> Callable[..., str]:
        unit = make_entity("UNDP")
        cast = make_cast(unit, make_entity("UNICEF"))
        sheet = sheet_of(make_open_cycle(make_framework(), [unit], cast.task_force), unit)
        client.force_login(cast.focal)

        def submit_nothing(language: str, **headers: str) -> str:
            """Return where the form to choose Russian leads."""
            refusal = client.post(f"{language}/assessments/{sheet.pk}/submit/", headers=headers)
            assert refusal.status_code == 400
            found = FORM.search(refusal.content.decode())
            assert found
            target = re.search(r'name="next" value="([^"]*)"', found[2])
            assert target
            chosen = client.post(found[1], {"language": "ru", "next": unescape(target[1])}, follow=True)
            assert chosen.status_code == 200
            return str(chosen.redirect_chain[0][0])

        return submit_nothing

    @pytest.mark.parametrize("language", ["", "/ar"])
    def test_a_language_leads_to_the_page_before(self, refused: Callable[..., str], language: str) -> None:
        referer = f"http://testserver{language}/frameworks/?a=b&c=d"
        assert refused(language, referer=referer) == "/ru/frameworks/?a=b&c=d"

    @pytest.mark.parametrize("language", ["", "/ar"])
    @pytest.mark.parametrize("referer", [None, "", "https://example.org/my/", "nonsense"])
    def test_a_language_leads_home_from_elsewhere(
        self, refused: Callable[..., str], language: str, referer: str | None
    ) -> None:
        assert refused(language, **({} if referer is None else {"referer": referer})) == "/ru/"

    def test_no_language_leads_off_the_portal(self, client: Client) -> None:
        credentials = {"login": "a@example.org", "password": "wrong"}
        headers = {"referer": "http://testserver//evil.example/"}
        page = client.post("/accounts/login/", credentials, headers=headers).content.decode()
        assert 'href="//' not in page
        assert 'href="/%2Fevil.example/' in page


@pytest.mark.django_db
class TestScripts:
    """A page's script asks for JSON and prints what it says between words of the page."""

    @pytest.mark.parametrize(
        ("path", "said"), [("/nothing/", "There is nothing"), ("/fr/nothing/", "Il n’y a")]
    )
    @pytest.mark.parametrize("browser_language", ["fr", "en"])
    def test_hear_the_language_of_the_page(
        self, client: Client, path: str, said: str, browser_language: str
    ) -> None:
        headers = {"accept": "application/json", "accept-language": browser_language}
        assert client.get(path, headers=headers).json()["detail"].startswith(said)

    def test_hear_their_own_in_the_api(self, client: Client) -> None:
        problem = client.get("/api/v1/nothing/", headers={"accept-language": "fr"}).json()
        assert problem["detail"].startswith("Il n’y a")


@pytest.mark.django_db
def test_readers_without_an_account_follow_links(client: Client) -> None:
    page = client.get("/frameworks/").content.decode()
    assert not FORM.search(page)
    assert '<a href="/fr/frameworks/"' in page


@pytest.mark.django_db(transaction=True)
def test_it_needs_no_javascript(live_server: LiveServer, new_context: NewContext) -> None:
    person = make_user("reader")
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/accounts/login/")
    page.locator("input[name=login]").fill(person.email)
    page.locator("input[name=password]").fill("correct horse battery")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="العربيّة").click()
    page.wait_for_url("**/ar/my/")
    person.refresh_from_db()
    assert person.preferred_language == "ar"
