"""What the pages of the quintet show and do, without JavaScript too, and how often they ask the database."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entities.models import Entity, Role, User
from entities.queries import called
from entities.services.people import grant_role
from quintet.models import Answer, Assessment, Cycle, Delegation, Item, Phase, Status
from quintet.services import reviewing, signing
from quintet.services.answering import record_answer
from scorecards.services import publishing
from tests.factories import (
    AT,
    Cast,
    delegate,
    fill,
    later,
    make_counted_cycle,
    make_entities,
    make_framework,
    make_open_cycle,
    make_token,
    make_user,
    sheet_of,
)
from tests.quintet.pages import flat, page, rows, words

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


def say(sheet: Assessment, by: User, item: str = "DAT-STR", version: int = 0, **raw: object) -> Answer:
    return record_answer(
        assessment=sheet,
        item=Item.objects.get(code=item),
        raw=raw,
        version=version,
        by=by,
        at=later(version),
        channel="form",
    )


def card(html: str, item: str) -> str:
    """The part of a form page that belongs to one item."""
    return re.split(r'<(?:div|article) class="item-card', html.partition(f'id="{item}"')[2])[0]


def radios(html: str) -> dict[str, bool]:
    """The choices of one item: value → is it checked."""
    found = re.findall(r'<input type="radio" name="choice" value="([^"]+)"( checked)?', html)
    return {value: bool(checked) for value, checked in found}


def checked(html: str) -> list[str]:
    return [value for value, is_checked in radios(html).items() if is_checked]


class TestTheFormOfADimension:
    @pytest.mark.parametrize("level", [0, 1, 4])
    def test_shows_the_stored_level_checked(
        self, client: Client, cast: Cast, sheet: Assessment, level: int
    ) -> None:
        say(sheet, cast.focal, state="answered", claimed=level, comment="our <plan>")
        mine = card(page(client, cast.focal, "assessment-form", sheet.pk, "DAT"), "DAT-STR")
        assert checked(mine) == [str(level)]
        assert 'name="version" value="1"' in mine
        assert "our &lt;plan&gt;</textarea>" in mine

    def test_shows_an_item_nobody_answered_as_left_open(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        mine = card(page(client, cast.focal, "assessment-form", sheet.pk, "DAT"), "DAT-LED")
        assert checked(mine) == ["open"]
        assert 'name="version" value="0"' in mine

    def test_offers_not_applicable_only_where_it_may_be(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        say(sheet, cast.focal, "DAT-PMS", state="na", na_reason="no programmes")
        html = page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        assert checked(card(html, "DAT-PMS")) == ["na"]
        assert "no programmes</textarea>" in card(html, "DAT-PMS")
        assert "waiting for a decision" in card(html, "DAT-PMS")
        assert "na" not in radios(card(html, "DAT-STR"))

    def test_says_when_an_answer_was_saved(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        say(sheet, cast.focal, state="answered", claimed=1)
        html = page(client, cast.focal, "assessment-form", sheet.pk, "DAT")
        assert "Saved 09:30 UTC" in card(html, "DAT-STR")
        assert "Saved" not in card(html, "DAT-LED")

    def test_is_a_page_to_read_for_the_approver(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        say(sheet, cast.focal, state="answered", claimed=3, comment="our plan")
        html = page(client, cast.approver, "assessment-form", sheet.pk, "DAT")
        assert 'name="choice"' not in html
        assert "Claimed level 3" in html
        assert "our plan" in html

    def test_shows_a_contributor_the_delegated_items_only(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        delegate(sheet, "DAT-LED", cast.contributor)
        say(sheet, cast.focal, state="answered", claimed=3, comment="not for contributors")
        html = page(client, cast.contributor, "assessment-form", sheet.pk, "DAT")
        assert checked(card(html, "DAT-LED")) == ["open"]
        assert "DAT-STR" not in html
        assert "not for contributors" not in html

    def test_has_buttons_to_decide_for_the_task_force_after_sign_off(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: {**FULL, "DAT-PMS": "na"}}, Status.SUBMITTED)
        html = page(client, cast.task_force, "assessment-form", sheet.pk, "DAT")
        assert "Approve the request on DAT-PMS" in html
        assert 'name="accepted"' in card(html, "DAT-STR")
        assert "Approve the request" not in page(client, cast.focal, "assessment-form", sheet.pk, "DAT")

    def test_has_no_buttons_to_decide_after_the_cycle(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: {**FULL, "DAT-PMS": "na"}}, Status.SUBMITTED)
        Cycle.objects.update(phase=Phase.CLOSED)
        html = page(client, cast.task_force, "assessment-form", sheet.pk, "DAT")
        assert 'class="decision"' not in html

    @pytest.mark.parametrize("level", ["0", "3"])
    def test_selects_the_claimed_level_for_a_decision(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment, level: str
    ) -> None:
        fill(cycle, {undp: {**FULL, "DAT-STR": int(level)}}, Status.SUBMITTED)
        mine = card(page(client, cast.task_force, "assessment-form", sheet.pk, "DAT"), "DAT-STR")
        assert re.findall(r'<option value="(\d)" selected', mine) == [level]


class TestSaving:
    @pytest.fixture
    def save(self, client: Client, cast: Cast, sheet: Assessment) -> Callable[..., Any]:
        client.force_login(cast.focal)

        def send(*, accept: str = "text/html", item: str = "DAT-STR", **fields: str) -> Any:
            data = {"choice": "3", "comment": "our plan", "version": "0", **fields}
            return client.post(
                reverse("quintet:answer-save", args=[sheet.pk, item]), data, headers={"Accept": accept}
            )

        return send

    def test_without_javascript_leads_back_to_the_item(
        self, save: Callable[..., Any], client: Client, sheet: Assessment
    ) -> None:
        answer = save()
        assert answer.status_code == 302
        assert answer["Location"] == f"/assessments/{sheet.pk}/DAT/#DAT-STR"
        html = flat(client.get(answer["Location"]))
        assert "DAT-STR is saved." in html
        assert checked(card(html, "DAT-STR")) == ["3"]

    def test_as_json_returns_version_and_time(self, save: Callable[..., Any]) -> None:
        first = save(accept="application/json").json()
        assert first["version"] == 1
        assert re.fullmatch(r"\d\d:\d\d UTC", first["saved_at"])
        assert save(accept="application/json", choice="4", version="1").json()["version"] == 2

    @pytest.mark.parametrize("fields", [{}, {"version": "7"}, {"version": ""}, {"item": "DAT-XXX"}])
    @pytest.mark.parametrize(
        ("accept", "kind"),
        [("text/html", "html"), ("application/json", "json"), ("text/html;q=0.5, application/json", "json")],
    )
    def test_answers_whoever_asks_and_tells_caches_that_it_varies(
        self, save: Callable[..., Any], fields: dict[str, str], accept: str, kind: str
    ) -> None:
        answer = save(accept=accept, **fields)
        assert kind in answer["Content-Type"]
        assert "Accept" in answer["Vary"].split(", ")

    def test_again_after_a_lost_answer_returns_the_same_version(self, save: Callable[..., Any]) -> None:
        for _time in range(3):
            assert save(accept="application/json").json()["version"] == 1

    def test_can_leave_an_item_open(self, save: Callable[..., Any]) -> None:
        assert save(choice="open").status_code == 302
        assert (Answer.objects.get().state, Answer.objects.get().claimed) == ("unanswered", None)

    def test_of_a_stale_form_shows_both_texts_and_lets_the_person_choose(
        self, save: Callable[..., Any], client: Client, cast: Cast, sheet: Assessment, undp: Entity
    ) -> None:
        colleague = make_user("colleague", Role.FOCAL_POINT, undp)
        say(sheet, colleague, state="answered", claimed=1, comment="written by the colleague")
        answer = save(comment="written by me")
        assert answer.status_code == 412
        html = flat(answer)
        assert "written by the colleague" in html
        assert "Colleague" in html
        assert "level 1" in html
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
        mine = {name: fields[name] for name in ("version", "choice", "comment")}
        assert mine == {"version": "1", "choice": "3", "comment": "written by me"}
        assert save(**mine).status_code == 302
        assert Answer.objects.get().comment == "written by me"

    def test_of_a_stale_form_as_json_holds_both_texts_too(
        self, save: Callable[..., Any], cast: Cast, sheet: Assessment
    ) -> None:
        say(sheet, cast.focal, state="answered", claimed=1, comment="stored before")
        answer = save(accept="application/json", comment="written by me")
        html = json.loads(answer.content)["html"]
        assert answer.status_code == 412
        assert "stored before" in html
        assert "written by me" in html

    def test_after_submitting_shows_the_text_to_copy(
        self, save: Callable[..., Any], sheet: Assessment
    ) -> None:
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SIGNOFF)
        answer = save(comment="too late but not lost")
        assert answer.status_code == 409
        assert "too late but not lost</textarea>" in flat(answer)

    def test_escapes_what_people_write(self, save: Callable[..., Any], client: Client) -> None:
        text = "</textarea><script>alert(1)</script>"
        html = flat(client.get(save(comment=text)["Location"]))
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)" in html


class TestTheReview:
    def test_lists_problems_with_links_to_their_items(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        say(sheet, cast.focal, state="answered", claimed=2)
        say(sheet, cast.focal, "INN-STR", state="unanswered", comment="figures come later")
        html = page(client, cast.focal, "assessment-review", sheet.pk)
        assert "12 problems to solve before submitting" in html
        assert f'<a href="/assessments/{sheet.pk}/DAT/#DAT-LED">DAT-LED ' in html
        blocking, _heading, remarks = html.partition('id="warnings"')
        assert "#DAT-STR" in remarks
        assert "#INN-STR" in remarks
        assert "#DAT-STR" not in blocking
        assert "Submit for sign-off" not in html

    def test_offers_to_submit_a_complete_sheet_to_the_focal_point_alone(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        assert "Submit for sign-off" in page(client, cast.focal, "assessment-review", sheet.pk)
        assert "Submit for sign-off" not in page(client, cast.approver, "assessment-review", sheet.pk)

    def test_offers_sign_off_to_another_person_than_the_submitter(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        grant_role(user=cast.focal, role=Role.APPROVER, entity=undp)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        button = f'action="/assessments/{sheet.pk}/sign-off/"'
        assert button in page(client, cast.approver, "assessment-review", sheet.pk)
        assert "Submitted by Focal" in page(client, cast.approver, "assessment-review", sheet.pk)
        assert button not in page(client, User.objects.get(pk=cast.focal.pk), "assessment-review", sheet.pk)

    def test_offers_no_sign_off_after_the_cycle(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        Cycle.objects.update(phase=Phase.CLOSED)
        assert "<form" not in page(client, cast.approver, "assessment-review", sheet.pk).partition("<main")[2]


class TestPeopleWithoutAName:
    def test_are_called_by_their_role(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        colleague = make_user("colleague", Role.FOCAL_POINT, undp)
        User.objects.update(name="")
        say(sheet, colleague, state="answered", claimed=1)
        client.force_login(cast.focal)
        url = reverse("quintet:answer-save", args=[sheet.pk, "DAT-STR"])
        conflict = flat(client.post(url, {"choice": "3", "version": "0"}))
        assert "Focal point, UNDP" in conflict.partition("<main")[2]
        Assessment.objects.update(status=Status.SIGNOFF, submitted_by=cast.focal)
        assert "Submitted by Focal point, UNDP" in page(client, cast.approver, "assessment-review", sheet.pk)
        signing.send_back(assessment=sheet, by=cast.approver, at=AT, comment="Look again.")
        html = page(client, cast.focal, "assessment-detail", sheet.pk)
        assert "waiting for sign-off → returned · Approver, UNDP" in words(html)
        assert "approver@example.org" not in html
        headers = {"Authorization": make_token(cast.approver)}
        history = client.get(f"/api/v1/assessments/{sheet.pk}/history/", headers=headers).json()["results"]
        assert "Focal point, UNDP" in {event["by"] for event in history}

    def test_are_not_called_by_a_role_that_ended(self, cast: Cast) -> None:
        cast.approver.memberships.update(valid_to=date(2020, 12, 31))
        cast.approver.name = ""
        assert called(cast.approver) == "a person without a name"

    def test_of_the_task_force_too(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        User.objects.update(name="")
        publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
        client.force_login(cast.second)
        html = words(flat(client.get("/scorecards/2026/publication/")))
        assert "Proposed by Task force" in html
        assert "taskforce@example.org" not in html


class TestSyntheticSheets:
    def test_are_marked_in_every_list(self, client: Client, cast: Cast, cycle: Cycle, undp: Entity) -> None:
        assert "synthetic" not in page(client, cast.focal, "my")
        fill(cycle, {undp: {**FULL, "DAT-PMS": "na"}}, Status.SUBMITTED)
        Assessment.objects.update(is_demo=True)
        assert page(client, cast.focal, "assessment-list").count("synthetic") == 1
        assert page(client, cast.stranger, "my").count("synthetic") == 1
        assert page(client, cast.task_force, "validation-queue").count("synthetic") == 1


class TestTheOverview:
    def test_shows_progress_per_dimension_and_what_happened(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: {**FULL, "INN-TRN": None}}, Status.DRAFT)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.send_back(assessment=sheet, by=cast.approver, at=AT, comment="Please check <DAT>.")
        html = page(client, cast.focal, "assessment-detail", sheet.pk)
        assert "7 of 7" in html
        assert "6 of 7" in html
        assert "Please check &lt;DAT&gt;." in html
        assert "draft → waiting for sign-off · Focal" in words(html)
        assert '<time datetime="2026-11-02T09:30:00+00:00">2 November 2026 09:30 UTC</time>' in html

    def test_keeps_what_the_approver_wrote_from_the_task_force(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.send_back(assessment=sheet, by=cast.approver, at=AT, comment="between us two")
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        assert "between us two" in page(client, cast.focal, "assessment-detail", sheet.pk)
        for outsider in (cast.task_force, cast.viewer):
            assert "between us two" not in page(client, outsider, "assessment-detail", sheet.pk)


class TestLongHistories:
    """What grows with use comes page by page, the latest first."""

    def test_of_a_sheet(self, client: Client, cast: Cast, cycle: Cycle, undp: Entity) -> None:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        sheet = sheet_of(cycle, undp)
        for number in range(15):
            signing.submit(assessment=sheet, by=cast.focal, at=later(number))
            signing.send_back(
                assessment=sheet, by=cast.approver, at=later(number), comment=f"round {number}."
            )
        html = page(client, cast.focal, "assessment-detail", sheet.pk)
        assert "Returned with this comment: round 14." in words(html)
        assert html.count("<time") == 25
        assert "Page 1 of 2" in html
        older = flat(client.get(f"/assessments/{sheet.pk}/?page=2"))
        assert "round 0." in older
        assert "Returned with this comment" not in older

    def test_of_an_entity(self, client: Client, cast: Cast, undp: Entity) -> None:
        framework = make_framework()
        for number in range(26):
            make_counted_cycle(framework, {undp: FULL}, f"c{number}")
        first = page(client, cast.focal, "assessment-list")
        second = flat(client.get("/assessments/?page=2"))
        assert (first.count(">UNDP, Cycle"), second.count(">UNDP, Cycle")) == (25, 1)

    def test_of_publications(self, client: Client, cast: Cast) -> None:
        framework = make_framework()
        for number in range(26):
            cycle = make_counted_cycle(framework, {}, f"c{number}")
            publishing.propose(cycle=cycle, by=cast.task_force, at=AT)
            publishing.confirm(cycle=cycle, by=cast.second, at=AT)
        first, second = (flat(client.get(f"/scorecards/?page={number}")) for number in (1, 2))
        assert (len(rows(first)), len(rows(second))) == (26, 2)
        assert "Cycle c0" in rows(second)[1]
        assert 'aria-label="JSON, Cycle c25, version 1"' in first


class TestTheMonitor:
    def test_shows_completion_and_no_contents(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        for version, item in enumerate(("DAT-STR", "DAT-LED", "INN-STR")):
            say(sheet, cast.focal, item, state="answered", claimed=3, comment=f"secret plan {version}")
        Cycle.objects.update(closes_on=date(2099, 12, 31))  # nobody is late, whenever the page is read
        html = page(client, cast.task_force, "cycle-detail", "2026")
        assert rows(html)[1:] == [
            "UNDP More time UNDP draft 2 Nov 2026 3/14 2/7 1/7",
            "UNICEF More time UNICEF draft – 0/14 0/7 0/7",
        ]
        assert "secret plan" not in html
        assert f"/assessments/{sheet.pk}" not in html

    def test_narrows_to_a_status(self, client: Client, cast: Cast, cycle: Cycle, undp: Entity) -> None:
        fill(cycle, {undp: FULL}, Status.SUBMITTED)
        client.force_login(cast.task_force)
        html = flat(client.get(reverse("quintet:cycle-detail", args=["2026"]), {"status": "submitted"}))
        assert rows(html)[1] == "UNDP submitted 2 Nov 2026 14/14 7/7 7/7"
        assert "UNICEF" not in html

    def test_is_for_the_task_force(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        for who in (cast.focal, cast.approver, cast.committee, cast.administrator):
            client.force_login(who)
            assert client.get(reverse("quintet:cycle-detail", args=["2026"])).status_code == 403


class TestTheQueue:
    def test_lists_what_waits_with_open_requests(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        assert "No assessment waits" in page(client, cast.task_force, "validation-queue")
        fill(cycle, {undp: {**FULL, "DAT-PMS": "na", "INN-PMS": "na"}}, Status.SUBMITTED)
        html = page(client, cast.task_force, "validation-queue")
        assert f'href="/assessments/{sheet.pk}/"' in html
        assert re.fullmatch(r"UNDP Cycle 2026 .+ 2", rows(html)[1])
        for code in ("DAT-PMS", "INN-PMS"):
            item = Item.objects.get(code=code)
            reviewing.decide_na(
                assessment=sheet, item=item, approve=True, version=1, by=cast.task_force, at=AT
            )
        reviewing.validate(assessment=sheet, by=cast.task_force, at=AT)
        assert "No assessment waits" in page(client, cast.task_force, "validation-queue")

    def test_shows_fifty_sheets_a_page(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        fill(cycle, dict.fromkeys(make_entities(51), FULL), Status.SUBMITTED)
        first = page(client, cast.task_force, "validation-queue")
        assert (len(rows(first)[1:]), "Page 1 of 2" in first) == (50, True)
        link = re.search(r'href="([^"]+)">Next page', first)
        assert link
        last = flat(client.get(reverse("quintet:validation-queue") + link[1]))
        assert len(rows(last)[1:]) == 1
        assert rows(last)[1].startswith("ENT-051")
        assert "Previous page" in last
        assert "Next page" not in last

    @pytest.mark.parametrize("number", ["0", "-1", "99", "x", "1e9", "²"])
    def test_shows_a_page_that_exists(self, client: Client, cast: Cast, number: str) -> None:
        client.force_login(cast.task_force)
        assert client.get(reverse("quintet:validation-queue"), {"page": number}).status_code == 200


class TestHome:
    def test_tells_each_person_what_waits(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: {**FULL, "DAT-STR": None}}, Status.DRAFT)
        delegate(sheet, "DAT-STR", cast.contributor)
        focal, contributor = (page(client, who, "my") for who in (cast.focal, cast.contributor))
        assert "13 of 14 items answered" in focal
        assert "0 of 1 items answered" in contributor
        assert "Nothing waits for you." in page(client, cast.approver, "my")
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        assert "Sign off UNDP" in page(client, cast.approver, "my")
        assert "Nothing waits for you." in page(client, cast.focal, "my")


class TestQuestionsToTheDatabase:
    """A page asks as often for 20 rows as for 10."""

    def asked(self, client: Client, url: str) -> int:
        client.get(url)  # what is asked once per process (languages, content types) is not counted
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(url)
        assert answer.status_code == 200
        return len(captured)

    def test_my_work_does_not_grow_with_sheets(self, client: Client, cast: Cast) -> None:
        framework, units, found = make_framework(), make_entities(20), []
        person = make_user("many")
        for unit in units:
            for role in (Role.FOCAL_POINT, Role.CONTRIBUTOR):
                grant_role(user=person, role=role, entity=unit)
        client.force_login(person)
        for code, some in (("2025", units[:10]), ("2026", units)):
            cycle = make_open_cycle(framework, some, cast.task_force, code)
            Delegation.objects.bulk_create(
                Delegation(assessment=sheet, item=item, user=person, handed_at=AT)
                for sheet in cycle.assessments.all()
                for item in Item.objects.filter(framework=framework)[:2]
            )
            fill(make_counted_cycle(framework, {}, f"{code}-done"), dict.fromkeys(some, FULL))
            found.append(self.asked(client, reverse("my")))
        assert found[0] == found[1]

    def test_the_monitor_does_not_grow_with_units(self, client: Client, cast: Cast) -> None:
        framework, units = make_framework(), make_entities(20)
        client.force_login(cast.task_force)
        for code, some in (("2025", units[:10]), ("2026", units)):
            fill(make_open_cycle(framework, some, cast.task_force, code), dict.fromkeys(some, FULL))
        few, many = (
            self.asked(client, reverse("quintet:cycle-detail", args=[code])) for code in ("2025", "2026")
        )
        assert few == many

    def test_the_queue_does_not_grow_with_sheets(self, client: Client, cast: Cast) -> None:
        units = make_entities(20)
        cycle = make_open_cycle(make_framework(), units, cast.task_force)
        client.force_login(cast.task_force)
        found = []
        for some in (units[:10], units[10:]):
            fill(cycle, {unit: {**FULL, "DAT-PMS": "na"} for unit in some}, Status.SUBMITTED)
            found.append(self.asked(client, reverse("quintet:validation-queue")))
        assert found[0] == found[1]

    def test_the_form_does_not_grow_with_answers(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        client.force_login(cast.focal)
        urls = [
            reverse("quintet:assessment-form", args=[sheet.pk, "DAT"]),
            reverse("quintet:assessment-review", args=[sheet.pk]),
            reverse("quintet:assessment-detail", args=[sheet.pk]),
        ]
        before = [self.asked(client, url) for url in urls]
        fill(cycle, {undp: FULL}, Status.DRAFT)
        assert [self.asked(client, url) for url in urls] == before
