"""The pages of cycles: planning one, its steps and what they say before they are taken."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import Entity, EntityType
from quintet.models import Cycle, Phase, Status
from tests.factories import Cast, fill, make_cycle, make_entities, make_entity
from tests.quintet.pages import flat, page, rows, words

pytestmark = pytest.mark.django_db
FAR = date(2099, 12, 31)  # pages judge days by today, whenever that is


class TestPlanning:
    def test_offers_frameworks_by_their_title(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        html = page(client, cast.task_force, "cycle-plan")
        assert "Small (1)</option>" in html
        assert ">small</option>" not in html

    def test_says_what_is_wrong_at_the_field(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        client.force_login(cast.task_force)
        sent = {"code": "20/27", "title": "New", "framework": cycle.framework_id}
        days = {"opens_on": "2099-12-31", "closes_on": "2099-12-30"}
        html = flat(client.post(reverse("quintet:cycle-plan"), {**sent, **days}))
        told = dict(re.findall(r'id="id_(\w+)_error"><li>(.*?)</li>', html))
        assert told == {
            "code": "A cycle&#x27;s code has 1 to 50 letters, digits, hyphens and underscores.",
            "closes_on": "The last day comes before the first.",
        }


class TestASecondCycleOfTheSameFramework:
    def test_is_warned_of_where_it_is_opened_with_the_number_of_the_same_units(
        self, client: Client, cast: Cast, cycle: Cycle
    ) -> None:
        gone = make_entity("GONE", valid_to=FAR.replace(year=2030))
        fill(cycle, {gone: {}}, Status.DRAFT)
        second = make_cycle(cycle.framework, "2027", opens_on=FAR.replace(day=1), closes_on=FAR)
        told = words(page(client, cast.task_force, "cycle-detail", second.code))
        assert "The cycle “Cycle 2026” asks 2 units the same questions now" in told
        assert f'href="{reverse("quintet:cycle-detail", args=[cycle.code])}"' in page(
            client, cast.task_force, "cycle-detail", second.code
        )
        for change in ({"phase": Phase.CLOSED}, {"phase": Phase.PLANNED}):
            Cycle.objects.filter(pk=cycle.pk).update(**change)
            html = page(client, cast.task_force, "cycle-detail", second.code)
            assert "the same questions" not in html

    def test_is_not_blocked(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        second = make_cycle(cycle.framework, "2027", opens_on=FAR.replace(day=1), closes_on=FAR)
        client.force_login(cast.task_force)
        sent = {"kinds": ["entities"], "confirmed": "on"}
        assert client.post(reverse("quintet:cycle-open", args=[second.code]), sent).status_code == 302

    def test_is_warned_of_where_it_is_planned(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        told = words(page(client, cast.task_force, "cycle-plan"))
        assert "Other cycles are under way" in told
        assert "Cycle 2026 : Small (1), 2 units" in told
        Cycle.objects.update(phase=Phase.CLOSED)
        assert "under way" not in page(client, cast.task_force, "cycle-plan")


class TestTheList:
    def test_names_the_cycle_of_a_link_without_showing_it_twice(
        self, client: Client, cast: Cast, cycle: Cycle
    ) -> None:
        html = page(client, cast.task_force, "cycle-list")
        card = "Cycle 2026 open for answers 15 Sep 2026 – 18 Dec 2026 Submitted 0/2 Publication"
        assert card in words(html)
        assert 'aria-label="Publication of Cycle 2026"' in html


class TestTheMonitor:
    def test_lists_entities_then_country_teams_by_their_english_names(
        self, client: Client, cast: Cast, cycle: Cycle
    ) -> None:
        names = {"LKA": "Sri Lanka", "CUB": "Cuba", "CIV": "Côte d'Ivoire", "DZA": "Algeria"}
        for code, name in names.items():
            team = make_entity(f"UNCT-{code}", type=EntityType.COUNTRY_TEAM, acronym=f"UNCT {name}")
            fill(cycle, {team: {}}, Status.SUBMITTED)
        fill(cycle, {make_entity("ZZZ"): {}}, Status.SUBMITTED)
        expected = [
            "ZZZ", "UNCT Algeria", "UNCT Côte d&#x27;Ivoire", "UNCT Cuba", "UNCT Sri Lanka"
        ]  # fmt: skip
        monitor = rows(page(client, cast.task_force, "cycle-detail", cycle.code))
        queue = rows(page(client, cast.task_force, "validation-queue"))
        assert [row.partition(" submitted")[0] for row in monitor[3:8]] == expected
        assert [row.partition(" Cycle")[0] for row in queue[1:]] == expected

    def test_leaves_the_queue_its_deadlines(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        late, soon = make_entities(2)
        sooner = make_cycle(cycle.framework, "2025", phase=Phase.OPEN, closes_on=date(2026, 12, 1))
        fill(cycle, {late: {}}, Status.SUBMITTED)
        fill(sooner, {soon: {}}, Status.SUBMITTED)
        queue = rows(page(client, cast.task_force, "validation-queue"))
        assert [row.partition(" ")[0] for row in queue[1:]] == ["ENT-002", "ENT-001"]


class TestTheSteps:
    """Each step of a cycle wants a box ticked that says in numbers what it does."""

    @pytest.mark.parametrize(
        ("phase", "step", "told", "after"),
        [
            (Phase.PLANNED, "open", "every chosen unit gets a sheet of 14 items to answer.", Phase.OPEN),
            (
                Phase.OPEN,
                "start-validation",
                "2 drafts can no longer be changed or submitted.",
                Phase.VALIDATION,
            ),
            (
                Phase.VALIDATION,
                "close",
                "3 assessments that are not signed off will not count any more.",
                Phase.CLOSED,
            ),
        ],
    )
    def test_are_confirmed_first(
        self, client: Client, cast: Cast, cycle: Cycle, phase: str, step: str, told: str, after: str
    ) -> None:
        first, second = make_entities(2)
        fill(cycle, {first: {}}, Status.SIGNOFF)
        fill(cycle, {second: {}}, Status.SUBMITTED)
        Cycle.objects.update(phase=phase, closes_on=FAR)
        html = page(client, cast.task_force, "cycle-detail", cycle.code)
        assert told in words(html)
        assert re.search(r'<input type="checkbox" name="confirmed"[^>]* required', html)
        url = reverse(f"quintet:cycle-{step}", args=[cycle.code])
        refused = client.post(url, {"codes": "UNDP"})
        assert refused.status_code == 400
        assert "Tick the box to confirm" in flat(refused)
        assert told in words(flat(refused))
        assert Cycle.objects.get().phase == phase
        assert client.post(url, {"codes": "UNDP", "confirmed": "on"}).status_code == 302
        assert Cycle.objects.get().phase == after

    def test_cannot_open_a_cycle_whose_time_is_over(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        day = date(2020, 1, 1)
        past = make_cycle(cycle.framework, "2020", opens_on=day, closes_on=day)
        client.force_login(cast.task_force)
        url = reverse("quintet:cycle-open", args=[past.code])
        answer = client.post(url, {"codes": undp.code, "confirmed": "on"})
        assert answer.status_code == 409
        assert "The last day of this cycle has passed: plan a new one." in flat(answer)
