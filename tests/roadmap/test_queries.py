"""The roadmap as pages show it."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from roadmap.models import Action, Actor, Period
from roadmap.queries.actions import roadmap_by_period

pytestmark = pytest.mark.django_db


def make_action(code: str, period: Period, order: int) -> Action:
    return Action.objects.create(
        code=code, actor=Actor.ENTITIES, period=period, text=f"Do {code}.", certainty="A", order=order
    )


def test_periods_come_in_their_order_and_the_whole_period_last(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for order, (code, period) in enumerate(
        [("ENT-03", Period.STANDING), ("ENT-02", Period.YEAR_2025), ("ENT-01", Period.FIRST_HALF_2024)]
    ):
        make_action(code, period, order)
    with django_assert_num_queries(1):
        stretches = roadmap_by_period()
    assert [(stretch.period, [one.code for one in stretch.actions]) for stretch in stretches] == [
        (Period.FIRST_HALF_2024, ["ENT-01"]),
        (Period.YEAR_2025, ["ENT-02"]),
        (Period.STANDING, ["ENT-03"]),
    ]


def test_the_home_page_says_what_the_roadmap_asks_for(client: Client) -> None:
    make_action("ENT-01", Period.FIRST_HALF_2024, 1)
    make_action("ENT-02", Period.STANDING, 2)
    page = client.get("/").content.decode()
    assert "first half of 2024" in page
    assert '<dd lang="en" dir="ltr">Do ENT-01.</dd>' in page
    assert "1 entry for the whole period" in page


def test_without_a_roadmap_the_home_page_has_no_empty_place_for_it(client: Client) -> None:
    assert 'id="roadmap"' not in client.get("/").content.decode()
