"""Cases: what an entity did with a capability, told for others. Plain Python."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from quintet.domain.answers import text_errors, tidy
from quintet.domain.evidence import require_web_address
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.lib.readable import TURNS, TURNS_A_TITLE, words_of, wrong_words

CAPABILITIES = ("DAT", "INN", "FOR", "DIG", "BES")
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FIRST_YEAR = 1990
LONGEST_TITLE, LONGEST_STORY, LONGEST_URL, LONGEST_REASON = 200, 3000, 2000, 1000
STORY = ("problem", "done", "outcome")
MOST_DRAFTS = 50  # of one entity
REFUSED = _("The case was not saved.")
WRONG_YEAR = _("Give a year from %(first)s to %(last)s.")
LABELS = {  # what the parts of a case are called
    "capability": _("Capability"),
    "enabler": _("Enabler"),
    "title": _("Title"),
    "problem": _("What was the problem?"),
    "done": _("What was done?"),
    "outcome": _("What came of it?"),
    "year": _("Year"),
    "url": _("Where to read more"),
    "language": _("Written in"),
}


@dataclass(frozen=True)
class CaseText:
    """What a case says: of one capability, perhaps of one enabler, the story in three parts, and its year."""

    capability: str
    enabler: str
    title: str
    problem: str
    done: str
    outcome: str
    year: int
    url: str
    language: str


def parse_case(text: CaseText, *, this_year: int, languages: Iterable[str]) -> CaseText:
    """Return the case with its texts tidied; raise InvalidInput naming everything that is wrong with it."""
    if errors := wrong_in(text, this_year=this_year, languages=languages):
        raise InvalidInput(REFUSED, errors=errors)
    return _tidied(text)


def wrong_in(text: CaseText, *, this_year: int, languages: Iterable[str]) -> list[FieldError]:
    """Name everything that is wrong with what a case says."""
    found = _tidied(text)
    errors = [*_wrong_choices(found, languages), *_wrong_texts(found), *_wrong_address(found.url)]
    if not FIRST_YEAR <= found.year <= this_year:
        limits = {"first": FIRST_YEAR, "last": this_year}
        errors.append(FieldError("year", "out_of_range", WRONG_YEAR, limits))
    return errors


def is_said_alike(one: CaseText, other: CaseText) -> bool:
    """Whether two cases have the same words: capitals, spaces and signs between words change nothing."""
    return _in_words(one) == _in_words(other)


def parse_reason(raw: str) -> str:
    """Return the reason for withdrawing a case, tidied; raise InvalidInput for one that says nothing."""
    reason = tidy(raw)
    if errors := _wrong_text("reason", reason, LONGEST_REASON, TURNS):
        raise InvalidInput(_("The case was not withdrawn."), errors=errors)
    return reason


def _in_words(text: CaseText) -> dict[str, Any]:
    said = asdict(text)
    return said | {name: words_of(said[name]) for name in ("title", *STORY)}


def _tidied(text: CaseText) -> CaseText:
    said = asdict(text)
    stories = {name: tidy(said[name]) for name in STORY}
    return CaseText(**said | stories | {"title": " ".join(text.title.split()), "url": text.url.strip()})


def _wrong_choices(case: CaseText, languages: Iterable[str]) -> list[FieldError]:
    known = (
        ("capability", case.capability, CAPABILITIES),
        ("enabler", case.enabler, ("", *ENABLERS)),
        ("language", case.language, tuple(languages)),
    )
    return [
        FieldError(name, "unknown", _("Choose one of the list."))
        for name, value, choices in known
        if value not in choices
    ]


def _wrong_texts(case: CaseText) -> list[FieldError]:
    errors = _wrong_text("title", case.title, LONGEST_TITLE, TURNS_A_TITLE)
    for name in STORY:
        errors += _wrong_text(name, getattr(case, name), LONGEST_STORY, TURNS)
    return errors


def _wrong_text(name: str, text: str, limit: int, forbidden: re.Pattern[str]) -> list[FieldError]:
    return text_errors(name, text, limit) or wrong_words(name, text, forbidden)


def _wrong_address(url: str) -> list[FieldError]:
    if url:
        try:
            require_web_address(url)
        except InvalidInput as refusal:
            return refusal.errors
    return []
