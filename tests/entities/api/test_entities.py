"""Entities in the API: what everybody reads, how it is found, and what is refused."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from entities.models import Country, EntityType
from tests.factories import make_entities, make_entity, make_region

pytestmark = pytest.mark.django_db
URL = "/api/v1/entities/"


def codes(client: Client, query: str) -> list[str]:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["code"] for row in answer.json()["results"]]


class TestEntityList:
    def test_is_read_without_a_token(self, client: Client) -> None:
        make_entity("UNDP")
        body = client.get(URL).json()
        assert (body["count"], body["next"], body["previous"]) == (1, None, None)
        assert body["results"][0]["code"] == "UNDP"

    def test_filters_by_what_a_unit_is(self, client: Client) -> None:
        team = make_entity("UNCT-KEN", type=EntityType.COUNTRY_TEAM)
        Country.objects.create(
            code="KEN",
            iso2="KE",
            region=make_region(),
            office=team,
            certainty="reliable",
            names={"en": "Kenya"},
        )
        make_entity("UNDP")
        make_entity("OLD", ceb_member=False, valid_to="2020-01-01")
        assert codes(client, "type=country_team") == ["UNCT-KEN"]
        assert codes(client, "ceb_member=true") == ["UNDP"]
        assert codes(client, "region=africa") == ["UNCT-KEN"]
        assert codes(client, "country=ken") == ["UNCT-KEN"]
        assert codes(client, "country=KE") == ["UNCT-KEN"]
        assert codes(client, "active_on=2026-01-01") == ["UNCT-KEN", "UNDP"]

    def test_finds_a_name_in_any_language(self, client: Client) -> None:
        make_entity("UNICEF", names={"en": "Children", "ar": "اليونيسف"})
        make_entity("UNDP")
        assert codes(client, "search=اليونيسف") == ["UNICEF"]
        assert codes(client, "search=unic") == ["UNICEF"]

    @pytest.mark.parametrize(
        "query",
        [
            "typo=1",
            "type=nonsense",
            "ceb_member=perhaps",
            "region=atlantis",
            "region=%00",
            "country=1",
            "country=%00",
            "active_on=tomorrow",
            "search=%00",
            "limit=0",
            "limit=101",
            "limit=99999999999999999999",
            "limit=1&limit=2",
            "offset=-1",
            "offset=99999999999999999999",
            "format=json",
        ],
    )
    def test_refuses_what_it_does_not_understand(self, client: Client, query: str) -> None:
        answer = client.get(f"{URL}?{query}")
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"][0]["field"] == query.split("=", maxsplit=1)[0]

    def test_asks_the_database_as_often_for_many_as_for_few(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_entities(10)
        with django_assert_num_queries(3):
            client.get(URL)
        make_entity("MORE-1", successor=make_entity("MORE-2", successor=make_entity("MORE-3")))
        with django_assert_num_queries(3):
            client.get(URL)


class TestEntityDetail:
    def test_ignores_the_case_of_the_code(self, client: Client) -> None:
        make_entity("UNDP")
        assert client.get(f"{URL}undp/").json()["code"] == "UNDP"

    def test_names_the_unit_in_the_language_of_the_reader(self, client: Client) -> None:
        make_entity("UNDP")
        french = client.get(f"{URL}UNDP/", headers={"Accept-Language": "fr-CH, en;q=0.5"}).json()
        assert (french["name"], french["name_language"]) == ("UNDP en français", "fr")

    def test_says_that_a_missing_name_stands_in_english(self, client: Client) -> None:
        make_entity("UNDP")
        chinese = client.get(f"{URL}UNDP/", headers={"Accept-Language": "zh"}).json()
        assert (chinese["name"], chinese["name_language"]) == ("UNDP in English", "en")

    @pytest.mark.parametrize("code", ["NOBODY", "%00", "%F0%9F%98%80", "a%0ab", "x" * 3000])
    def test_knows_no_other_codes(self, client: Client, code: str) -> None:
        answer = client.get(f"{URL}{code}/")
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"

    def test_is_not_sent_again_unchanged(self, client: Client) -> None:
        make_entity("UNDP")
        tag = client.get(f"{URL}UNDP/")["ETag"]
        assert not tag.startswith("W/")
        again = client.get(f"{URL}UNDP/", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")

    def test_cannot_be_written(self, client: Client) -> None:
        make_entity("UNDP")
        answer = client.put(f"{URL}UNDP/", {}, content_type="application/json")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
