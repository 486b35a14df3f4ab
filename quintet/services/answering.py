"""Writing an answer: locked, versioned, with its revision; a stale write loses nothing."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from entities.models import User
from quintet import access
from quintet.domain.answers import NA, AnswerValue, parse_answer
from quintet.models import (
    Answer,
    Assessment,
    Item,
    NaDecision,
    RevisionOutcome,
)
from quintet.queries.sheets import last_write
from quintet.services.locking import lock_answer, lock_asked
from quintet.services.revisions import Hand, revision_of
from un20portal.lib.errors import NotAllowed, NotFound, StaleVersion
from un20portal.lib.errors import marked as _

NO_SUCH_ITEM = _("There is no such item on this sheet.")
NOT_YOURS = _("You may read this item but not answer it.")
FOREIGN_WRITE = _("Somebody else has changed this answer in the meantime. Both texts are kept: choose one.")
OWN_WRITE = _("You have changed this answer yourself in the meantime. Both texts are kept: choose one.")


def record_answer(
    *,
    assessment: Assessment,
    item: Item,
    raw: Mapping[str, Any],
    version: int,
    by: User,
    at: datetime,
    channel: str,
    origin: str = "",
) -> Answer:
    """Write what `raw` says on `item`, based on `version` (0 when there is no answer yet).

    `channel` is how it came in, `origin` the file or cycle it came from.

    Raises NotAllowed, WrongState, InvalidInput; StaleVersion when somebody wrote in between, after
    keeping the refused text as a revision. Writing what is already there changes nothing, whatever the
    version, and returns the answer as it is (unsaved, of version 0, where there is none and nothing is
    said): so a request that is repeated because its reply was lost is harmless.
    """
    require_may_answer(assessment=assessment, item=item, by=by)
    value = parse_answer(raw, highest_level=item.framework.highest_level, na_allowed=item.na_allowed)
    written = write_value(assessment, item, value, version, Hand(by, at, channel, origin))
    if written is None:  # raised outside the transaction: the revision of the refused text must stay
        raise stale_answer(assessment, item, value, by=by)
    return written


def save_answer(
    *, sheet: int, item: str, raw: Mapping[str, Any], version: int, by: User, at: datetime, channel: str
) -> Answer:
    """Do what `record_answer` does, on a sheet and an item by key and code: all is read once, under the lock.

    Raises NotFound where `by` may not read such an item.
    """
    with transaction.atomic():
        answer = _asked(sheet, item, by)
        require_may_answer(assessment=answer.assessment, item=answer.item, by=by)
        asked = answer.item
        value = parse_answer(raw, highest_level=asked.framework.highest_level, na_allowed=asked.na_allowed)
        written = _write(answer, value, version, Hand(by, at, channel))
    if written is None:  # raised outside the transaction: the revision of the refused text must stay
        raise stale_answer(answer.assessment, asked, value, by=by)
    return written


def _asked(sheet: int, item: str, by: User) -> Answer:
    """Lock and return the answer that is asked for."""
    try:
        answer = lock_asked(Assessment.objects.visible_to(by), pk=sheet, code=item)
    except Assessment.DoesNotExist:
        raise NotFound(NO_SUCH_ITEM) from None
    if not access.can_read(by, answer.assessment, answer.item):
        raise NotFound(NO_SUCH_ITEM)
    return answer


def require_may_answer(*, assessment: Assessment, item: Item, by: User) -> None:
    """Raise NotAllowed or WrongState: who and when come before what is said."""
    if not access.can_edit(by, assessment, item):
        raise NotAllowed(NOT_YOURS)
    assessment.require_editable()


def as_dict(answer: Answer) -> dict[str, Any]:
    """Return what an answer says, with its version."""
    return {
        "state": answer.state,
        "claimed": answer.claimed,
        "na_reason": answer.na_reason,
        "comment": answer.comment,
        "version": answer.version,
    }


def stale_answer(assessment: Assessment, item: Item, value: AnswerValue, *, by: User) -> StaleVersion:
    """Return the refusal of a write that came too late, with what is stored and what was offered."""
    current = Answer.objects.filter(assessment=assessment, item=item).first()
    write = last_write(current) if current else None
    return StaleVersion(
        OWN_WRITE if write and write.by_id == by.pk else FOREIGN_WRITE,
        current=as_dict(current) if current else {},
        offered=asdict(value),
    )


@transaction.atomic
def write_value(
    assessment: Assessment,
    item: Item,
    value: AnswerValue,
    version: int,
    hand: Hand,
) -> Answer | None:
    """Return the answer as it is now; None when the write came too late and was kept as a revision."""
    # The sheet's row is the lock: an answer cannot slip in while the sheet is being submitted.
    answer = lock_answer(assessment, item)
    if hand.by and not access.can_edit(hand.by, answer.assessment, item):
        raise NotAllowed(NOT_YOURS)  # the item was taken back while this write waited
    answer.assessment.require_editable()
    return _write(answer, value, version, hand)


def _write(answer: Answer, value: AnswerValue, version: int, hand: Hand) -> Answer | None:
    """Let the locked `answer` say `value`, with its revision; None as in `write_value`."""
    if answer.value == value:
        return answer
    is_in_time = answer.version == version
    answer.state, answer.claimed = value.state, value.claimed
    answer.na_reason, answer.comment = value.na_reason, value.comment
    answer.na_decision = NaDecision.PENDING if value.state == NA else ""
    answer.accepted, answer.accepted_reason = None, ""  # a decision was on the text before this one
    if not is_in_time:
        answer.version = version
        revision_of(answer, RevisionOutcome.REFUSED, hand).save()
        return None
    answer.version += 1
    answer.updated_by, answer.updated_at = hand.by, hand.at
    answer.save()
    revision_of(answer, RevisionOutcome.SAVED, hand).save()
    return answer
