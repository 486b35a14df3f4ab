"""Points for decision: what the task force asks the committees to do. Plain Python.

A verb and a body come from a short list, so that every language has them; the words are the task force's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from quintet.domain.answers import text_errors, tidy
from scorecards.domain.groups import CUSTOM
from scorecards.domain.receipts import NAMES, parse_subject
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.lib.readable import wrong_words

MOST_POINTS = 5
FULL = _(
    "%(most)s points are the most that a session takes: delete one, or merge two of them, to write another."
)
LONGEST_TEXT, LONGEST_FIGURE = 600, 300
VERBS = {
    "takes_note": _("takes note"),
    "welcomes": _("welcomes"),
    "endorses": _("endorses"),
    "approves": _("approves"),
    "decides": _("decides"),
    "requests": _("requests"),
    "recommends": _("recommends"),
    "encourages": _("encourages"),
    "invites": _("invites"),
}
BEGINNINGS = {  # how a point with each verb reads: the words of the task force go on where the dots stand
    "takes_note": _("%(body)s takes note of …"),
    "welcomes": _("%(body)s welcomes the …"),
    "endorses": _("%(body)s endorses the …"),
    "approves": _("%(body)s approves the …"),
    "decides": _("%(body)s decides to …"),
    "requests": _("%(body)s requests entities to …"),
    "recommends": _("%(body)s recommends that entities …"),
    "encourages": _("%(body)s encourages entities to …"),
    "invites": _("%(body)s invites entities to …"),
}
BODIES = {"ceb": _("CEB"), "hlcm": _("HLCM"), "hlcp": _("HLCP")}
OF_FIGURES = (*(name for name in NAMES if name != "entity"), "from", "basis")
NO_RECEIPT = _("Copy the address of a receipt of a group's figure here, or leave this empty.")
NOT_HERE = _(
    "Send the address of a receipt of this cycle, or its query, copied from this portal; or leave this empty."
)
CODE = re.compile("[A-Za-z0-9_:-]{1,60}")


@dataclass(frozen=True)
class Decision:
    """One point: who does what about which matter, what follows, and which figure says why ("" for none).

    `language` is that of the words: "" in what was published before it was asked for.
    """

    verb: str
    body: str
    text: str
    action: str
    figure: str = ""
    language: str = ""

    @property
    def query(self) -> Mapping[str, str]:
        """What the receipt of its figure is asked with."""
        return dict(parse_qsl(self.figure))


def parse_decision(
    *, verb: str, body: str, text: str, action: str, figure: str = "", language: str = ""
) -> Decision:
    """Return the point with its texts tidied; raise InvalidInput naming everything that is wrong with it."""
    errors = [
        FieldError(name, "unknown", _("Choose one of the list."))
        for name, value, known in (("verb", verb, VERBS), ("body", body, BODIES))
        if value not in known
    ]
    text, action = tidy(text), tidy(action)
    if not text:
        errors.append(FieldError("text", "missing", _("Say what the point is about.")))
    for name, value in (("text", text), ("action", action)):
        errors += text_errors(name, value, LONGEST_TEXT) or (wrong_words(name, value) if value else [])
    query, wrong = _parse_figure(tidy(figure))
    errors += wrong
    if errors:
        raise InvalidInput(_("The point was not saved."), errors=errors)
    return Decision(verb, body, text, action, query, language)


def asked_with(query: str) -> Mapping[str, str]:
    """What a receipt is asked with, out of its query with or without the sign before it."""
    return dict(parse_qsl(query.strip().removeprefix("?")))


def _parse_figure(asked: str) -> tuple[str, list[FieldError]]:
    """The query of the receipt that is asked for, in one order; and what is wrong with it."""
    if not asked:
        return "", []
    given = asked_with(asked)
    known = {name: given[name] for name in sorted(OF_FIGURES) if name in given}
    refused = [FieldError("figure", "bad_figure", NO_RECEIPT)]
    is_of_a_group = "entity" not in given and not given.get("group", "").startswith(CUSTOM)
    if not is_of_a_group or not all(map(CODE.fullmatch, known.values())):
        return "", refused
    if known.get("basis", "accepted") not in ("accepted", "claimed"):
        return "", refused
    try:
        parse_subject(known)
    except InvalidInput:
        return "", refused
    query = urlencode(known)
    return (query, []) if len(query) <= LONGEST_FIGURE else ("", refused)
