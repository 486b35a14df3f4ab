"""No parameter of an address breaks a page: it is understood, refused or finds nothing."""

from itertools import product
from urllib.parse import urlencode

import pytest
from django.test import Client

from scorecards.services.computing import compute_cycle
from scorecards.services.simulating import simulate_cycle
from tests.factories import AT, Cast
from tests.kept import kept
from tests.scorecards.years import make_compared

pytestmark = pytest.mark.django_db
ITEMS = {"dimension": "DAT", "enabler": "STR", "search": "a", "gap": "1", "only": "few", "sort": "item"}
RECEIPT = {"group": "entities", "item": "DAT-STR"}
# what each page is asked with; each parameter in turn is given a hostile value
ADDRESSES: dict[str, dict[str, str]] = {
    "": {},
    "figure/": {},
    "explore/": {**ITEMS, "area": "capability"},
    "compare/": {},
    "compare/?": {"entity": "ENT-007"},
    "movement/": {"from": "2025", "from_version": "1", "dimension": "DAT"},
    "uncertainty/": {},
    "entities/": {"page": "1"},
    "entities/ENT-007/": {"dimension": "DAT"},
    "entities/ENT-007/next/": {"dimension": "DAT"},
    "report/": {"refresh": "off"},
    "report.pdf": {"lang": "fr"},
    "receipt/": {**RECEIPT, "page": "1"},
    "receipt/?": {**RECEIPT, "from": "2025", "from_version": "1"},
    "receipt/?of": {"group": "all", "of": "alpha", "dimension": "DAT"},
    "receipt/?entity": {"entity": "ENT-007", "area": "capability"},
    "figures/state-of-play.svg": {"dimension": "DAT"},
    "figures/items.csv": ITEMS,
    "figures/movement.svg": {"from": "2025", "dimension": "DAT"},
    "figures/uncertainty.csv": {"area": "capability"},
    "figures/comparison.svg": {"entity": "ENT-007"},
    "figures/compared-items.csv": {"dimension": "DAT"},
}
SHARED = {"group": "entities", "basis": "accepted", "version": "1"}
MARK = '"><b>hostile'
HOSTILE = ["", "\0", MARK, "9" * 400, "-1", "1e999999999", "٣", "\u202eprovisional", "..%2f", "ｐroposed"]


@kept
def make_world() -> Cast:
    compared = make_compared()
    for work in (compute_cycle, simulate_cycle):
        work(cycle_id=compared.cycles[1].pk, at=AT)
    return compared.cast


@pytest.fixture
def world(db: None) -> Cast:
    return make_world()


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_parameter_takes_any_value(world: Cast, client: Client, address: str) -> None:
    client.force_login(world.task_force)
    page, _, _ = address.partition("?")
    asked, statuses = ADDRESSES[address], set()
    for name, value in product({**asked, **SHARED}, HOSTILE):
        answer = client.get(f"/scorecards/2026/{page}?{urlencode({**asked, name: value})}")
        statuses.add(answer.status_code)
        assert answer.status_code in (200, 202, 400, 404), (name, value)
        assert MARK.encode() not in answer.content, name
    assert {400, 404} & statuses, "something was refused"


@pytest.mark.parametrize("address", ["movement/", "receipt/"])
@pytest.mark.parametrize("name", ["from", "group", "item", "entity"])
def test_so_does_the_api(world: Cast, client: Client, address: str, name: str) -> None:
    asked = {"from": "2025"} | (RECEIPT if address == "receipt/" else {})
    for value in HOSTILE:
        query = urlencode({**asked, name: value})
        answer = client.get(f"/api/v1/scorecards/2026/{address}?{query}")
        assert answer.status_code in (400, 404) or not value
