"""Saying refusals and findings in the reader's language, for pages and API alike."""

from typing import Protocol

from django.utils.translation import gettext

from un20portal.lib.errors import Term


class Message(Protocol):
    """A message template in English, with or without parameters: a refusal, a field error, a problem."""

    @property
    def message(self) -> str: ...


def localised(problem: Message) -> str:
    """Say it in the reader's language; a Term among the parameters too, whatever people wrote as it is."""
    text, params = gettext(problem.message), getattr(problem, "params", None)
    if not params:
        return text
    return text % {
        name: gettext(value) if isinstance(value, Term) else value for name, value in params.items()
    }
