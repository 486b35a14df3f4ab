"""The hidden sheet of a workbook: what it says of itself, with a seal that shows an edit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext, override

from quintet.domain.answers import NA, UNANSWERED
from quintet.domain.workbooks import FORMAT, Passport, Place
from un20portal.lib.errors import InvalidInput
from un20portal.lib.errors import marked as _

SHEET = "_un20"
FACTS = ("assessment", "cycle", "entity", "framework", "framework_version", NA, UNANSWERED)
SALT = "quintet.workbook"
NOT_OURS = _(
    "This is not a workbook of an assessment from this portal. Download the workbook here and fill that one."
)
EDITED = _(
    "The hidden part of the workbook was changed, so nobody can tell which assessment it belongs to. "
    "Download the workbook again and copy your answers into it."
)


@dataclass(frozen=True)
class Line:
    """One row of the hidden sheet."""

    key: str
    values: tuple[str, ...]


def words() -> dict[str, str]:
    """Return the words of the drop-down that are no levels, by state, in the reader's language."""
    return {
        state: word.replace(",", " ")
        for state, word in {NA: gettext("Not applicable"), UNANSWERED: gettext("Leave open")}.items()
    }


def known_words(passport: Passport) -> dict[str, str]:
    """Return every word that means a state, in small letters: in six languages, and as the workbook says."""
    known = {"na": NA, "n/a": NA, "open": UNANSWERED}
    for code, _name in settings.LANGUAGES:
        with override(code):
            known |= {word.casefold(): state for state, word in words().items()}
    return known | {word.casefold(): state for state, word in passport.words.items()}


def lines_of(passport: Passport) -> list[Line]:
    """Return the rows of the hidden sheet: the format, the facts, the items, the seal."""
    facts: Mapping[str, object] = {**vars(passport), **passport.words}
    lines = [Line("format", (FORMAT,))]
    lines += [Line(name, tuple(filter(None, [str(facts[name])]))) for name in FACTS]  # an empty cell is none
    lines.append(Line("heads", passport.heads))
    lines += [Line("item", (p.item, p.sheet, str(p.row), str(p.version))) for p in passport.places]
    return [*lines, Line("seal", (_signer().signature(_payload(lines)),))]


def read_passport(rows: Sequence[Sequence[str]]) -> Passport:
    """Return what the rows of the hidden sheet say; raise InvalidInput unless its seal is sound."""
    lines = [Line(row[0], tuple(cell for cell in row[1:] if cell)) for row in rows if row and row[0]]
    if not lines or lines[0] != Line("format", (FORMAT,)):
        raise InvalidInput(NOT_OURS)
    seal, content = lines[-1], lines[:-1]
    if seal.key != "seal" or len(seal.values) != 1 or not _is_sound(content, seal.values[0]):
        raise InvalidInput(EDITED)
    facts = {line.key: line.values[0] if line.values else "" for line in content if line.key in FACTS}
    places = [line.values for line in content if line.key == "item"]
    heads = next(line.values for line in content if line.key == "heads")
    return Passport(
        assessment=int(facts["assessment"]),
        cycle=facts["cycle"],
        entity=facts["entity"],
        framework=facts["framework"],
        framework_version=facts["framework_version"],
        words={state: facts[state] for state in (NA, UNANSWERED)},
        heads=heads,
        places=tuple(Place(item, sheet, int(row), int(version)) for item, sheet, row, version in places),
    )


def _signer() -> Signer:
    return Signer(salt=SALT)


def _payload(lines: Sequence[Line]) -> str:
    return orjson.dumps([[line.key, *line.values] for line in lines]).decode()


def _is_sound(lines: Sequence[Line], seal: str) -> bool:
    signer = _signer()
    try:
        signer.unsign(f"{_payload(lines)}{signer.sep}{seal}")
    except BadSignature:
        return False
    return True
