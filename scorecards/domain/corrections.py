"""What a later version of a scorecard says of itself. No formulas here."""

from dataclasses import dataclass

from quintet.domain.answers import text_errors, tidy
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.lib.readable import wrong_words

LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Correction:
    """The words of the task force, "" for none, and the facts: how many units have other sheets or groups."""

    note: str
    n_changed: int
    n_regrouped: int


def parse_note(text: str, *, is_correction: bool) -> str:
    """Return the note tidied, "" for none; raise InvalidInput naming what is wrong with it."""
    note = tidy(text)
    errors = text_errors("note", note, LONGEST_NOTE) or (wrong_words("note", note) if note else [])
    if note and not is_correction:
        errors = [FieldError("note", "unexpected", _("The first version corrects nothing: leave this out."))]
    if errors:
        raise InvalidInput(_("Nothing was proposed."), errors=errors)
    return note
