"""Conversations on items: what a post makes of one, and for whom it waits. Plain Python."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile

from quintet.domain.answers import can_be_stored, tidy
from quintet.domain.workflow import PHASE_NAMES, RUNNING
from un20portal.lib.errors import FieldError, InvalidInput, WrongState
from un20portal.lib.errors import marked as _

OPEN, ANSWERED, SETTLED = "open", "answered", "settled"
FOCAL_POINT, APPROVER, CONTRIBUTOR, TASK_FORCE = "focal_point", "approver", "contributor", "task_force"
INSIDERS = (FOCAL_POINT, APPROVER, CONTRIBUTOR)
LONGEST_POST = 5000


@dataclass(frozen=True)
class Said:
    """One post: who wrote it, which roles it asks to look, and what the thread became by it."""

    by: int
    mentions: Sequence[str]
    status: str


def status_after(*, by: int, opened_by: int) -> str:
    """A post of the person who asked opens the question (again), anybody else's answers it."""
    return OPEN if by == opened_by else ANSWERED


def is_awaited(
    person: int,
    roles: Collection[str],
    *,
    posts: Sequence[Said],
    opened_by: int,
    status: str,
    otherwise: str,
) -> bool:
    """Whether a thread waits for a person, who has these roles towards it.

    Those mentioned since it became what it is are awaited; an answer waits for the person who asked; a
    question that mentions nobody for the role `otherwise`. Nobody is awaited after having written last.
    """
    if status == SETTLED or not posts or posts[-1].by == person:
        return False
    if status == ANSWERED and person == opened_by:
        return True
    latest = takewhile(lambda post: post.status == status, reversed(posts))
    asked = {role for post in latest for role in post.mentions}
    if status == OPEN and not asked:
        asked = {otherwise}
    return bool(asked & set(roles))


def parse_post(
    text: str, mentions: Collection[str], *, with_task_force: bool, may_be_empty: bool = False
) -> tuple[str, list[str]]:
    """Return the text and the mentioned roles in order; raise InvalidInput naming what is wrong."""
    said, errors = tidy(text), []
    if len(said) > LONGEST_POST or not (said or may_be_empty):
        errors.append(FieldError("comment", "length", _("Write 1 to 5000 characters.")))
    elif not can_be_stored(said):
        message = _("This text holds characters that cannot be stored (control characters or broken text).")
        errors.append(FieldError("comment", "bad_characters", message))
    if set(mentions) - {*INSIDERS, TASK_FORCE}:
        errors.append(FieldError("mentions", "unknown_role", _("Choose among the roles that are offered.")))
    elif TASK_FORCE in mentions and not with_task_force:
        message = _("The task force does not read this conversation: open one with the task force.")
        errors.append(FieldError("mentions", "not_read", message))
    if errors:
        raise InvalidInput(_("Nothing was posted."), errors=errors)
    return said, [role for role in (*INSIDERS, TASK_FORCE) if role in mentions]


def require_running(*, phase: str) -> None:
    """Raise WrongState unless the cycle runs: what was said in a closed one stays as it is."""
    if phase not in RUNNING:
        message = _("The cycle is not running (%(phase)s): nothing was changed.")
        raise WrongState(message, {"phase": PHASE_NAMES[phase]})
