"""The pages of the checks: the queue, the sample of a sheet, second ratings, what came of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import Entity, EntityType
from quintet.models import Answer, Assessment, Cycle, Phase, SecondRating, Status, Transition
from quintet.queries.samples import sample_of
from quintet.services import reviewing, signing
from tests.factories import AT, Cast, fill, make_cycle, make_entities, make_entity, sheet_of
from tests.quintet.checks import NOW, SEED, decide, hand_in, item_of, to_rate_twice
from tests.quintet.pages import flat, page, rows, words

pytestmark = pytest.mark.django_db
NO_REQUEST = {**NOW, "DAT-PMS": 2}


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return hand_in(cycle, undp)


def card(html: str, code: str) -> str:
    """What the page says of one item."""
    found = re.search(rf'<article[^>]*id="{code}".*?</article>', html)
    assert found, f"{code} is not on the page"
    return found[0]


def approve_request(sheet: Assessment, cast: Cast) -> None:
    reviewing.decide_na(
        assessment=sheet,
        item=item_of(sheet, "DAT-PMS"),
        approve=True,
        version=1,
        by=cast.task_force,
        at=AT,
    )


class TestTheQueue:
    def queue(self, client: Client, cast: Cast, **chosen: str) -> list[str]:
        client.force_login(cast.task_force)
        return rows(flat(client.get(reverse("quintet:validation-queue"), chosen)))[1:]

    def test_says_how_long_each_sheet_waits_and_how_far_it_is(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        Transition.objects.create(
            assessment=sheet,
            action="sign_off",
            from_status=Status.SIGNOFF,
            to_status=Status.SUBMITTED,
            at=timezone.now() - timedelta(days=3),
        )
        decide(sheet, "DAT-STR", 3, cast.task_force)
        [row] = self.queue(client, cast)
        assert row.startswith("UNDP Cycle 2026")
        assert "3 days 1 of 3 checked" in row
        assert row.endswith(" 1")

    def test_begins_with_what_has_waited_longest(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        late, early = make_entities(2)
        fill(cycle, {late: NOW}, Status.SUBMITTED, at=AT)
        fill(cycle, {early: NOW}, Status.SUBMITTED, at=AT.replace(month=10))
        assert [row.split()[0] for row in self.queue(client, cast)] == ["ENT-002", "ENT-001"]

    def test_narrows_to_a_cycle_or_a_type(
        self, client: Client, cast: Cast, sheet: Assessment, undp: Entity
    ) -> None:
        other = make_cycle(sheet.cycle.framework, "2027", phase=Phase.OPEN)
        team = make_entity("UNCT-KEN", type=EntityType.COUNTRY_TEAM)
        fill(other, {undp: NOW, team: NOW}, Status.SUBMITTED)
        assert len(self.queue(client, cast)) == 3
        assert len(self.queue(client, cast, cycle="2027")) == 2
        [row] = self.queue(client, cast, cycle="2027", type="country_team")
        assert row.startswith("UNCT-KEN")
        assert self.queue(client, cast, cycle="2026", type="country_team") == []

    @pytest.mark.parametrize("chosen", [{"cycle": "x' OR 1"}, {"type": "none"}, {"cycle": "\x00"}])
    def test_narrows_to_nothing_that_is_not_there(
        self, client: Client, cast: Cast, sheet: Assessment, chosen: dict[str, str]
    ) -> None:
        assert len(self.queue(client, cast, **chosen)) == 1

    def test_publishes_how_long_decisions_take(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        fill(cycle, {undp: NO_REQUEST}, Status.DRAFT)
        sheet = sheet_of(cycle, undp)
        for hours in (30, 5):
            signing.submit(assessment=sheet, by=cast.focal, at=AT)
            signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
            at = AT + timedelta(hours=hours)
            reviewing.return_to_entity(assessment=sheet, by=cast.task_force, at=at, comment="More, please.")
        told = words(page(client, cast.task_force, "validation-queue"))
        assert "Usually decided within 1 day. Median of the last 2 decisions" in told
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        for who in (cast.focal, cast.task_force):
            told = words(page(client, who, "assessment-detail", sheet.pk))
            assert "Handed in on 2 November 2026." in told
            assert "Usually decided within 1 day." in told


class TestTheChecksOfASheet:
    def test_show_claim_reason_and_the_cycle_before(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        html = page(client, cast.task_force, "check-list", sheet.pk)
        assert "0 of 3 checked" in html
        top = words(card(html, "DAT-STR"))
        assert "Claimed now 4 Claimed in Cycle 2025 1 Accepted in Cycle 2025 1" in top
        assert "evidence" in top
        assert "Handed in with level 4" in top
        assert "DAT-LED" not in html
        assert "no programmes" in card(html, "DAT-PMS")

    def test_name_every_reason_why_an_item_is_checked(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        html = page(client, cast.task_force, "check-list", sheet.pk)
        why = {
            code: re.findall(r'<span class="pill">(.*?)</span>', card(html, code).partition("</p>")[0])
            for code in ("DAT-STR", "DAT-COE", "INN-TRN", "DAT-PMS")
        }
        assert why == {
            "DAT-STR": ["New level 4", "Rise of two levels or more"],
            "DAT-COE": ["Rise of two levels or more", "Drawn by lot"],
            "INN-TRN": ["Drawn by lot"],
            "DAT-PMS": ["Request for “not applicable”"],
        }

    def test_show_no_draft(self, client: Client, cast: Cast, cycle: Cycle, undp: Entity) -> None:
        sheet = hand_in(cycle, undp)
        answer = sheet.answers.get(item__code="DAT-STR")
        assert page(client, cast.task_force, "check-list", sheet.pk).count("<time") == 3
        revision = answer.assessment.revisions.get(item=answer.item)
        revision.pk, revision.version, revision.comment = None, 9, "an earlier draft"
        revision.save(force_insert=True)
        assert "an earlier draft" not in page(client, cast.task_force, "check-list", sheet.pk)

    def test_accept_a_claim_with_one_press_and_go_on_with_the_next(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        form = self.form_of(card(page(client, cast.task_force, "check-list", sheet.pk), "DAT-STR"))
        answer = client.post(reverse("quintet:answer-decide", args=[sheet.pk, "DAT-STR"]), form)
        assert answer["Location"] == f"/assessments/{sheet.pk}/checks/#DAT-COE"
        assert Answer.objects.get(assessment=sheet, item__code="DAT-STR").accepted == 4
        html = page(client, cast.task_force, "check-list", sheet.pk)
        assert "1 of 3 checked" in html
        assert "decided by the task force: level 4 · Taskforce" in words(card(html, "DAT-STR"))
        assert "Accept level" not in card(html, "DAT-STR")

    def form_of(self, html: str) -> dict[str, str]:
        """The hidden fields of the first form of a card."""
        form = html[html.index("<form") : html.index("</form>")]
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
        return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}

    def test_come_back_after_a_refused_decision(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        client.force_login(cast.task_force)
        url = reverse("quintet:answer-decide", args=[sheet.pk, "DAT-STR"])
        refused = client.post(url, {"accepted": "1", "version": "1", "back": "checks"})
        assert refused.status_code == 400
        assert 'name="back" value="checks"' in flat(refused)
        elsewhere = client.post(url, {"accepted": "4", "version": "1", "back": "https://evil.example"})
        assert elsewhere.status_code == 400

    def test_are_there_to_read_when_all_is_decided(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        decide(sheet, "DAT-STR", 2, cast.task_force, reason="No outside review.")
        approve_request(sheet, cast)
        reviewing.validate(assessment=sheet, by=cast.task_force, at=AT)
        html = page(client, cast.second, "check-list", sheet.pk)
        assert "No outside review." in card(html, "DAT-STR")
        assert 'name="accepted"' not in html
        assert "1 of 3 checked" in html

    @pytest.mark.parametrize("who", ["focal", "approver", "viewer"])
    def test_are_no_business_of_the_entity(
        self, client: Client, cast: Cast, sheet: Assessment, who: str
    ) -> None:
        client.force_login(getattr(cast, who))
        for name in ("check-list", "second-rating-list"):
            assert client.get(reverse(f"quintet:{name}", args=[sheet.pk])).status_code == 403

    def test_take_as_many_queries_for_many_decisions(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.task_force)
        counts = []
        for code in ("DAT-STR", "DAT-COE", "INN-TRN"):
            decide(sheet, code, 1, cast.task_force)
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse("quintet:check-list", args=[sheet.pk]))
            counts.append(len(queries))
        assert counts[1] == counts[2]


class TestValidatingFromThePage:
    def send(self, client: Client, cast: Cast, sheet: Assessment, **fields: str) -> Any:
        client.force_login(cast.task_force)
        return client.post(reverse("quintet:assessment-validate", args=[sheet.pk]), fields)

    def test_wants_a_word_on_what_is_not_checked(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        approve_request(sheet, cast)
        decide(sheet, "DAT-STR", 4, cast.task_force)
        label = "Validate although 2 items of the sample are not checked."
        assert label in page(client, cast.task_force, "assessment-detail", sheet.pk)
        refused = self.send(client, cast, sheet)
        assert refused.status_code == 400
        assert label in flat(refused)
        assert "Tick the box to validate although not everything is checked." in flat(refused)
        assert Assessment.objects.get(pk=sheet.pk).status == Status.SUBMITTED
        assert self.send(client, cast, sheet, confirmed="on").status_code == 302
        assert Assessment.objects.get(pk=sheet.pk).status == Status.VALIDATED

    def test_wants_none_when_everything_is(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        approve_request(sheet, cast)
        for code in sample_of(sheet).unchecked:
            decide(sheet, code, 1, cast.task_force)
        assert 'name="confirmed"' not in page(client, cast.task_force, "check-list", sheet.pk)
        assert self.send(client, cast, sheet).status_code == 302

    def test_is_refused_while_a_request_is_open(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        assert self.send(client, cast, sheet).status_code == 409
        assert self.send(client, cast, sheet, confirmed="on").status_code == 409


class TestTheSecondRating:
    SECRET = "canary: only a draft of a draft"

    @pytest.fixture
    def code(self, sheet: Assessment, cast: Cast) -> str:
        """An item that the first person lowered from 2 to 0, with words the second must not read."""
        code = to_rate_twice(sheet)
        decide(sheet, code, 0, cast.task_force, reason=self.SECRET)
        return code

    def test_is_blind(self, client: Client, cast: Cast, sheet: Assessment, code: str) -> None:
        html = page(client, cast.second, "second-rating-list", sheet.pk)
        shown = card(html, code)
        assert "Claimed now 2" in words(shown)
        assert self.SECRET not in html
        assert "Taskforce" not in html
        assert "is-accepted" not in html
        assert "Decided by" not in html
        assert "selected" not in shown

    @pytest.mark.parametrize("first", [0, 2, 4])
    def test_looks_the_same_whatever_was_decided(
        self, client: Client, cast: Cast, sheet: Assessment, first: int
    ) -> None:
        code = to_rate_twice(sheet)
        shown = []
        for level in (1, first):
            decide(sheet, code, level, cast.task_force, reason=self.SECRET)
            html = page(client, cast.second, "second-rating-list", sheet.pk)
            shown.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html))
        assert shown[0] == shown[1]

    def test_shows_nothing_to_who_decided(
        self, client: Client, cast: Cast, sheet: Assessment, code: str
    ) -> None:
        html = page(client, cast.task_force, "second-rating-list", sheet.pk)
        assert "There is nothing for you to rate" in html

    def send(self, client: Client, sheet: Assessment, code: str, **fields: str) -> Any:
        return client.post(reverse("quintet:second-rating-save", args=[sheet.pk, code]), fields)

    def test_is_kept_and_shown_to_who_gave_it(
        self, client: Client, cast: Cast, sheet: Assessment, code: str
    ) -> None:
        assert "1 second rating" in page(client, cast.second, "validation-queue")
        answer = self.send(client, sheet, code, level="1", reason="No owner named.")
        assert answer["Location"] == reverse("quintet:second-rating-list", args=[sheet.pk])
        assert SecondRating.objects.get().level == 1
        html = page(client, cast.second, "second-rating-list", sheet.pk)
        assert f"{code} level 1 No owner named." in words(html)
        assert "second rating" not in page(client, cast.second, "validation-queue")
        assert "No owner named." not in page(client, cast.task_force, "second-rating-list", sheet.pk)

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"level": "9"}, "Choose a level of the scale."),
            ({"level": "two"}, "Choose a level of the scale."),
            ({}, "Choose a level of the scale."),
            ({"level": "1"}, "Give a reason of at most 5000 characters."),
        ],
    )
    def test_with_a_mistake_can_be_mended(
        self, client: Client, cast: Cast, sheet: Assessment, code: str, fields: dict[str, str], told: str
    ) -> None:
        client.force_login(cast.second)
        reason = "r" * (5001 if fields == {"level": "1"} else 20)
        answer = self.send(client, sheet, code, reason=reason, **fields)
        assert answer.status_code == 400
        assert told in flat(answer)
        assert f">{reason}</textarea>" in flat(answer)
        assert not SecondRating.objects.exists()

    def test_ends_with_the_cycle(self, client: Client, cast: Cast, sheet: Assessment, code: str) -> None:
        Cycle.objects.filter(pk=sheet.cycle_id).update(phase=Phase.CLOSED)
        assert "the cycle is closed" in page(client, cast.second, "second-rating-list", sheet.pk)
        assert self.send(client, sheet, code, level="1").status_code == 409


class TestTheMonitor:
    def test_tells_what_came_of_the_checks(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        decide(sheet, "DAT-STR", 3, cast.task_force)
        decide(sheet, "DAT-COE", 2, cast.task_force)
        told = words(page(client, cast.task_force, "cycle-detail", "2026"))
        assert "67% of the sample checked (2 of 3)" in told
        assert "0% error rate of the items drawn by lot: lowered or raised 0 of 1" in told
        assert "50% of all checked items lowered or raised (1 of 2)" in told
        assert "too few second ratings (0)" in told

    def test_tells_the_seed_when_the_cycle_is_closed_and_not_before(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        names = [
            ("cycle-detail", "2026"), ("check-list", sheet.pk), ("assessment-detail", sheet.pk)
        ]  # fmt: skip
        for phase in (Phase.OPEN, Phase.VALIDATION):
            Cycle.objects.filter(pk=sheet.cycle_id).update(phase=phase)
            for name, place in names:
                assert SEED not in page(client, cast.task_force, name, place)
        Cycle.objects.filter(pk=sheet.cycle_id).update(phase=Phase.CLOSED)
        assert SEED in page(client, cast.task_force, "cycle-detail", "2026")
