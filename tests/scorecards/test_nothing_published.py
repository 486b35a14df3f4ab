"""Before the first publication: a page that says where the cycle stands and what will be there."""

import pytest
from django.test import Client

from quintet.models import Phase
from scorecards.domain.visibility import Audience
from tests.factories import Cast, make_cycle, make_entities, make_framework, make_open_cycle
from tests.scorecards.worked import publish

pytestmark = pytest.mark.django_db
NOTHING = "Nothing of this cycle is published yet."


@pytest.mark.parametrize(
    ("phase", "sentence"),
    [
        (Phase.PLANNED, "The cycle opens for answers on"),
        (Phase.OPEN, "The units are answering. The cycle ends on"),
        (Phase.VALIDATION, "The task force is looking at the answers"),
        (Phase.CLOSED, "Two persons of the task force have to agree"),
    ],
)
@pytest.mark.parametrize("below", ["", "figure/", "entities/", "uncertainty/", "movement/"])
def test_says_where_the_cycle_stands(client: Client, phase: Phase, sentence: str, below: str) -> None:
    make_cycle(make_framework(), phase=phase)
    answer = client.get(f"/scorecards/2026/{below}")
    assert answer.status_code == 404
    assert NOTHING in answer.content.decode()
    assert sentence in answer.content.decode()


def test_leads_the_task_force_alone_to_the_publication(client: Client, cast: Cast) -> None:
    make_cycle(make_framework())
    for person, is_led in ((cast.task_force, True), (cast.focal, False)):
        client.force_login(person)
        page = client.get("/scorecards/2026/").content.decode()
        assert ("/scorecards/2026/publication/" in page) is is_led


def test_is_the_same_where_only_the_committees_read_a_version(client: Client, cast: Cast) -> None:
    """Whether there is one is told to nobody else."""
    cycle = make_open_cycle(make_framework(), make_entities(3), cast.task_force)
    before = client.get("/scorecards/2026/").content
    publish(cycle, cast, audience=Audience.COMMITTEE)
    assert NOTHING.encode() in before
    assert client.get("/scorecards/2026/").content == before


def test_an_unknown_version_or_cycle_is_no_page_as_before(client: Client) -> None:
    make_cycle(make_framework())
    for address in (
        "/scorecards/2026/?version=7",
        "/scorecards/2031/",
        "/scorecards/2026/movement/?version=7",
        "/scorecards/2031/movement/",
    ):
        answer = client.get(address)
        assert answer.status_code == 404
        assert NOTHING not in answer.content.decode()
