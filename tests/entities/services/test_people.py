"""Giving roles: an administrator holds no other one, and each is held on its days."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from entities.access import roles
from entities.models import Membership, Role
from entities.services.people import MIXED_ROLES, grant_role
from tests.factories import make_entity, make_user
from un20portal.lib.errors import WrongState

pytestmark = pytest.mark.django_db


class TestGrantRole:
    def test_refuses_an_administrator_another_role(self) -> None:
        person = make_user("admin", Role.ADMINISTRATOR)
        with pytest.raises(WrongState, match=MIXED_ROLES):
            grant_role(user=person, role=Role.TASK_FORCE)
        assert Membership.objects.get().role == Role.ADMINISTRATOR

    def test_refuses_to_make_an_administrator_of_a_focal_point(self) -> None:
        person = make_user("focal", Role.FOCAL_POINT, make_entity())
        with pytest.raises(WrongState, match=MIXED_ROLES):
            grant_role(user=person, role=Role.ADMINISTRATOR)
        assert Membership.objects.get().role == Role.FOCAL_POINT

    def test_lets_one_follow_the_other(self) -> None:
        person = make_user("focal")
        grant_role(user=person, role=Role.ADMINISTRATOR, valid_to=date(2026, 6, 30))
        grant_role(user=person, role=Role.TASK_FORCE, valid_from=date(2026, 7, 1))
        assert Membership.objects.count() == 2

    def test_gives_the_same_role_again_for_another_period(self) -> None:
        person = make_user("admin", Role.ADMINISTRATOR)
        grant_role(user=person, role=Role.ADMINISTRATOR, valid_to=date(2026, 6, 30))
        assert Membership.objects.get().valid_to == date(2026, 6, 30)


class TestRoles:
    def test_are_held_from_the_first_day_to_the_last(self) -> None:
        today = timezone.now().date()
        yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
        periods = [
            (None, None),
            (today, None),
            (None, today),
            (today, today),
            (tomorrow, None),
            (None, yesterday),
        ]
        held = []
        for number, (first, last) in enumerate(periods):
            person = make_user(f"person{number}")
            grant_role(user=person, role=Role.TASK_FORCE, valid_from=first, valid_to=last)
            held.append(roles(person) == {("task_force", None)})
        assert held == [True, True, True, True, False, False]
