"""What a person is shown whose write came too late: what differs, and who wrote in between."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entities.access import Person
from quintet.domain.answers import AnswerValue, differing
from quintet.models import Answer, AnswerRevision
from quintet.queries.sheets import last_write


@dataclass(frozen=True)
class Conflict:
    """What is stored beside what was sent, and in which `parts` they differ.

    `write` is None while nothing is stored; `is_own` when it came from the same person, by whatever way.
    """

    stored: AnswerValue
    sent: AnswerValue
    parts: frozenset[str]
    write: AnswerRevision | None
    is_own: bool


def conflict_of(current: Answer, offered: Mapping[str, Any], user: Person) -> Conflict:
    """Compare `current`, the answer as it is now (of version 0: none), with the value that was refused."""
    sent = AnswerValue(**offered)
    write = last_write(current)
    is_own = write is not None and write.by_id == user.pk
    return Conflict(current.value, sent, differing(current.value, sent), write, is_own)
