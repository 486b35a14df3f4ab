"""Steps of the task force and of approvers that are refused: the page shows what they wrote."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import Entity, User
from quintet.models import Answer, Assessment, Cycle, Phase, Status
from quintet.services import reviewing
from tests.factories import AT, Cast, fill, make_framework, make_open_cycle, sheet_of
from tests.quintet.pages import flat, words

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}
WRITTEN = "The plan <in draft> names no budget & no owner."


@pytest.fixture
def cycle(undp: Entity, cast: Cast) -> Cycle:
    return make_open_cycle(make_framework(), [undp], cast.task_force)


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    """A signed-off sheet: a request on DAT-PMS, levels on the others, version 1."""
    fill(cycle, {undp: {**FULL, "DAT-PMS": "na"}}, Status.SUBMITTED)
    return sheet_of(cycle, undp)


Decide = Callable[..., Any]


@pytest.fixture
def decide(client: Client, cast: Cast, sheet: Assessment) -> Decide:
    """Send a decision as the page does; by the second of the task force."""

    def send(item: str = "DAT-STR", *, by: User = cast.second, **fields: str) -> Any:
        client.force_login(by)
        return client.post(reverse("quintet:answer-decide", args=[sheet.pk, item]), fields)

    return send


def field(answer: Any, name: str) -> str | None:
    """The value of the hidden field that would be sent again; None where there is none to send."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', flat(answer))
    return found and found[1]


def to_copy(answer: Any) -> str | None:
    """The text that the page shows for copying."""
    found = re.search(
        r'<textarea id="copy-text"[^>]*readonly>(.*?)</textarea>', answer.content.decode(), re.DOTALL
    )
    return found and unescape(found[1])


def to_send(answer: Any, name: str = "reason") -> str | None:
    """The text that the page would send again."""
    form = rf'<textarea[^>]*name="{name}"[^>]*>(.*?)</textarea>'
    found = re.search(form, answer.content.decode(), re.DOTALL)
    return found and unescape(found[1])


class TestDecidingTooLate:
    """Two of the task force have the same page open; the second one presses after the first one."""

    def test_on_a_level_shows_both_and_keeps_what_was_written(self, decide: Decide, cast: Cast) -> None:
        first = decide(by=cast.task_force, accepted="1", reason="A draft.", version="1")
        assert first.status_code == 302
        answer = decide(accepted="4", reason="Seen working.", version="1")
        assert answer.status_code == 412
        html = flat(answer)
        assert "level 1 · Taskforce" in html
        assert "A draft." in html
        assert "Seen working.</textarea>" in html
        assert 'value="4" selected' in html
        assert 'name="version" value="2"' in html
        again = decide(accepted="4", reason="Seen working.", version="2")
        assert again.status_code == 302
        assert Answer.objects.get(item__code="DAT-STR").accepted == 4

    def test_on_a_request_shows_what_is_decided(self, decide: Decide, cast: Cast) -> None:
        assert decide("DAT-PMS", by=cast.task_force, approve="yes", version="1").status_code == 302
        answer = decide("DAT-PMS", approve="no", version="1")
        assert answer.status_code == 412
        words = flat(answer)
        assert "approved · Taskforce" in words
        assert "rejected" in words
        assert Answer.objects.get(item__code="DAT-PMS").na_decision == "approved"

    def test_calls_nobody_by_their_address(self, decide: Decide, cast: Cast) -> None:
        User.objects.filter(pk=cast.task_force.pk).update(name="")
        decide(by=cast.task_force, accepted="1", reason="A draft.", version="1")
        html = flat(decide(accepted="4", reason="Seen working.", version="1"))
        assert "level 1 · Task force" in html
        assert cast.task_force.email not in html

    def test_is_known_because_each_item_is_shown_in_its_version(
        self, decide: Decide, client: Client, sheet: Assessment
    ) -> None:
        decide(accepted="1", reason="A draft.", version="1")
        html = client.get(reverse("quintet:assessment-form", args=[sheet.pk, "DAT"])).content.decode()
        assert sorted(re.findall('name="version" value="([0-9]+)"', html)) == [*"1" * 6, "2"]


class TestADecisionWithAMistake:
    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"accepted": "1", "reason": "x" * 5001}, "at most 5000 characters"),
            ({"accepted": "9", "reason": WRITTEN}, "Choose a level of the scale."),
            ({"accepted": "1", "reason": " \t "}, "Say why the level differs from the claimed one."),
        ],
    )
    def test_can_be_mended_and_sent_again(self, decide: Decide, fields: dict[str, str], words: str) -> None:
        answer = decide(version="1", **fields)
        assert (answer.status_code, to_send(answer)) == (400, fields["reason"])
        assert words in flat(answer).partition('name="accepted"')[2].partition("</form>")[0]
        assert 'aria-invalid="true"' in flat(answer)
        assert "What is stored now" not in flat(answer)
        assert field(answer, "version") == "1"

    def test_is_based_on_what_its_author_saw_when_sent_again(self, decide: Decide, cast: Cast) -> None:
        decide(by=cast.task_force, accepted="3", reason="Seen.", version="1")
        answer = decide(accepted="1", reason="x" * 5001, version="1")
        assert field(answer, "version") == "1"
        assert decide(accepted="1", reason=WRITTEN, version="1").status_code == 412

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"version": "1"}, "Choose a level, or approve or reject the request."),
            ({"version": "1", "accepted": "two"}, "Choose a level of the scale."),
            ({"accepted": "1"}, "which version of the answer it is based on"),
            ({"accepted": "1", "version": "-1"}, "which version of the answer it is based on"),
        ],
    )
    def test_of_no_form_of_ours_can_be_copied(
        self, decide: Decide, fields: dict[str, str], words: str
    ) -> None:
        answer = decide(reason=WRITTEN, **fields)
        assert (answer.status_code, to_copy(answer), to_send(answer)) == (400, WRITTEN, None)
        assert re.search(f"<li>[^<]*{re.escape(words)}", flat(answer))

    def test_may_be_long_in_lines_as_the_browser_counts_them(self, decide: Decide) -> None:
        """A browser counts a line's end once and sends two characters."""
        assert decide(accepted="1", reason="x" * 4000 + "\r\n" * 999 + "x", version="1").status_code == 302
        assert len(Answer.objects.get(item__code="DAT-STR").accepted_reason) == 5000


class TestADecisionAfterTheReview:
    def test_of_a_sheet_validated_meanwhile_can_be_copied(
        self, decide: Decide, cast: Cast, sheet: Assessment
    ) -> None:
        decide("DAT-PMS", by=cast.task_force, approve="yes", version="1")
        reviewing.validate(assessment=sheet, by=cast.task_force, at=AT)
        answer = decide(accepted="4", reason=WRITTEN, version="1")
        assert (answer.status_code, to_copy(answer), to_send(answer)) == (409, WRITTEN, None)
        assert "level 4" in flat(answer)
        assert "only while the assessment waits for validation" in flat(answer)

    def test_of_a_sheet_returned_meanwhile_can_be_copied(
        self, decide: Decide, cast: Cast, sheet: Assessment
    ) -> None:
        reviewing.return_to_entity(assessment=sheet, by=cast.task_force, at=AT, comment="Add the plan.")
        answer = decide(accepted="4", reason=WRITTEN, version="1")
        assert (answer.status_code, to_copy(answer)) == (404, WRITTEN)

    def test_tells_nobody_else_what_is_stored(self, decide: Decide, cast: Cast) -> None:
        decide(by=cast.task_force, accepted="3", reason="Seen working.", version="1")
        answer = decide(by=cast.viewer, accepted="4", reason=WRITTEN, version="1")
        assert (answer.status_code, to_copy(answer)) == (403, WRITTEN)
        assert "Seen working." not in flat(answer)

    def test_on_a_level_where_not_applicable_was_requested_can_be_copied(self, decide: Decide) -> None:
        answer = decide("DAT-PMS", accepted="4", reason=WRITTEN, version="1")
        assert (answer.status_code, to_copy(answer)) == (409, WRITTEN)


class TestACommentOfARefusedStep:
    @pytest.fixture
    def give_back(self, client: Client, cast: Cast, sheet: Assessment) -> Callable[..., Any]:
        def send(step: str, comment: str) -> Any:
            client.force_login(cast.approver if step == "send-back" else cast.second)
            return client.post(f"/assessments/{sheet.pk}/{step}/", {"comment": comment})

        return send

    STEPS = pytest.mark.parametrize(
        ("step", "status"),
        [("return", Status.SUBMITTED), ("reopen", Status.VALIDATED), ("send-back", Status.SIGNOFF)],
    )

    @STEPS
    @pytest.mark.parametrize("comment", ["", " \t\r\n ", "no", f"{WRITTEN}\x07", "x" * 5001])
    def test_stays_in_its_form_with_the_error_beside_it(
        self, give_back: Callable[..., Any], cast: Cast, step: str, status: Status, comment: str
    ) -> None:
        Assessment.objects.update(status=status, submitted_by=cast.focal)
        answer = give_back(step, comment)
        assert answer.status_code == 400
        form = re.search(rf'<form method="post" action="[^"]*/{step}/".*?</form>', flat(answer))
        assert form
        assert "Say in 3 to 5000 characters what has to change." in form[0]
        assert re.search(r'<textarea[^>]*aria-invalid="true"[^>]*>', form[0])
        assert to_send(answer, "comment") == f"\n{comment}"
        assert Assessment.objects.get().status == status

    @STEPS
    def test_can_be_copied_after_the_cycle(
        self, give_back: Callable[..., Any], cast: Cast, step: str, status: Status
    ) -> None:
        Assessment.objects.update(status=status, submitted_by=cast.focal)
        Cycle.objects.update(phase=Phase.CLOSED)
        late = give_back(step, WRITTEN)
        assert (late.status_code, to_copy(late)) == (409, WRITTEN)

    def test_stays_where_the_sheet_is_checked(self, give_back: Callable[..., Any]) -> None:
        html = flat(give_back("return", " "))
        assert 'id="sample"' in html
        assert html.index('id="sample"') < html.rindex("Say in 3 to 5000 characters")

    @pytest.mark.parametrize(("step", "status"), [("return", Status.SUBMITTED), ("reopen", Status.VALIDATED)])
    def test_once_given_leads_to_the_queue_even_when_it_is_sent_twice(
        self, give_back: Callable[..., Any], client: Client, sheet: Assessment, step: str, status: Status
    ) -> None:
        Assessment.objects.update(status=status)
        for _time in range(2):
            answer = give_back(step, f" {WRITTEN}\r\n")
            assert (answer.status_code, answer["Location"]) == (302, reverse("quintet:validation-queue"))
            shown = flat(client.get(answer["Location"]))
            assert "UNDP, Cycle 2026 is returned: the entity can change its answers again." in shown
        assert sheet.transitions.filter(to_status=Status.RETURNED).count() == 1

    def test_can_be_copied_when_a_colleague_was_first(
        self, give_back: Callable[..., Any], cast: Cast, sheet: Assessment
    ) -> None:
        reviewing.return_to_entity(assessment=sheet, by=cast.task_force, at=AT, comment="Add the plan.")
        answer = give_back("return", WRITTEN)
        assert (answer.status_code, to_copy(answer)) == (404, WRITTEN)

    def test_is_not_looked_for_where_there_is_no_address(self, client: Client) -> None:
        answer = client.post("/nothing/", {"comment": "x" * 3_000_000})
        assert (answer.status_code, to_copy(answer)) == (404, None)

    @pytest.mark.parametrize("name", ["assessment-detail", "assessment-form"])
    def test_is_limited_where_it_is_written(
        self, client: Client, cast: Cast, sheet: Assessment, name: str
    ) -> None:
        client.force_login(cast.second)
        where = [sheet.pk] if name == "assessment-detail" else [sheet.pk, "DAT"]
        page = flat(client.get(reverse(f"quintet:{name}", args=where)))
        written = re.findall(r"<textarea[^>]*>", page)
        assert written
        assert all('maxlength="5000"' in tag for tag in written)


class TestTheWayBackFromARefusal:
    def trail(self, answer: Any) -> str:
        return words("<nav" + flat(answer).partition('class="trail"')[2].partition("</nav>")[0])

    def test_is_the_same_on_every_page_of_an_item(
        self, decide: Decide, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        refused = decide(accepted="9", version="1")
        assert self.trail(refused) == "Validation/UNDP · Cycle 2026/Data"
        Assessment.objects.update(status=Status.RETURNED)
        client.force_login(cast.focal)
        for place in ("answers", "evidence"):
            answer = client.post(f"/assessments/{sheet.pk}/{place}/DAT-STR/" + "add/" * (place == "evidence"))
            assert self.trail(answer) == "My work/UNDP · Cycle 2026/Data", place

    def test_leads_from_a_workbook_to_the_sheet_and_the_list(
        self, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        client.force_login(cast.focal)
        answer = client.post(f"/assessments/{sheet_of(cycle, undp).pk}/workbook/")
        assert answer.status_code == 400
        assert self.trail(answer) == "My work/UNDP · Cycle 2026"
