"""What a receipt is asked for, and what it says in words. Plain Python.

Sentences are English templates with parameters: faces translate them. How the numbers follow from each
other is in `derivations` (groups) and `unit_derivations` (units).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from un20portal.lib.errors import InvalidInput
from un20portal.lib.errors import marked as _

NAMES = ("group", "entity", "item", "dimension", "area")
SHOWN, SUPPRESSED, CARRIED, PROVISIONAL, OWN = "shown", "suppressed", "carried", "provisional", "own"
STATES = (SHOWN, SUPPRESSED, CARRIED, PROVISIONAL, OWN)

ROUNDING = _(
    "Ratios are exact fractions. They are rounded once, half to even, when they are shown: here to one "
    "decimal, on the pages of the scorecard to whole per cents."
)
BASIS_IN_WORDS = {
    "accepted": _("Accepted: the levels that the task force accepted after looking at the evidence."),
    "claimed": _("Claimed: the levels as the units themselves stated them."),
}
DISCLOSURE_IN_WORDS = {
    SHOWN: _(
        "Nothing is hidden here: neither the figure nor what it adds up to with other published figures of "
        "this cycle tells what fewer than %(threshold)s units answered."
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
    """Which figure a receipt is of: a group's or an entity's; one item, dimension or area. Others are ""."""

    group: str = ""
    entity: str = ""
    item: str = ""
    dimension: str = ""
    area: str = ""


def parse_subject(raw: Mapping[str, str]) -> Subject:
    """Return the figure that parameters name; raise InvalidInput that says what to send."""
    given = {name: text for name in NAMES if (text := raw.get(name, "").strip())}
    whose = [name for name in ("group", "entity") if name in given]
    what = [name for name in ("item", "dimension", "area") if name in given]
    if len(whose) != 1 or len(what) != 1 or {"group", "area"} <= given.keys():
        raise InvalidInput(
            _(
                "A receipt is of one figure. Send group with item or dimension, or entity with item, "
                "dimension or area."
            )
        )
    return Subject(**given)


def disclosure_in_words(state: str, *, threshold: int, carried_from: int | None) -> Sentence:
    """Say what is hidden and why."""
    return Sentence(DISCLOSURE_IN_WORDS[state], {"threshold": threshold, "carried_from": carried_from})
