"""Following an invitation: no token stays in the address, each person gets the way that fits them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from entities.models import Entity, User
from quintet.models import Assessment, Cycle, Delegation, Invitation, Item, Status
from quintet.services.invitation_links import SALT, link_token
from quintet.services.inviting import invite
from tests.factories import Cast, sheet_of
from tests.quintet.pages import flat

pytestmark = pytest.mark.django_db
ACCEPT = "/invitations/accept/"
PASSWORD = "four words of their own"


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


@pytest.fixture
def invitation(sheet: Assessment, cast: Cast) -> Invitation:
    return ask(sheet, cast, "new@example.org")


def ask(sheet: Assessment, cast: Cast, email: str) -> Invitation:
    items = [Item.objects.get(code="DAT-STR")]
    return invite(assessment=sheet, items=items, email=email, by=cast.focal, at=timezone.now(), name="Nora")


def follow(client: Client, invitation: Invitation) -> Any:
    return client.get(f"/invitations/{link_token(invitation)}/", follow=True)


def accept(client: Client, **data: str) -> Any:
    return client.post(ACCEPT, {"name": "Nora", "password1": PASSWORD, "password2": PASSWORD, **data})


class TestTheLink:
    def test_leads_to_an_address_without_the_token(self, client: Client, invitation: Invitation) -> None:
        answer = follow(client, invitation)
        assert answer.redirect_chain == [(ACCEPT, 302)]
        assert "no-store" in answer.headers["Cache-Control"]
        assert link_token(invitation).split(":")[2] not in answer.content.decode()

    def test_may_be_read_by_a_scanner_of_mails_first(self, client: Client, invitation: Invitation) -> None:
        for _time in range(3):
            follow(Client(), invitation)
        assert follow(client, invitation).status_code == 200

    def test_that_is_forged_is_not_there(self, client: Client, invitation: Invitation) -> None:
        for token in ("x", link_token(invitation)[:-1], signing.dumps(9_999, salt=SALT), "a:b:c"):
            answer = client.get(f"/invitations/{token}/")
            assert answer.status_code == 404
            assert "copy the whole address from the letter" in flat(answer)
        assert "invitation" not in client.session

    def test_is_needed_for_the_page(self, client: Client, invitation: Invitation) -> None:
        for answer in (client.get(ACCEPT), accept(client)):
            assert answer.status_code == 404
            assert "Follow the link in the letter" in flat(answer)

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            ({"revoked_at": timezone.now()}, "was taken back"),
            ({"accepted_at": timezone.now()}, "was used already"),
            ({"expires_at": timezone.now() - timedelta(seconds=1)}, "has run out. Ask Focal for a new one"),
        ],
    )
    def test_that_has_ended_says_why(
        self, change: dict[str, Any], text: str, client: Client, invitation: Invitation
    ) -> None:
        Invitation.objects.update(**change)
        for answer in (follow(client, invitation), accept(client)):
            assert answer.status_code == 409
            assert text in flat(answer)
        assert not User.objects.filter(email="new@example.org").exists()

    def test_ends_with_the_sheet(self, client: Client, invitation: Invitation) -> None:
        Assessment.objects.update(status=Status.SIGNOFF)
        assert follow(client, invitation).status_code == 409


class TestSomebodyNew:
    def test_gets_an_account_is_signed_in_and_sees_these_items_alone(
        self, client: Client, invitation: Invitation, sheet: Assessment
    ) -> None:
        assert 'value="Nora"' in flat(follow(client, invitation))
        before = client.cookies["sessionid"].value
        answer = accept(client)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/assessments/{sheet.pk}/")
        assert client.cookies["sessionid"].value != before
        assert "invitation" not in client.session
        html = flat(client.get(f"/assessments/{sheet.pk}/DAT/"))
        assert re.findall(r'class="item-card" id="([A-Z-]+)"', html) == ["DAT-STR"]
        assert client.get(f"/assessments/{sheet.pk}/INN/").status_code == 404
        choice = {"choice": "2", "version": "0"}
        assert client.post(f"/assessments/{sheet.pk}/answers/DAT-STR/", choice).status_code == 302
        assert client.post(f"/assessments/{sheet.pk}/answers/DAT-LED/", choice).status_code == 404
        assert client.get(f"/assessments/{sheet.pk}/delegations/").status_code == 403

    def test_is_told_what_is_wrong_with_a_password(self, client: Client, invitation: Invitation) -> None:
        follow(client, invitation)
        for data, text in (
            ({"password1": "short", "password2": "short"}, "at least 15 characters"),
            ({"password2": "something else"}, "The two passwords differ"),
            ({"name": ""}, "This field is required"),
            ({"name": "a\u202eb"}, "characters that cannot be shown"),
        ):
            answer = accept(client, **data)
            assert answer.status_code == 400
            assert text in flat(answer)
            assert PASSWORD not in flat(answer)
        assert not User.objects.filter(email="new@example.org").exists()

    def test_cannot_choose_another_address_or_more_items(
        self, client: Client, invitation: Invitation, cast: Cast
    ) -> None:
        follow(client, invitation)
        accept(client, email="other@example.org", items="DAT-LED", role="focal_point")
        person = Invitation.objects.get().accepted_by
        assert person is not None
        assert person.email == "new@example.org"
        assert Delegation.objects.get().item.code == "DAT-STR"


class TestSomebodyWithAnAccount:
    @pytest.fixture
    def invitation(self, sheet: Assessment, cast: Cast) -> Invitation:
        return ask(sheet, cast, cast.stranger.email)

    def test_signs_in_first_and_accepts_with_one_click(
        self, client: Client, invitation: Invitation, cast: Cast
    ) -> None:
        html = flat(follow(client, invitation))
        assert "password1" not in html
        link = f"/accounts/login/?next={ACCEPT}"
        assert link in html
        assert accept(client).status_code == 409
        signed = {"login": cast.stranger.email, "password": "correct horse battery", "next": ACCEPT}
        page = client.post(link, signed, follow=True)
        assert page.redirect_chain[-1][0] == ACCEPT
        assert client.post(ACCEPT).status_code == 302
        assert Delegation.objects.get().user == cast.stranger

    def test_is_nobody_else(self, client: Client, invitation: Invitation, cast: Cast) -> None:
        client.force_login(cast.viewer)
        assert "Sign out, then follow the link" in flat(follow(client, invitation))
        assert client.post(ACCEPT).status_code == 403
        assert not Delegation.objects.exists()

    def test_is_no_member_of_the_task_force(self, client: Client, sheet: Assessment, cast: Cast) -> None:
        client.force_login(cast.task_force)
        follow(client, ask(sheet, cast, cast.task_force.email))
        answer = client.post(ACCEPT)
        assert answer.status_code == 403
        assert "office in the whole system" in flat(answer)
