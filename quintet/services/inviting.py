"""Asking somebody by e-mail to answer items: a signed link, for one use, that leads to an account.

The focal point learns nothing about accounts: an address with one is asked in the same way as one
without, except for contributors of the own entity, whom the focal point knows. What stands against an
account is said to its owner, who follows the link.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate

from entities.access import has_role
from entities.models import ENTITY_ROLES, Membership, Role, User
from entities.services.people import create_person, grant_role
from quintet import access
from quintet.domain.answers import tidy
from quintet.domain.delegating import plain_name, wrong_name
from quintet.models import Assessment, Invitation, Item, LetterKind
from quintet.services.delegating import (
    NOT_HANDED,
    SIGNS_OFF,
    TOO_MANY,
    hand_over,
    lock_for_handing,
    require_may_delegate,
    require_sound,
    write_delegations,
)
from quintet.services.letters import owe_letter
from quintet.services.locking import lock_sheet
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, NotFound, WrongState
from un20portal.lib.errors import marked as _

LIFETIME = timedelta(days=7)
INVITATIONS_A_DAY = 50  # of one entity: more is a mistake, or a mailing that is none of ours
LONGEST_NAME = 150


@transaction.atomic
def invite(
    *,
    assessment: Assessment,
    items: Collection[Item],
    email: str,
    by: User,
    at: datetime,
    name: str = "",
    language: str = settings.LANGUAGE_CODE,
    note: str = "",
    due_on: date | None = None,
) -> Invitation:
    """Ask somebody by e-mail to answer items, and owe the letter with the link.

    A contributor of the entity gets the items at once: then the invitation returned is accepted already.
    Raises NotAllowed, WrongState (also after too many invitations), InvalidInput (also for an item to which
    this address has an invitation that still works).
    """
    sheet = lock_for_handing(assessment, by)
    require_sound(sheet, items=items, note=note, due_on=due_on, at=at)
    address, name = email.strip().lower(), plain_name(name)
    _require_sound_person(address, name, language, by)
    known = User.objects.filter(email__iexact=address, is_active=True).first()
    if known and has_role(known, Role.CONTRIBUTOR, sheet.entity_id):
        return hand_over(
            assessment=sheet,
            items=items,
            to=known,
            by=by,
            at=at,
            note=note,
            due_on=due_on,
            field="email",
        )
    _require_not_invited(sheet, items, address, at)
    _require_below_limit(sheet, at)
    invitation = Invitation.objects.create(
        assessment=sheet,
        email=address,
        name=name,
        language=language,
        note=tidy(note),
        due_on=due_on,
        invited_by=by,
        invited_at=at,
        expires_at=at + LIFETIME,
    )
    invitation.items.set(items)
    owe_letter(kind=LetterKind.INVITATION, person=None, assessment=sheet, about=invitation.pk, at=at)
    return invitation


@transaction.atomic
def revoke_invitation(*, assessment: Assessment, invitation_id: int, by: User, at: datetime) -> Invitation:
    """Take an invitation back: its link leads nowhere from now on.

    Raises NotAllowed; NotFound for one of another sheet; WrongState for one that was used.
    """
    require_may_delegate(assessment, by)
    sheet = lock_sheet(assessment)
    invitation = Invitation.objects.filter(assessment=sheet, pk=invitation_id).first()
    if invitation is None:
        raise NotFound(_("There is no such invitation to this sheet."))
    if invitation.accepted_at:
        raise WrongState(_("This invitation was accepted in the meantime: take the items back instead."))
    if invitation.revoked_at is None:
        invitation.revoked_at = at
        invitation.save(update_fields=["revoked_at"])
    return invitation


@transaction.atomic
def accept_invitation(*, invitation: Invitation, by: User, at: datetime) -> Invitation:
    """Let the owner of the invited address, signed in, take the items.

    Raises WrongState where the link does not work any more, and where the person's time as a contributor
    was limited and is not now; NotAllowed for any other account.
    """
    usable = _lock_usable(invitation, at)
    if by.email.lower() != usable.email.lower():
        message = _("This invitation is for another address than that of the account you are signed in with.")
        raise NotAllowed(message)
    _require_no_office(by, at)
    if access.is_approver(by, usable.assessment):
        raise NotAllowed(SIGNS_OFF)
    return _accept(usable, by, at)


@transaction.atomic
def accept_with_new_account(*, invitation: Invitation, name: str, password: str, at: datetime) -> Invitation:
    """Make an account for the invited address, which the link proves, and hand it the items.

    Raises WrongState where the link does not work any more or the address has an account already;
    InvalidInput for a name or a password that will not do.
    """
    usable = _lock_usable(invitation, at)
    name = plain_name(name)
    errors = list(wrong_name(name, longest=LONGEST_NAME))
    if not name:
        errors.append(FieldError("name", "missing", _("Say what you are called: colleagues see it.")))
    person = create_person(
        email=usable.email, name=name, language=usable.language, password=password, errors=errors
    )
    return _accept(usable, person, at)


def require_usable(invitation: Invitation, *, at: datetime) -> None:
    """Raise WrongState, with what to do, for a link that was used, taken back or has run out.

    An invitation ends with the role of who sent it, too.
    """
    params = {"name": str(invitation.invited_by.name or invitation.assessment.entity)}
    if invitation.revoked_at:
        raise WrongState(_("This invitation was taken back. Ask %(name)s if you think otherwise."), params)
    if invitation.accepted_at:
        raise WrongState(_("This invitation was used already: it works once. If it was you, sign in."))
    sheet = invitation.assessment
    is_backed = access.can_delegate(invitation.invited_by, sheet)
    if invitation.expires_at <= at or not is_backed:
        whom = params if is_backed else {"name": sheet.entity.short_name}
        raise WrongState(_("This invitation has run out. Ask %(name)s for a new one."), whom)
    if not sheet.is_editable:
        raise WrongState(_("The assessment cannot be changed now, so there is nothing to answer in it."))


def _lock_usable(invitation: Invitation, at: datetime) -> Invitation:
    """Return the invitation as it is once nobody else can use it: the lock of its sheet is the judge."""
    sheet = lock_sheet(invitation.assessment)
    usable = Invitation.objects.select_related("invited_by").get(pk=invitation.pk)
    usable.assessment = sheet
    require_usable(usable, at=at)
    return usable


def _accept(invitation: Invitation, person: User, at: datetime) -> Invitation:
    sheet = invitation.assessment
    if not has_role(person, Role.CONTRIBUTOR, sheet.entity_id):
        _grant(person, sheet)
    items = list(invitation.items.all())
    handed_by, due_on = invitation.invited_by, invitation.due_on
    write_delegations(sheet, items, person, handed_by=handed_by, due_on=due_on, at=at)
    invitation.accepted_by, invitation.accepted_at = person, at
    invitation.save(update_fields=["accepted_by", "accepted_at"])
    return invitation


def _grant(person: User, sheet: Assessment) -> None:
    """Make somebody a contributor; a term that an administrator set is not for a focal point to widen."""
    if Membership.objects.filter(user=person, role=Role.CONTRIBUTOR, entity=sheet.entity_id).exists():
        message = _(
            "You are no contributor of %(entity)s today: an administrator has to renew your role first."
        )
        raise WrongState(message, {"entity": sheet.entity.short_name})
    grant_role(user=person, role=Role.CONTRIBUTOR, entity=sheet.entity)


def _require_no_office(person: User, at: datetime) -> None:
    """Who judges or administers the work of all entities does not answer for one of them."""
    offices = Membership.objects.filter(user=person).exclude(role__in=ENTITY_ROLES)
    if offices.exclude(valid_to__lt=localdate(at)).exists():
        message = _(
            "Your account has an office in the whole system, so it cannot answer for one entity. "
            "Ask to have somebody else invited."
        )
        raise NotAllowed(message)


def _require_sound_person(address: str, name: str, language: str, by: User) -> None:
    errors = list(wrong_name(name, longest=LONGEST_NAME))
    try:
        validate_email(address)
    except ValidationError:
        errors.append(FieldError("email", "no_address", _("Give one e-mail address, for example a@b.org.")))
    if address == by.email.lower():
        message = _("This is your own address: you can answer every item already.")
        errors.append(FieldError("email", "own", message))
    if language not in dict(settings.LANGUAGES):
        errors.append(FieldError("language", "unknown", _("Choose a language.")))
    if errors:
        raise InvalidInput(NOT_HANDED, errors=errors)


def _require_not_invited(sheet: Assessment, items: Collection[Item], address: str, at: datetime) -> None:
    """Of invitations alone: whether the address has an account makes no difference."""
    open_ones = Invitation.objects.filter(assessment=sheet, email=address, accepted_at=None, revoked_at=None)
    invited = Item.objects.filter(pk__in=open_ones.filter(expires_at__gt=at).values("items"))
    again = invited.filter(pk__in=[item.pk for item in items]).order_by("dimension__order", "order")
    if codes := list(again.values_list("code", flat=True)):
        message = _(
            "This address is invited to answer %(codes)s already: leave that out. To invite another address "
            "instead, take the first invitation back below."
        )
        error = FieldError("email", "invited", message, {"codes": ", ".join(codes)})
        raise InvalidInput(NOT_HANDED, errors=[error])


def _require_below_limit(sheet: Assessment, at: datetime) -> None:
    """Items handed to contributors are not counted: they need no link (`services.delegating` counts them)."""
    lately = Invitation.objects.filter(
        assessment__entity=sheet.entity_id, invited_at__gt=at - timedelta(days=1)
    )
    if lately.exclude(accepted_at=F("invited_at")).count() >= INVITATIONS_A_DAY:
        raise WrongState(TOO_MANY, {"limit": INVITATIONS_A_DAY})
