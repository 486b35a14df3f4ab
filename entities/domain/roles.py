"""Which roles one person may hold together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Term:
    """A role and the days on which it is held, the first and the last included; None is an open end."""

    role: str
    first: date | None = None
    last: date | None = None

    def meets(self, other: "Term") -> bool:
        """Whether there is a day in both."""
        begins = max(self.first or date.min, other.first or date.min)
        ends = min(self.last or date.max, other.last or date.max)
        return begins <= ends


def mixes_administration(terms: Iterable[Term]) -> bool:
    """Whether somebody would, on any day, give roles to others and answer, validate or publish as well."""
    held = list(terms)
    administering = [term for term in held if term.role == ADMINISTRATOR]
    working = [term for term in held if term.role != ADMINISTRATOR]
    return any(one.meets(other) for one in administering for other in working)
