"""Method un20-1 §7: who may see one unit's own figures of a cycle. Plain Python; nobody else decides."""

from collections.abc import Set
from enum import StrEnum


class Reader(StrEnum):
    """How somebody stands to a unit; one person may be several of these."""

    MEMBER = "member"  # holds a role for this unit
    TASK_FORCE = "task_force"
    COMMITTEE = "committee"


class Audience(StrEnum):
    """Whom a unit lets read its figures beside its members and the task force, from few to many."""

    NOBODY = "nobody"
    COMMITTEE = "committee"
    PUBLIC = "public"


def may_see(readers: Set[Reader], *, is_counted: bool, is_published: bool, audience: str) -> bool:
    """Return whether somebody who is all of `readers` (nothing: anybody) may see the unit's own figures.

    There are figures of counted sheets only. Before publication they are the task force's, who checks them;
    then also the members'; and the audience's that the unit named for this cycle.
    """
    if not is_counted:
        return False
    if Reader.TASK_FORCE in readers:
        return True
    if not is_published:
        return False
    if Reader.MEMBER in readers or audience == Audience.PUBLIC:
        return True
    return Reader.COMMITTEE in readers and audience == Audience.COMMITTEE
