"""The workflow table: every action from every status in every phase."""

import itertools

import pytest
from django.utils.translation import override

from quintet.domain import workflow
from quintet.models import Phase, Status
from un20portal.lib.errors import WrongState
from un20portal.lib.wording import localised

STATUSES = ("draft", "signoff", "submitted", "validated", "returned")
ALLOWED = {
    ("submit", "draft", "open"): "signoff",
    ("submit", "returned", "open"): "signoff",
    ("submit", "returned", "validation"): "signoff",
    ("sign_off", "signoff", "open"): "submitted",
    ("sign_off", "signoff", "validation"): "submitted",
    ("send_back", "signoff", "open"): "returned",
    ("send_back", "signoff", "validation"): "returned",
    ("return", "submitted", "open"): "returned",
    ("return", "submitted", "validation"): "returned",
    ("validate", "submitted", "open"): "validated",
    ("validate", "submitted", "validation"): "validated",
    ("reopen", "validated", "open"): "returned",
    ("reopen", "validated", "validation"): "returned",
}
EVERY_CASE = list(itertools.product(workflow.STEPS, STATUSES, workflow.PHASES))


@pytest.mark.parametrize(("action", "status", "phase"), EVERY_CASE)
def test_a_step_is_allowed_exactly_where_the_table_says(action: str, status: str, phase: str) -> None:
    expected = ALLOWED.get((action, status, phase))
    if expected:
        assert workflow.next_status(action, status=status, phase=phase) == expected
    else:
        with pytest.raises(WrongState):
            workflow.next_status(action, status=status, phase=phase)


def test_answers_change_in_drafts_while_open_and_in_returned_sheets_until_closing() -> None:
    editable = {
        (status, phase)
        for status, phase in itertools.product(STATUSES, workflow.PHASES)
        if workflow.is_editable(status=status, phase=phase, is_extended=False)
    }
    assert editable == {("draft", "open"), ("returned", "open"), ("returned", "validation")}


def test_a_sheet_with_more_time_is_answered_and_submitted_during_validation_too() -> None:
    cases = itertools.product(STATUSES, workflow.PHASES)
    editable = {(s, p) for s, p in cases if workflow.is_editable(status=s, phase=p, is_extended=True)}
    assert editable == set(itertools.product(["draft", "returned"], ["open", "validation"]))
    for status, phase in editable:
        step = workflow.next_status("submit", status=status, phase=phase, is_extended=True)
        assert step == "signoff"


def test_more_time_is_for_sheets_in_the_hands_of_the_entity_while_the_cycle_runs() -> None:
    given = set()
    for status, phase in itertools.product(STATUSES, workflow.PHASES):
        try:
            workflow.require_extendable(status=status, phase=phase)
        except WrongState:
            continue
        given.add((status, phase))
    assert given == set(itertools.product(["draft", "returned", "signoff"], ["open", "validation"]))


def test_phases_and_statuses_are_called_as_in_the_models() -> None:
    with override("en"):
        assert {code: str(label) for code, label in Phase.choices} == dict(workflow.PHASE_NAMES)
        assert {code: str(label) for code, label in Status.choices} == dict(workflow.STATUS_NAMES)


@pytest.mark.parametrize("phase", ["open", "validation"])
def test_a_refusal_speaks_of_phases_and_statuses_in_the_language_of_the_reader(phase: str) -> None:
    with pytest.raises(WrongState) as caught:
        workflow.require_editable(status="validated", phase=phase, is_extended=False)
    with override("fr"):
        told = localised(caught.value)
        assert str(Status.VALIDATED.label) in told
        assert str(Phase(phase).label) in told
    assert "validated" not in told


def test_possible_is_what_the_table_has() -> None:
    assert workflow.is_possible("validate", status="submitted", phase="validation")
    assert not workflow.is_possible("validate", status="submitted", phase="closed")
    assert not workflow.is_possible("validate", status="draft", phase="open")


@pytest.mark.parametrize(("phase", "wanted"), list(itertools.product(workflow.PHASES, workflow.PHASES)))
def test_a_cycle_moves_one_phase_forward_at_a_time(phase: str, wanted: str) -> None:
    if workflow.PHASES.index(wanted) == workflow.PHASES.index(phase) + 1:
        assert workflow.next_phase(phase, wanted=wanted) == wanted
    else:
        with pytest.raises(WrongState):
            workflow.next_phase(phase, wanted=wanted)
