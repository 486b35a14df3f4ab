"""Choosing a language on any page: a link for readers, and for people who are signed in also remembered."""

import re

import pytest
from django.test import Client
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from entities.models import User
from tests.factories import make_user

FORM = re.compile(r'<form method="post" action="([^"]*language/)">(.*?)</form>', re.DOTALL)


@pytest.fixture
def person(client: Client) -> User:
    person = make_user("reader")
    client.force_login(person)
    return person


@pytest.mark.django_db
class TestSignedIn:
    @pytest.mark.parametrize("path", ["/", "/my/", "/frameworks/?a=b", "/accounts/password/change/"])
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
def test_readers_without_an_account_follow_links(client: Client) -> None:
    page = client.get("/frameworks/").content.decode()
    assert not FORM.search(page)
    assert '<a href="/fr/frameworks/"' in page


@pytest.mark.django_db(transaction=True)
def test_it_needs_no_javascript(live_server: LiveServer, browser: Browser) -> None:
    person = make_user("reader")
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{live_server.url}/accounts/login/")
    page.locator("input[name=login]").fill(person.email)
    page.locator("input[name=password]").fill("correct horse battery")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="العربيّة").click()
    page.wait_for_url("**/ar/my/")
    person.refresh_from_db()
    assert person.preferred_language == "ar"
    page.close()
