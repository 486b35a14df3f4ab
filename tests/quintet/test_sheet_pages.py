"""What each person finds on the way of one sheet: where it is, what it waits for, what was decided."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from entities.models import Entity, Role, User
from entities.services.people import grant_role
from quintet.models import Assessment, Cycle, Item, Phase, Receipt, Status
from quintet.services import reviewing, signing
from quintet.services.answering import record_answer
from tests.factories import AT, Cast, Levels, delegate, fill, later, make_cycle, sheet_of
from tests.quintet.checks import decide
from tests.quintet.pages import flat, page, words

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: Levels = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


class TestASheetThatWaitsForSignOff:
    @pytest.fixture(autouse=True)
    def submitted(self, cycle: Cycle, undp: Entity, sheet: Assessment, cast: Cast) -> None:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)

    def test_stays_in_the_list_of_those_who_may_read_it(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        link = f'<a href="/assessments/{sheet.pk}/">UNDP, Cycle 2026</a>'
        for insider in (cast.focal, cast.approver):
            assert "All assessments of your entity" in page(client, insider, "my")
            html = page(client, insider, "assessment-list")
            assert link in html
            assert "waiting for sign-off" in html.partition(link)[2]
        for outsider in (cast.viewer, cast.stranger, cast.task_force):
            assert link not in page(client, outsider, "assessment-list")

    def test_is_named_quietly_with_whom_it_is_and_since_when(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        told = words(page(client, cast.focal, "my"))
        assert (
            "Nothing waits for you. With others UNDP, Cycle 2026: with the approver since 2 November" in told
        )
        signing.sign_off(assessment=sheet, by=cast.approver, at=later(3 * 24 * 60))
        told = words(page(client, cast.focal, "my"))
        assert "UNDP, Cycle 2026: with the task force since 5 November 2026" in told
        for other in (cast.approver, cast.viewer, cast.contributor, cast.stranger, cast.task_force):
            assert "With others" not in page(client, other, "my")
        reviewing.return_to_entity(assessment=sheet, by=cast.task_force, at=AT, comment="More, please.")
        assert "With others" not in page(client, cast.focal, "my")

    def test_is_not_with_others_for_the_one_who_may_sign_it_off(
        self, client: Client, cast: Cast, undp: Entity
    ) -> None:
        grant_role(user=cast.approver, role=Role.FOCAL_POINT, entity=undp)
        html = page(client, cast.approver, "my")
        assert "Sign off UNDP, Cycle 2026" in html
        assert "With others" not in html

    def test_waits_no_longer_after_the_cycle(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        Cycle.objects.update(phase=Phase.CLOSED)
        assert f"/assessments/{sheet.pk}/" not in page(client, cast.focal, "my")


class TestARequest:
    @pytest.fixture(autouse=True)
    def submitted(self, cycle: Cycle, undp: Entity) -> None:
        fill(cycle, {undp: {**FULL, "INN-PMS": "na"}}, Status.SUBMITTED)

    def test_is_marked_where_the_task_force_looks_for_it(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        link = f'<a href="/assessments/{sheet.pk}/INN/#INN-PMS">INN-PMS</a>'
        chip = "INN-PMS · request</a>"
        assert link in page(client, cast.task_force, "assessment-detail", sheet.pk)
        assert chip in page(client, cast.task_force, "assessment-form", sheet.pk, "INN")
        assert link not in page(client, cast.focal, "assessment-detail", sheet.pk)
        assert chip not in page(client, cast.focal, "assessment-form", sheet.pk, "INN")
        item = Item.objects.get(code="INN-PMS")
        reviewing.decide_na(assessment=sheet, item=item, approve=True, version=1, by=cast.task_force, at=AT)
        assert link not in page(client, cast.task_force, "assessment-detail", sheet.pk)
        assert chip not in page(client, cast.task_force, "assessment-form", sheet.pk, "INN")

    def test_is_named_when_the_sheet_cannot_be_validated(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        client.force_login(cast.task_force)
        answer = client.post(f"/assessments/{sheet.pk}/validate/")
        assert answer.status_code == 409
        assert "requests for “not applicable” on these items: INN-PMS." in flat(answer)

    def test_leads_back_to_the_list_that_the_person_came_from(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        places = [("assessment-detail", sheet.pk), ("assessment-form", sheet.pk, "INN")]
        for who, first in ((cast.task_force, "Validation"), (cast.focal, "My work")):
            for name, *arguments in places:
                html = page(client, who, str(name), *arguments)
                trail = html.partition('class="trail"')[2].partition("</nav>")[0]
                assert words(f"<nav {trail}").startswith(first)


class TestADecision:
    @pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RETURNED])
    def test_says_who_decided_what_and_why(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment, status: str
    ) -> None:
        fill(cycle, {undp: FULL}, Status.SUBMITTED)
        reviewing.decide_level(
            assessment=sheet,
            item=Item.objects.get(code="DAT-LED"),
            accepted=1,
            reason="no plan",
            version=1,
            by=cast.task_force,
            at=AT,
        )
        Assessment.objects.update(status=status)
        told = words(page(client, cast.focal, "assessment-form", sheet.pk, "DAT"))
        assert told.count("Decided by the task force: level 2 → 1 no plan") == 1
        assert told.count("level 1 accepted") == 1


class TestTheReview:
    def test_says_a_problem_of_many_items_once(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        Item.objects.filter(code="DAT-STR").update(label="Strategy or action plan")
        html = page(client, cast.focal, "assessment-review", sheet.pk)
        assert html.count("Choose a level, or leave it open and say why in the comment.") == 1
        told = words(html)
        assert "14 problems to solve" in told
        assert "DAT-STR Strategy or action plan DAT-LED DAT LED?" in told
        assert html.count(f'href="/assessments/{sheet.pk}/INN/#INN-') == 7


class TestTheReviewOfADraft:
    def test_tells_the_approver_who_can_mend_what(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        delegate(sheet, "DAT-LED", cast.contributor)
        html = main(page(client, cast.approver, "assessment-review", sheet.pk))
        told = words(html)
        assert "The focal point completes and submits the assessment: Focal." in told
        assert "14 problems to solve before submitting" in told
        assert "DAT-LED DAT LED? · Handed to Contributor" in told
        assert "<form" not in html
        assert "#DAT-LED" not in html
        assert "Solve the problems above first" not in told

    def test_says_when_the_entity_has_nobody_to_mend_it(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        User.objects.filter(pk=cast.focal.pk).update(is_active=False)
        told = words(page(client, cast.approver, "assessment-review", sheet.pk))
        assert "At the moment the entity has none." in told

    @pytest.mark.parametrize("who", ["focal", "approver"])
    def test_says_that_its_time_has_ended(
        self, client: Client, cast: Cast, sheet: Assessment, who: str
    ) -> None:
        Cycle.objects.update(phase=Phase.VALIDATION)
        html = main(page(client, getattr(cast, who), "assessment-review", sheet.pk))
        assert "The answers can no longer be changed: the time for them has ended." in html
        assert "#DAT-LED" not in html
        assert "<form" not in html


class TestTheReviewOfAHandedInSheet:
    @pytest.fixture(autouse=True)
    def submitted(self, cycle: Cycle, undp: Entity, sheet: Assessment, cast: Cast) -> None:
        days = {"opens_on": date(2025, 9, 15), "closes_on": date(2025, 12, 18)}
        fill(make_cycle(cycle.framework, "2025", phase=Phase.CLOSED, **days), {undp: {**FULL, "DAT-STR": 0}})
        fill(cycle, {undp: FULL}, Status.DRAFT)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)

    def test_is_the_page_to_sign_off_for_an_approver(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        html = page(client, cast.approver, "assessment-review", sheet.pk)
        assert "<title>Sign off · UNDP" in html
        assert "before submitting" not in html
        places = [html.index(each) for each in ('id="changes"', 'id="warnings"', 'id="sign-off"')]
        assert places == sorted(places)
        assert f'href="/assessments/{sheet.pk}/DAT/#DAT-STR"' in html

    def test_names_who_signs_it_off_to_those_who_do_not(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        html = main(page(client, cast.focal, "assessment-review", sheet.pk))
        assert "An approver signs the assessment off: Approver." in html
        assert "<form" not in html
        assert "<title>Review" in page(client, cast.focal, "assessment-review", sheet.pk)

    def test_tells_an_approver_who_took_part_why_another_one_signs(
        self, client: Client, cast: Cast, undp: Entity, sheet: Assessment
    ) -> None:
        grant_role(user=cast.focal, role=Role.APPROVER, entity=undp)
        told = words(page(client, cast.focal, "assessment-review", sheet.pk))
        assert "The person who submitted an assessment cannot sign it off." in told
        Assessment.objects.update(submitted_by=cast.stranger)
        answer = sheet.answers.get(item__code="DAT-STR")
        revision = sheet.revisions.get(item=answer.item)
        revision.pk, revision.version, revision.by = None, 9, cast.approver
        revision.save(force_insert=True)
        told = words(page(client, cast.approver, "assessment-review", sheet.pk))
        assert "You have answered in this assessment, so another approver has to sign it off." in told
        assert "An approver signs the assessment off: Focal." in told

    def test_says_where_there_is_nothing_to_compare_with(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        Assessment.objects.exclude(pk=sheet.pk).update(status=Status.DRAFT)
        told = page(client, cast.approver, "assessment-review", sheet.pk)
        assert "There is no earlier assessment of this entity to compare with." in told

    def test_says_to_everybody_who_reads_it_where_it_is(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        readers = (cast.focal, cast.approver, cast.viewer, cast.task_force)
        for step in ("validates", "has validated"):
            for who in readers:
                html = main(page(client, who, "assessment-review", sheet.pk))
                assert f"The task force {step} the assessment." in html
                assert "before submitting" not in html
                assert "<form" not in html
            Assessment.objects.filter(pk=sheet.pk).update(status=Status.VALIDATED)


class TestTheReceipts:
    def test_are_found_again_beside_the_steps_by_those_who_hand_sheets_in(
        self, client: Client, cycle: Cycle, undp: Entity, sheet: Assessment, cast: Cast
    ) -> None:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        numbers = list(Receipt.objects.values_list("number", flat=True))
        assert len(numbers) == 2
        for insider in (cast.focal, cast.approver):
            html = page(client, insider, "assessment-detail", sheet.pk)
            assert all(f"/receipts/{number}/" in html for number in numbers)
        for outsider in (cast.viewer, cast.task_force):
            assert "/receipts/" not in page(client, outsider, "assessment-detail", sheet.pk)


class TestInputOfColleagues:
    def test_that_nobody_looked_at_is_said_before_the_sheet_is_handed_in(
        self, client: Client, cycle: Cycle, undp: Entity, sheet: Assessment, cast: Cast
    ) -> None:
        fill(cycle, {undp: {**FULL, "DAT-STR": None}}, Status.DRAFT)
        delegate(sheet, "DAT-STR", cast.contributor)
        item = Item.objects.select_related("framework").get(code="DAT-STR")
        record_answer(
            assessment=sheet,
            item=item,
            raw={"state": "answered", "claimed": 2, "comment": "said by a colleague"},
            version=1,
            by=cast.contributor,
            at=AT,
            channel="form",
        )
        said = "1 answer of a colleague was not accepted or edited by the focal point."
        assert said in page(client, cast.focal, "assessment-review", sheet.pk)
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        assert said in page(client, cast.approver, "assessment-review", sheet.pk)


class TestTheOverview:
    def test_calls_disputed_what_the_task_force_decided_otherwise(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: {**FULL, "DAT-PMS": "na", "INN-PMS": "na"}}, Status.SUBMITTED)
        for code, level in (("DAT-LED", 1), ("DAT-STR", 2)):
            decide(sheet, code, level, cast.task_force)
        for code, approve in (("DAT-PMS", False), ("INN-PMS", True)):
            item = Item.objects.get(code=code)
            step: dict[str, Any] = {"version": 1, "by": cast.task_force, "at": AT}
            reviewing.decide_na(assessment=sheet, item=item, approve=approve, **step)
        for who in (cast.focal, cast.viewer, cast.task_force):
            assert disputed(page(client, who, "assessment-detail", sheet.pk)) == ["DAT-LED", "DAT-PMS"]

    def test_disputes_no_longer_what_was_changed_since(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: FULL}, Status.SUBMITTED)
        decide(sheet, "DAT-LED", 1, cast.task_force)
        reviewing.return_to_entity(assessment=sheet, by=cast.task_force, at=AT, comment="Look again.")
        assert disputed(page(client, cast.focal, "assessment-detail", sheet.pk)) == ["DAT-LED"]
        raw = {"state": "answered", "claimed": 1, "comment": "agreed"}
        item = Item.objects.select_related("framework").get(code="DAT-LED")
        step: dict[str, Any] = {"version": 2, "by": cast.focal, "at": AT, "channel": "form"}
        record_answer(assessment=sheet, item=item, raw=raw, **step)
        assert disputed(page(client, cast.focal, "assessment-detail", sheet.pk)) == []

    def test_counts_requests_by_what_was_decided_and_says_nothing_of_none(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity, sheet: Assessment
    ) -> None:
        assert "Requests for “not applicable”" not in page(client, cast.focal, "assessment-detail", sheet.pk)
        fill(cycle, {undp: {**FULL, "DAT-PMS": "na", "INN-PMS": "na"}}, Status.SUBMITTED)
        told = words(page(client, cast.focal, "assessment-detail", sheet.pk))
        assert "Requests for “not applicable”: waiting for a decision 2 " in told
        item = Item.objects.get(code="DAT-PMS")
        reviewing.decide_na(assessment=sheet, item=item, approve=False, version=1, by=cast.task_force, at=AT)
        told = words(page(client, cast.focal, "assessment-detail", sheet.pk))
        assert "Requests for “not applicable”: waiting for a decision 1 rejected 1 " in told
        assert "approved" not in told


def main(html: str) -> str:
    return html.partition("<main")[2].partition("</main>")[0]


def disputed(html: str) -> list[str]:
    """The codes of the items that the overview calls disputed in words."""
    marks = re.findall(r'<a href="[^"]*#([A-Z-]+)" class="mark .*?</a>', html)
    said = re.findall(r'<a href="[^"]*" class="mark .*?</a>', html)
    return [code for code, mark in zip(marks, said, strict=True) if "disputed" in words(mark)]
