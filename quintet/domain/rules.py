"""What stands in the way of submitting: one rule, one function, a list of problems. Plain Python."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from quintet.domain.answers import ANSWERED, NA, UNANSWERED, AnswerValue
from quintet.domain.evidence import OUTSIDE_LEVEL, Support, needs_document, staleness
from un20portal.lib.errors import marked as _


@dataclass(frozen=True)
class Problem:
    """One finding on one item; a blocking one must be mended before the sheet can be submitted."""

    code: str
    item: str
    message: str
    blocks: bool


@dataclass(frozen=True)
class ItemState:
    """All that the rules judge of one item."""

    code: str
    area: str
    answer: AnswerValue
    documents: Sequence[Support] = ()


@dataclass(frozen=True)
class SheetState:
    """A sheet as the rules see it: its items in framework order, and what holds for all of them."""

    items: Sequence[ItemState]
    closes_on: date
    evidence_from: Mapping[str, int]  # area → the lowest level that needs a document


def find_problems(sheet: SheetState) -> list[Problem]:
    """Return all findings on a sheet, rule by rule, in framework order."""
    return [problem for rule in RULES for problem in rule(sheet)]


def open_items(sheet: SheetState) -> Iterable[Problem]:
    """An item is answered, or said not to apply, or left open with a comment that says why."""
    for item in sheet.items:
        if item.answer.state == UNANSWERED and not item.answer.comment:
            message = _("Choose a level, or leave it open and say why in the comment.")
            yield Problem("missing", item.code, message, blocks=True)


def items_left_open(sheet: SheetState) -> Iterable[Problem]:
    """Items left open with a reason count as missing in every figure (rule R8)."""
    for item in sheet.items:
        if item.answer.state == UNANSWERED and item.answer.comment:
            message = _("Left open with a reason: it counts as missing.")
            yield Problem("left_open", item.code, message, blocks=False)


def requests_without_reason(sheet: SheetState) -> Iterable[Problem]:
    """A request for “not applicable” needs a reason (rule R7)."""
    for item in sheet.items:
        if item.answer.state == NA and not item.answer.na_reason:
            yield Problem("na_without_reason", item.code, _("Say why this item does not apply."), blocks=True)


def missing_evidence(sheet: SheetState) -> Iterable[Problem]:
    """By rule R2 a validator counts a level without evidence as level 0; until then it stands as claimed."""
    for item in sheet.items:
        needs = needs_document(item.answer, area=item.area, evidence_from=sheet.evidence_from)
        if needs and not item.documents:
            message = _("Attach a document: without one, a validator counts the item as level 0 (rule R2).")
            yield Problem("missing_evidence", item.code, message, blocks=False)


def no_outside_statement(sheet: SheetState) -> Iterable[Problem]:
    """Level 4 rests on a statement from outside the responsible unit (rule R2)."""
    for item in sheet.items:
        needs = needs_document(item.answer, area=item.area, evidence_from=sheet.evidence_from)
        is_top = item.answer.state == ANSWERED and (item.answer.claimed or 0) >= OUTSIDE_LEVEL
        if needs and is_top and item.documents and not any(found.is_outside for found in item.documents):
            message = _("Level 4 needs a statement from outside the responsible unit: attach it and mark it.")
            yield Problem("no_outside_statement", item.code, message, blocks=False)


def stale_evidence(sheet: SheetState) -> Iterable[Problem]:
    """Evidence is valid on the last day of the cycle; 24 months, with an end date five years at most (R3)."""
    for item in sheet.items:
        for found in item.documents:
            if staleness(effective_on=found.effective_on, expires_on=found.expires_on, on=sheet.closes_on):
                message = _(
                    "A document will not be valid on the last day of the cycle, or will be too old (24 "
                    "months; with an end date five years): attach a newer one, or correct its dates."
                )
                yield Problem("stale_evidence", item.code, message, blocks=False)
                break


def missing_page(sheet: SheetState) -> Iterable[Problem]:
    """A document that supports several items names the page for each (rule R4)."""
    for item in sheet.items:
        if any(found.is_shared and not found.page for found in item.documents):
            message = _("A document supports several items: name its page or section for this one (rule R4).")
            yield Problem("missing_page", item.code, message, blocks=False)


RULES = (
    open_items,
    requests_without_reason,
    items_left_open,
    missing_evidence,
    no_outside_statement,
    stale_evidence,
    missing_page,
)
