"""Revisions: what an answer said after each write and each decision, and what came too late to be said."""

from dataclasses import dataclass
from datetime import datetime

from entities.models import User
from quintet.models import Answer, AnswerFields, AnswerRevision, RevisionOutcome


@dataclass(frozen=True)
class Hand:
    """Who wrote, when, through which channel, and from which file or cycle."""

    by: User | None
    at: datetime
    channel: str
    origin: str = ""


def revision_of(answer: Answer, outcome: RevisionOutcome, hand: Hand) -> AnswerRevision:
    """Return the unsaved revision with all that `answer` says now, in its version."""
    return AnswerRevision(
        assessment_id=answer.assessment_id,
        item_id=answer.item_id,
        version=answer.version,
        outcome=outcome,
        channel=hand.channel,
        origin=hand.origin,
        by=hand.by,
        at=hand.at,
        **{field.name: getattr(answer, field.name) for field in AnswerFields._meta.local_fields},
    )
