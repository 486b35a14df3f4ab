"""The words that say what a later version of a scorecard corrects. No formulas here."""

from quintet.domain.answers import text_errors, tidy
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

LONGEST_NOTE = 2000


def parse_note(text: str, *, is_correction: bool) -> str:
    """Return the note tidied, "" for none; raise InvalidInput naming what is wrong with it."""
    note = tidy(text)
    errors = text_errors("note", note, LONGEST_NOTE)
    if note and not is_correction:
        errors = [FieldError("note", "unexpected", _("The first version corrects nothing: leave this out."))]
    if errors:
        raise InvalidInput(_("Nothing was proposed."), errors=errors)
    return note


def facts_of(n_changed: int) -> str:
    """What is said of a correction that nobody put into words: how many units' sheets differ.

    Part of the published bytes, so it is in English, whoever publishes.
    """
    if n_changed == 0:
        return "No sheet has changed; what is said about the cycle has."
    if n_changed == 1:
        return "The sheet of 1 unit has changed."
    return f"The sheets of {n_changed} units have changed."
