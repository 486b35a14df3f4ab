"""The pages of cycles: planning one, its steps and what they say before they are taken."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import Entity
from quintet.models import Cycle, Phase, Status
from tests.factories import Cast, fill, make_cycle, make_entities
from tests.quintet.pages import flat, page, words

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
