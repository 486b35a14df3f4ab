"""Planning, opening and closing cycles; every chosen unit gets its sheet when a cycle opens."""

import re
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from entities.models import Entity, Role, User
from entities.queries import people_with
from quintet import access
from quintet.domain import workflow
from quintet.domain.answers import can_be_stored, tidy
from quintet.models import Assessment, Cycle, Extension, Framework, LetterKind, Phase
from quintet.services.letters import owe_letter
from quintet.services.locking import lock_cycle, lock_sheet
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, WrongState
from un20portal.lib.errors import marked as _

CODE = re.compile(r"[A-Za-z0-9_-]{1,50}")  # what addresses can name
LONGEST_EXTENSION = timedelta(days=366)  # a year that is mistyped is noticed
RESERVED_CODES = {"new", "groups"}  # /cycles/new/ plans a cycle, /scorecards/groups/ lists custom groups


@transaction.atomic
def plan_cycle(
    *,
    code: str,
    title: str,
    framework: Framework,
    opens_on: date,
    closes_on: date,
    by: User,
    at: datetime,
) -> Cycle:
    """Create a cycle that is not open yet; raise InvalidInput naming what is wrong."""
    _require_manager(by)
    errors = wrong_code(code)
    if Cycle.objects.filter(code=code).exists():
        errors.append(FieldError("code", "taken", _("There is already a cycle with this code.")))
    if opens_on > closes_on:
        errors.append(FieldError("closes_on", "order", _("The last day comes before the first.")))
    elif closes_on < localdate(at):
        errors.append(FieldError("closes_on", "past", _("The last day has passed already.")))
    if errors:
        raise InvalidInput(_("The cycle was not created."), errors=errors)
    return Cycle.objects.create(
        code=code, title=title, framework=framework, opens_on=opens_on, closes_on=closes_on
    )


def wrong_code(code: str) -> list[FieldError]:
    """Say what is wrong with a code as part of addresses; an empty list when nothing is."""
    if not CODE.fullmatch(code):
        message = _("A cycle's code has 1 to 50 letters, digits, hyphens and underscores.")
        return [FieldError("code", "bad_code", message)]
    if code in RESERVED_CODES:
        message = _("This code is an address of the portal: choose another.")
        return [FieldError("code", "reserved", message)]
    return []


@transaction.atomic
def open_cycle(*, cycle: Cycle, entities: Sequence[Entity], by: User, at: datetime) -> int:
    """Open the cycle for `entities`, return how many sheets were made.

    Raises InvalidInput for none, and for units that do not exist any more (or yet) on the cycle's last day;
    WrongState for a cycle whose last day has passed.
    """
    _require_manager(by)
    if not entities:
        raise InvalidInput(_("Choose at least one unit for the cycle."))
    _require_existing(entities, on=cycle.closes_on)
    # the framework's text is frozen from now on: a load that changes it must end before, or fail after
    Framework.objects.select_for_update().get(pk=cycle.framework_id)
    locked = _move(cycle, Phase.OPEN)
    if locked.closes_on < localdate(at):
        raise WrongState(_("The last day of this cycle has passed: plan a new one."))
    locked.sample_seed = secrets.token_hex(16)
    locked.save(update_fields=["sample_seed"])
    return give_sheets(locked, entities)


@transaction.atomic
def start_validation(*, cycle: Cycle, by: User) -> None:
    """End the time for answers: from now on only returned sheets can change."""
    _require_manager(by)
    _move(cycle, Phase.VALIDATION)


@transaction.atomic
def close_cycle(*, cycle: Cycle, by: User) -> None:
    """End the cycle: nothing in it changes any more."""
    _require_manager(by)
    _move(cycle, Phase.CLOSED)


@transaction.atomic
def extend(*, assessment: Assessment, until: date, reason: str, by: User, at: datetime) -> Extension:
    """Give one entity more time, through `until`, and tell its focal points by letter.

    Such a sheet is answered and submitted after the time for answers of the others, too. Its last extension
    is the one that holds: an earlier day, not before the cycle's last, takes a mistake back.
    Raises WrongState where more time makes no difference, InvalidInput naming what is wrong.
    """
    _require_manager(by)
    sheet = lock_sheet(assessment)
    workflow.require_extendable(status=sheet.status, phase=sheet.cycle.phase)
    said = tidy(reason)
    if errors := _wrong_extension(sheet, until, said, localdate(at)):
        raise InvalidInput(_("The entity did not get more time."), errors=errors)
    sheet.extended_to = until
    sheet.save(update_fields=["extended_to"])
    extension = Extension.objects.create(assessment=sheet, until=until, reason=said, by=by, at=at)
    for person in people_with(sheet.entity, Role.FOCAL_POINT):
        owe_letter(kind=LetterKind.EXTENSION, person=person, assessment=sheet, about=extension.pk, at=at)
    return extension


@transaction.atomic
def end_extensions(*, at: datetime) -> int:
    """Take back the additional time whose last day has passed; return of how many sheets."""
    over = Assessment.objects.filter(extended_to__lt=localdate(at))
    ended = list(over.select_for_update().order_by("pk").values_list("pk", flat=True))
    return over.filter(pk__in=ended).update(extended_to=None)


def _wrong_extension(sheet: Assessment, until: date, reason: str, today: date) -> list[FieldError]:
    cycle, errors = sheet.cycle, []
    has_that_day = until == sheet.due_on and (sheet.is_extended or cycle.phase == Phase.OPEN)
    if until <= today:
        errors.append(FieldError("until", "past", _("Choose a day after today.")))
    elif until < cycle.closes_on:
        errors.append(
            FieldError("until", "early", _("Choose a day that is not before the cycle's last day."))
        )
    elif has_that_day:
        errors.append(FieldError("until", "same", _("This is the last day already: choose another.")))
    elif until > max(today, cycle.closes_on) + LONGEST_EXTENSION:
        errors.append(FieldError("until", "late", _("Give at most a year.")))
    if not 3 <= len(reason) <= 5000 or not can_be_stored(reason):
        errors.append(FieldError("reason", "length", _("Give the reason in 3 to 5000 characters.")))
    return errors


def give_sheets(cycle: Cycle, entities: Sequence[Entity]) -> int:
    """Give a draft to each unit that has no sheet in the locked cycle; return how many were made."""
    served = set(Assessment.objects.filter(cycle=cycle).values_list("entity_id", flat=True))
    made = Assessment.objects.bulk_create(
        Assessment(cycle=cycle, entity=entity, is_demo=cycle.is_demo)
        for entity in entities
        if entity.pk not in served
    )
    return len(made)


def _require_existing(entities: Sequence[Entity], *, on: date) -> None:
    existing = set(Entity.objects.active_on(on).values_list("pk", flat=True))
    if absent := sorted(entity.code for entity in entities if entity.pk not in existing):
        raise InvalidInput(
            _("These units do not exist on the cycle's last day: %(codes)s."), {"codes": ", ".join(absent)}
        )


def _require_manager(by: User) -> None:
    if not access.can_manage_cycles(by):
        raise NotAllowed(_("Only the task force manages cycles."))


def _move(cycle: Cycle, wanted: Phase) -> Cycle:
    locked = lock_cycle(cycle)
    locked.phase = Phase(workflow.next_phase(locked.phase, wanted=wanted))
    locked.save(update_fields=["phase"])
    return locked
