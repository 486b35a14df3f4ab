"""The task force's steps after sign-off: decide requests and levels, validate, return, reopen."""

from datetime import datetime
from typing import Any

from django.db import transaction

from entities.models import User
from quintet import access
from quintet.domain import workflow
from quintet.domain.answers import can_be_stored, tidy
from quintet.models import (
    Answer,
    AnswerState,
    Assessment,
    Item,
    NaDecision,
    RevisionOutcome,
    Transition,
)
from quintet.services import freezing
from quintet.services.locking import lock_sheet
from quintet.services.revisions import Hand, revision_of
from quintet.services.signing import move, require_comment
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, StaleVersion, WrongState
from un20portal.lib.errors import marked as _


def decide_na(
    *, assessment: Assessment, item: Item, approve: bool, version: int, by: User, at: datetime
) -> Answer:
    """Approve or reject a request for “not applicable”, as it stands in `version` of the answer.

    Raises NotAllowed; WrongState where there is none; StaleVersion when somebody wrote or decided in
    between, after keeping the refused decision as a revision. Deciding the same again changes nothing.
    """
    with transaction.atomic():
        answer = _answer_in_review(assessment, item, AnswerState.NA, by)
        if answer is None:
            raise WrongState(_("There is no request for “not applicable” on this item."))
        decision = {"na_decision": NaDecision.APPROVED if approve else NaDecision.REJECTED}
        refusal = _write_decision(answer, decision, version, by, at)
    if refusal:  # raised outside the transaction: the revision of the refused decision must stay
        raise refusal
    return answer


def decide_level(
    *, assessment: Assessment, item: Item, accepted: int, reason: str, version: int, by: User, at: datetime
) -> Answer:
    """Accept a level; one that differs from the claimed level needs a reason.

    Based on `version` of the answer and refused like `decide_na`; InvalidInput names what is wrong.
    """
    with transaction.atomic():
        answer = _answer_in_review(assessment, item, AnswerState.ANSWERED, by)
        if answer is None:
            raise WrongState(_("This item has no level to decide on."))
        decision = {"accepted": accepted, "accepted_reason": tidy(reason)}
        _require_sound(decision, answer.claimed, item.framework.highest_level)
        refusal = _write_decision(answer, decision, version, by, at)
    if refusal:
        raise refusal
    return answer


@transaction.atomic
def validate(*, assessment: Assessment, by: User, at: datetime) -> Transition:
    """Accept the sheet: it is frozen once more and counts on the accepted basis."""
    sheet = _for_review(assessment, by)
    target = workflow.next_status("validate", status=sheet.status, phase=sheet.cycle.phase)
    undecided = Answer.objects.filter(assessment=sheet, na_decision=NaDecision.PENDING)
    in_order = undecided.order_by("item__dimension__order", "item__order")
    if codes := list(in_order.values_list("item__code", flat=True)):
        message = _("Decide first on the requests for “not applicable” on these items: %(codes)s.")
        raise WrongState(message, {"codes": ", ".join(codes)})
    transition = move(sheet, "validate", target, by=by, at=at)
    freezing.freeze(assessment=sheet, at=at)
    freezing.announce_change(assessment=sheet, at=at)
    return transition


@transaction.atomic
def return_to_entity(*, assessment: Assessment, by: User, at: datetime, comment: str) -> Transition:
    """Give a submitted sheet back for rework; it no longer counts."""
    return _give_back("return", assessment, by, at, comment)


@transaction.atomic
def reopen(*, assessment: Assessment, by: User, at: datetime, comment: str) -> Transition:
    """Open a validated sheet again while the cycle runs; it no longer counts."""
    return _give_back("reopen", assessment, by, at, comment)


def _give_back(action: str, assessment: Assessment, by: User, at: datetime, comment: str) -> Transition:
    sheet = _for_review(assessment, by)
    target = workflow.next_status(action, status=sheet.status, phase=sheet.cycle.phase)
    transition = move(sheet, action, target, by=by, at=at, comment=require_comment(comment))
    freezing.announce_change(assessment=sheet, at=at)
    return transition


def _for_review(assessment: Assessment, by: User) -> Assessment:
    if not access.can_review(by):
        raise NotAllowed(_("Only the task force reviews assessments."))
    return lock_sheet(assessment)


def _open_review(assessment: Assessment, by: User) -> Assessment:
    sheet = _for_review(assessment, by)
    if not workflow.is_possible("validate", status=sheet.status, phase=sheet.cycle.phase):
        raise WrongState(_("Decisions are possible only while the assessment waits for validation."))
    return sheet


def _answer_in_review(assessment: Assessment, item: Item, state: AnswerState, by: User) -> Answer | None:
    sheet = _open_review(assessment, by)
    return Answer.objects.filter(assessment=sheet, item=item, state=state).first()


def _require_sound(decision: dict[str, Any], claimed: int | None, highest_level: int) -> None:
    errors, accepted, reason = [], decision["accepted"], decision["accepted_reason"]
    if not 0 <= accepted <= highest_level:
        errors.append(FieldError("accepted", "unknown_level", _("Choose a level of the scale.")))
    if accepted != claimed and not reason:
        errors.append(FieldError("reason", "missing", _("Say why the level differs from the claimed one.")))
    if len(reason) > 5000 or not can_be_stored(reason):
        errors.append(FieldError("reason", "bad_text", _("Give a reason of at most 5000 characters.")))
    if errors:
        raise InvalidInput(_("The decision was not saved."), errors=errors)


def _write_decision(
    answer: Answer, decision: dict[str, Any], version: int, by: User, at: datetime
) -> StaleVersion | None:
    """Write the decision and its revision; return the refusal when it came too late, its revision kept."""
    current = {name: getattr(answer, name) for name in decision}
    if current == decision:
        return None
    refusal = None
    if answer.version != version:
        message = _(
            "This item was changed or decided on in the meantime. Both decisions are kept: choose one."
        )
        refusal = StaleVersion(message, current={**current, "version": answer.version}, offered=decision)
    for name, value in decision.items():
        setattr(answer, name, value)
    answer.version = version if refusal else version + 1
    if not refusal:
        answer.save()
    outcome = RevisionOutcome.DECISION_REFUSED if refusal else RevisionOutcome.DECIDED
    revision_of(answer, outcome, Hand(by, at, "form")).save()
    return refusal
