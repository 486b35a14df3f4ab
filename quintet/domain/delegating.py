"""Handing items over: where a handed item stands, until when it may be due, what names may hold."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from un20portal.lib.errors import FieldError
from un20portal.lib.errors import marked as _

JOINERS = "\u200c\u200d"  # names of some scripts are written with them


class HandedState(StrEnum):
    """Where one handed item stands: nobody said anything yet, input to look at, or done with."""

    OPEN = "open"
    GIVEN = "given"
    SETTLED = "settled"


def handed_state(
    *, given: int | None, settled: int | None, edited: int | None, is_empty: bool
) -> HandedState:
    """Where an item stands by versions of its answer.

    `given` is the last one that the colleague wrote since it was handed over, `settled` the one that the
    focal point accepted, `edited` the last one written by somebody to whom the item is not handed. Whoever
    came last decides: what the colleague writes after that waits for the focal point again.
    """
    if settled is not None and settled >= (given or 0):
        return HandedState.SETTLED
    if given is None or is_empty:
        return HandedState.OPEN
    return HandedState.SETTLED if edited is not None and edited > given else HandedState.GIVEN


def wrong_due_day(due_on: date | None, *, today: date, last_day: date | None) -> list[FieldError]:
    """Say what is wrong with a due day; `last_day` is the one on which answers can still change, if known."""
    if due_on is None:
        return []
    if due_on < today:
        return [FieldError("due_on", "past", _("This day has passed: choose today or a later one."))]
    if last_day and due_on > last_day:
        message = _("Answers can change until %(day)s: choose that day or an earlier one.")
        return [FieldError("due_on", "too_late", message, {"day": last_day})]
    return []


def plain_name(raw: str) -> str:
    """Return a name on one line: no line break of it can become a header of a letter."""
    return " ".join(raw.split())


def wrong_name(name: str, *, longest: int, field: str = "name") -> Sequence[FieldError]:
    """Say what is wrong with a name: control characters, signs that turn the writing direction, addresses.

    Names stand in letters of the portal: a link in one would pass for the portal's.
    """
    if len(name) > longest:
        message = _("At most %(longest)s characters.")
        return [FieldError(field, "too_long", message, {"longest": longest})]
    if not all(character.isprintable() or character in JOINERS for character in name):
        return [FieldError(field, "forbidden", _("This name has characters that cannot be shown."))]
    if "://" in name:
        return [FieldError(field, "address", _("A name holds no web address."))]
    return []
