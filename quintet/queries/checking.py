"""One sheet on the desk of the task force: what is checked and why, beside what was said and decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from quintet.domain.packing import unpack
from quintet.models import (
    DECISIONS,
    Answer,
    AnswerRevision,
    AnswerState,
    Assessment,
    Item,
    NaDecision,
    Snapshot,
    Status,
)
from quintet.queries.evidence import evidence_by_item
from quintet.queries.samples import SheetSample, sample_of
from quintet.queries.second_rating import ClaimLine, claim_line
from quintet.queries.sheets import items_of


@dataclass(frozen=True)
class Past:
    """One event of an item that the task force may see: a level handed in, or a decision."""

    at: datetime
    claimed: int | str | None = None  # a level or "na"
    decision: AnswerRevision | None = None


@dataclass(frozen=True)
class CheckLine:
    """One item to decide on: why, what is claimed, the answer as it stands, and what went before.

    The reasons are those of `domain.sampling`; a request to be not applicable has none of them.
    """

    claim: ClaimLine
    reasons: Sequence[str]
    answer: Answer
    past: list[Past]

    @property
    def is_checked(self) -> bool:
        if self.answer.state == AnswerState.NA:
            return self.answer.na_decision != NaDecision.PENDING
        return self.answer.accepted is not None


@dataclass(frozen=True)
class CheckPage:
    """All that is checked on a sheet: requests, then the sample, both in framework order."""

    sample: SheetSample
    earlier: Assessment | None
    requests: list[CheckLine]
    lines: list[CheckLine]


def check_page(sheet: Assessment) -> CheckPage:
    """What the task force checks on a sheet that was handed in; drafts of its answers are not in it."""
    sample = sample_of(sheet)
    reasons = {check.item: check.reasons for check in sample.checks}
    answers = {answer.item_id: answer for answer in Answer.objects.filter(assessment=sheet)}
    items = list(items_of(sheet))
    asked = [item for item in items if item.code in reasons or _is_request(answers.get(item.pk))]
    pasts = _pasts(sheet, items, {item.pk for item in asked})
    evidence = evidence_by_item(sheet, readable=None)
    lines = [
        CheckLine(
            claim_line(item, answers[item.pk], sample, evidence(item.pk).lines),
            reasons.get(item.code, ()),
            answers[item.pk],
            pasts[item.pk],
        )
        for item in asked
    ]
    return CheckPage(
        sample=sample,
        earlier=sample.earlier.sheet if sample.earlier else None,
        requests=[line for line in lines if not line.reasons],
        lines=[line for line in lines if line.reasons],
    )


def next_check(sheet: Assessment, after: str) -> str:
    """The item to check next: the first open one behind `after`, else the first open one; "" for none."""
    sample = sample_of(sheet)
    codes = [check.item for check in sample.checks]
    place = codes.index(after) if after in codes else 0
    return next((code for code in codes[place:] + codes[:place] if code not in sample.accepted), "")


def has_open_requests(sheet: Assessment) -> bool:
    """Whether a request to be not applicable waits for a decision: it blocks validation."""
    return Answer.objects.filter(assessment=sheet, na_decision=NaDecision.PENDING).exists()


def _is_request(answer: Answer | None) -> bool:
    return answer is not None and answer.state == AnswerState.NA


def _pasts(sheet: Assessment, items: list[Item], asked: set[int]) -> dict[int, list[Past]]:
    """For each item asked the levels handed in and the decisions, the earliest first."""
    pasts: dict[int, list[Past]] = {pk: [] for pk in asked}
    handed_in = Snapshot.objects.filter(assessment=sheet, status=Status.SUBMITTED)
    for snapshot in handed_in.defer("payload").order_by("number"):
        for item, level in zip(items, unpack(bytes(snapshot.claimed)), strict=True):
            if item.pk in asked and level is not None:
                pasts[item.pk].append(Past(snapshot.at, claimed=level))
    for decision in _decisions(sheet, asked):
        pasts[decision.item_id].append(Past(decision.at, decision=decision))
    return {pk: sorted(past, key=lambda one: one.at) for pk, past in pasts.items()}


def _decisions(sheet: Assessment, asked: set[int]) -> Iterable[AnswerRevision]:
    decisions = AnswerRevision.objects.filter(assessment=sheet, item__in=asked, outcome__in=DECISIONS)
    return decisions.select_related("by").prefetch_related("by__memberships__entity").order_by("pk")
