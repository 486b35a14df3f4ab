"""Inventing plausible answers for the demonstration: seeded, and marked as synthetic in every text."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from quintet.domain.answers import ANSWERED, NA, UNANSWERED, AnswerValue
from quintet.domain.evidence import OUTSIDE_LEVEL, Details

MARK = "Synthetic"
DIMENSION_SHIFT = {"DAT": 0.35, "INN": 0.15, "FOR": -0.45, "DIG": 0.4, "BES": -0.85}
ENABLER_SHIFT = {"STR": 0.45, "LED": 0.2, "COE": 0.0, "HRS": -0.35, "TRN": 0.1, "FUN": -0.25, "PMS": 0.05}
TYPE_SHIFT = {"fund_or_programme": 0.35, "specialised_agency": 0.2, "country_team": -0.3, "secretariat": -0.1}
TREND_PER_CYCLE = 0.28
TITLES = ("strategy", "annual report", "minutes of a decision", "review by a peer", "results framework")
NOTES = (
    "approved by senior management, reviewed every year",
    "pilot in two regions, figures in the annual report",
    "part of the corporate plan, with a named owner",
    "shared with a sister organisation, costs split",
    "draft under consultation, decision expected next quarter",
)


def invent_sheet(
    items: Sequence[tuple[str, str, str, bool]],
    *,
    seed: int,
    unit: str,
    unit_type: str,
    number: int,
    share_answered: float = 1.0,
) -> dict[str, tuple[AnswerValue, int | None]]:
    """Return {item code: (answer, accepted level or None)} for one unit in cycle `number` (from 0).

    `items` are (code, dimension, enabler, na_allowed). The same arguments give the same sheet; a
    unit keeps its character from cycle to cycle.
    """
    character = random.Random(f"{seed}:{unit}")
    base = 1.55 + TYPE_SHIFT.get(unit_type, 0.0) + character.gauss(0, 0.55)
    strengths = {dimension: character.gauss(0, 0.5) for _code, dimension, _enabler, _na in items}
    habits = {code: character.gauss(0, 0.6) for code, _dimension, _enabler, _na in items}
    chance = random.Random(f"{seed}:{unit}:{number}")
    sheet = {}
    for code, dimension, enabler, na_allowed in items:
        wish = base + strengths[dimension] + habits[code] + TREND_PER_CYCLE * number
        wish += DIMENSION_SHIFT.get(dimension, 0.1) + ENABLER_SHIFT.get(enabler, 0.0)
        answer = _invent_answer(wish + chance.gauss(0, 0.35), na_allowed, chance)
        if chance.random() < share_answered:
            sheet[code] = answer
    return sheet


def invent_documents(
    levels: Mapping[str, int], *, seed: int, unit: str, cycle: str, closes_on: date
) -> dict[str, tuple[str, Details]]:
    """Return {item code: (web address, details)} for most items with a level; some documents are too old."""
    chance = random.Random(f"{seed}:{unit}:{cycle}:evidence")
    found = {}
    for code, level in levels.items():
        if level < 1 or chance.random() < 0.3:
            continue
        title = f"{MARK}: {chance.choice(TITLES)}"
        effective_on = closes_on - timedelta(days=chance.randint(30, 900))
        is_outside = level == OUTSIDE_LEVEL and chance.random() < 0.6
        page = str(chance.randint(1, 80))
        url = f"https://example.org/synthetic/{unit.lower()}/{cycle}/{code.lower()}"
        found[code] = url, Details(title, effective_on, is_outside=is_outside, page=page)
    return found


def _invent_answer(wish: float, na_allowed: bool, chance: random.Random) -> tuple[AnswerValue, int | None]:
    draw = chance.random()
    if na_allowed and draw < 0.07:
        return AnswerValue(NA, na_reason=f"{MARK}: the unit has no programmes in Member States."), None
    if draw > 0.965:
        return AnswerValue(UNANSWERED, comment=f"{MARK}: left open, the figures come in next year."), None
    level = min(4, max(0, round(wish)))
    comment = f"{MARK}: {chance.choice(NOTES)}." if level else ""
    lowered = level - 1 if level >= 2 and chance.random() < 0.08 else None
    return AnswerValue(ANSWERED, level, comment=comment), lowered
