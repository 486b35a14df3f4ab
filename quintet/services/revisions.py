"""Revisions: what an answer said after each write and each decision, and what came too late to be said."""

from datetime import datetime

from entities.models import User
from quintet.models import Answer, AnswerFields, AnswerRevision, RevisionOutcome


def revision_of(
    answer: Answer, outcome: RevisionOutcome, *, channel: str, by: User | None, at: datetime
) -> AnswerRevision:
    """Return the unsaved revision with all that `answer` says now, in its version."""
    return AnswerRevision(
        assessment_id=answer.assessment_id,
        item_id=answer.item_id,
        version=answer.version,
        outcome=outcome,
        channel=channel,
        by=by,
        at=at,
        **{field.name: getattr(answer, field.name) for field in AnswerFields._meta.local_fields},
    )
