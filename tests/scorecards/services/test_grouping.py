"""Custom groups are made, changed and deleted by the task force, and say exactly what is wrong."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from entities.models import Entity
from scorecards.models import CustomGroup
from scorecards.services.grouping import change_group, create_group, delete_group
from tests.factories import AT, Cast, later, make_entities
from un20portal.lib.errors import InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db
REFUSED = "Only the task force has groups of its own."


@pytest.fixture
def units() -> list[Entity]:
    return make_entities(3)


def create(by: Any, units: list[Entity], code: str = "small", name: str = "Small ones") -> CustomGroup:
    return create_group(code=code, name=name, units=units, by=by, at=AT)


def codes(group: CustomGroup) -> list[str]:
    return [unit.code for unit in group.units.all()]


def refused_fields(act: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(InvalidInput, match=re.escape("The group was not saved.")) as refusal:
        act()
    return {error.field: error.code for error in refusal.value.errors}


class TestCreateGroup:
    def test_names_a_set_of_units(self, cast: Cast, units: list[Entity]) -> None:
        group = create(cast.task_force, units[:2])
        group.refresh_from_db()
        assert (group.code, group.name, group.by, group.at) == ("small", "Small ones", cast.task_force, AT)
        assert codes(group) == ["ENT-001", "ENT-002"]

    def test_may_be_of_one_unit(self, cast: Cast, units: list[Entity]) -> None:
        assert codes(create(cast.task_force, units[:1])) == ["ENT-001"]

    @pytest.mark.parametrize("code", ["", "Small", "small_ones", "-small", "small-", "a--b", "ä", "a" * 41])
    def test_refuses_a_code_that_addresses_do_not_know(
        self, cast: Cast, units: list[Entity], code: str
    ) -> None:
        assert refused_fields(lambda: create(cast.task_force, units, code)) == {"code": "bad_code"}
        assert not CustomGroup.objects.exists()

    def test_names_all_that_is_wrong(self, cast: Cast) -> None:
        wrong = refused_fields(lambda: create(cast.task_force, [], "", " "))
        assert wrong == {"code": "bad_code", "name": "bad_name", "units": "none"}

    def test_refuses_a_code_that_is_taken_and_leaves_that_group_alone(
        self, cast: Cast, units: list[Entity]
    ) -> None:
        group = create(cast.task_force, units[:1])
        assert refused_fields(lambda: create(cast.second, units, name="Others")) == {"code": "taken"}
        group.refresh_from_db()
        assert (group.name, codes(group)) == ("Small ones", ["ENT-001"])


class TestChangeGroup:
    def test_gives_it_another_name_and_other_units(self, cast: Cast, units: list[Entity]) -> None:
        group, at = create(cast.task_force, units[:2]), later(5)
        change_group(group=group, name="Others", units=units[1:], by=cast.second, at=at)
        group.refresh_from_db()
        assert (group.code, group.name, group.by, group.at) == ("small", "Others", cast.second, at)
        assert codes(group) == ["ENT-002", "ENT-003"]

    def test_refuses_a_group_without_units_or_name(self, cast: Cast, units: list[Entity]) -> None:
        group = create(cast.task_force, units)
        wrong = refused_fields(
            lambda: change_group(group=group, name="", units=[], by=cast.task_force, at=AT)
        )
        assert wrong == {"name": "bad_name", "units": "none"}
        assert len(codes(group)) == 3


class TestDeleteGroup:
    def test_forgets_it(self, cast: Cast, units: list[Entity]) -> None:
        delete_group(group=create(cast.task_force, units), by=cast.second)
        assert not CustomGroup.objects.exists()
        assert Entity.objects.filter(pk__in=[unit.pk for unit in units]).count() == 3


class TestTheRight:
    @pytest.mark.parametrize("person", ["approver", "committee", "administrator"])
    def test_is_the_task_forces_alone(self, cast: Cast, units: list[Entity], person: str) -> None:
        group, other = create(cast.task_force, units), getattr(cast, person)
        for act in (
            lambda: create(other, units, "mine"),
            lambda: change_group(group=group, name="Mine", units=units, by=other, at=AT),
            lambda: delete_group(group=group, by=other),
        ):
            with pytest.raises(NotAllowed, match=re.escape(REFUSED)):
                act()
        assert [group.name for group in CustomGroup.objects.all()] == ["Small ones"]
