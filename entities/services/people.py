"""Writing about people: their language, their roles."""

from datetime import date

from django.conf import settings
from django.db import transaction

from entities.models import Entity, Membership, Role, User
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _


@transaction.atomic
def prefer_language(*, user: User, language: str) -> None:
    """Remember the language a person reads; raise InvalidInput for one the portal does not speak."""
    if language not in dict(settings.LANGUAGES):
        raise InvalidInput(
            _("Nothing was changed."), errors=[FieldError("language", "unknown", _("Choose a language."))]
        )
    user.preferred_language = language
    user.save(update_fields=["preferred_language"])


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: Role,
    entity: Entity | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Membership:
    """Give a person a role, for an entity or in the whole system, perhaps for a period only.

    Given again, the period is replaced.
    """
    membership, _made = Membership.objects.update_or_create(
        user=user, role=role, entity=entity, defaults={"valid_from": valid_from, "valid_to": valid_to}
    )
    return membership
