"""Every figure that a page of the scorecard shows links to a receipt in which the same number stands."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.test import Client

from entities.models import Entity, User
from quintet.models import Framework, Item
from tests.factories import Cast, make_counted_cycle, make_entities
from tests.scorecards.receipted import Stated, places
from tests.scorecards.worked import publish
from tests.scorecards.years import Compared

pytestmark = pytest.mark.django_db
PAGES = (
    ("?group=entities&basis=claimed", 60),
    ("movement/?from=2025&dimension=all", 16),
    ("explore/", 14),
    ("entities/ENT-010/", 7),
    ("entities/ENT-010/?basis=claimed&dimension=DAT", 14),
)


def reader(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


class TestFigures:
    @pytest.mark.parametrize(("address", "least"), PAGES)
    def test_stand_in_the_receipts_beside_them(
        self, client: Client, compared: Compared, address: str, least: int
    ) -> None:
        page, stated = f"/scorecards/2026/{address}", Stated(reader(client, compared.cast.task_force))
        found = places(client.get(page).content.decode(), page)
        assert len(found) >= least
        assert {place.said: numbers for place in found if (numbers := stated.missing(place))} == {}

    @pytest.mark.once  # what is shown is that of the framework, whatever the database
    def test_of_the_whole_framework_do_so_too(self, client: Client, cast: Cast) -> None:
        """With regions, levers, and what the brief printed."""
        call_command("load_reference", verbosity=0)
        framework = Framework.objects.get(slug="quintet-2026")
        codes = list(Item.objects.filter(framework=framework).values_list("code", flat=True))
        units = [*make_entities(12), *Entity.objects.filter(type="country_team", region="africa")[:8]]
        sheets = {
            unit: {code: (place * 3 + number) % 5 for number, code in enumerate(codes)}
            for place, unit in enumerate(units)
        }
        publish(make_counted_cycle(framework, sheets), cast)
        page, stated = "/scorecards/2026/", Stated(client)
        html = client.get(page).content.decode()
        for kind in ("of=answers", "of=missing", "of=printed", "of=response", "of=checks", "region%3Aafrica"):
            assert kind in html
        found = places(html, page)
        assert {place.said: numbers for place in found if (numbers := stated.missing(place))} == {}
        [median, *_others] = re.findall(r'href="([^"]+)#median\(has\)"', html)
        assert '<li id="median(has)">' in client.get(unescape(median)).content.decode()

    def test_that_stand_in_no_receipt_are_found(self, client: Client, compared: Compared) -> None:
        """Of a page with another number in it, of one without a link, and of a link to something else."""
        page, stated = "/scorecards/2026/explore/", Stated(client)
        html = client.get(page).content.decode()
        [first, *_others] = [place for place in places(html, page) if "%" in place.said]
        share = next(number for number in first.numbers if number.endswith("%"))
        for other in (
            html.replace(f">{share}</a>", ">99%</a>"),
            html.replace("/receipt/?", f"/?{quote('receipt')}="),
            html.replace("item=DAT-STR", "item=INN-STR"),
        ):
            assert any(stated.missing(place) for place in places(other, page))
