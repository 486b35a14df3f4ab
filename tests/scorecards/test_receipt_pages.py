"""The page of a receipt, for committee members: one figure, step by step, in plain sentences."""

import re
from typing import Any

import pytest
from django.test import Client

from entities.models import Entity
from quintet.models import Cycle
from scorecards.services.computing import compute_cycle
from tests.factories import (
    AT,
    ENABLERS,
    Cast,
    fill,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.kept import kept
from tests.scorecards.worked import WORKED, publish
from tests.scorecards.years import make_outside_cast

pytestmark = pytest.mark.django_db
URL = "/scorecards/2026/receipt/"


@kept
def make_world() -> tuple[Cast, Cycle]:
    """31 entities on DAT-STR, and one more on another item."""
    cast = make_outside_cast()
    sheets = dict(zip(make_entities(31), [{"DAT-STR": level} for level in WORKED], strict=True))
    cycle = make_counted_cycle(make_framework(), sheets)
    fill(cycle, {Entity.objects.get(code="UNDP"): {"DAT-LED": 3}})
    publish(cycle, cast)
    return cast, cycle


@pytest.fixture
def world(db: None) -> tuple[Cast, Cycle]:
    return make_world()


@pytest.fixture
def cast(world: tuple[Cast, Cycle]) -> Cast:
    return world[0]


@pytest.fixture
def cycle(world: tuple[Cast, Cycle]) -> Cycle:
    return world[1]


def page(client: Client, query: str, status: int = 200) -> str:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def heading(html: str) -> str:
    return html.partition("<h1>")[2].partition("</h1>")[0]


class TestAReceipt:
    def test_names_the_figure_and_follows_it_step_by_step(self, client: Client, cycle: Cycle) -> None:
        shown = page(client, "group=entities&item=DAT-STR")
        assert heading(shown) == "Data · Strategy or action plan in place, UN entities: 75%"
        assert "Share in place: 100 times 21, divided by the 28 answers." in shown
        assert "share_has = 100 · has / n_answered = 100 · 21 / 28 = <b>75.0</b>" in shown
        assert "No accepted answer: 4 of 32, whether none was given or none is accepted yet." in shown
        assert "Nothing is hidden here" in shown

    def test_keeps_shares_of_few_answers_to_itself(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        units = [make_entity(f"COM-{number}", type="regional_commission") for number in range(6)]
        fill(cycle, {unit: {"DAT-STR": 2} for unit in units})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        client.force_login(cast.task_force)
        shown = page(client, "group=type:regional_commission&item=DAT-STR&version=provisional")
        assert heading(shown).endswith("Regional commissions: 6 of 6")
        assert "share_has" not in shown
        assert "Below 10 answers, counts are shown and no shares." in shown
        assert "Provisional figures have no hash yet" in shown

    def test_says_where_a_figure_tells_of_each_unit(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        """All answer the same level, all have it or none has; a mixed group tells of nobody."""
        levels = {"all": (2, 3), "none": (0, 1), "same": (1, 1), "mixed": (1, 2)}
        empty = ("regional_commission", "specialised_agency", "related_organisation", "research_training")
        types = dict(zip(levels, empty, strict=True))
        for name, pair in levels.items():
            units = [make_entity(f"{name.upper()}-{number}", type=types[name]) for number in range(6)]
            fill(cycle, {unit: {"DAT-STR": pair[number % 2]} for number, unit in enumerate(units)})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        client.force_login(cast.task_force)
        said = {
            name: page(client, f"group=type:{kind}&item=DAT-STR&version=provisional")
            for name, kind in types.items()
        }
        assert "All units that answer have this in place, or none has" in said["all"]
        assert "All units that answer have this in place, or none has" in said["none"]
        assert "All units that answer say the same" in said["same"]
        assert "No rule hides this" not in said["mixed"]

    def test_says_why_a_figure_is_hidden(self, client: Client, cycle: Cycle) -> None:
        shown = page(client, "group=entities&item=DAT-LED")
        assert heading(shown).endswith("UN entities: suppressed")
        assert "fewer than 5 units answered" in shown
        assert "Step by step" not in shown

    def test_of_a_dimension_names_the_mean(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        assert heading(page(client, "group=ceb31&dimension=DAT")).endswith("CEB members: suppressed")
        fill(cycle, {make_entity(f"FULL-{n}"): {f"DAT-{name}": 2 for name in ENABLERS} for n in range(12)})
        publish(cycle, cast)
        shown = page(client, "group=entities&dimension=DAT")
        assert heading(shown) == "Data · mean index, UN entities: 50.0"
        assert "mean = Σ index / n_rated = 600 / 12 = <b>50.0</b>" in shown
        assert "the one at place 6.5;" in shown

    def test_of_a_dimension_with_few_rated_sheets_shows_no_mean(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        fill(cycle, {make_entity(f"FULL-{n}"): {f"DAT-{name}": 2 for name in ENABLERS} for n in range(6)})
        publish(cycle, cast)
        shown = page(client, "group=entities&dimension=DAT")
        assert heading(shown).endswith("UN entities: fewer than 10 rated sheets")
        assert "50.0" not in shown
        compute_cycle(cycle_id=cycle.pk, at=AT)
        client.force_login(cast.task_force)
        shown = page(client, "group=entities&dimension=INN&version=provisional")
        assert heading(shown).endswith("UN entities: no rated sheet")

    @pytest.mark.parametrize(
        ("query", "title"),
        [
            ("item=DAT-LED", "Data · Leadership roles, UNDP: level 3"),
            ("item=DAT-STR", "Data · Strategy or action plan, UNDP: no answer"),
            ("dimension=DAT", "Data · index, UNDP: not rated"),
            ("area=capability", "Quintet of change · mean of the dimensions, UNDP: not rated"),
        ],
    )
    def test_of_a_unit_is_for_those_who_may_see_its_figures(
        self, client: Client, cycle: Cycle, cast: Cast, query: str, title: str
    ) -> None:
        for reader in (cast.viewer, cast.task_force):
            client.force_login(reader)
            assert heading(page(client, f"entity=UNDP&{query}")) == title
        client.logout()
        page(client, f"entity=UNDP&{query}", status=404)
        for stranger in (cast.stranger, cast.committee):
            client.force_login(stranger)
            page(client, f"entity=UNDP&{query}", status=404)

    def test_gives_the_hashes_and_says_how_to_check_them(self, client: Client, cycle: Cycle) -> None:
        shown = page(client, "group=entities&item=DAT-STR")
        [digest] = {found for found in re.findall("[0-9a-f]{64}", shown) if client.get(
            "/api/v1/scorecards/2026/")["ETag"] == f'"{found}"'}  # fmt: skip
        assert "sha256sum" in shown
        assert 'href="/api/v1/scorecards/2026/1/"' in shown
        assert digest in shown.partition("<details")[2]
        assert "ENT-031" in shown

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("", 400),
            ("group=entities", 400),
            ("group=entities&item=DAT-XXX", 404),
            ("group=entities&item=DAT-STR&basis=x", 404),
            ("group=entities&item=DAT-STR&version=2", 404),
            ("group=entities&item=DAT-STR&version=provisional", 404),
        ],
    )
    def test_is_refused_for_what_is_no_figure(
        self, client: Client, cycle: Cycle, query: str, status: int
    ) -> None:
        page(client, query, status=status)


class TestLinksToReceipts:
    @pytest.mark.parametrize(
        ("path", "query"),
        [
            ("/scorecards/2026/?group=all&basis=claimed", "group=all&basis=claimed"),
            ("/scorecards/2026/figure/", "group=entities&basis=accepted"),
            ("/scorecards/2026/?version=1", "group=entities&basis=accepted&version=1"),
            ("/", "group=entities&basis=accepted&version=1"),
        ],
    )
    def test_stand_beside_every_figure(self, client: Client, cycle: Cycle, path: str, query: str) -> None:
        html = client.get(path).content.decode().replace("&amp;", "&")
        links = re.findall(rf'href="({re.escape(f"{URL}?{query}")}&item=[A-Z-]+)"', html)
        rows = html.count('<th role="rowheader"')
        assert rows == 14
        assert len(set(links)) == 14
        for link in links[:2]:
            assert client.get(link).status_code == 200


class TestQuestionsToTheDatabase:
    def test_do_not_grow_with_units(
        self, client: Client, cycle: Cycle, cast: Cast, django_assert_max_num_queries: Any
    ) -> None:
        asked = []
        for count in (0, 10):
            if count:
                fill(cycle, {make_entity(f"MORE-{n}"): {"DAT-STR": 2} for n in range(count)})
                publish(cycle, cast)
            page(client, "group=entities&item=DAT-STR")  # a process reads published bytes once
            with django_assert_max_num_queries(8) as captured:
                page(client, "group=entities&item=DAT-STR")
            asked.append(len(captured))
        assert asked[0] == asked[1]
