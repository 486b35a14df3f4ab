"""Carrying an answer forward: what was said last time is said again, item by item, by a person.

Nothing is copied before: an item that nobody confirmed is unanswered everywhere.
"""

from datetime import datetime

from django.db import transaction

from entities.models import User
from quintet.domain.answers import parse_answer
from quintet.models import Answer, Assessment, Item
from quintet.queries.earlier import earlier_sheet
from quintet.services import evidence
from quintet.services.answering import require_may_answer, stale_answer, write_value
from quintet.services.revisions import Hand
from un20portal.lib.errors import WrongState
from un20portal.lib.errors import marked as _


def confirm_still_true(*, assessment: Assessment, item: Item, version: int, by: User, at: datetime) -> Answer:
    """Say on `item` what the entity's last counted sheet says, at the level that counted then.

    The documents come along. Refused like `record_answer`; WrongState where nothing can be confirmed. A
    request for “not applicable” lapsed with its cycle: it is asked for again, with the same reason.
    """
    require_may_answer(assessment=assessment, item=item, by=by)
    sheet = earlier_sheet(assessment)
    earlier = sheet.answers.get(item.code) if sheet else None
    if sheet is None or earlier is None or not earlier.can_be_confirmed:
        raise WrongState(_("There is no answer of an earlier cycle to confirm: choose a level."))
    value = parse_answer(
        earlier.as_raw(), highest_level=item.framework.highest_level, na_allowed=item.na_allowed
    )
    hand = Hand(by, at, "carried", sheet.sheet.cycle.code)
    with transaction.atomic():
        written = write_value(assessment, item, value, version, hand)
        if written is not None:
            evidence.carry(assessment=assessment, item=item, uses=earlier.uses, by=by, at=at)
    if written is None:  # raised outside the transaction: the revision of the refused text must stay
        raise stale_answer(assessment, item, value, by=by)
    return written
