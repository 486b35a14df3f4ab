"""Six languages: which text of reference data a reader gets, in which language it is; numbers and times."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from unicodedata import bidirectional

from babel.numbers import format_decimal, format_percent
from django.utils.formats import number_format, time_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, get_language_bidi, get_language_info, to_locale

RIGHT_TO_LEFT = {"ar"}
DECIMAL = re.compile(r"\d+\.\d+")
SITE_CODES = {"zh": "zh-hans"}
WITHOUT_SPACES = {"zh"}  # between sentences
GROUPED_FROM = 10_000  # four digits are read at a glance
MINUS = "\u2212"
REFERENCE_LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")


@dataclass(frozen=True)
class Text:
    """A text and the language it is written in; `is_fallback` when the reader asked for another."""

    text: str
    language: str
    is_fallback: bool

    @property
    def direction(self) -> str:
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def __str__(self) -> str:
        return self.text


def reference_code(language: str | None) -> str:
    """Return the key under which reference data keeps a language: `zh-hans` → `zh`."""
    return (language or "en").split("-")[0]


def site_code(reference: str) -> str:
    """Return the language of the pages for a key of reference data: `zh` → `zh-hans`."""
    return SITE_CODES.get(reference, reference)


def own_name(reference: str) -> str:
    """Return what a language is called in itself: `fr` → "Français"; of another one than the six its code."""
    if reference not in REFERENCE_LANGUAGES:
        return reference
    return str(get_language_info(site_code(reference))["name_local"]).capitalize()


def direction_of(text: str) -> str:
    """Return the direction of a text's first letter, as browsers find it for `dir="auto"`."""
    strong = (bidirectional(letter) for letter in text)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def pick(names: Mapping[str, str | None], language: str | None) -> Text:
    """Choose the text of `names` for a reader of `language`; English stands in visibly if missing."""
    wanted = reference_code(language)
    if text := names.get(wanted):
        return Text(text, wanted, is_fallback=False)
    return Text(names.get("en") or "", "en", is_fallback=True)


def in_per_cent(value: Decimal | int) -> str:
    """Write `value` per cent, all its digits, as the reader's language does: 67%, in French 67 %."""
    return _in_per_cent(value, get_language() or "en")


@lru_cache(maxsize=2_000)  # a page has hundreds, mostly whole ones
def _in_per_cent(value: Decimal | int, language: str) -> str:
    return format_percent(Decimal(value) / 100, locale=to_locale(language), decimal_quantization=False)


def whole_number(value: int) -> str:
    """Write a whole number as the reader's language does, its thousands apart from five digits on: 12,345."""
    if abs(value) < GROUPED_FROM:
        return str(value)
    return format_decimal(value, locale=to_locale(get_language() or "en"))


def with_minus(text: str) -> str:
    """Write the sign of a negative number as a minus, which is as wide as a plus, and no hyphen."""
    return MINUS + text[1:] if text.startswith("-") else text


def joined(sentences: Iterable[str]) -> str:
    """Set sentences one behind the other, with a space between them where the language has one."""
    return ("" if reference_code(get_language()) in WITHOUT_SPACES else " ").join(sentences)


def with_decimal_mark(text: str) -> str:
    """Write every decimal of a text as the reader's language does: 66.5, in French 66,5."""
    return DECIMAL.sub(lambda found: number_format(found[0]), text)


def clock(at: datetime) -> str:
    """Write the time of day with the name of its zone: "09:30 UTC"."""
    return time_format(localtime(at), "H:i T")


def left_to_right(text: str) -> str:
    """Keep a formula or a version in its own order inside Arabic: "0.1-draft"."""
    return f"\u2066{text}\u2069" if get_language_bidi() else text


def isolated(text: str) -> str:
    """Keep a name in a direction of its own inside Arabic: beside other Latin words it would join them."""
    return f"\u2068{text}\u2069" if get_language_bidi() else text
