"""Custom groups: units that the task force looks at together."""

import re
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from entities.models import Entity, User
from scorecards import access
from scorecards.domain.groups import LONGEST_CODE, LONGEST_NAME
from scorecards.models import CustomGroup
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed
from un20portal.lib.errors import marked as _

CODE = re.compile("[a-z0-9]+(-[a-z0-9]+)*")


@transaction.atomic
def create_group(*, code: str, name: str, units: Iterable[Entity], by: User, at: datetime) -> CustomGroup:
    """Name a set of units; raise InvalidInput for a code that is wrong or taken, no name, or no units."""
    _require_right(by)
    chosen = list(units)
    _require_right_shape([*_wrong_code(code), *_wrong_content(name, chosen)])
    group, is_new = CustomGroup.objects.get_or_create(code=code, defaults={"name": name, "by": by, "at": at})
    if not is_new:
        _require_right_shape([FieldError("code", "taken", _("There is already a group with this code."))])
    group.units.set(chosen)
    return group


@transaction.atomic
def change_group(*, group: CustomGroup, name: str, units: Iterable[Entity], by: User, at: datetime) -> None:
    """Give the group another name or other units; its code stays. Raise InvalidInput for none of either."""
    _require_right(by)
    chosen = list(units)
    _require_right_shape(_wrong_content(name, chosen))
    locked = CustomGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
    locked.name, locked.by, locked.at = name, by, at
    locked.save()
    locked.units.set(chosen)


@transaction.atomic
def delete_group(*, group: CustomGroup, by: User) -> None:
    """Forget the group: no figure is stored of it, so none is lost."""
    _require_right(by)
    group.delete()


def _require_right(by: User) -> None:
    if not access.can_group(by):
        raise NotAllowed(_("Only the task force has groups of its own."))


def _require_right_shape(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInput(_("The group was not saved."), errors=errors)


def _wrong_code(code: str) -> list[FieldError]:
    if CODE.fullmatch(code) and len(code) <= LONGEST_CODE:
        return []
    message = _("A group's code has 1 to %(longest)s small letters, digits and hyphens between them.")
    return [FieldError("code", "bad_code", message, {"longest": LONGEST_CODE})]


def _wrong_content(name: str, units: list[Entity]) -> list[FieldError]:
    errors = []
    if not name.strip() or len(name) > LONGEST_NAME:
        message = _("A group's name has 1 to %(longest)s characters.")
        errors.append(FieldError("name", "bad_name", message, {"longest": LONGEST_NAME}))
    if not units:
        errors.append(FieldError("units", "none", _("Choose at least one unit.")))
    return errors
