"""Links between the pages of a scorecard keep what was chosen: version, group, basis and unit."""

import re
from html import unescape

import pytest
from django.test import Client

from entities.models import Entity
from quintet.models import Cycle
from scorecards.services.comparing import decide_comparisons
from scorecards.services.computing import compute_cycle
from tests.factories import (
    AT,
    Cast,
    fill,
    make_counted_cycle,
    make_entities,
    make_entity,
    make_framework,
)
from tests.scorecards.worked import publish
from tests.scorecards.years import Compared

pytestmark = pytest.mark.django_db
CHOSEN = "group=ceb31&basis=claimed&version=1"


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """A published version of twelve entities and six country teams, and the units of the next one."""
    units = [*make_entities(12), *(make_entity(f"UNCT-{n}", type="country_team") for n in range(6))]
    cycle = make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in units})
    publish(cycle, cast)
    return cycle


def correct(cycle: Cycle, cast: Cast) -> None:
    fill(cycle, {make_entity(f"LATE-{number}"): {"DAT-STR": 0} for number in range(6)})
    publish(cycle, cast)


def page(client: Client, address: str) -> str:
    answer = client.get(address if address.startswith("/") else f"/scorecards/2026/{address}")
    assert answer.status_code == 200, address
    return unescape(" ".join(answer.content.decode().split()))


def link(said: str, words: str) -> str:
    [address] = set(re.findall(rf'<a [^>]*href="([^"]+)"[^>]*>{words}</a>', said))
    return address


class TestAViewHasALink:
    @pytest.mark.parametrize("view", ["explore/", "compare/"])
    def test_that_shows_the_same_after_the_next_publication(
        self, client: Client, cycle: Cycle, cast: Cast, view: str
    ) -> None:
        before = page(client, view)
        address = view + link(before, "Link to this view")
        correct(cycle, cast)
        assert "100%" in table(before)
        assert table(page(client, address)) == table(before)
        assert table(page(client, view)) != table(before)

    def test_that_stays_with_what_is_not_published(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        compute_cycle(cycle_id=cycle.pk, at=AT)
        client.force_login(cast.task_force)
        for version in ("version=provisional", "version=1"):
            said = page(client, f"explore/?{version}&dimension=DAT")
            for words in ("Link to this view", "Start anew", "State of play", "All items as JSON"):
                assert version in link(said.partition("<main")[2], words), words


class TestOtherPages:
    def test_of_the_scorecard_are_of_the_same_figures(self, client: Client, cycle: Cycle, cast: Cast) -> None:
        correct(cycle, cast)
        said = page(client, f"?{CHOSEN}").partition("<main")[2]
        for words in ("Explore all items", "Interactive figure", "These numbers as JSON"):
            assert link(said, words).endswith(f"?{CHOSEN}")
        for words in ("Figures of single units", "Committee paper"):
            assert link(said, words).endswith("?version=1")

    @pytest.mark.parametrize(("group", "other"), [("entities", "country_teams"), ("ceb31", "entities")])
    def test_compare_the_group_with_another_one(
        self, client: Client, cycle: Cycle, group: str, other: str
    ) -> None:
        address = link(page(client, f"?group={group}"), "Compare groups")
        chosen = re.findall(r'<option value="([^"]+)" selected>', page(client, address))
        assert chosen == [group, other]

    def test_of_a_comparison_are_of_its_first_group(self, client: Client, cycle: Cycle) -> None:
        said = page(client, f"compare/?{CHOSEN}&group=entities").partition("<main")[2]
        for words in ("State of play", "Explore all items"):
            assert link(said, words).endswith(f"?{CHOSEN}")

    def test_lead_back_from_movement_to_the_same_group(self, client: Client, compared: Compared) -> None:
        said = page(client, "movement/?from=2025&group=all&basis=claimed").partition("<main")[2]
        assert link(said, "Cycle 2026").endswith("/?group=all&basis=claimed")

    def test_to_a_dimension_of_a_movement_lasts(self, client: Client, cast: Cast, compared: Compared) -> None:
        """It names both versions, so that it shows the same after a correction of either cycle."""
        before, _after = compared.cycles
        view = "movement/?from=2025&group=all&basis=claimed"
        address = re.findall(r'<a href="([^"]+)">Link to this dimension', page(client, view))[0]
        assert address == "?from=2025&group=all&basis=claimed&version=1&from_version=1&dimension=DAT#DAT"

        def items(address: str) -> str:
            return page(client, address).partition('id="DAT"')[2].partition("</table>")[0]

        kept = items(f"movement/{address}")
        fill(before, {make_entity(f"LATE-{number}"): {"DAT-STR": 4} for number in range(6)})
        publish(before, cast)
        decide_comparisons(at=AT)
        assert items(f"movement/{address}") == kept
        assert items(view) != kept

    def test_lead_back_from_a_receipt_of_a_unit_to_its_sheet(
        self, client: Client, cycle: Cycle, cast: Cast
    ) -> None:
        client.force_login(cast.task_force)
        unit = Entity.objects.get(code="ENT-001")
        for what in ("item=DAT-STR", "dimension=DAT", "area=capability"):
            said = page(client, f"receipt/?entity=ENT-001&{what}&basis=claimed&version=1")
            back = link(said.partition("<main")[2], f"{unit.short_name}, Cycle 2026")
            assert back.endswith("/entities/ENT-001/?basis=claimed&version=1")
            page(client, back)


def table(said: str) -> str:
    """What the tables of a page say, without their links."""
    tables = "".join(re.findall("<tbody.*?</tbody>", said))
    return re.sub(r'href="[^"]*"', "", tables)
