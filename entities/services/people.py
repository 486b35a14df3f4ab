"""Writing about people: their language, their roles."""

from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from entities.domain.roles import Term, mixes_administration
from entities.models import Entity, Membership, Role, User
from un20portal.lib.errors import FieldError, InvalidInput, WrongState
from un20portal.lib.errors import marked as _

MIXED_ROLES = _("An administrator gives roles to others and can hold no other role at the same time.")

HAS_ACCOUNT = _("There is an account with this address: sign in first.")
NO_ACCOUNT = _("No account was made.")


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
def want_reminders(*, user: User, wants: bool) -> None:
    """Remember whether a person wants letters that can be done without."""
    user.wants_reminders = wants
    user.save(update_fields=["wants_reminders"])


@transaction.atomic
def create_person(
    *, email: str, name: str, language: str, password: str, errors: Collection[FieldError] = ()
) -> User:
    """Make an account without any role for an address that is proven to be the person's.

    Raises InvalidInput for a password that will not do, together with `errors` found before; WrongState
    when the address has an account.
    """
    if User.objects.filter(email__iexact=email).exists():
        raise WrongState(HAS_ACCOUNT)
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as refusal:
        wrong = [FieldError("password1", "weak_password", message) for message in refusal.messages]
        raise InvalidInput(NO_ACCOUNT, errors=[*errors, *wrong]) from refusal
    if errors:
        raise InvalidInput(NO_ACCOUNT, errors=list(errors))
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name, preferred_language=language)
    except IntegrityError as error:  # the other one was faster: the constraint is the judge
        raise WrongState(HAS_ACCOUNT) from error


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

    Given again, the period is replaced. Raises WrongState when the person would be an administrator
    and something else on the same day.
    """
    User.objects.select_for_update().get(pk=user.pk)  # two grants at once see one another
    others = Membership.objects.filter(user=user).exclude(role=role, entity=entity)
    if mixes_administration([Term(role, valid_from, valid_to), *(other.term for other in others)]):
        raise WrongState(MIXED_ROLES)
    membership, _made = Membership.objects.update_or_create(
        user=user, role=role, entity=entity, defaults={"valid_from": valid_from, "valid_to": valid_to}
    )
    return membership
