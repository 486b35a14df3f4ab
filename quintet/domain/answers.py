"""One parser for an answer's value, shared by form, API and file. Plain Python."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

UNANSWERED, ANSWERED, NA = "unanswered", "answered", "na"
STATES = (UNANSWERED, ANSWERED, NA)
LONGEST_TEXT = 10_000
FIELDS = ("state", "claimed", "na_reason", "comment")
# control characters, halves of characters, and U+FFFD: what decoding leaves of bytes that were no text
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffd]")


@dataclass(frozen=True)
class AnswerValue:
    """What a person says on one item: a state, a level only when answered, and texts."""

    state: str
    claimed: int | None = None
    na_reason: str = ""
    comment: str = ""


SILENT = AnswerValue(UNANSWERED)  # what is said on an item as long as nobody has said anything


def parse_answer(raw: Mapping[str, Any], *, highest_level: int, na_allowed: bool) -> AnswerValue:
    """Return the value that `raw` (keys of FIELDS) means; raise InvalidInput naming every problem.

    An empty `claimed` is none; digits in text are a number, so that forms and files may send text.
    """
    errors: list[FieldError] = []
    state = raw.get("state")
    if state not in STATES:
        errors.append(FieldError("state", "unknown", _("Choose one of: answered, unanswered, na.")))
    claimed = _level(raw.get("claimed"), highest_level, errors)
    texts = {name: _text(name, raw.get(name), errors) for name in ("na_reason", "comment")}
    if not errors:
        errors = _meaning(str(state), claimed, texts["na_reason"], na_allowed)
    if errors:
        raise InvalidInput(_("The answer was not saved."), errors=errors)
    return AnswerValue(str(state), claimed, texts["na_reason"] if state == NA else "", texts["comment"])


def differing(one: AnswerValue, other: AnswerValue) -> frozenset[str]:
    """Name the parts in which two answers differ: "level" (state and level), "na_reason", "comment"."""
    parts = {
        "level": (one.state, one.claimed) != (other.state, other.claimed),
        "na_reason": one.na_reason != other.na_reason,
        "comment": one.comment != other.comment,
    }
    return frozenset(name for name, differs in parts.items() if differs)


def tidy(text: str) -> str:
    """Return `text` with plain line ends and without white space around it."""
    return text.replace("\r\n", "\n").strip()


def can_be_stored(text: str) -> bool:
    """Return whether `text` is free of control characters, halves of characters and signs of broken text."""
    return FORBIDDEN.search(text) is None


def text_errors(name: str, text: str, limit: int) -> list[FieldError]:
    """Say what is wrong with a text of a field: too long, or of characters that cannot be stored."""
    if len(text) > limit:
        message = _("This text has %(length)s characters; the limit is %(limit)s. Shorten it.")
        return [FieldError(name, "too_long", message, {"length": len(text), "limit": limit})]
    if not can_be_stored(text):
        message = _("This text holds characters that cannot be stored (control characters or broken text).")
        return [FieldError(name, "bad_characters", message)]
    return []


def _level(raw: Any, highest_level: int, errors: list[FieldError]) -> int | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 4:
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= highest_level:
        message = _("Choose a level from 0 to %(highest)s.")
        errors.append(FieldError("claimed", "unknown_level", message, {"highest": highest_level}))
        return None
    return raw


def _text(name: str, raw: Any, errors: list[FieldError]) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        errors.append(FieldError(name, "not_text", _("This must be text.")))
        return ""
    text = tidy(raw)
    errors += text_errors(name, text, LONGEST_TEXT)
    return text


def _meaning(state: str, claimed: int | None, na_reason: str, na_allowed: bool) -> list[FieldError]:
    if state == ANSWERED and claimed is None:
        return [FieldError("claimed", "missing", _("Choose a level, or mark the item as unanswered."))]
    if state != ANSWERED and claimed is not None:
        return [FieldError("claimed", "unexpected", _("Only an answered item has a level: leave it empty."))]
    if state == NA and not na_allowed:
        return [
            FieldError("state", "na_not_allowed", _("This item applies to every entity: choose a level."))
        ]
    if state == NA and not na_reason:
        return [FieldError("na_reason", "missing", _("Say why this item does not apply to the entity."))]
    return []
