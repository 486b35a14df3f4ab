"""Saying refusals and findings in the reader's language, for pages and API alike."""

from datetime import date
from typing import Protocol

from django.utils.formats import date_format
from django.utils.translation import gettext

from un20portal.lib.errors import Term


class Message(Protocol):
    """A message template in English, with or without parameters: a refusal, a field error, a problem."""

    @property
    def message(self) -> str: ...


def localised(problem: Message) -> str:
    """Say it in the reader's language; Terms and days among the parameters too, the rest as it is."""
    text, params = gettext(problem.message), getattr(problem, "params", None)
    if not params:
        return text
    return text % {name: _said(value) for name, value in params.items()}


def _said(value: object) -> object:
    if isinstance(value, Term):
        return gettext(value)
    return date_format(value, "DATE_FORMAT") if isinstance(value, date) else value
