"""Freezing a sheet into an immutable snapshot, and telling the floors above that figures changed."""

import json
from datetime import datetime
from typing import Any

from django.utils.crypto import salted_hmac

from quintet.domain.packing import pack
from quintet.models import Answer, AnswerState, Assessment, Item, Snapshot
from quintet.queries.evidence import Documents, documents_of
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.outbox import services as outbox

CHANGED = "quintet.assessment_changed"


def freeze(*, assessment: Assessment, at: datetime) -> Snapshot:
    """Store the sheet as it stands, in the caller's transaction; return the snapshot."""
    items = list(Item.objects.filter(framework=assessment.cycle.framework_id).in_order())
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=assessment)}
    documents = documents_of([assessment]).get(assessment.pk, {})
    number = Snapshot.objects.filter(assessment=assessment).count() + 1
    snapshot = build_snapshot(assessment, items, answers, documents, number=number, at=at)
    snapshot.save(force_insert=True)
    return snapshot


def build_snapshot(
    assessment: Assessment,
    items: list[Item],
    answers: dict[int, Answer],
    documents: Documents | None,
    *,
    number: int,
    at: datetime,
) -> Snapshot:
    """Return the unsaved snapshot of a sheet: canonical payload, its hash, and packed levels.

    `items` in framework order; `answers` and `documents` by item id. Without documents the sheet says
    nothing of evidence and of checks: neither is recorded here. The payload holds natural keys only, and a
    nonce: its hash is public, and what a sheet says could be guessed.
    """
    framework = assessment.cycle.framework
    content = {
        "cycle": assessment.cycle.code,
        "entity": assessment.entity.code,
        "framework": {"slug": framework.slug, "version": framework.version},
        "number": number,
        "status": str(assessment.status),
        "answers": [
            _entry(item, answers.get(item.pk))
            | ({} if documents is None else {"evidence": documents.get(item.pk, [])})
            for item in items
        ],
    }
    nonce = _nonce(canonical_json(content))
    payload = canonical_json(content | {"nonce": nonce})
    return Snapshot(
        assessment=assessment,
        number=number,
        status=assessment.status,
        payload=payload,
        sha256=sha256(payload),
        nonce=nonce,
        claimed=pack(_level(answers.get(item.pk), accepted=False) for item in items),
        accepted=pack(_level(answers.get(item.pk), accepted=True) for item in items),
        at=at,
    )


def is_packed_right(snapshot: Snapshot) -> bool:
    """Whether the status and the levels that stand beside the payload are those that it says."""
    sheet = json.loads(snapshot.payload)
    answers = [_answer(entry) for entry in sheet["answers"]]
    said = [pack(_level(answer, accepted=accepted) for answer in answers) for accepted in (False, True)]
    kept = [bytes(snapshot.claimed), bytes(snapshot.accepted)]
    return (sheet["status"], said) == (snapshot.status, kept)


def announce_change(*, assessment: Assessment, at: datetime) -> None:
    """Owe the figures of this sheet and of its groups, in the caller's transaction."""
    outbox.put(CHANGED, {"cycle_id": assessment.cycle_id, "assessment_id": assessment.pk}, at=at)


def _nonce(content: str) -> str:
    """128 bits that nobody foretells without the portal's secret key; the same for the same sheet.

    Drawn and not random, so that the same sheets give the same bytes on every database. It is stored: the
    key may change.
    """
    return salted_hmac("quintet.snapshot", content, algorithm="sha256").hexdigest()[:32]


def _entry(item: Item, answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {"item": item.code, "state": AnswerState.UNANSWERED.value}
    return {
        "item": item.code,
        "state": str(answer.state),
        "claimed": answer.claimed,
        "accepted": answer.accepted,
        "accepted_reason": answer.accepted_reason,
        "na_reason": answer.na_reason,
        "na_decision": str(answer.na_decision),
        "comment": answer.comment,
        "version": answer.version,
    }


def _answer(entry: dict[str, Any]) -> Answer:
    """What an entry says of the level."""
    said = ("state", "claimed", "accepted", "na_decision")
    return Answer(**{name: entry[name] for name in said if name in entry})


def _level(answer: Answer | None, *, accepted: bool) -> int | str | None:
    """A level, "na", or None for missing: a request that is not approved counts as unanswered."""
    if answer is None:
        return None
    if answer.counts_as_na:
        return "na"
    return answer.accepted_level if accepted else answer.claimed
