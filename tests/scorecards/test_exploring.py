"""All items one by one: the address is the view, and what it does not say is refused."""

import gzip
import re
from collections.abc import Sequence
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Entity
from quintet.models import Cycle
from tests.factories import (
    Cast,
    Levels,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.scorecards.worked import publish

pytestmark = pytest.mark.django_db
PAGE = "/scorecards/2026/explore/"
# of twelve units: 10 in place and 4 operating; 8 and 8; 12 and 0
MANY: dict[str, Sequence[int | None]] = {
    "DAT-STR": [3] * 4 + [2] * 6 + [1] * 2,
    "DAT-LED": [3] * 8 + [1] * 4,
    "DAT-COE": [2] * 12,
    "INN-STR": [2] * 3 + [1] * 3 + [None] * 6,  # six answers: counts
    "INN-LED": [1] * 2 + [None] * 10,  # two answers: suppressed
}


def published(framework_units: list[Entity], cast: Cast) -> Cycle:
    sheets: dict[Entity, Levels] = {
        unit: {item: levels[place] for item, levels in MANY.items()}
        for place, unit in enumerate(framework_units)
    }
    cycle = make_counted_cycle(make_framework(), sheets)
    publish(cycle, cast)
    return cycle


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return published(make_entities(12), cast)


def page(client: Client, query: str = "", status: int = 200) -> str:
    answer = client.get(PAGE + query)
    assert answer.status_code == status
    return unescape(" ".join(answer.content.decode().split()))


def items(client: Client, query: str = "") -> list[str]:
    return re.findall(r'<span class="code">([A-Z-]+)</span>', page(client, query))


class TestFilters:
    def test_without_any_all_items_stand_in_the_order_of_the_questionnaire(
        self, client: Client, cycle: Cycle
    ) -> None:
        found = items(client)
        assert (len(found), found[0], found[-1]) == (14, "DAT-STR", "INN-PMS")
        assert "14 of 14 items" in page(client)

    def test_keep_what_is_asked_for(self, client: Client, cycle: Cycle) -> None:
        wanted: dict[str, list[str]] = {
            "?dimension=INN&enabler=LED": ["INN-LED"],
            "?area=culture": [],
            "?search=inn-coe": ["INN-COE"],
            "?only=few": ["INN-STR"],
            "?only=suppressed&dimension=INN&enabler=LED": ["INN-LED"],
            "?only=carried": [],
            "?gap=50": ["DAT-STR", "DAT-COE"],
            "?gap=50.1": ["DAT-COE"],
        }
        for query, found in wanted.items():
            assert items(client, query) == found, query
            said = page(client, query)
            assert f"{len(found)} of 14 items" in said
            assert ("No item is like this" in said) == (not found)

    def test_may_be_sent_empty_and_lead_to_a_short_address(self, client: Client, cycle: Cycle) -> None:
        said = page(client, "?group=entities&dimension=DAT&enabler=&gap=&only=&search=&sort=&area=")
        assert '<a href="?group=entities&dimension=DAT&version=1">Link to this view</a>' in said

    def test_that_mean_nothing_are_refused_by_name(self, client: Client, cycle: Cycle) -> None:
        for query, name in (
            ("?colour=blue", "colour"),
            ("?dimension=XXX", "dimension"),
            ("?enabler=XXX", "enabler"),
            ("?area=sea", "area"),
            ("?gap=wide", "gap"),
            ("?gap=101", "gap"),
            ("?only=good", "only"),
            ("?sort=luck", "sort"),
            ("?group=nobody", "group"),
            ("?basis=none", "basis"),
            ("?version=first", "version"),
            ("?sort=item&sort=-item", "sort"),
            ("?search=%00", "search"),
        ):
            said = page(client, query, status=400)
            assert re.search(r"<title>\s*This address is not understood\s*·", said)
            assert said.count("This address is not understood") == 2, (
                "in the title of the window, and in the page"
            )
            assert f'<span class="code">{name}</span>' in said


class TestOrder:
    def test_puts_percentages_before_counts_and_suppressed_items_last(
        self, client: Client, cycle: Cycle
    ) -> None:
        orders = {
            "-share_has": ["DAT-COE", "DAT-STR", "DAT-LED", "INN-STR"],
            "share_has": ["DAT-LED", "DAT-STR", "DAT-COE", "INN-STR"],
            "-share_operates": ["DAT-LED", "DAT-STR", "DAT-COE", "INN-STR"],
            "-paper_gap": ["DAT-COE", "DAT-STR", "DAT-LED", "INN-STR"],
            "n_answered": ["INN-STR", "DAT-STR", "DAT-LED", "DAT-COE"],
        }
        for sort, first in orders.items():
            shown = [item for item in items(client, f"?sort={sort}") if item in MANY]
            assert shown == [*first, "INN-LED"], sort

    def test_is_said_and_turned_around_by_links(self, client: Client, cycle: Cycle) -> None:
        said = page(client, "?dimension=DAT&sort=-paper_gap")
        assert said.count('aria-sort="descending"') == 1
        assert said.count("aria-sort=") == 1
        assert 'href="?dimension=DAT&sort=paper_gap#explore"' in said
        assert 'href="?dimension=DAT&sort=-share_has#explore"' in said
        assert 'aria-sort="ascending"' in page(client)

    def test_of_items_can_be_turned_around(self, client: Client, cycle: Cycle) -> None:
        assert items(client, "?sort=-item") == items(client)[::-1]


class TestRows:
    def test_show_counts_below_ten_and_nothing_of_what_is_suppressed(
        self, client: Client, cycle: Cycle
    ) -> None:
        few = page(client, "?dimension=INN&enabler=STR").partition("<tbody")[2].partition("</tbody>")[0]
        assert re.search(r">\s*3/6\s*</a>", few)
        assert "%" not in re.sub(r"<svg.*?</svg>", "", few)
        hidden = page(client, "?dimension=INN&enabler=LED").partition("<tbody")[2].partition("</tbody>")[0]
        assert "Suppressed: confidential" in hidden
        assert not re.search(r">\s*2/", hidden)

    def test_lead_to_their_receipts(self, client: Client, cycle: Cycle) -> None:
        said = page(client)
        leads = re.findall(r'href="(/scorecards/2026/receipt/\?[^"]+)"', said)
        assert len(leads) == 14
        assert {client.get(address).status_code for address in leads[:3]} == {200}

    def test_are_light_on_a_bad_line(self, client: Client, cycle: Cycle) -> None:
        assert len(gzip.compress(client.get(PAGE).content, 6)) <= 30 * 1024


class TestQuestionsToTheDatabase:
    def test_do_not_grow_with_items_or_units(self, client: Client, cast: Cast) -> None:
        found = []
        for slug, code, dimensions, n_units in (
            ("less", "2025", ("DAT",), 10),
            ("more", "2026", ("DAT", "INN", "FOR"), 20),
        ):
            units = make_entities(n_units) if n_units == 20 else [make_entity(f"X-{n}") for n in range(10)]
            framework = make_framework(slug, dimensions)
            publish(make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in units}, code), cast)
            address = f"/scorecards/{code}/explore/?sort=-share_has"
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            found.append(len(captured))
        assert found[0] == found[1]
