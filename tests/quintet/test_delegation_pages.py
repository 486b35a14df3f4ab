"""Pages of handing items over: choosing, inviting, who owes what, and what the answer does not tell."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import Entity, Role
from quintet.models import Assessment, Cycle, Delegation, Invitation, Item, Status
from quintet.services.answering import record_answer
from quintet.services.delegating import hand_over
from tests.factories import Cast, make_user, sheet_of
from tests.quintet.pages import flat, page, rows, words
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    cycle.closes_on = timezone.localdate() + timedelta(days=30)
    cycle.save()
    return sheet_of(cycle, undp)


@pytest.fixture
def handed(sheet: Assessment, cast: Cast) -> list[Delegation]:
    items = list(Item.objects.filter(code__in=["DAT-STR", "INN-LED"]))
    today = timezone.now()
    due_on = timezone.localdate()
    hand_over(assessment=sheet, items=items, to=cast.contributor, by=cast.focal, at=today, due_on=due_on)
    return list(Delegation.objects.order_by("item__dimension__order"))


def post(client: Client, cast: Cast, step: str, sheet: Assessment, /, **data: Any) -> Any:
    client.force_login(cast.focal)
    return client.post(reverse(f"quintet:{step}", args=[sheet.pk]), data)


def said(client: Client, answer: Any) -> str:
    """The page that follows a step that was done."""
    assert answer.status_code == 302, flat(answer)
    return words(flat(client.get(answer.headers["Location"])))


class TestHandingOver:
    def test_a_whole_dimension_and_single_items(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        chosen = {"dimensions": ["INN"], "items": ["DAT-STR", "INN-STR"], "to": cast.contributor.pk}
        answer = post(client, cast, "delegation-hand-over", sheet, **chosen)
        assert "Handed over to Contributor, who gets a letter." in said(client, answer)
        assert Delegation.objects.count() == 8
        answer = post(client, cast, "delegation-hand-over", sheet, **chosen)
        assert answer.status_code == 400
        beside = flat(answer).partition('id="id_to_error"')[2].partition("</ul>")[0]
        assert "Contributor has these items already: choose others, or somebody else." in beside
        assert Invitation.objects.count() == 1
        answer = post(client, cast, "delegation-hand-over", sheet, due_on=timezone.localdate(), **chosen)
        assert "Contributor has these items already: the day is changed." in said(client, answer)

    def test_shows_again_what_was_chosen_with_what_is_wrong(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        sent = {"items": ["DAT-LED"], "email": "no address", "note": "Keep <this>", "name": "Nora"}
        answer = post(client, cast, "invitation-send", sheet, **sent)
        html = flat(answer)
        assert answer.status_code == 400
        assert re.search(r'value="DAT-LED" checked', html)
        assert "Keep &lt;this&gt;" in html
        assert "Enter a valid email address." in html
        assert 'value="Nora"' in html
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            ({"email": "n@example.org"}, "Choose the items to hand over."),
            ({"items": ["DAT-STR"]}, "Give one e-mail address"),
            ({"items": ["DAT-STR"], "email": "n@example.org", "due_on": "2020-01-01"}, "This day has passed"),
            ({"items": ["DAT-XXX"], "email": "n@example.org"}, "not one of the available choices"),
            ({"items": ["DAT-STR"], "email": "focal@example.org"}, "This is your own address"),
        ],
    )
    def test_says_what_to_do(
        self, data: dict[str, Any], text: str, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        answer = post(client, cast, "invitation-send", sheet, **{"language": "en", **data})
        assert answer.status_code == 400
        assert text in flat(answer)

    def test_wants_a_contributor_of_the_entity(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        for to in ("", cast.approver.pk, cast.stranger.pk, 999_999, "x"):
            answer = post(client, cast, "delegation-hand-over", sheet, items=["DAT-STR"], to=to)
            assert answer.status_code == 400
        assert not Delegation.objects.exists()

    def test_ends_when_answers_cannot_change(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SIGNOFF)
        html = page(client, cast.focal, "delegation-list", sheet.pk)
        assert "nothing can be handed over" in html
        assert "Send the invitation" not in html
        answer = post(
            client, cast, "invitation-send", sheet, items=["DAT-STR"], email="n@example.org", language="en"
        )
        assert answer.status_code == 409

    def test_is_offered_to_focal_points_alone(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        link = f"/assessments/{sheet.pk}/delegations/"
        assert link in page(client, cast.focal, "assessment-detail", sheet.pk)
        assert link not in page(client, cast.approver, "assessment-detail", sheet.pk)


class TestInvitingTwice:
    def test_is_said_beside_the_address(self, client: Client, cast: Cast, sheet: Assessment) -> None:
        sent = {"items": ["DAT-STR"], "email": "n@example.org", "language": "en"}
        html = said(client, post(client, cast, "invitation-send", sheet, **sent))
        assert "invited: n@example.org" in html.partition("DAT-STR")[2].partition("DAT-LED")[0]
        answer = post(client, cast, "invitation-send", sheet, **sent)
        assert answer.status_code == 400
        beside = flat(answer).partition('id="id_email_error"')[2].partition("</ul>")[0]
        assert "This address is invited to answer DAT-STR already" in beside
        assert Invitation.objects.count() == 1


class TestWhatInvitingTells:
    def test_nothing_of_whether_an_address_has_an_account(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        def answer_to(email: str) -> tuple[str, str]:
            sent = {"items": ["DAT-STR"], "email": email, "language": "en", "name": "N"}
            answer = post(client, cast, "invitation-send", sheet, **sent)
            html = said(client, answer).replace(email, "…")
            Invitation.objects.all().delete()
            return answer.headers["Location"], re.sub(r"\d\d:\d\d UTC", "", html)

        unknown = answer_to("nobody@example.org")
        for person in (cast.stranger, cast.task_force, cast.administrator, cast.committee, cast.viewer):
            assert answer_to(person.email) == unknown

    def test_a_contributor_of_the_entity_is_known_anyway(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        sent = {"items": ["DAT-STR"], "email": cast.contributor.email, "language": "en"}
        html = said(client, post(client, cast, "invitation-send", sheet, **sent))
        assert "Contributor is a contributor already: the items are handed over." in html


class TestWhoOwesWhat:
    def test_goes_with_the_answers(
        self, client: Client, cast: Cast, sheet: Assessment, handed: list[Delegation]
    ) -> None:
        record_answer(
            assessment=sheet,
            item=handed[0].item,
            raw={"state": "answered", "claimed": 3},
            version=0,
            by=cast.contributor,
            at=timezone.now(),
            channel="form",
        )
        html = page(client, cast.focal, "delegation-list", sheet.pk)
        [_head, first, second] = rows(html)
        assert "level 3 you: accept or change" in first
        assert "– the colleague due on" in second
        chosen = re.findall(r'name="chosen" value="([\d-]+)"', html)
        assert chosen == [f"{handed[0].pk}-1", f"{handed[1].pk}-0"]
        answer = post(client, cast, "delegation-settle", sheet, chosen=chosen[0])
        assert "1 answer is accepted: it stays in the assessment." in said(client, answer)
        assert "level 3 done" in rows(page(client, cast.focal, "delegation-list", sheet.pk))[1]

    def test_reminds_once_and_says_when_it_was(
        self, client: Client, cast: Cast, sheet: Assessment, handed: list[Delegation]
    ) -> None:
        run_errands(now=timezone.now)
        mail.outbox.clear()
        answer = post(client, cast, "delegation-nudge", sheet, person=cast.contributor.pk)
        assert "Contributor is reminded by e-mail." in (html := said(client, answer))
        assert "Last reminder" in html
        again = post(client, cast, "delegation-nudge", sheet, person=cast.contributor.pk)
        assert again.status_code == 409
        assert "was reminded today already" in flat(again)
        run_errands(now=timezone.now)
        assert [letter.to for letter in mail.outbox] == [[cast.contributor.email]]

    def test_takes_items_back(
        self, client: Client, cast: Cast, sheet: Assessment, handed: list[Delegation]
    ) -> None:
        answer = post(client, cast, "delegation-take-back", sheet, chosen=f"{handed[0].pk}-0")
        assert "1 item is taken back." in said(client, answer)
        assert Delegation.objects.get() == handed[1]

    @pytest.mark.parametrize("chosen", ["", "x", "1", "1-", "-1-1", "9" * 30 + "-1", "١-١"])
    def test_refuses_boxes_that_it_did_not_draw(
        self, chosen: str, client: Client, cast: Cast, sheet: Assessment, handed: list[Delegation]
    ) -> None:
        for step in ("delegation-settle", "delegation-take-back"):
            assert post(client, cast, step, sheet, chosen=chosen).status_code == 400
        assert post(client, cast, "delegation-take-back", sheet).status_code == 400

    def test_knows_nothing_of_rows_of_other_sheets(
        self, client: Client, cast: Cast, sheet: Assessment, handed: list[Delegation]
    ) -> None:
        for step, data in (
            ("delegation-take-back", {"chosen": "999999-0"}),
            ("delegation-settle", {"chosen": "999999-0"}),
            ("delegation-nudge", {"person": cast.stranger.pk}),
            ("delegation-nudge", {"person": "x"}),
            ("invitation-revoke", {"invitation": "999999"}),
        ):
            assert post(client, cast, step, sheet, **data).status_code == 404

    def test_lists_invitations_until_they_are_accepted_or_taken_back(
        self, client: Client, cast: Cast, sheet: Assessment
    ) -> None:
        sent = {"items": ["DAT-STR"], "email": "n@example.org", "name": "Nora <b>", "language": "en"}
        html = said(client, post(client, cast, "invitation-send", sheet, **sent))
        assert "Nora &lt;b&gt; n@example.org DAT-STR can be accepted until" in html
        revoke = {"invitation": Invitation.objects.get().pk}
        html = said(client, post(client, cast, "invitation-revoke", sheet, **revoke))
        assert "is taken back." in html
        assert "can be accepted until" not in html

    def test_takes_as_many_queries_for_many_as_for_few(
        self, client: Client, cast: Cast, sheet: Assessment, undp: Entity, django_assert_max_num_queries: Any
    ) -> None:
        items = list(Item.objects.all())
        client.force_login(cast.focal)
        address = reverse("quintet:delegation-list", args=[sheet.pk])
        client.get(address)
        for number in range(8):
            to = make_user(f"c{number}", Role.CONTRIBUTOR, undp)
            hand_over(assessment=sheet, items=items, to=to, by=cast.focal, at=timezone.now())
        with django_assert_max_num_queries(20):
            client.get(address)


class TestTheOverview:
    def test_marks_what_is_handed_over_for_those_who_share_the_work_out(
        self, client: Client, cast: Cast, sheet: Assessment, handed: list[Delegation]
    ) -> None:
        for insider in (cast.focal, cast.approver):
            html = page(client, insider, "assessment-detail", sheet.pk)
            assert html.count("handed to a colleague") == 3, "two marks and the legend"
        html = page(client, cast.contributor, "assessment-detail", sheet.pk)
        assert "handed to a colleague" not in html
        assert html.count('class="mark mark-open" title=') == 2, "all that they see is theirs"


class TestTheFormOfADimension:
    def test_says_to_whom_an_item_is_handed(
        self, client: Client, cast: Cast, sheet: Assessment, handed: list[Delegation]
    ) -> None:
        for insider in (cast.focal, cast.approver):
            html = page(client, insider, "assessment-form", sheet.pk, "DAT")
            assert html.count("Handed to Contributor") == 1
        html = page(client, cast.contributor, "assessment-form", sheet.pk, "DAT")
        assert "Handed to you" in html
        assert 'id="DAT-LED"' not in html

    def test_says_nothing_of_colleagues_to_others(
        self, client: Client, cast: Cast, sheet: Assessment, handed: list[Delegation]
    ) -> None:
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SUBMITTED)
        for outsider in (cast.viewer, cast.task_force):
            assert "Handed to" not in page(client, outsider, "assessment-form", sheet.pk, "DAT")
