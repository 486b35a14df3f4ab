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
MOST_MARKS = 4  # upon one letter: what Hebrew, Burmese and Tibetan need; more of them paint over other lines
BLANK_LETTERS = re.compile("[\u115f\u1160\u3164\uffa0]")  # fillers of Hangul: letters that nobody sees


def wrong_words(name: str, text: str, forbidden: re.Pattern[str] = TURNS) -> list[FieldError]:
    """Say why nobody can read the text of a field: signs that turn its direction, piles of marks, no word."""
    if forbidden.search(text):
        message = _("This text holds signs that turn the direction of writing. Take them out.")
        return [FieldError(name, "turns_writing", message)]
    if _piles_marks_up(text):
        message = _("This text has letters with more than %(most)s marks upon each other. Take some out.")
        return [FieldError(name, "piled_marks", message, {"most": MOST_MARKS})]
    return [] if _says_something(text) else [FieldError(name, "missing", NO_WORDS)]


def words_of(text: str) -> list[str]:
    """The words of a text of any script, in small letters: without the signs and spaces between them."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign if unicodedata.category(sign)[0] in "LMNS" else " " for sign in folded).split()


def _piles_marks_up(text: str) -> bool:
    """Whether more marks stand upon a letter than scripts need; signs that nobody sees end no pile."""
    height = 0
    for sign in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(sign)
        if kind in ("Mn", "Me"):
            height += 1
        elif kind != "Cf":
            height = 0
        if height > MOST_MARKS:
            return True
    return False


def _says_something(text: str) -> bool:
    """Whether a letter or digit of any script is in it that can be seen."""
    kinds = (unicodedata.category(sign)[0] for sign in BLANK_LETTERS.sub("", text))
    return any(kind in "LN" for kind in kinds)
