"""What a receipt vouches for: the contents of a sheet as the entity hands them in."""

from typing import Any

from django.db.models import QuerySet

from quintet.domain.answers import UNANSWERED
from quintet.models import Answer, Assessment, Receipt
from quintet.queries.evidence import documents_of
from quintet.queries.sheets import items_of
from un20portal.lib.canonical import canonical_json, sha256


def contents_sha256(assessment: Assessment) -> str:
    """The SHA-256 of what the sheet says now: canonical JSON of cycle, entity, framework and answers.

    Without status, time and decisions, so that contents that nobody changed keep their hash from the
    submission to the sign-off.
    """
    return sha256(contents_json(assessment))


def contents_json(assessment: Assessment) -> str:
    """The text whose UTF-8 bytes the hash is of."""
    return canonical_json(_contents(assessment))


def _contents(assessment: Assessment) -> dict[str, Any]:
    framework = assessment.cycle.framework
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=assessment)}
    documents = documents_of([assessment]).get(assessment.pk, {})
    return {
        "cycle": assessment.cycle.code,
        "entity": assessment.entity.code,
        "framework": {"slug": framework.slug, "version": framework.version},
        "answers": [
            {"item": item.code, **_said(answers.get(item.pk)), "evidence": documents.get(item.pk, [])}
            for item in items_of(assessment)
        ],
    }


def _said(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {"state": UNANSWERED}
    names = ("state", "claimed", "na_reason", "comment")
    return {name: getattr(answer, name) for name in names}


def receipts_of(assessment: Assessment) -> QuerySet[Receipt]:
    """The receipts of a sheet with their steps, the latest first."""
    receipts = Receipt.objects.filter(transition__assessment=assessment)
    return (
        receipts.select_related("transition")
        .prefetch_related("transition__by__memberships__entity")
        .order_by("-pk")
    )
