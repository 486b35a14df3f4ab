"""Invitations: a signed link for one use, an account for these items alone, nothing told about accounts."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail, signing
from django.db import connection
from django.utils.timezone import localdate

from entities.models import Entity, Membership, Role, User
from entities.services.people import grant_role
from quintet import access
from quintet.models import Assessment, Cycle, Delegation, Invitation, Item, Letter, Phase, Status
from quintet.services import inviting
from quintet.services.invitation_links import SALT, invitation_behind, link_token
from quintet.services.inviting import (
    INVITATIONS_A_DAY,
    LIFETIME,
    accept_invitation,
    accept_with_new_account,
    invite,
    revoke_invitation,
)
from tests.factories import AT, Cast, later, make_user, sheet_of
from un20portal.lib.errors import DomainError, InvalidInput, NotAllowed, NotFound, WrongState
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db
LONG_AGO = date(2020, 1, 1)
PASSWORD = "four words of their own"
Ask = Callable[..., Invitation]


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


@pytest.fixture
def ask(sheet: Assessment, cast: Cast) -> Ask:
    def by_mail(email: str = "new@example.org", **options: Any) -> Invitation:
        items = list(Item.objects.filter(code__in=["DAT-STR", "DAT-LED"]))
        values = {"assessment": sheet, "items": items, "by": cast.focal, "at": AT, "name": "Nora New"}
        return invite(**{**values, "email": email, **options})

    return by_mail


def join(invitation: Invitation, **options: Any) -> Invitation:
    values = {"name": "Nora", "password": PASSWORD, "at": later(5)}
    return accept_with_new_account(invitation=invitation, **{**values, **options})


def sent() -> Any:
    run_errands(now=lambda: AT)
    [letter] = mail.outbox
    return letter


class TestInviting:
    def test_sends_a_link_that_is_kept_nowhere(self, ask: Ask, cast: Cast) -> None:
        invitation = ask(" New@Example.org ", note="Only you\nknow this.", due_on=AT.date(), language="fr")
        letter = sent()
        assert letter.to == ["new@example.org"]
        found = re.search(r"/fr/invitations/(\S+)/", letter.body)
        assert found
        assert invitation_behind(found[1]) == invitation
        assert found[1] not in str(list(Invitation.objects.values()) + list(Letter.objects.values()))
        assert "> Only you\n> know this." in letter.body
        assert cast.focal.name in letter.body

    def test_says_what_the_portal_is_and_until_when_the_link_works(self, ask: Ask) -> None:
        ask()
        body = " ".join(sent().body.split())
        assert "Dear Nora New," in body
        assert "until 9 November 2026, 09:30 UTC, and only for new@example.org" in body
        assert "nobody, administrators included, ever asks you for it" in body

    def test_hands_over_at_once_to_a_contributor_of_the_entity(self, ask: Ask, cast: Cast) -> None:
        assert ask(cast.contributor.email.upper()).accepted_by == cast.contributor
        assert Delegation.objects.filter(user=cast.contributor).count() == 2
        assert "/invitations/" not in sent().body

    def test_is_the_same_for_any_other_address_with_or_without_an_account(
        self, ask: Ask, cast: Cast, undp: Entity
    ) -> None:
        closed = make_user("closed", Role.CONTRIBUTOR, undp)
        User.objects.filter(pk=closed.pk).update(is_active=False)
        others = (cast.stranger, cast.task_force, cast.administrator, cast.committee, closed, cast.viewer)
        for email in ("nobody@example.org", *(other.email for other in others)):
            invitation = ask(email)
            assert (invitation.accepted_by, invitation.accepted_at) == (None, None)
        run_errands(now=lambda: AT)
        assert len({letter.body.count("/invitations/") for letter in mail.outbox}) == 1
        assert len(mail.outbox) == 7

    def test_twice_for_the_same_item_is_refused_with_or_without_an_account(
        self, ask: Ask, cast: Cast, sheet: Assessment
    ) -> None:
        led = Item.objects.get(code="DAT-LED")
        told = set()
        for email in ("new@example.org", cast.stranger.email, cast.administrator.email):
            first = ask(email)
            with pytest.raises(InvalidInput, match="invited to answer DAT-LED already") as refused:
                ask(email.upper(), items=[led, Item.objects.get(code="DAT-COE")])
            assert [error.field for error in refused.value.errors] == ["email"]
            told.add(str(refused.value))
            revoke_invitation(assessment=sheet, invitation_id=first.pk, by=cast.focal, at=AT)
            ask(email, items=[led])
        assert len(told) == 1
        assert Invitation.objects.count() == Letter.objects.count() == 6

    def test_again_is_for_other_items_other_addresses_and_what_has_run_out(self, ask: Ask) -> None:
        ask()
        ask(items=[Item.objects.get(code="DAT-COE")])
        ask("other@example.org")
        ask(at=AT + LIFETIME)
        assert Invitation.objects.count() == 4

    def test_of_a_contributor_who_has_the_items_is_refused_at_the_address(self, ask: Ask, cast: Cast) -> None:
        ask(cast.contributor.email)
        with pytest.raises(InvalidInput, match="Contributor has these items already") as refused:
            ask(cast.contributor.email)
        assert [error.field for error in refused.value.errors] == ["email"]
        assert Invitation.objects.count() == Letter.objects.count() == 1

    def test_makes_no_header_of_a_name(self, ask: Ask, cast: Cast) -> None:
        cast.focal.name = "Eve\r\nBcc: victim@example.org"
        cast.focal.save()
        ask(name="Nora\nBcc: victim@example.org")
        letter = sent()
        assert set(letter.message().keys()) & {"Bcc", "Cc"} == set()
        assert letter.recipients() == ["new@example.org"]
        assert "\n" not in letter.subject
        assert "Dear Nora Bcc: victim@example.org," in letter.body

    @pytest.mark.parametrize(
        "email",
        [
            "",
            "no address",
            "a@b.org\nBcc: c@d.org",
            "a@b.org, c@d.org",
            "focal@example.org",
            "Focal@Example.org",
        ],
    )
    def test_refuses_what_is_no_address_of_a_colleague(self, ask: Ask, email: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            ask(email)
        assert [error.field for error in refused.value.errors] == ["email"]

    def test_refuses_other_bad_input(self, ask: Ask) -> None:
        wrong: list[tuple[str, dict[str, Any]]] = [
            ("items", {"items": []}),
            ("due_on", {"due_on": AT.date() - timedelta(days=1)}),
            ("name", {"name": "\u202egnp.exe"}),
            ("language", {"language": "tlh"}),
        ]
        for field, options in wrong:
            with pytest.raises(InvalidInput) as refused:
                ask(**options)
            assert [error.field for error in refused.value.errors] == [field]
        assert not Invitation.objects.exists()

    def test_sends_no_link_that_leads_nowhere(self, ask: Ask, cast: Cast) -> None:
        ask()
        run_errands(now=lambda: AT + LIFETIME)
        ask("b@example.org")
        Membership.objects.filter(user=cast.focal).delete()
        run_errands(now=lambda: AT)
        assert mail.outbox == []
        assert not Letter.objects.filter(dropped_at=None).exists()

    def test_is_for_focal_points_of_a_sheet_that_can_change(
        self, ask: Ask, sheet: Assessment, cast: Cast
    ) -> None:
        for other in (cast.contributor, cast.approver, cast.stranger, cast.task_force):
            with pytest.raises(NotAllowed):
                ask(by=other)
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SIGNOFF)
        with pytest.raises(WrongState):
            ask()

    def test_has_a_daily_limit_of_the_entity(self, ask: Ask, cast: Cast) -> None:
        for number in range(INVITATIONS_A_DAY):
            ask(f"n{number}@example.org")
        with pytest.raises(WrongState, match="50 invitations"):
            ask()
        ask(cast.contributor.email)  # needs no link
        ask(at=AT + timedelta(days=1))


class TestAccepting:
    def test_makes_an_account_for_these_items_and_nothing_else(
        self, ask: Ask, sheet: Assessment, cast: Cast, undp: Entity
    ) -> None:
        due_on = AT.date() + timedelta(days=3)
        invitation = join(ask(language="fr", due_on=due_on))
        person = User.objects.get(email="new@example.org")
        assert (invitation.accepted_by, invitation.accepted_at) == (person, later(5))
        assert (person.name, person.preferred_language) == ("Nora", "fr")
        assert person.check_password(PASSWORD)
        held = list(Membership.objects.filter(user=person).values_list("role", "entity"))
        assert held == [(Role.CONTRIBUTOR, undp.pk)]
        assert access.editable_items(person, sheet) == set(invitation.items.values_list("pk", flat=True))
        assert {row.due_on for row in Delegation.objects.filter(user=person)} == {due_on}
        assert {row.handed_by for row in Delegation.objects.filter(user=person)} == {cast.focal}

    def test_wants_a_name_and_a_password_that_will_do(self, ask: Ask) -> None:
        invitation = ask()
        for field, options in (
            ("password1", {"password": "short"}),
            ("password1", {"password": "new@example.org new@example.org"[:15]}),
            ("name", {"name": " \n "}),
            ("name", {"name": "a\x1bb"}),
        ):
            with pytest.raises(InvalidInput) as refused:
                join(invitation, **options)
            assert {error.field for error in refused.value.errors} == {field}
        assert not User.objects.filter(email="new@example.org").exists()
        join(invitation)

    def test_works_once(self, ask: Ask) -> None:
        invitation = ask()
        join(invitation)
        with pytest.raises(WrongState, match="used already"):
            join(invitation)
        assert Delegation.objects.count() == 2

    def test_ends_with_its_time(self, ask: Ask) -> None:
        invitation = ask()
        with pytest.raises(WrongState, match="run out"):
            join(invitation, at=AT + LIFETIME)
        join(invitation, at=AT + LIFETIME - timedelta(seconds=1))

    def test_ends_when_it_is_taken_back(self, ask: Ask, sheet: Assessment, cast: Cast) -> None:
        invitation = ask()
        revoke_invitation(assessment=sheet, invitation_id=invitation.pk, by=cast.focal, at=AT)
        with pytest.raises(WrongState, match="taken back"):
            join(invitation)
        run_errands(now=lambda: AT)
        assert mail.outbox == []

    def test_ends_with_the_sheet(self, ask: Ask, sheet: Assessment) -> None:
        invitation = ask()
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SIGNOFF)
        with pytest.raises(WrongState):
            join(invitation)
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.DRAFT)
        Cycle.objects.update(phase=Phase.CLOSED)
        with pytest.raises(WrongState):
            join(invitation)

    def test_never_makes_a_second_account_of_an_address(self, ask: Ask, cast: Cast) -> None:
        with pytest.raises(WrongState, match="sign in"):
            join(ask(cast.stranger.email))

    def test_takes_one_click_of_the_owner_of_the_address(self, ask: Ask, cast: Cast, undp: Entity) -> None:
        User.objects.filter(pk=cast.stranger.pk).update(email="Stranger@Example.org")
        cast.stranger.refresh_from_db()
        invitation = ask("stranger@example.org")
        for other in (cast.viewer, cast.focal):
            with pytest.raises(NotAllowed):
                accept_invitation(invitation=invitation, by=other, at=AT)
        accept_invitation(invitation=invitation, by=cast.stranger, at=AT)
        assert Membership.objects.filter(user=cast.stranger, role=Role.CONTRIBUTOR, entity=undp).exists()
        assert Delegation.objects.filter(user=cast.stranger).count() == 2

    def test_is_not_for_those_with_an_office_in_the_whole_system(self, ask: Ask, cast: Cast) -> None:
        for person in (cast.task_force, cast.second, cast.committee, cast.administrator):
            with pytest.raises(NotAllowed, match="office"):
                accept_invitation(invitation=ask(person.email), by=person, at=AT)
        assert not Delegation.objects.exists()

    def test_is_not_for_approvers_of_the_entity(self, ask: Ask, cast: Cast) -> None:
        with pytest.raises(NotAllowed, match="signs off"):
            accept_invitation(invitation=ask(cast.approver.email), by=cast.approver, at=AT)
        assert not Membership.objects.filter(user=cast.approver, role=Role.CONTRIBUTOR).exists()

    def test_does_not_renew_a_role_that_has_ended(self, ask: Ask, undp: Entity) -> None:
        person = make_user("former")
        grant_role(user=person, role=Role.CONTRIBUTOR, entity=undp, valid_to=LONG_AGO)
        invitation = ask(person.email)
        with pytest.raises(WrongState, match="administrator has to renew"):
            accept_invitation(invitation=invitation, by=person, at=AT)
        assert Membership.objects.get(user=person).valid_to == LONG_AGO
        assert not Delegation.objects.exists()
        grant_role(user=person, role=Role.CONTRIBUTOR, entity=undp)
        accept_invitation(invitation=invitation, by=User.objects.get(pk=person.pk), at=AT)

    def test_keeps_the_term_of_a_role_that_is_held(self, ask: Ask, undp: Entity) -> None:
        person = make_user("for-a-while")
        invitation = ask(person.email)
        until = localdate() + timedelta(days=3)
        grant_role(user=person, role=Role.CONTRIBUTOR, entity=undp, valid_to=until)
        accept_invitation(invitation=invitation, by=person, at=AT)
        assert Membership.objects.get(user=person).valid_to == until
        assert Delegation.objects.filter(user=person).count() == 2

    def test_ends_with_the_role_or_the_account_of_who_invited(self, ask: Ask, cast: Cast) -> None:
        invitation = ask()
        Membership.objects.filter(user=cast.focal).update(valid_to=LONG_AGO)
        with pytest.raises(WrongState, match="Ask UNDP for a new one"):
            join(invitation)
        Membership.objects.filter(user=cast.focal).update(valid_to=None)
        User.objects.filter(pk=cast.focal.pk).update(is_active=False)
        with pytest.raises(WrongState, match="Ask UNDP for a new one"):
            join(invitation)
        User.objects.filter(pk=cast.focal.pk).update(is_active=True)
        join(invitation)


class TestRevoking:
    def test_is_for_focal_points_and_this_sheet(self, ask: Ask, sheet: Assessment, cast: Cast) -> None:
        invitation = ask()
        other = sheet_of(sheet.cycle, Entity.objects.get(code="UNICEF"))
        with pytest.raises(NotFound):
            revoke_invitation(assessment=other, invitation_id=invitation.pk, by=cast.stranger, at=AT)
        with pytest.raises(NotAllowed):
            revoke_invitation(assessment=sheet, invitation_id=invitation.pk, by=cast.approver, at=AT)

    def test_comes_too_late_for_one_that_is_accepted(self, ask: Ask, sheet: Assessment, cast: Cast) -> None:
        invitation = join(ask())
        with pytest.raises(WrongState):
            revoke_invitation(assessment=sheet, invitation_id=invitation.pk, by=cast.focal, at=AT)

    def test_twice_is_once(self, ask: Ask, sheet: Assessment, cast: Cast) -> None:
        invitation = ask()
        for minute in (1, 2):
            at = later(minute)
            revoke_invitation(assessment=sheet, invitation_id=invitation.pk, by=cast.focal, at=at)
        assert Invitation.objects.get().revoked_at == later(1)


class TestALink:
    def test_that_is_forged_leads_nowhere(self, ask: Ask) -> None:
        invitation = ask()
        good = link_token(invitation)
        forged = [
            "",
            "x",
            good[:-1],
            good + "A",
            good.swapcase(),
            signing.dumps(invitation.pk),
            signing.dumps(invitation.pk, salt="another"),
            signing.dumps(invitation.pk, salt=SALT, key="another key"),
            signing.dumps(invitation.pk + 1, salt=SALT),
            good.replace(":", "::"),
        ]
        for token in forged:
            with pytest.raises(NotFound):
                invitation_behind(token)
        assert invitation_behind(good) == invitation

    def test_of_another_invitation_is_another_one(self, ask: Ask) -> None:
        assert link_token(ask()).split(":")[0] != link_token(ask("b@example.org")).split(":")[0]


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def at_once(self, acts: list[Callable[[], object]]) -> list[str]:
        def run(act: Callable[[], object]) -> str:
            try:
                act()
            except DomainError as refusal:
                return refusal.code
            else:
                return "done"
            finally:
                connection.close()

        with ThreadPoolExecutor(len(acts)) as pool:
            return sorted(pool.map(run, acts))

    def test_make_one_account(self, ask: Ask) -> None:
        invitation = ask()
        assert (
            self.at_once([lambda: join(invitation) for _time in range(4)]) == ["done"] + ["wrong_state"] * 3
        )
        assert User.objects.filter(email="new@example.org").count() == 1
        assert Delegation.objects.count() == 2

    def test_of_two_entities_make_one_account(self, ask: Ask, cycle: Cycle, cast: Cast) -> None:
        other = sheet_of(cycle, Entity.objects.get(code="UNICEF"))
        both = [ask(), ask(assessment=other, by=cast.stranger)]
        acts: list[Callable[[], object]] = [lambda one=one: join(one) for one in both]  # type: ignore[misc]
        assert self.at_once(acts) == ["done", "wrong_state"]
        assert User.objects.filter(email="new@example.org").count() == 1
        assert Invitation.objects.filter(accepted_at=None).count() == 1

    def test_accepting_and_taking_back_do_not_both_happen(
        self, ask: Ask, sheet: Assessment, cast: Cast
    ) -> None:
        invitation = ask()
        revoke = {"assessment": sheet, "invitation_id": invitation.pk, "by": cast.focal, "at": AT}
        acts: list[Callable[[], object]] = [
            lambda: join(invitation),
            lambda: inviting.revoke_invitation(**revoke),  # type: ignore[arg-type]
        ]
        assert self.at_once(acts) == ["done", "wrong_state"]
        assert (Delegation.objects.count() > 0) == bool(Invitation.objects.get().accepted_at)
