"""Sums on the page of a scorecard lead to their addends, each of which leads to its receipt."""

import re
from html import unescape

import pytest
from django.test import Client

from entities.models import Entity
from tests.factories import (
    ENABLERS,
    Cast,
    make_cast,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.scorecards.worked import publish
from tests.scorecards.years import Compared

pytestmark = pytest.mark.django_db
PAGE = "/scorecards/2026/"


@pytest.fixture
def cast() -> Cast:
    return make_cast(make_entity("UNDP"), make_entity("UNICEF"))


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(" ".join(answer.content.decode().split()))


def part(page: str, name: str) -> str:
    return page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


def cells(row: str, label: str) -> list[int]:
    """The numbers of one column in a row of a table."""
    return [int(found) for found in re.findall(rf'data-label="{label}"[^>]*>\s*(\d+)', row)]


def receipts(row: str) -> list[str]:
    return re.findall(r'href="(/scorecards/2026/receipt/[^"]+)"', row)


def rows(page: str) -> list[str]:
    return re.findall(r'<tr role="row".*?</tr>', page.partition("<tbody")[2])


class TestAnswersThatMoved:
    def test_are_those_of_the_items_that_the_link_leads_to(self, client: Client, compared: Compared) -> None:
        shown = part(read(client, f"{PAGE}?group=entities&basis=claimed"), "movement")
        folds = shown.split("<details")[1:]
        assert len(folds) == 2
        for fold, code, name in zip(folds, ("DAT", "INN"), ("Data", "Innovation"), strict=True):
            bar = re.search(r"(\d+) rose, (\d+) stayed the same, (\d+) fell\.</title>", fold)
            [address] = re.findall(rf'href="([^"]+)">How this sum comes about: {name}<', fold)
            assert address.endswith(f"&group=entities&basis=claimed&dimension={code}#{code}")
            listed = rows(read(client, address).partition(f'id="{code}"')[2].partition("</table>")[0])
            added = [sum(sum(cells(row, column)) for row in listed) for column in ("Rose", "Same", "Fell")]
            assert bar
            assert added == [int(number) for number in bar.groups()]
            assert len(listed) == len(ENABLERS)
            for row in listed:
                [receipt] = receipts(row)
                assert client.get(receipt).status_code == 200


class TestMissingAnswers:
    @pytest.mark.parametrize("basis", ["accepted", "claimed"])
    def test_are_those_of_the_items_that_the_link_leads_to(
        self, client: Client, cast: Cast, basis: str
    ) -> None:
        """One item is answered by all, one by seven, one by too few to be shown."""
        units = [Entity.objects.get(code="UNDP"), *make_entities(11)]
        sheets = {
            unit: {
                "DAT-STR": 2,
                "DAT-LED": place % 4 if place < 7 else None,
                "DAT-COE": 1 if place < 2 else None,
                "DAT-PMS": "na",
                "INN-STR": 1,
            }
            for place, unit in enumerate(units)
        }
        publish(make_counted_cycle(make_framework(), sheets), cast)
        shown = part(read(client, f"{PAGE}?group=entities&basis={basis}&version=1"), "quality")
        links = re.findall(r'href="([^"]+)">(\d+) \(\d+%\).*?How this sum comes about: (\w+)<', shown)
        assert [name for _address, _count, name in links] == ["Data", "Innovation"]
        for address, count, _name in links:
            assert f"group=entities&basis={basis}&version=1&dimension=" in address
            page = read(client, address)
            listed = rows(page.partition('id="items-caption"')[2])
            label = "No accepted answer" if basis == "accepted" else "No answer"
            missing = [
                number
                for row in listed
                for number in [*cells(row, label), *map(int, re.findall(rf"<small>{label}: (\d+)<", row))]
            ]
            assert sum(missing) == int(count)
            assert len(listed) == len(ENABLERS)
            hidden = [row for row in listed if "Suppressed: confidential" in row]
            assert 0 < len(missing) == len(listed) - len(hidden) < len(listed)
            for row in listed:
                [receipt] = receipts(row)
                assert client.get(receipt).status_code == 200

    def test_that_are_hidden_lead_to_why_they_are(self, client: Client, cast: Cast) -> None:
        publish(make_counted_cycle(make_framework(), {make_entity("ENT-X"): {"DAT-STR": 1}}), cast)
        shown = part(read(client, PAGE), "quality").partition("t-missing")[2]
        address, name = re.findall(
            r'href="([^"]+)">suppressed<span class="visually-hidden"> – (\w+)<', shown
        )[0]
        assert name == "Data"
        listed = rows(read(client, address).partition('id="items-caption"')[2])
        assert len(listed) == len(ENABLERS)
        assert "What is hidden, and why" in read(client, receipts(listed[0])[0])
