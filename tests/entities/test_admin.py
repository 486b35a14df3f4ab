"""The administration gives roles to others: never to the one who sits before it, never one beside its own."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from entities.models import Membership, Role, User
from entities.services.people import grant_role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> User:
    person = make_user("admin", Role.ADMINISTRATOR)
    client.force_login(person)
    return person


def save_with_roles(client: Client, person: User, *roles: Role, **more: Any) -> Any:
    """Send the page of a person with these roles added to what it showed, and `more` in its fields."""
    held = [] if "memberships-INITIAL_FORMS" in more else list(Membership.objects.filter(user=person))
    rows = [{"id": one.pk, "role": one.role} for one in held] + [{"id": "", "role": role} for role in roles]
    data: dict[str, Any] = {
        "email": person.email, "name": person.name, "preferred_language": "en", "is_active": "on",
        "memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": len(held),
    }  # fmt: skip
    for number, row in enumerate(rows):
        data |= {f"memberships-{number}-{name}": value for name, value in row.items()}
        data[f"memberships-{number}-user"] = person.pk
    return client.post(f"/admin/entities/user/{person.pk}/change/", data | more)


def roles_of(person: User) -> list[str]:
    return sorted(Membership.objects.filter(user=person).values_list("role", flat=True))


class TestRolesOfOthers:
    def test_are_given(self, client: Client, administrator: User) -> None:
        other = make_user("other")
        assert save_with_roles(client, other, Role.TASK_FORCE, Role.COMMITTEE).status_code == 302
        assert roles_of(other) == ["committee", "task_force"]

    def test_do_not_mix_with_administering(self, client: Client, administrator: User) -> None:
        other = make_user("other", Role.TASK_FORCE)
        response = save_with_roles(client, other, Role.ADMINISTRATOR)
        assert response.status_code == 200
        assert "can hold no other role" in response.content.decode()
        assert roles_of(other) == ["task_force"]

    def test_do_not_mix_with_administering_that_was_given_meanwhile(
        self, client: Client, administrator: User
    ) -> None:
        other = make_user("other")
        shown_before = {"memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0}
        grant_role(user=other, role=Role.ADMINISTRATOR)
        response = save_with_roles(client, other, Role.TASK_FORCE, **shown_before)
        assert "can hold no other role" in response.content.decode()
        assert roles_of(other) == ["administrator"]

    def test_are_not_called_mixed_when_one_goes_and_the_other_is_wrong(
        self, client: Client, administrator: User
    ) -> None:
        other = make_user("other", Role.TASK_FORCE)
        wrong = {"memberships-0-DELETE": "on", "memberships-1-valid_from": "yesterday"}
        page = save_with_roles(client, other, Role.ADMINISTRATOR, **wrong).content.decode()
        assert "Enter a valid date" in page
        assert "can hold no other role" not in page


class TestTheAddress:
    def test_of_an_account_stays(self, client: Client, administrator: User) -> None:
        """Who can change it can have the password sent to themselves and be that person."""
        member = make_user("member", Role.TASK_FORCE)
        member.email = "mine@example.org"
        assert save_with_roles(client, member).status_code == 302
        member.refresh_from_db()
        assert member.email == "member@example.org"


class TestOnesOwnRoles:
    @pytest.mark.parametrize("role", [Role.TASK_FORCE, Role.COMMITTEE])
    def test_cannot_be_added_to(self, client: Client, administrator: User, role: Role) -> None:
        save_with_roles(client, administrator, role)
        assert roles_of(administrator) == ["administrator"]

    def test_cannot_be_exchanged(self, client: Client, administrator: User) -> None:
        mine = Membership.objects.get(user=administrator)
        data = {
            "email": administrator.email, "preferred_language": "en", "is_active": "on",
            "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1, "memberships-0-id": mine.pk,
            "memberships-0-user": administrator.pk, "memberships-0-role": Role.TASK_FORCE,
        }  # fmt: skip
        client.post(f"/admin/entities/user/{administrator.pk}/change/", data)
        assert roles_of(administrator) == ["administrator"]

    def test_are_shown_with_the_reason(self, client: Client, administrator: User) -> None:
        page = client.get(f"/admin/entities/user/{administrator.pk}/change/").content.decode()
        assert "Your own roles can be changed by another administrator only." in page
        assert "Technical administrator" in page
        assert 'name="memberships-0-role"' not in page


def test_only_what_the_portal_uses_is_administered() -> None:
    labels = {model._meta.app_label for model in admin.site._registry}
    assert labels == {"entities", "outbox"}
