"""The entity's own steps: submit, sign off, send back. Each one locks the sheet and leaves a trace."""

from datetime import datetime

from django.db import transaction

from entities.models import User
from quintet import access
from quintet.domain import workflow
from quintet.domain.answers import can_be_stored, tidy
from quintet.domain.rules import find_problems
from quintet.models import Assessment, Status, Transition
from quintet.queries.sheets import sheet_state
from quintet.services import freezing, receipts
from quintet.services.locking import lock_sheet
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed
from un20portal.lib.errors import marked as _


@transaction.atomic
def submit(*, assessment: Assessment, by: User, at: datetime) -> Transition:
    """Hand the sheet to the approver; raise InvalidInput with the problems that block."""
    sheet = lock_sheet(assessment)
    if not access.can_submit(by, sheet):
        raise NotAllowed(_("Only a focal point of the entity submits its assessment."))
    phase, is_extended = sheet.cycle.phase, sheet.is_extended
    target = workflow.next_status("submit", status=sheet.status, phase=phase, is_extended=is_extended)
    blocking = [problem for problem in find_problems(sheet_state(sheet)) if problem.blocks]
    if blocking:
        raise InvalidInput(
            _("The assessment cannot be submitted yet: %(count)s items need attention."),
            {"count": len(blocking)},
            [FieldError(problem.item, problem.code, problem.message) for problem in blocking],
        )
    sheet.submitted_by = by
    transition = move(sheet, "submit", target, by=by, at=at)
    receipts.give_receipt(transition=transition, at=at)
    return transition


@transaction.atomic
def sign_off(*, assessment: Assessment, by: User, at: datetime) -> Transition:
    """Confirm the sheet for the entity: it is frozen, counted, and visible to the task force."""
    sheet = lock_sheet(assessment)
    _require_approver(by, sheet)
    target = workflow.next_status("sign_off", status=sheet.status, phase=sheet.cycle.phase)
    transition = move(sheet, "sign_off", target, by=by, at=at)
    receipts.give_receipt(transition=transition, at=at)
    freezing.freeze(assessment=sheet, at=at)
    freezing.announce_change(assessment=sheet, at=at)
    return transition


@transaction.atomic
def send_back(*, assessment: Assessment, by: User, at: datetime, comment: str) -> Transition:
    """Give the sheet back to the focal point with a comment that says what to change."""
    sheet = lock_sheet(assessment)
    _require_approver(by, sheet)
    target = workflow.next_status("send_back", status=sheet.status, phase=sheet.cycle.phase)
    return move(sheet, "send_back", target, by=by, at=at, comment=require_comment(comment))


def move(
    sheet: Assessment, action: str, target: str, *, by: User, at: datetime, comment: str = ""
) -> Transition:
    """Write the new status and its trace, and owe letters to those who go on."""
    transition = Transition.objects.create(
        assessment=sheet,
        action=action,
        from_status=sheet.status,
        to_status=target,
        comment=comment,
        by=by,
        at=at,
    )
    sheet.status = Status(target)
    sheet.save(update_fields=["status", "submitted_by"])
    receipts.tell_of_step(transition=transition, at=at)
    return transition


def require_comment(comment: str) -> str:
    """Return the comment, trimmed; raise InvalidInput when it says nothing or too much."""
    text = tidy(comment)
    if not 3 <= len(text) <= 5000 or not can_be_stored(text):
        message = _("Say in 3 to 5000 characters what has to change.")
        raise InvalidInput(_("Nothing was changed."), errors=[FieldError("comment", "length", message)])
    return text


def _require_approver(by: User, sheet: Assessment) -> None:
    if not access.is_approver(by, sheet):
        raise NotAllowed(_("Only an approver of the entity signs off or sends back."))
    if not access.can_sign_off(by, sheet):
        raise NotAllowed(access.sign_off_obstacle(by, sheet))
