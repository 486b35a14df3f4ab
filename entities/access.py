"""Who may what on this floor, and the questions about roles that every floor above asks."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from entities.domain.roles import Term
from entities.models import Entity, Membership, Role, User

Person = User | AnonymousUser
ADMINISTERED_APPS = {"entities", "outbox"}


def signed_in(request: HttpRequest) -> User:
    """Return the person behind a request that came through the sign-in wall."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def roles(user: Person) -> frozenset[tuple[str, int | None]]:
    """Return the (role, entity id or None) pairs that `user` holds today; asked once per object."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if "roles_held" not in user.__dict__:  # kept as long as the request's user object lives
        user.__dict__["roles_held"] = _roles_on(timezone.now().date(), user)
    held: frozenset[tuple[str, int | None]] = user.__dict__["roles_held"]
    return held


def _roles_on(day: date, user: Person) -> frozenset[tuple[str, int | None]]:
    # every request asks: judging the days in SQL would cost nearly twice the time of this
    memberships, today = Membership.objects.filter(user=user.pk), Term("", day, day)
    return frozenset((held.role, held.entity_id) for held in memberships if held.term.meets(today))


def has_role(user: Person, role: Role, entity: Entity | int | None = None) -> bool:
    """Return whether `user` holds `role`, for this entity when one is named."""
    entity_id = entity.pk if isinstance(entity, Entity) else entity
    return (role.value, entity_id) in roles(user)


def entities_with(user: Person, *wanted: Role) -> set[int]:
    """Return the ids of the entities for which `user` holds one of the roles."""
    return {pk for role, pk in roles(user) if pk is not None and role in wanted}


def is_task_force(user: Person) -> bool:
    return has_role(user, Role.TASK_FORCE)


def is_committee(user: Person) -> bool:
    return has_role(user, Role.COMMITTEE)


def is_administrator(user: Person) -> bool:
    return has_role(user, Role.ADMINISTRATOR)


def can_change_roles(user: Person, of: User | None) -> bool:
    """Roles are given and taken by an administrator, but never one's own."""
    return is_administrator(user) and (of is None or of.pk != user.pk)


@dataclass(frozen=True)
class Navigation:
    """What the navigation offers: links a person could not follow are not shown."""

    work: bool
    cycles: bool
    validate: bool
    administer: bool


def navigation(user: Person) -> Navigation:
    task_force = is_task_force(user)
    return Navigation(
        work=user.is_authenticated,
        cycles=task_force,
        validate=task_force,
        administer=is_administrator(user),
    )


class RolePermissions(BaseBackend):
    """Django's model permissions for the administration: all of this floor, for administrators."""

    def has_perm(self, user_obj: Person, perm: str, obj: Any = None) -> bool:
        return is_administrator(user_obj) and perm.partition(".")[0] in ADMINISTERED_APPS

    def has_module_perms(self, user_obj: Person, app_label: str) -> bool:
        return is_administrator(user_obj) and app_label in ADMINISTERED_APPS
