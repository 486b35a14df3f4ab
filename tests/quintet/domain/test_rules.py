"""Problems of a sheet: which rule finds what, and which ones block."""

from datetime import date

import pytest

from quintet.domain.answers import AnswerValue
from quintet.domain.evidence import Support
from quintet.domain.rules import ItemState, SheetState, find_problems

CLOSES_ON = date(2026, 12, 18)
PLAN = Support("Signed plan", date(2026, 3, 1))
PEERS = Support("Review by peers", date(2026, 3, 1), is_outside=True)


def codes(*items: tuple[AnswerValue, list[Support]], area: str = "capability") -> list[tuple[str, bool]]:
    states = [
        ItemState(f"I{number}", area, answer, documents) for number, (answer, documents) in enumerate(items)
    ]
    sheet = SheetState(states, CLOSES_ON, {"capability": 1})
    return [(problem.code, problem.blocks) for problem in find_problems(sheet)]


def level(claimed: int) -> AnswerValue:
    return AnswerValue("answered", claimed)


def test_a_complete_sheet_has_no_problems() -> None:
    assert codes((level(2), [PLAN]), (level(0), []), (AnswerValue("na", na_reason="none"), [])) == []


def test_an_open_item_blocks() -> None:
    assert codes((level(2), [PLAN]), (AnswerValue("unanswered"), [])) == [("missing", True)]


def test_an_item_left_open_with_a_reason_only_warns() -> None:
    assert codes((AnswerValue("unanswered", comment="figures come in May"), [])) == [("left_open", False)]


def test_a_request_without_a_reason_blocks() -> None:
    assert codes((AnswerValue("na"), [])) == [("na_without_reason", True)]


@pytest.mark.parametrize(("claimed", "found"), [(0, []), (1, [("missing_evidence", False)])])
def test_a_level_of_the_quintet_without_a_document_warns(claimed: int, found: list[tuple[str, bool]]) -> None:
    assert codes((level(claimed), [])) == found


def test_an_area_that_the_framework_does_not_name_needs_no_document() -> None:
    assert codes((level(4), []), area="culture") == []


def test_level_four_wants_a_statement_from_outside() -> None:
    assert codes((level(4), [PLAN])) == [("no_outside_statement", False)]
    assert codes((level(4), [PLAN, PEERS])) == []
    assert codes((level(3), [PLAN])) == []


STALE = [
    (date(2026, 12, 18), None, False),
    (date(2026, 12, 19), None, True),  # takes effect after the cycle
    (date(2024, 12, 18), None, False),  # 24 months to the day
    (date(2024, 12, 17), None, True),
    (date(2022, 1, 1), date(2026, 12, 18), False),  # a plan counts until its own end
    (date(2021, 12, 18), date(2030, 1, 1), False),  # and five years to the day
    (date(2021, 12, 17), date(2030, 1, 1), True),
    (date(1996, 1, 1), date(2090, 1, 1), True),
    (date(2026, 1, 1), date(2026, 12, 17), True),
]


@pytest.mark.parametrize(("effective_on", "expires_on", "is_stale"), STALE)
def test_a_document_is_valid_on_the_last_day_and_young_enough(
    effective_on: date, expires_on: date | None, is_stale: bool
) -> None:
    found = codes((level(2), [PLAN, Support("Report", effective_on, expires_on)]))
    assert found == ([("stale_evidence", False)] if is_stale else [])


def test_an_item_with_two_stale_documents_is_said_once() -> None:
    old = Support("Report", date(2020, 1, 1))
    assert codes((level(2), [old, old])) == [("stale_evidence", False)]


def test_a_document_of_several_items_names_its_page_for_each() -> None:
    shared = Support("Plan", date(2026, 3, 1), is_shared=True)
    marked = Support("Plan", date(2026, 3, 1), page="12", is_shared=True)
    assert codes((level(2), [shared]), (level(2), [marked])) == [("missing_page", False)]
