"""The monitor as the task force sees it: who is how far, who is late, how it went; never contents."""

import csv
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from entities.models import Entity, EntityType
from quintet.models import Answer, Assessment, Cycle, Phase, Status, Transition
from quintet.queries.completion import response_by_day
from quintet.services import cycles, reviewing
from quintet.views import monitoring
from tests.factories import (
    AT,
    Cast,
    Levels,
    fill,
    make_entities,
    make_entity,
    make_framework,
    make_open_cycle,
    make_region,
    sheet_of,
)
from tests.quintet.pages import flat, rows, words
from un20portal.lib.csv_rows import BOM

pytestmark = pytest.mark.django_db
FAR = date(2099, 12, 31)  # pages judge days by today, whenever that is
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: Levels = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


@pytest.fixture(autouse=True)
def _nobody_is_late(cycle: Cycle) -> None:
    Cycle.objects.update(closes_on=FAR)


def ask(client: Client, cast: Cast, cycle: Cycle, **asked: str) -> Any:
    client.force_login(cast.task_force)
    return client.get(reverse("quintet:cycle-detail", args=[cycle.code]), asked)


def units(answer: Any) -> list[str]:
    """The units of the heat map, in order."""
    return re.findall(r'<th scope="row">([^<]+)', flat(answer))


class TestTheHeatMap:
    def test_has_a_cell_per_unit_and_dimension_in_numbers_and_shades(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        fill(
            cycle, {undp: {"DAT-STR": 2, "DAT-PMS": "na", **{c: 1 for c in FULL if "INN" in c}}}, Status.DRAFT
        )
        html = flat(ask(client, cast, cycle))
        assert '<td class="heat heat-1">2/7</td><td class="heat heat-4">7/7</td>' in html
        assert '<td class="heat heat-0">0/7</td><td class="heat heat-0">0/7</td>' in html
        assert re.search('<th scope="col" class="heat"> ?<abbr title="Data">DAT</abbr>', html)
        assert re.search(r'<caption id="units-caption">[^<]+</caption>', html)

    def test_tells_the_last_activity_as_a_day(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        assert "UNDP draft – 0/14" in rows(flat(ask(client, cast, cycle)))[1].replace("More time UNDP ", "")
        fill(cycle, {undp: {"DAT-STR": 2}}, Status.DRAFT)
        assert "2 Nov 2026" in rows(flat(ask(client, cast, cycle)))[1]
        Transition.objects.create(
            assessment=sheet_of(cycle, undp), action="x", from_status="draft", to_status="draft",
            at=AT + timedelta(days=3),
        )  # fmt: skip
        assert "5 Nov 2026" in rows(flat(ask(client, cast, cycle)))[1]

    def test_marks_who_is_late_and_who_has_more_time(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        Cycle.objects.update(opens_on=date(2020, 1, 1), closes_on=date(2020, 2, 1))
        Assessment.objects.filter(entity=undp).update(extended_to=FAR)
        answer = ask(client, cast, cycle)
        first, second = rows(flat(answer))[1:3]
        assert ("late" in first, "until 31 Dec 2099" in first) == (False, True)
        assert ("late" in second, "until" in second) == (True, False)
        assert "1 late" in words(flat(answer))
        assert units(ask(client, cast, cycle, late="yes")) == ["UNICEF"]
        assert units(ask(client, cast, cycle, late="no")) == ["UNDP"]

    @pytest.mark.parametrize("page_size", [250, 25])
    def test_takes_as_many_queries_for_many_units_as_for_a_few(
        self, client: Client, cast: Cast, undp: Entity, monkeypatch: pytest.MonkeyPatch, page_size: int
    ) -> None:
        monkeypatch.setattr(monitoring, "PAGE", page_size)
        framework = make_framework("wide", ("DAT", "INN", "FOR", "DIG", "BES"))
        everybody = make_entities(60)
        counts = []
        for code, chosen in (("few", everybody[:5]), ("many", everybody)):
            cycle = make_open_cycle(framework, chosen, cast.task_force, code)
            fill(cycle, dict.fromkeys(chosen, FULL), Status.DRAFT)
            ask(client, cast, cycle)
            with CaptureQueriesContext(connection) as queries:
                assert ask(client, cast, cycle).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_counts_answers_for_the_page_alone(
        self, client: Client, cast: Cast, cycle: Cycle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(monitoring, "PAGE", 10)
        fill(cycle, {unit: {} for unit in make_entities(25)}, Status.DRAFT)
        answer = ask(client, cast, cycle)
        assert "Page 1 of 3" in words(flat(answer))
        assert "How far 27 units are" in flat(answer)
        assert len(units(answer)) == 10
        assert units(ask(client, cast, cycle, page="3")) == [
            "ENT-021", "ENT-022", "ENT-023", "ENT-024", "ENT-025", "UNDP", "UNICEF"
        ]  # fmt: skip


class TestTheChoice:
    @pytest.fixture(autouse=True)
    def _teams(self, cycle: Cycle) -> None:
        teams = [("KEN", "Kenya", "africa"), ("PER", "Peru", "latin_america")]
        made = [
            make_entity(
                f"UNCT-{code}", type=EntityType.COUNTRY_TEAM, acronym=f"UNCT {name}",
                region=make_region(region), names={"en": name, "fr": f"{name} (fr)"},
            )
            for code, name, region in teams
        ]  # fmt: skip
        fill(cycle, {made[0]: FULL, made[1]: {"DAT-STR": 2}}, Status.DRAFT)

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"type": "country_team"}, ["UNCT Kenya", "UNCT Peru"]),
            ({"region": "africa"}, ["UNCT Kenya"]),
            ({"search": "pER"}, ["UNCT Peru"]),
            ({"search": "UNCT-KE"}, ["UNCT Kenya"]),
            ({"search": "100%"}, []),
            ({"status": "draft", "type": "fund_or_programme"}, ["UNDP", "UNICEF"]),
            ({"status": "validated"}, []),
            ({"order": "progress"}, ["UNDP", "UNICEF", "UNCT Peru", "UNCT Kenya"]),
            ({"order": "activity", "region": "africa"}, ["UNCT Kenya"]),
        ],
    )
    def test_shows_what_was_asked_for(
        self, client: Client, cast: Cast, cycle: Cycle, asked: dict[str, str], expected: list[str]
    ) -> None:
        answer = ask(client, cast, cycle, **asked)
        assert answer.status_code == 200
        assert units(answer) == expected
        assert ("No unit fits this choice." in flat(answer)) == (not expected)

    def test_puts_first_who_was_quiet_for_longest(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        Answer.objects.filter(assessment__entity__code="UNCT-PER").update(updated_at=AT - timedelta(days=9))
        expected = ["UNDP", "UNICEF", "UNCT Peru", "UNCT Kenya"]
        assert units(ask(client, cast, cycle, order="activity")) == expected

    def test_orders_by_status(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        Assessment.objects.filter(entity__code="UNDP").update(status=Status.VALIDATED)
        assert units(ask(client, cast, cycle, order="status"))[-1] == "UNDP"

    @pytest.mark.parametrize(
        "asked",
        [{"status": "x"}, {"late": "maybe"}, {"region": "atlantis"}, {"search": "x" * 81}, {"order": "0"}],
    )
    def test_says_what_makes_no_sense(
        self, client: Client, cast: Cast, cycle: Cycle, asked: dict[str, str]
    ) -> None:
        answer = ask(client, cast, cycle, **asked)
        assert answer.status_code == 400
        assert "errorlist" in flat(answer)
        assert units(answer) == []

    def test_is_downloaded_as_it_was_asked_for(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        assert 'completion.csv?type=country_team"' in flat(ask(client, cast, cycle, type="country_team"))
        answer = client.get(reverse("quintet:cycle-completion", args=[cycle.code]), {"type": "country_team"})
        text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        assert text.startswith(BOM)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        kenya, peru = csv.DictReader(text.removeprefix(BOM).splitlines())
        assert (kenya["unit"], kenya["region"], kenya["status"]) == ("UNCT-KEN", "africa", "draft")
        assert (kenya["settled"], kenya["total"], kenya["DAT"], kenya["INN"]) == ("14", "14", "7", "7")
        assert (peru["settled"], peru["DAT"], peru["late"]) == ("1", "1", "false")
        assert peru["last_activity_on"] == "2026-11-02"
        assert "evidence" not in text, "never what was answered"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="completion-2026.csv"'

    def test_is_downloaded_without_formulas(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        Entity.objects.filter(code="UNCT-KEN").update(acronym="=1+1")
        client.force_login(cast.task_force)
        answer = client.get(reverse("quintet:cycle-completion", args=[cycle.code]), {"type": "country_team"})
        assert '"\'=1+1"' in b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


class TestTheResponse:
    def step(self, sheet: Assessment, before: str, after: str, at: datetime) -> None:
        Transition.objects.create(assessment=sheet, action="x", from_status=before, to_status=after, at=at)

    def test_counts_by_day_what_counts(self, cycle: Cycle, undp: Entity) -> None:
        first, second = sheet_of(cycle, undp), sheet_of(cycle, Entity.objects.get(code="UNICEF"))
        self.step(first, "draft", "signoff", AT)
        self.step(first, "signoff", "submitted", AT)
        self.step(second, "signoff", "submitted", AT + timedelta(days=2))
        self.step(second, "submitted", "validated", AT + timedelta(days=3))
        self.step(first, "submitted", "returned", AT + timedelta(days=4))
        found = [(day.day.day, day.began, day.ceased, day.total) for day in response_by_day(cycle)]
        assert found == [(2, 1, 0, 1), (4, 1, 0, 2), (6, 0, 1, 1)]

    def test_is_drawn_with_the_same_numbers_in_a_table(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        fill(cycle, {undp: FULL}, Status.SUBMITTED)
        sheet = sheet_of(cycle, undp)
        reviewing.return_to_entity(
            assessment=sheet, by=cast.task_force, at=AT + timedelta(days=1), comment="More, please."
        )
        html = flat(ask(client, cast, cycle))
        assert '<title id="response-title">Submitted assessments by day</title>' in html
        assert rows(html)[-2:] == ["2 Nov 2026 1 0 1/2", "3 Nov 2026 0 1 0/2"]


class TestMoreTime:
    def test_is_given_on_a_page_and_seen_by_those_who_answer(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        Cycle.objects.update(closes_on=date(2026, 12, 18), phase=Phase.VALIDATION)
        until = max(date.today(), date(2026, 12, 18)) + timedelta(days=30)
        address = reverse("quintet:cycle-extend", args=[cycle.code, undp.code])
        assert f'href="{address}"' in flat(ask(client, cast, cycle))
        answer = client.post(address, {"until": until.isoformat(), "reason": "A <flood>"})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/cycles/{cycle.code}/")
        assert "A &lt;flood&gt;" in flat(client.get(address))
        client.force_login(cast.focal)
        day = f"{until.day} {until:%B %Y}"
        assert f"by {day}" in words(flat(client.get("/my/")))
        sheet = sheet_of(cycle, undp)
        assert f"last day {day}" in words(flat(client.get(f"/assessments/{sheet.pk}/")))

    def test_says_what_is_wrong_at_the_field(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        client.force_login(cast.task_force)
        address = reverse("quintet:cycle-extend", args=[cycle.code, undp.code])
        html = flat(client.post(address, {"until": "2020-01-01", "reason": "x"}))
        assert "Choose a day after today." in html
        assert "Give the reason in 3 to 5000 characters." in html
        assert client.post(address, {"until": "soon"}).status_code == 400
        blank = client.post(address, {"until": "2026-12-24", "reason": " \t "})
        assert blank.status_code == 400
        assert 'value="2026-12-24"' in flat(blank)
        assert re.search(r'<textarea[^>]*name="reason"[^>]*aria-invalid="true"', flat(blank))

    def test_is_not_offered_where_it_makes_no_difference(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        fill(cycle, {undp: FULL}, Status.SUBMITTED)
        assert "/units/UNDP/time/" not in flat(ask(client, cast, cycle))
        cycles.start_validation(cycle=cycle, by=cast.task_force)
        cycles.close_cycle(cycle=cycle, by=cast.task_force)
        assert "/time/" not in flat(ask(client, cast, cycle))


class TestLaunchingHundreds:
    def test_opens_for_all_at_once_and_shows_how_the_letters_go(
        self, client: Client, cast: Cast, cycle: Cycle, settings: Settings
    ) -> None:
        make_entities(219)
        planned = Cycle.objects.create(
            code="2099",
            title="Cycle 2099",
            framework=cycle.framework,
            opens_on=date(2099, 1, 1),
            closes_on=FAR,
        )
        client.force_login(cast.task_force)
        form = {"kinds": "entities", "confirmed": "on"}
        answer = client.post(reverse("quintet:cycle-open", args=[planned.code]), form, follow=True)
        assert "221 units have their assessments." in words(flat(answer))
        assert "0 of 3 letters are done" in words(flat(answer))
        assert "219 units have no focal point" in words(flat(answer))
        assert answer.headers["Refresh"] == "5"
        assert Assessment.objects.filter(cycle=planned).count() == 221
