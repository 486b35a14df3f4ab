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


def facts_of(n_changed: int, n_regrouped: int) -> str:
    """What is said of a correction that nobody put into words: how many units' sheets and groups differ.

    Part of the published bytes, so it is in English, whoever publishes.
    """
    facts = []
    if n_changed:
        facts.append(
            "The sheet of 1 unit has changed."
            if n_changed == 1
            else f"The sheets of {n_changed} units have changed."
        )
    if n_regrouped:
        facts.append(
            "1 unit is in other groups." if n_regrouped == 1 else f"{n_regrouped} units are in other groups."
        )
    return " ".join(facts) or "No sheet has changed; what is said about the cycle has."
