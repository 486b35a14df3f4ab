"""Cases: focal points of an entity write, change, show and delete them; they or the task force withdraw them.

Every step leaves an event in the same transaction: who did it, when, and what the case said. All but deleting
make another version: who read the one before is told what came in between.
"""

from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from entities.models import Entity, User
from roadmap import access
from roadmap.domain.cases import MOST_DRAFTS, REFUSED, CaseText, parse_case, parse_reason
from roadmap.models import Case, CaseEvent, CaseStep
from roadmap.queries.cases import revision_of
from un20portal.lib.canonical import canonical_json
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, NotFound, StaleVersion, WrongState
from un20portal.lib.errors import marked as _

CHANGED_BETWEEN = _("Somebody else has changed this case in the meantime. See what is stored now.")
BETWEEN = {
    CaseStep.SHOWN: _("This case was shown to everybody in the meantime. See what is stored now."),
    CaseStep.WITHDRAWN: _("This case was withdrawn in the meantime. See what is stored now."),
}


@transaction.atomic
def write_case(*, entity: Entity, text: CaseText, by: User, at: datetime) -> Case:
    """Write a draft, which is demo data if its author is; raise NotAllowed, InvalidInput.

    An entity has so many drafts at a time: to write another one, one of them is shown or deleted.
    """
    _require_author(by, entity.pk)
    parsed = _parsed(text, at)
    Entity.objects.select_for_update(no_key=True).get(pk=entity.pk)  # two at once do not pass the limit
    if Case.objects.drafts().filter(entity=entity).count() >= MOST_DRAFTS:
        message = _("The entity has %(most)s drafts: show or delete one before you write another.")
        raise InvalidInput(REFUSED, errors=[FieldError("", "too_many", message, {"most": MOST_DRAFTS})])
    case = Case.objects.create(entity=entity, by=by, at=at, is_demo=by.is_demo, **asdict(parsed))
    _record(CaseStep.WRITTEN, case, by=by, at=at)
    return case


@transaction.atomic
def change_case(*, case: Case, text: CaseText, version: int, by: User, at: datetime) -> Case:
    """Write a case anew, based on `version`; one that is shown stays so.

    Raises NotAllowed, InvalidInput; StaleVersion with both texts when somebody wrote, showed or withdrew it
    in between. Writing what is already there changes nothing.
    """
    locked = _locked(case)
    _require_author(by, locked.entity_id)
    parsed = _parsed(text, at)
    if locked.text == parsed:
        return locked
    _require_version(locked, version, parsed)
    for name, value in asdict(parsed).items():
        setattr(locked, name, value)
    locked.version, locked.by, locked.at = version + 1, by, at
    locked.save()
    _record(CaseStep.CHANGED, locked, by=by, at=at)
    return locked


@transaction.atomic
def show_case(*, case: Case, version: int, by: User, at: datetime) -> None:
    """Show the text that `version` names to everybody; raise NotAllowed, WrongState, StaleVersion.

    What the task force withdrew is not shown again as it was: other words make it another text, and so does
    another year or enabler.
    """
    locked = _locked(case)
    _require_author(by, locked.entity_id)
    if locked.is_shown:
        raise WrongState(_("This case is shown already."))
    _require_version(locked, version, locked.text)
    if (revision := revision_of(locked)) and not revision.is_enough:
        raise WrongState(
            _("The task force has withdrawn this text: change its words before you show it again.")
        )
    locked.version, locked.shown_at = version + 1, at
    locked.save()
    _record(CaseStep.SHOWN, locked, by=by, at=at)


@transaction.atomic
def withdraw_case(*, case: Case, version: int, reason: str, by: User, at: datetime) -> None:
    """Make the shown text that `version` names a draft again, and say why.

    Raises NotAllowed, WrongState, StaleVersion; InvalidInput without a reason.
    """
    locked = _locked(case)
    if not access.can_withdraw(by, locked):
        raise NotAllowed(_("Only a focal point of the entity or the task force withdraws a case."))
    if not locked.is_shown:
        raise WrongState(_("This case is a draft: it is not shown to everybody."))
    why = parse_reason(reason)
    _require_version(locked, version, locked.text)
    is_by_task_force = not access.can_write_cases(by, locked.entity_id)
    locked.version, locked.shown_at = version + 1, None
    if is_by_task_force:
        locked.withdrawn_version = locked.version
    locked.save()
    _record(CaseStep.WITHDRAWN, locked, by=by, at=at, is_by_task_force=is_by_task_force, reason=why)


@transaction.atomic
def delete_case(*, case: Case, version: int, by: User, at: datetime) -> None:
    """Take a draft off all pages; its events stay. Raise NotAllowed, WrongState, StaleVersion."""
    locked = _locked(case)
    _require_author(by, locked.entity_id)
    if locked.is_shown:
        raise WrongState(_("This case is shown: withdraw it before you delete it."))
    _require_version(locked, version, locked.text)
    Case.objects.filter(pk=locked.pk).update(deleted_at=at)
    _record(CaseStep.DELETED, locked, by=by, at=at)


def _locked(case: Case) -> Case:
    """The case as it is now, which nobody else writes meanwhile; raise NotFound once it is deleted."""
    locked = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if locked.deleted_at:
        raise NotFound(_("This case was deleted."))
    return locked


def _record(
    step: CaseStep,
    case: Case,
    *,
    by: User,
    at: datetime,
    is_by_task_force: bool = False,
    reason: str = "",
) -> None:
    CaseEvent.objects.create(
        case=case,
        step=step,
        version=case.version,
        text=_said(case),
        by=by,
        at=at,
        is_by_task_force=is_by_task_force,
        reason=reason,
    )


def _said(case: Case) -> str:
    return canonical_json(asdict(case.text))


def _require_author(by: User, entity: int) -> None:
    if not access.can_write_cases(by, entity):
        raise NotAllowed(_("Only a focal point of the entity writes its cases."))


def _require_version(case: Case, version: int, offered: CaseText) -> None:
    if case.version != version:
        last = CaseStep(case.events.order_by("-pk").values_list("step", flat=True)[0])
        raise StaleVersion(
            BETWEEN.get(last, CHANGED_BETWEEN),
            current={**asdict(case.text), "version": case.version},
            offered=asdict(offered),
        )


def _parsed(text: CaseText, at: datetime) -> CaseText:
    return parse_case(text, this_year=localdate(at).year, languages=dict(settings.LANGUAGES))
