"""The workflow of a sheet: which step leads where, in which phase of the cycle. Plain Python."""

from dataclasses import dataclass

from un20portal.lib.errors import Term, WrongState
from un20portal.lib.errors import marked as _


@dataclass(frozen=True)
class Step:
    """One allowed step: from these statuses to that one, while the cycle is in one of the phases."""

    sources: tuple[str, ...]
    target: str
    phases: tuple[str, ...]


RUNNING = ("open", "validation")
STEPS = {
    "submit": Step(("draft", "returned"), "signoff", RUNNING),
    "sign_off": Step(("signoff",), "submitted", RUNNING),
    "send_back": Step(("signoff",), "returned", RUNNING),
    "return": Step(("submitted",), "returned", RUNNING),
    "validate": Step(("submitted",), "validated", RUNNING),
    "reopen": Step(("validated",), "returned", RUNNING),
}
PHASES = ("planned", "open", "validation", "closed")
# phase → statuses of sheets whose answers may change in it; in validation only what was returned
EDITABLE = {"open": ("draft", "returned"), "validation": ("returned",)}
# the same for sheets that have more time than the others: theirs outlasts the time for answers
EDITABLE_EXTENDED = {**EDITABLE, "validation": ("draft", "returned")}
# a sheet in the entity's hands, which more time helps
EXTENDABLE = ("draft", "returned", "signoff")
# what people call them: the labels of the models' choices
PHASE_NAMES = {
    "planned": Term(_("planned")),
    "open": Term(_("open for answers")),
    "validation": Term(_("in validation")),
    "closed": Term(_("closed")),
}
STATUS_NAMES = {
    "draft": Term(_("draft")),
    "signoff": Term(_("waiting for sign-off")),
    "submitted": Term(_("submitted")),
    "validated": Term(_("validated")),
    "returned": Term(_("returned")),
}


def next_status(action: str, *, status: str, phase: str, is_extended: bool = False) -> str:
    """Return the status that `action` leads to; raise WrongState where it is not allowed.

    `is_extended`: whether the sheet has more time than the others; it matters to `submit` alone.
    """
    step = STEPS[action]
    if phase not in step.phases:
        raise WrongState(
            _("The cycle is not running (%(phase)s): nothing was changed."), {"phase": PHASE_NAMES[phase]}
        )
    if status not in step.sources:
        raise WrongState(
            _("This step is not possible while the assessment is in status “%(status)s”: reload the page."),
            {"status": STATUS_NAMES[status]},
        )
    if action == "submit":
        require_editable(status=status, phase=phase, is_extended=is_extended)
    return step.target


def is_possible(action: str, *, status: str, phase: str) -> bool:
    """Whether the table has a step from this status in this phase of the cycle."""
    return status in STEPS[action].sources and phase in STEPS[action].phases


def is_editable(*, status: str, phase: str, is_extended: bool) -> bool:
    """Return whether answers of such a sheet may change (`Assessment.objects.editable()` finds them)."""
    return status in (EDITABLE_EXTENDED if is_extended else EDITABLE).get(phase, ())


def require_editable(*, status: str, phase: str, is_extended: bool) -> None:
    """Raise WrongState unless answers of such a sheet may change."""
    if not is_editable(status=status, phase=phase, is_extended=is_extended):
        raise WrongState(
            _(
                "Answers cannot change now: the assessment is in status “%(status)s” and the cycle in "
                "phase “%(phase)s”. Copy your text to keep it."
            ),
            {"status": STATUS_NAMES[status], "phase": PHASE_NAMES[phase]},
        )


def require_extendable(*, status: str, phase: str) -> None:
    """Raise WrongState unless more time makes a difference to such a sheet."""
    if phase not in RUNNING:
        raise WrongState(
            _("The cycle is not running (%(phase)s): nothing was changed."), {"phase": PHASE_NAMES[phase]}
        )
    if status not in EXTENDABLE:
        raise WrongState(
            _("The assessment is in status “%(status)s”: it needs no more time."),
            {"status": STATUS_NAMES[status]},
        )


def next_phase(phase: str, *, wanted: str) -> str:
    """Return `wanted` if a cycle may move there from `phase`: one phase forward at a time."""
    if PHASES.index(wanted) != PHASES.index(phase) + 1:
        raise WrongState(
            _("A cycle in phase “%(phase)s” cannot move to “%(wanted)s”."),
            {"phase": PHASE_NAMES[phase], "wanted": PHASE_NAMES[wanted]},
        )
    return wanted
