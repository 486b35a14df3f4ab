"""Frameworks, cycles and observations in the API: published, and read by everybody."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from entities.models import Role
from quintet.models import Item, Observation, Phase, Status
from scorecards.services.computing import compute_cycle
from tests.factories import (
    AT,
    fill,
    make_counted_cycle,
    make_cycle,
    make_entities,
    make_framework,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db


class TestFrameworks:
    def test_are_listed_and_shown_with_their_items(self, client: Client) -> None:
        make_framework()
        listed = client.get("/api/v1/frameworks/").json()
        assert [row["slug"] for row in listed["results"]] == ["small"]
        shown = client.get("/api/v1/frameworks/small/").json()
        assert [dimension["code"] for dimension in shown["dimensions"]] == ["DAT", "INN"]
        assert shown["dimensions"][0]["items"][0]["code"] == "DAT-STR"
        assert len(shown["dimensions"][0]["items"][0]["level_texts"]) == 5

    def test_compare_with_what_was_published_in_the_shape_of_the_figures(self, client: Client) -> None:
        framework = make_framework()
        published = Observation.objects.create(
            indicator="DAT-01",
            period="2022",
            value="67.500000",
            operator="approx",
            unit="percent_of_entities",
            kind="baseline",
            chapter="data",
            source={"lines": "433", "document": "S0"},
        )
        Item.objects.filter(code="DAT-STR").update(baseline=published, baseline_comparability="same_concept")
        items = client.get("/api/v1/frameworks/small/").json()["dimensions"][0]["items"]
        assert items[0]["baseline_2023"] == {
            "value": "67.5",
            "operator": "approx",
            "unit": "percent_of_entities",
            "year": 2022,
            "comparability": "same_concept",
            "source": "S0, 433",
        }
        assert items[1]["baseline_2023"] is None
        assert "baseline_comparability" not in items[0]
        cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 3} for unit in make_entities(5)})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        rows = client.get(
            "/api/v1/scorecards/2026/items/?version=provisional",
            headers={"Authorization": make_token(make_user("taskforce", Role.TASK_FORCE))},
        ).json()
        assert rows[0]["baseline_2023"] == items[0]["baseline_2023"]

    def test_are_read_with_as_many_questions_for_more_items(
        self, client: Client, django_assert_max_num_queries: Any
    ) -> None:
        make_framework("one", ("DAT",))
        make_framework("five", ("DAT", "INN", "FOR", "DIG", "BES"))
        with django_assert_max_num_queries(5) as few:
            client.get("/api/v1/frameworks/one/")
        with django_assert_max_num_queries(len(few)):
            client.get("/api/v1/frameworks/five/")


class TestCycles:
    def test_tell_their_response_rate(self, client: Client) -> None:
        cycle = make_cycle(make_framework(), phase=Phase.OPEN)
        first, second, third = make_entities(3)
        fill(cycle, {first: {}, second: {}}, Status.SUBMITTED)
        fill(cycle, {third: {}}, Status.DRAFT)
        row = client.get("/api/v1/cycles/2026/").json()
        assert (row["n_units"], row["n_counted"], row["response_rate"]) == (3, 2, "66.7")
        assert row["synthetic"] is False
        assert client.get("/api/v1/cycles/").json()["results"] == [row]

    def test_are_asked_for_with_one_question(
        self, client: Client, django_assert_max_num_queries: Any
    ) -> None:
        framework = make_framework()
        for year in range(2000, 2010):
            make_cycle(framework, str(year))
        with django_assert_max_num_queries(2):
            client.get("/api/v1/cycles/")

    def test_without_units_have_no_rate(self, client: Client) -> None:
        make_cycle(make_framework())
        assert client.get("/api/v1/cycles/2026/").json()["response_rate"] is None


class TestObservations:
    def test_are_shown_as_printed(self, client: Client) -> None:
        for indicator, value in [("DAT-01", "67"), ("DAT-02", "66.7"), ("DAT-03", None)]:
            Observation.objects.create(
                indicator=indicator,
                period="2023",
                value=Decimal(value) if value else None,
                operator="eq",
                unit="percent_of_entities",
                kind="baseline",
                chapter="data",
                statement="With a data strategy",
                source={"document": "PB11"},
            )
        body = client.get("/api/v1/observations/").json()
        assert set(body) == {"next", "previous", "results"}
        assert [row["value"] for row in body["results"]] == ["67", "66.7", None]
        assert len(client.get("/api/v1/observations/?indicator=dat-01").json()["results"]) == 1
