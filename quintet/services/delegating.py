"""Handing items of a sheet to colleagues who are contributors, and what the focal point does then.

Asking somebody who is no contributor yet is in `services.inviting`. All of it locks the sheet.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from entities.access import has_role
from entities.models import Role, User
from entities.queries import called
from quintet import access
from quintet.domain.answers import can_be_stored, tidy
from quintet.domain.delegating import HandedState, wrong_due_day
from quintet.models import (
    ONE_A_DAY,
    Answer,
    Assessment,
    Delegation,
    Invitation,
    Item,
    Letter,
    LetterKind,
)
from quintet.queries.delegations import handed_items
from quintet.services.letters import owe_letter
from quintet.services.locking import lock_sheet
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, NotFound, StaleVersion, WrongState
from un20portal.lib.errors import marked as _
from un20portal.lib.languages import clock

LONGEST_NOTE = 2000
HAND_OVERS_A_DAY = 200  # letters of one entity to its contributors: more is a mistake
NOT_HANDED = _("Nothing was handed over.")
TOO_MANY = _("Your entity has sent %(limit)s invitations within a day: go on tomorrow.")
HAS_THEM = _("%(name)s has these items already: choose others, or somebody else.")
SIGNS_OFF = _("An approver signs off what others answered: somebody else has to answer these items.")


@transaction.atomic
def hand_over(
    *,
    assessment: Assessment,
    items: Collection[Item],
    to: User,
    by: User,
    at: datetime,
    note: str = "",
    due_on: date | None = None,
    tells: bool = True,
    field: str = "to",
) -> Invitation:
    """Hand items to a contributor of the entity and write to them, unless `tells` is off.

    What is handed already stays as it is, with the new due day, and is worth no letter. Returns the record
    of it: an invitation that needed no acceptance, to the items that are new to this person.
    Raises NotAllowed, WrongState (also after too many letters), InvalidInput; what is wrong with the person,
    also that nothing is new to them, is said at `field`.
    """
    sheet = lock_for_handing(assessment, by)
    require_sound(sheet, items=items, note=note, due_on=due_on, at=at)
    if not to.is_active or not has_role(to, Role.CONTRIBUTOR, sheet.entity_id):
        message = _("Choose somebody who is a contributor of your entity, or invite them by e-mail.")
        raise InvalidInput(NOT_HANDED, errors=[FieldError(field, "no_contributor", message)])
    if access.is_approver(to, sheet):
        raise InvalidInput(NOT_HANDED, errors=[FieldError(field, "approver", SIGNS_OFF)])
    if _has_them_already(sheet, items, to, due_on):
        error = FieldError(field, "handed", HAS_THEM, {"name": called(to)})
        raise InvalidInput(NOT_HANDED, errors=[error])
    record = Invitation.objects.create(
        assessment=sheet,
        email=to.email,
        name=to.name,
        language=to.preferred_language,
        note=tidy(note),
        due_on=due_on,
        invited_by=by,
        invited_at=at,
        expires_at=at,
        accepted_by=to,
        accepted_at=at,
    )
    added = write_delegations(sheet, items, to, handed_by=by, due_on=due_on, at=at)
    record.items.set(added)
    if tells and added:
        _require_below_limit(sheet, at)
        owe_letter(kind=LetterKind.INVITATION, person=to, assessment=sheet, about=record.pk, at=at)
    return record


@transaction.atomic
def take_back(*, assessment: Assessment, delegations: Collection[int], by: User) -> int:
    """Take handed items back, whatever the sheet's status; return how many. What was written stays.

    Raises NotAllowed; InvalidInput where none is named; NotFound for one that is not of this sheet.
    """
    require_may_delegate(assessment, by)
    sheet = lock_sheet(assessment)
    chosen = _chosen(sheet, delegations)
    return Delegation.objects.filter(pk__in=[delegation.pk for delegation in chosen]).delete()[0]


@transaction.atomic
def settle(*, assessment: Assessment, accepted: Mapping[int, int], by: User, at: datetime) -> int:
    """Accept what colleagues wrote: delegation → the version of the answer that was read; return how many.

    All or nothing. Raises NotAllowed, WrongState, NotFound; InvalidInput where nothing is written yet;
    StaleVersion where an answer has changed since it was read.
    """
    sheet = lock_for_handing(assessment, by)
    chosen = _chosen(sheet, accepted)
    answers = Answer.objects.filter(assessment=sheet, item__in=[each.item_id for each in chosen])
    versions = dict(answers.values_list("item_id", "version"))
    if missing := [each.item.code for each in chosen if each.item_id not in versions]:
        message = _("Nothing is written on these items yet: %(codes)s.")
        raise InvalidInput(message, {"codes": ", ".join(sorted(set(missing)))})
    if stale := [each.item.code for each in chosen if versions[each.item_id] != accepted[each.pk]]:
        message = _("These answers have changed since you opened the page: %(codes)s. Read them again first.")
        raise StaleVersion(message, {"codes": ", ".join(sorted(set(stale)))})
    for delegation in chosen:
        delegation.settled_version = versions[delegation.item_id]
        delegation.save(update_fields=["settled_version"])
    return len(chosen)


@transaction.atomic
def nudge(*, assessment: Assessment, person: User, by: User, at: datetime) -> Letter:
    """Remind a colleague of the items that are still open, at most once a day.

    Raises NotAllowed; NotFound when nothing is handed to this person; WrongState when nothing is open,
    when they do without reminders, and when they were reminded today, with the time of it.
    """
    sheet = lock_for_handing(assessment, by)
    handed = handed_items(sheet, person)
    if not handed:
        raise NotFound(_("Nothing of this sheet is handed to this person."))
    params = {"name": called(person)}
    if not any(each.state == HandedState.OPEN for each in handed):
        raise WrongState(_("Nothing is open with %(name)s: there is nothing to be reminded of."), params)
    letter = owe_letter(kind=LetterKind.NUDGE, person=person, assessment=sheet, at=at)
    if letter:
        return letter
    if not person.is_active or not person.wants_reminders:
        raise WrongState(_("%(name)s gets no reminders by e-mail: speak to them."), params)
    reminded = Letter.objects.filter(person=person, kind__in=ONE_A_DAY, day=localdate(at)).get()
    message = _("%(name)s was reminded today already, at %(time)s. Wait until tomorrow, or speak to them.")
    raise WrongState(message, {**params, "time": clock(reminded.created_at)})


def require_may_delegate(assessment: Assessment, by: User) -> None:
    if not access.can_delegate(by, assessment):
        raise NotAllowed(_("Only a focal point of the entity hands items over."))


def lock_for_handing(assessment: Assessment, by: User) -> Assessment:
    """Return the locked sheet; raise NotAllowed or WrongState: who and when come before what is asked."""
    require_may_delegate(assessment, by)
    sheet = lock_sheet(assessment)
    sheet.require_editable()
    return sheet


def require_sound(
    sheet: Assessment, *, items: Collection[Item], note: str, due_on: date | None, at: datetime
) -> None:
    """Raise InvalidInput unless there are items of this sheet, a storable note and a day that makes sense."""
    today = localdate(at)
    errors = wrong_due_day(due_on, today=today, last_day=last_day(sheet, today=today))
    if not items or any(item.framework_id != sheet.cycle.framework_id for item in items):
        errors.append(FieldError("items", "missing", _("Choose the items to hand over.")))
    if len(tidy(note)) > LONGEST_NOTE:
        params = {"limit": LONGEST_NOTE}
        errors.append(FieldError("note", "too_long", _("At most %(limit)s characters: shorten it."), params))
    elif not can_be_stored(tidy(note)):
        errors.append(
            FieldError("note", "bad_characters", _("This text has characters that cannot be stored."))
        )
    if errors:
        raise InvalidInput(NOT_HANDED, errors=errors)


def write_delegations(
    sheet: Assessment,
    items: Collection[Item],
    to: User,
    *,
    handed_by: User | None,
    due_on: date | None,
    at: datetime,
) -> list[Item]:
    """Make the delegations that are missing, return their items; those that are there get the due day."""
    mine = Delegation.objects.filter(assessment=sheet, user=to, item__in=items)
    mine.update(due_on=due_on)
    there = set(mine.values_list("item_id", flat=True))
    missing = [item for item in items if item.pk not in there]
    Delegation.objects.bulk_create(
        Delegation(assessment=sheet, item=item, user=to, handed_by=handed_by, handed_at=at, due_on=due_on)
        for item in missing
    )
    return missing


def last_day(sheet: Assessment, *, today: date) -> date | None:
    """The last day for answers that is still to come; what comes back in validation has none of its own."""
    return sheet.due_on if sheet.due_on >= today else None


def _has_them_already(sheet: Assessment, items: Collection[Item], to: User, due_on: date | None) -> bool:
    """Whether these items, to be answered by the same day, are with this person: nothing would be new."""
    same = Delegation.objects.filter(assessment=sheet, user=to, item__in=items, due_on=due_on)
    return same.count() == len({item.pk for item in items})


def _require_below_limit(sheet: Assessment, at: datetime) -> None:
    """Letters to contributors; those with a link have a limit of their own (`services.inviting`)."""
    letters = Letter.objects.filter(kind=LetterKind.INVITATION, assessment__entity=sheet.entity_id)
    lately = letters.exclude(person=None).filter(created_at__gt=at - timedelta(days=1))
    if lately.count() >= HAND_OVERS_A_DAY:
        raise WrongState(TOO_MANY, {"limit": HAND_OVERS_A_DAY})


def _chosen(sheet: Assessment, delegations: Collection[int]) -> list[Delegation]:
    if not delegations:
        raise InvalidInput(_("Choose the items first: tick the boxes before them."))
    chosen = list(sheet.delegations.filter(pk__in=delegations).select_related("item"))
    if len(chosen) != len(set(delegations)):
        raise NotFound(_("These items are not handed over any more: open the page again."))
    return chosen
