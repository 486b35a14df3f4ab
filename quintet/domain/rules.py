"""What stands in the way of submitting: one rule, one function, a list of problems. Plain Python."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quintet.domain.answers import ANSWERED, NA, UNANSWERED, AnswerValue
from un20portal.lib.errors import marked as _


@dataclass(frozen=True)
class Problem:
    """One finding on one item; a blocking one must be mended before the sheet can be submitted."""

    code: str
    item: str
    message: str
    blocks: bool


Answers = Sequence[tuple[str, AnswerValue]]


def find_problems(answers: Answers) -> list[Problem]:
    """Return all findings on a sheet given as (item code, answer) in framework order."""
    return [problem for rule in RULES for problem in rule(answers)]


def open_items(answers: Answers) -> Iterable[Problem]:
    """An item is answered, or said not to apply, or left open with a comment that says why."""
    for item, answer in answers:
        if answer.state == UNANSWERED and not answer.comment:
            yield Problem(
                "missing",
                item,
                _("Choose a level, or leave it open and say why in the comment."),
                blocks=True,
            )


def items_left_open(answers: Answers) -> Iterable[Problem]:
    """Items left open with a reason count as missing in every figure (rule R8)."""
    for item, answer in answers:
        if answer.state == UNANSWERED and answer.comment:
            yield Problem(
                "left_open", item, _("Left open with a reason: it counts as missing."), blocks=False
            )


def requests_without_reason(answers: Answers) -> Iterable[Problem]:
    """A request for “not applicable” needs a reason (rule R7)."""
    for item, answer in answers:
        if answer.state == NA and not answer.na_reason:
            yield Problem("na_without_reason", item, _("Say why this item does not apply."), blocks=True)


def levels_without_words(answers: Answers) -> Iterable[Problem]:
    """Level 1 and above wants evidence (rule R2); until evidence is attached, a comment names it."""
    for item, answer in answers:
        if answer.state == ANSWERED and (answer.claimed or 0) >= 1 and not answer.comment:
            yield Problem(
                "no_evidence_named", item, _("Name the evidence for this level in the comment."), blocks=False
            )


RULES = (open_items, requests_without_reason, items_left_open, levels_without_words)
