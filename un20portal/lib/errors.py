"""The few ways in which a request can be refused, raised by services, translated by faces.

Plain Python, no Django, so that `domain` modules may raise them too. A message is an English
template with named placeholders: `marked()` lets makemessages find it, a face translates it.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar


def marked(message: str) -> str:
    """Mark a message for translation without translating it (import it as `_`)."""
    return message


class Term(str):
    """A word of the portal as a parameter of a message (a status, a phase): translated with the message."""

    __slots__ = ()


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with the input: which field, a stable code, and what to do."""

    field: str
    code: str
    message: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.params


@dataclass(eq=False)
class DomainError(Exception):
    """A refusal the person can act on. `status` is the HTTP status that faces answer with, `page` the
    template that shows it to a person.
    """

    message: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    errors: list[FieldError] = dataclasses.field(default_factory=list)
    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    page: ClassVar[str] = "refusal.html"

    def __str__(self) -> str:
        return " ".join([self.message % self.params, *map(str, self.errors)])


class InvalidInput(DomainError):
    """The input has a wrong shape or meaning (400)."""

    code = "invalid"


class NotFound(DomainError):
    """What was asked for is not there (yet), and the person may know why (404)."""

    status, code, page = 404, "not_found", "404.html"


class NotAllowed(DomainError):
    """The person may see the object but not do this with it (403)."""

    status, code = 403, "not_allowed"


class WrongState(DomainError):
    """The object is not in a state that allows this step (409)."""

    status, code = 409, "wrong_state"


@dataclass(eq=False)
class StaleVersion(DomainError):
    """Somebody else wrote in between (412); `current` and `offered` hold both texts."""

    current: dict[str, Any] = dataclasses.field(default_factory=dict)
    offered: dict[str, Any] = dataclasses.field(default_factory=dict)
    status: ClassVar[int] = 412
    code: ClassVar[str] = "stale_version"


class Unavailable(DomainError):
    """A part outside the portal does not answer (503): nothing was changed, and later it may work."""

    status, code = 503, "unavailable"


class NotYet(DomainError):
    """What was asked for is being worked out (503): it is there when asked for again a little later."""

    status, code, page = 503, "not_yet", "not_yet.html"


class TooOften(DomainError):
    """The person asks for more than the portal does in a while (429)."""

    status, code = 429, "too_often"


class KeyReused(DomainError):
    """An idempotency key came back with another body (422)."""

    status, code = 422, "idempotency_key_reused"


class VersionRequired(DomainError):
    """A write came without the version it is based on (428)."""

    status, code = 428, "version_required"
