"""What a text that everybody reads is made of: words that read as they are stored. Plain Python."""

import re
import unicodedata

from un20portal.lib.errors import FieldError
from un20portal.lib.errors import marked as _

NO_WORDS = _("Write a few words here.")
# Overrides and isolates of the writing direction make a text read otherwise than it is stored; marks of the
# direction are of use within long texts in two scripts, and of none in a title.
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
TURNS_A_TITLE = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
BLANK_LETTERS = re.compile("[\u115f\u1160\u3164\uffa0]")  # fillers of Hangul: letters that nobody sees


def wrong_words(name: str, text: str, forbidden: re.Pattern[str] = TURNS) -> list[FieldError]:
    """Say why nobody can read the text of a field: signs that turn its direction, or no word in it."""
    if forbidden.search(text):
        message = _("This text holds signs that turn the direction of writing. Take them out.")
        return [FieldError(name, "turns_writing", message)]
    return [] if _says_something(text) else [FieldError(name, "missing", NO_WORDS)]


def _says_something(text: str) -> bool:
    """Whether a letter or digit of any script is in it that can be seen."""
    kinds = (unicodedata.category(sign)[0] for sign in BLANK_LETTERS.sub("", text))
    return any(kind in "LN" for kind in kinds)
