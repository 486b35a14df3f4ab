"""What the pages of scorecards show: which group, which version, and how far its figures are final."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entities.models import Entity, User
from quintet.models import Cycle, Framework, Phase, Status
from scorecards.models import Scorecard
from scorecards.services import publishing
from scorecards.services.computing import compute_cycle
from tests.factories import (
    AT,
    Cast,
    fill,
    make_counted_cycle,
    make_cycle,
    make_entities,
    make_entity,
    make_token,
)
from un20portal.lib.holding import ANSWERS

pytestmark = pytest.mark.django_db
INTERIM = "Published while the cycle was still running"


def country_teams() -> list[Entity]:
    return [make_entity(f"UNCT-{code}", type="country_team") for code in ("KEN", "MLI", "PER", "FJI", "NPL")]


def publish(cycle: Cycle, cast: Cast) -> Scorecard:
    publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
    return publishing.confirm(cycle=cycle, by=cast.second, at=AT)


def close(cycle: Cycle) -> None:
    Cycle.objects.filter(pk=cycle.pk).update(phase=Phase.CLOSED)


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


class TestACycleOfCountryTeamsOnly:
    @pytest.fixture
    def cycle(self, framework: Framework, cast: Cast) -> Cycle:
        cycle = make_counted_cycle(framework, {team: {"DAT-STR": 3} for team in country_teams()})
        close(cycle)
        cycle.refresh_from_db()
        publish(cycle, cast)
        return cycle

    def test_is_shown_on_home_and_on_its_page(self, client: Client, cycle: Cycle) -> None:
        assert "Group: Country teams (5)." in text(client, "/")
        assert '<option value="country_teams" selected>' in text(client, "/scorecards/2026/")

    def test_is_the_default_of_the_api_too(self, client: Client, cycle: Cycle) -> None:
        for rows in ("items", "state-of-play", "dimensions"):
            shown = client.get(f"/api/v1/scorecards/2026/{rows}/")
            asked = client.get(f"/api/v1/scorecards/2026/{rows}/?group=country_teams")
            assert (shown.status_code, shown.content) == (200, asked.content)

    def test_does_not_answer_for_a_group_that_is_not_there(self, client: Client, cycle: Cycle) -> None:
        text(client, "/scorecards/2026/?group=entities", status=404)
        answer = client.get("/api/v1/scorecards/2026/items/?group=entities")
        assert answer.status_code == 400
        assert "country_teams" in answer.json()["errors"][0]["message"]


class TestPerCents:
    @pytest.mark.parametrize(
        ("prefix", "written"), [("", "100%"), ("/fr", "100\xa0%"), ("/ar", "100%"), ("/zh-hans", "100%")]
    )
    def test_are_written_as_in_the_language_of_the_page(
        self, client: Client, framework: Framework, cast: Cast, prefix: str, written: str
    ) -> None:
        units = make_entities(12)
        publish(make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in units}), cast)
        for path in ("/", "/scorecards/2026/"):
            cells = client.get(f"{prefix}{path}").content.decode().split("<tbody")[1]
            assert written in cells.split("</tbody>")[0]
        figure = client.get(f"{prefix}/scorecards/2026/figure/").content.decode()
        ticks = json.loads(figure.partition('type="application/json">')[2].partition("</script>")[0])
        assert ticks["layout"]["xaxis"]["ticktext"][-1] == written


class TestAnswersThatAreNotAcceptedYet:
    def test_are_not_called_missing(self, client: Client, framework: Framework, cast: Cast) -> None:
        cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in make_entities(10)})
        waiting = {make_entity(f"WAIT-{n}"): {"DAT-STR": 2, "DAT-LED": 3} for n in range(10)}
        fill(cycle, waiting, status=Status.SUBMITTED)
        compute_cycle(cycle_id=cycle.pk, at=AT)
        client.force_login(cast.task_force)
        page = "/scorecards/2026/figure/?version=provisional&group=entities"
        accepted, claimed = text(client, page), text(client, f"{page}&basis=claimed")
        assert "10 of 20 have no accepted answer." in accepted
        assert ("No accepted answers." in accepted, "No accepted answers." in claimed) == (True, False)
        assert "10 of 20 gave no answer." in claimed
        for untrue in ("gave no answer", ">No answer<", '"No answer"', "had answered", "No answers"):
            assert untrue not in accepted
            assert untrue in claimed


class TestACycleWithoutUnits:
    @pytest.mark.parametrize("phase", [Phase.PLANNED, Phase.OPEN, Phase.CLOSED])
    @pytest.mark.parametrize("is_computed", [False, True])
    def test_has_no_provisional_figures_and_says_so(
        self, client: Client, framework: Framework, cast: Cast, phase: Phase, is_computed: bool
    ) -> None:
        cycle = make_cycle(framework, phase=phase)
        if is_computed:
            compute_cycle(cycle_id=cycle.pk, at=AT)
        reason = "nobody was asked in this cycle" if is_computed else "Nothing has been computed"
        client.force_login(cast.task_force)
        for page in ("", "figure/"):
            assert reason in text(client, f"/scorecards/2026/{page}?version=provisional", status=404)
        headers = {"Authorization": make_token(cast.task_force)}
        answer = client.get("/api/v1/scorecards/2026/items/?version=provisional", headers=headers)
        assert answer.status_code == 404
        assert reason in answer.json()["detail"]

    def test_tells_others_nothing(self, client: Client, framework: Framework, cast: Cast) -> None:
        make_cycle(framework)
        client.force_login(cast.focal)
        shown = text(client, "/scorecards/2026/?version=provisional", status=404)
        assert "Nothing has been computed" not in shown

    def test_can_be_published_without_breaking_home(
        self, client: Client, framework: Framework, cast: Cast
    ) -> None:
        publish(make_cycle(framework, phase=Phase.CLOSED), cast)
        assert "nobody was asked in this cycle" in text(client, "/")
        assert "nobody was asked in this cycle" in text(client, "/scorecards/2026/", status=404)

    def test_is_not_computed_before_it_begins(self, framework: Framework) -> None:
        make_cycle(framework)
        with pytest.raises(CommandError, match="2026 has not begun"):
            call_command("compute_scorecard", cycle="2026")


class TestTheInteractiveFigure:
    def test_leads_back_to_the_figures_it_came_from(
        self, client: Client, framework: Framework, cast: Cast
    ) -> None:
        cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 3} for unit in make_entities(6)})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        client.force_login(cast.task_force)
        query = "group=ceb31&amp;basis=claimed&amp;version=provisional"
        shown = text(client, f"/scorecards/2026/?{query.replace('amp;', '')}")
        assert f'href="/scorecards/2026/figure/?{query}"' in shown
        assert f'href="/api/v1/scorecards/2026/state-of-play/?{query}"' in shown
        assert f'href="/scorecards/2026/?{query}"' in text(
            client, f"/scorecards/2026/figure/?{query.replace('amp;', '')}"
        )
        publish(cycle, cast)
        assert '?group=ceb31&amp;basis=claimed"' in text(
            client, "/scorecards/2026/figure/?group=ceb31&basis=claimed"
        )


class TestAnInterimScorecard:
    @pytest.fixture
    def make(self, framework: Framework, cast: Cast) -> Callable[..., Cycle]:
        units = make_entities(6)

        def make(code: str, **fields: Any) -> Cycle:
            cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 3} for unit in units}, code)
            Cycle.objects.filter(pk=cycle.pk).update(**fields)
            cycle.refresh_from_db()
            publish(cycle, cast)
            return cycle

        return make

    def test_is_marked_on_home_and_stays_so_when_the_cycle_closes(
        self, client: Client, make: Callable[..., Cycle]
    ) -> None:
        cycle = make("2026")
        for path in ("/", "/scorecards/2026/", "/scorecards/2026/figure/", "/scorecards/"):
            assert "nterim" in text(client, path)
        close(cycle)
        assert INTERIM in text(client, "/")
        assert INTERIM in text(client, "/scorecards/2026/")

    def test_gives_way_on_home_to_the_latest_final_one(
        self, client: Client, make: Callable[..., Cycle]
    ) -> None:
        make("2024", phase=Phase.CLOSED, closes_on=date(2024, 12, 18), opens_on=date(2024, 9, 1))
        make("2025", phase=Phase.CLOSED, closes_on=date(2025, 12, 18), opens_on=date(2025, 9, 1))
        make("2026")
        home = text(client, "/")
        assert "Cycle 2025" in home
        assert INTERIM not in home

    def test_is_superseded_by_the_final_version(
        self, client: Client, cast: Cast, make: Callable[..., Cycle]
    ) -> None:
        cycle = make("2026")
        close(cycle)
        publish(cycle, cast)
        for path in ("/", "/scorecards/2026/"):
            shown = text(client, path)
            assert "version 2" in shown
            assert INTERIM not in shown

    def test_tells_the_threshold_it_was_made_with(self, client: Client, make: Callable[..., Cycle]) -> None:
        cycle = make("2026", threshold=4)
        Cycle.objects.filter(pk=cycle.pk).update(threshold=3)
        assert "fewer than 4 answers" in text(client, "/")
        assert "fewer than 4 answers" in text(client, "/scorecards/2026/")


class TestAGroupOfFew:
    def test_says_once_that_everything_is_suppressed(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        few = [make_entity(f"COM-{number}", type="regional_commission") for number in range(3)]
        publish(
            make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in few + make_entities(9)}), cast
        )
        page = text(client, "/scorecards/2026/?group=type:regional_commission")
        assert "All figures of this group are suppressed" in page
        assert "Regional commissions (3)</option>" in page
        state_of_play = page.partition('id="state-of-play"')[2].partition("</section>")[0]
        assert '<svg class="bar"' not in state_of_play
        assert "All figures of this group are suppressed" not in text(client, "/scorecards/2026/")


class TestEarlierVersions:
    @pytest.fixture
    def cycle(self, cast: Cast, framework: Framework) -> Cycle:
        """Two versions: six organisations, then twelve."""
        units = make_entities(12)
        cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in units[:6]})
        publish(cycle, cast)
        fill(cycle, {unit: {"DAT-STR": 3} for unit in units[6:]})
        publish(cycle, cast)
        return cycle

    def test_stay_readable_and_name_the_one_that_replaced_them(self, client: Client, cycle: Cycle) -> None:
        old, new = (text(client, f"/scorecards/2026/?version={number}") for number in (1, 2))
        assert "6/6" in old
        assert "Version 2 has replaced it." in old
        assert "12/12" in new
        assert "has replaced it" not in new
        assert "has replaced it" not in text(client, "/scorecards/2026/")

    def test_keep_their_number_in_every_link(self, client: Client, cycle: Cycle) -> None:
        page = text(client, "/scorecards/2026/?version=1")
        assert '<input type="hidden" name="version" value="1">' in page
        for name in ("figure/", "state-of-play/"):
            assert re.search(rf'href="[^"]*{name}\?group=entities&amp;basis=accepted&amp;version=1"', page)

    def test_are_linked_from_the_list(self, client: Client, cycle: Cycle) -> None:
        page = text(client, "/scorecards/")
        assert {"/scorecards/2026/?version=1", "/scorecards/2026/?version=2"} <= set(
            re.findall('href="([^"]+)"', page)
        )

    @pytest.mark.parametrize("version", ["3", "0", "-1", "x", "", "1.0", "9" * 30, "²"])
    def test_that_do_not_exist_are_no_pages(self, client: Client, cycle: Cycle, version: str) -> None:
        assert client.get("/scorecards/2026/", {"version": version}).status_code == 404


class TestThePublicationPage:
    def page(self, client: Client, person: User) -> str:
        client.force_login(person)
        return text(client, "/scorecards/2026/publication/")

    def test_offers_no_confirmation_of_figures_that_changed(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        cycle = make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in make_entities(6)})
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        assert "Confirm and publish" in self.page(client, cast.second)
        fill(cycle, {make_entity("NEW"): {"DAT-STR": 2}})
        compute_cycle(cycle_id=cycle.pk, at=AT)
        page = self.page(client, cast.second)
        assert "Confirm and publish" not in page
        assert "these figures can no longer be confirmed" in page

    def test_says_that_a_version_would_be_interim(
        self, client: Client, cast: Cast, framework: Framework
    ) -> None:
        cycle = make_counted_cycle(framework, {})
        assert "is marked as interim" in self.page(client, cast.task_force)
        close(cycle)
        assert "is marked as interim" not in self.page(client, cast.task_force)


class TestQuestionsToTheDatabase:
    """A page asks as often for 20 rows as for 10."""

    def asked(self, client: Client, url: str) -> int:
        client.get(url)  # what is asked once per process (languages, content types) is not counted
        ANSWERS.forget()
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(url)
        assert answer.status_code == 200
        return len(captured)

    def test_do_not_grow_with_units(self, client: Client, cast: Cast, framework: Framework) -> None:
        units, found = make_entities(20), []
        publish(make_counted_cycle(framework, {units[0]: {"DAT-STR": 2}}, "2024"), cast)  # to compare with
        for code, some in (("2025", units[:10]), ("2026", units)):
            publish(make_counted_cycle(framework, {unit: {"DAT-STR": 2} for unit in some}, code), cast)
            pages = (reverse(f"scorecards:scorecard-{name}", args=[code]) for name in ("detail", "figure"))
            found.append([self.asked(client, page) for page in pages])
        assert found[0] == found[1]

    def test_do_not_grow_with_versions(self, client: Client, cast: Cast, framework: Framework) -> None:
        found = []
        for first in (0, 10):
            for number in range(first, first + 10):
                publish(make_counted_cycle(framework, {}, f"c{number}"), cast)
            found.append(self.asked(client, reverse("scorecards:scorecard-list")))
        assert found[0] == found[1]
