"""Problems of a sheet: which rule finds what, and which ones block."""

from quintet.domain.answers import AnswerValue
from quintet.domain.rules import find_problems

GOOD = AnswerValue("answered", 2, comment="signed plan of 2026")


def codes(*answers: AnswerValue) -> list[tuple[str, bool]]:
    sheet = [(f"I{number}", answer) for number, answer in enumerate(answers)]
    return [(problem.code, problem.blocks) for problem in find_problems(sheet)]


def test_a_complete_sheet_has_no_problems() -> None:
    assert codes(GOOD, AnswerValue("answered", 0), AnswerValue("na", na_reason="none")) == []


def test_an_open_item_blocks() -> None:
    assert codes(GOOD, AnswerValue("unanswered")) == [("missing", True)]


def test_an_item_left_open_with_a_reason_only_warns() -> None:
    assert codes(AnswerValue("unanswered", comment="figures come in May")) == [("left_open", False)]


def test_a_request_without_a_reason_blocks() -> None:
    assert codes(AnswerValue("na")) == [("na_without_reason", True)]


def test_a_level_without_named_evidence_warns() -> None:
    assert codes(AnswerValue("answered", 1)) == [("no_evidence_named", False)]
