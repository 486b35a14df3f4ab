"""What a receipt is asked for, and what it says in words. Plain Python.

Sentences are English templates with parameters: faces translate them. How the numbers follow from each
other is in `derivations` (groups) and `unit_derivations` (units).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from scorecards.domain.groups import ALL
from un20portal.lib.errors import FieldError, InvalidInput, NotFound
from un20portal.lib.errors import marked as _

Row = TypeVar("Row")
NAMES = ("group", "entity", "item", "dimension", "area", "enabler", "of")
SHOWN, SUPPRESSED, CARRIED, PROVISIONAL, OWN = "shown", "suppressed", "carried", "provisional", "own"
STATES = (SHOWN, SUPPRESSED, CARRIED, PROVISIONAL, OWN)
CHECKS, IN_PLACE, RESPONSE = "checks", "in_place", "response"
MISSING, ANSWERS, MOVED, POSITION = "missing", "answers", "moved", "position"
PRINTED = "printed"
# What is estimated of a framework over all units, and what each may be asked of (method un20-1 §6)
DIAGNOSTICS: Mapping[str, Sequence[Sequence[str]]] = {
    "alpha": (["dimension"],),
    "without": (["item"],),
    "exact_match": (["dimension"], []),
    "kappa": (["dimension"], []),
}


@dataclass(frozen=True)
class Kind:
    """What may be asked for by a name of its own: of what, of whose figures, and whether of a change."""

    what: Sequence[Sequence[str]]
    whose: str = "group"  # ALL: of all units together; "group": of any group; "entity": of one unit
    is_change: bool = False


# Beside what is estimated: what checks found, what is in place of all answers, who handed in a sheet; sums
# over the items of a dimension; the sums of a change; and where one unit stands in its group
KINDS: Mapping[str, Kind] = {
    **{of: Kind(what, whose=ALL) for of, what in DIAGNOSTICS.items()},
    CHECKS: Kind((["area"], ["enabler"]), whose=ALL),
    IN_PLACE: Kind(([], ["item"])),
    RESPONSE: Kind(([],)),
    PRINTED: Kind(([],)),
    MISSING: Kind((["dimension"],)),
    ANSWERS: Kind((["dimension"],)),
    MOVED: Kind(([], ["dimension"]), is_change=True),
    POSITION: Kind((["dimension"],), whose="entity"),
}

ROUNDING = _(
    "Ratios are exact fractions. They are rounded once, half to even, when they are shown: here to one "
    "decimal, on the pages of the scorecard to whole per cents."
)
BASIS_IN_WORDS = {
    "accepted": _(
        "Accepted: the levels of validated sheets. The task force checked a sample of them; the others stand "
        "as the units claimed them."
    ),
    "claimed": _("Claimed: the levels as the units themselves stated them."),
}
DISCLOSURE_IN_WORDS = {
    SHOWN: _(
        "Nothing is hidden here: neither the figure nor anything that it adds up to with other published "
        "figures of this cycle is of fewer than %(threshold)s units. How many of these stand on one level, "
        "or have so many items in place, can be fewer."
    ),
    SUPPRESSED: _(
        "The figure is hidden: fewer than %(threshold)s units answered, or other published figures would "
        "tell what fewer than %(threshold)s units answered."
    ),
    CARRIED: _(
        "The figure is that of version %(carried_from)s: fewer than %(threshold)s units have changed their "
        "answers since, and the difference would tell what they changed. It follows as soon as enough have."
    ),
    PROVISIONAL: _("Provisional: nothing is hidden, so the figure is for the task force alone."),
    OWN: _(
        "Figures of one unit are for its members, for the task force, and for those whom the unit lets read "
        "them."
    ),
}


ANSWERED_ALIKE = _(
    "All units that answer say the same: who knows which units answer knows what each of them says. No rule "
    "hides this."
)
ALL_OR_NONE = _(
    "All units that answer have this in place, or none has: who knows which units answer knows that of each "
    "of them. No rule hides this."
)


WHAT_TO_SEND = _(
    "With of, send group=all and one of these: alpha with dimension; without with item; exact_match or kappa "
    "with dimension, or with nothing else for all dimensions; checks with enabler or area. Or send any group "
    "with one of these: response; printed; in_place, with item for one alone; missing or answers "
    "with dimension; moved with from, and with dimension for one alone. Or send entity with position and "
    "dimension."
)


@dataclass(frozen=True)
class Sentence:
    """A template in English with its parameters."""

    message: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One number of a figure: its formula with names and with numbers, its value, and the same in words.

    A number that is counted, not derived, has no formula. Where a reader may not see all the numbers that
    go in, only the formula with names is there.
    """

    name: str
    formula: str
    filled: str
    value: str | None
    words: Sentence
    is_share: bool = False  # a page does not show it below ten answers


@dataclass(frozen=True)
class Subject:
    """Which figure a receipt is of: a group's or an entity's; one item, dimension or area. Others are "".

    With `since`, the code of another cycle, it is of what moved from that one to this.
    `of` is one of KINDS: of all answers or of the sheets of a group, or a figure of all units.
    """

    group: str = ""
    entity: str = ""
    item: str = ""
    dimension: str = ""
    area: str = ""
    enabler: str = ""
    since: str = ""
    of: str = ""


def parse_subject(raw: Mapping[str, str]) -> Subject:
    """Return the figure that parameters name; raise InvalidInput that says what to send."""
    given = {name: text for name in NAMES if (text := raw.get(name, "").strip())}
    whose = [name for name in ("group", "entity") if name in given]
    what = [name for name in ("item", "dimension", "area", "enabler") if name in given]
    if "of" in given:
        _check_kind(given, whose, what)
    elif len(whose) != 1 or len(what) != 1 or "enabler" in what:
        raise InvalidInput(
            _("A receipt is of one figure. Send group or entity, and with it item, dimension or area.")
        )
    return Subject(**given, since=_since(raw, given))


def _since(raw: Mapping[str, str], given: Mapping[str, str]) -> str:
    """The other cycle of a change, "" where none is asked for: `from` is no name that Python allows."""
    kind = KINDS.get(given.get("of", ""))
    can_be_change = kind.is_change if kind else "area" not in given
    is_change = "from" in raw
    if (is_change and not can_be_change) or (kind and kind.is_change and not is_change):
        raise InvalidInput(
            _(
                "A receipt of a change needs from. Send with it group or entity, and item or dimension; or "
                "group and of=moved."
            )
        )
    code = raw["from"].strip() if is_change else ""
    if is_change and not code:
        raise InvalidInput(
            _("The query parameters are not understood."),
            errors=[FieldError("from", "required", _("Name the cycle to compare with."))],
        )
    return code


def _check_kind(given: Mapping[str, str], whose: Sequence[str], what: Sequence[str]) -> None:
    kind = KINDS.get(given["of"])
    if kind is None or what not in kind.what or whose != ["entity" if kind.whose == "entity" else "group"]:
        raise InvalidInput(WHAT_TO_SEND)
    if kind.whose == ALL and given["group"] != ALL:
        raise InvalidInput(WHAT_TO_SEND)


def asked_for(rows: Iterable[Row]) -> Row:
    """The first of the rows that are asked for; NotFound where there is none."""
    for row in rows:
        return row
    raise no_such_figure()


def no_such_figure() -> NotFound:
    """What is answered about a figure that is not there, or not this reader's to know of."""
    return NotFound(_("There is no such figure."))


def disclosure_in_words(state: str, *, threshold: int, carried_from: int | None) -> Sentence:
    """Say what is hidden and why."""
    return Sentence(DISCLOSURE_IN_WORDS[state], {"threshold": threshold, "carried_from": carried_from})
