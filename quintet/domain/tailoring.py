"""An entity's own path (scoring §3): its weights, targets and own items beside the common ones. Plain Python.

Exact: sums are integers, ratios fractions, rounded once when they are shown. The system's figures use the
common weights only and never come here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from quintet.domain.answers import LONGEST_TEXT, can_be_stored, tidy
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

HIGHEST_WEIGHT = 5
LONGEST_QUESTION, LONGEST_LEVEL_TEXT = 1000, 500


@dataclass(frozen=True)
class TailoredItem:
    """One item as the entity sees it: its level (None: unanswered), its own target and weight.

    `is_na` is an approved “not applicable”: the item counts nowhere.
    """

    level: int | None
    target: int | None = None
    weight: int = 1
    is_na: bool = False


@dataclass(frozen=True)
class TailoredProfile:
    """The figures of one dimension with the entity's own weights and own items."""

    weight_applicable: int
    weight_answered: int
    points: int
    targets: int
    at_target: int
    targets_unanswered: int
    shortfall: int
    shortfall_weight: int

    @property
    def mean_level(self) -> Fraction | None:
        """The weighted mean level of what is answered; None when nothing that weighs anything is."""
        return Fraction(self.points, self.weight_answered) if self.weight_answered else None

    @property
    def is_rated(self) -> bool:
        """Two thirds of the weight are answered, as in the common method (§2)."""
        return self.weight_applicable > 0 and 3 * self.weight_answered >= 2 * self.weight_applicable

    @property
    def gap(self) -> Fraction | None:
        """Levels still missing to the targets, weighted mean over items with a target and a level."""
        return Fraction(self.shortfall, self.shortfall_weight) if self.shortfall_weight else None


def tailor(items: Sequence[TailoredItem]) -> TailoredProfile:
    """Return the tailored profile of one dimension. Missing is never 0; a weight of 0 leaves an item out."""
    applicable = [item for item in items if item.weight and not item.is_na]
    answered = [(item.level, item) for item in applicable if item.level is not None]
    aimed = [item for item in applicable if item.target is not None]
    reached = [(level, item.target, item.weight) for level, item in answered if item.target is not None]
    return TailoredProfile(
        weight_applicable=sum(item.weight for item in applicable),
        weight_answered=sum(item.weight for _level, item in answered),
        points=sum(item.weight * level for level, item in answered),
        targets=len(aimed),
        at_target=sum(level >= target for level, target, _weight in reached),
        targets_unanswered=len(aimed) - len(reached),
        shortfall=sum(weight * max(target - level, 0) for level, target, weight in reached),
        shortfall_weight=sum(weight for _level, _target, weight in reached),
    )


@dataclass(frozen=True)
class Priority:
    """What an entity aims at on one item (None: at nothing in particular), and what it weighs for itself."""

    target: int | None = None
    weight: int = 1

    def __str__(self) -> str:
        """As a form shows it: target and weight in one text, by which a later change is noticed."""
        return f"{'' if self.target is None else self.target}/{self.weight}"


COMMON = Priority()


def parse_priorities(raw: Mapping[str, Mapping[str, str]], *, highest_level: int) -> dict[str, Priority]:
    """Return the priorities by item code; `raw` holds texts. Raise InvalidInput naming every wrong field."""
    errors: list[FieldError] = []
    found = {
        code: Priority(_target(code, row, highest_level, errors), _weight(code, row, errors))
        for code, row in raw.items()
    }
    if errors:
        raise InvalidInput(_("Nothing was saved: mend the fields that are named."), errors=errors)
    return found


def _target(code: str, row: Mapping[str, str], highest: int, errors: list[FieldError]) -> int | None:
    text = row.get("target", "").strip()
    if not text:
        return None
    if (level := _number(text, highest)) is None:
        message = _("%(item)s: choose a target from 0 to %(highest)s, or none.")
        errors.append(
            FieldError(f"target-{code}", "unknown_level", message, {"item": code, "highest": highest})
        )
    return level


def _weight(code: str, row: Mapping[str, str], errors: list[FieldError]) -> int:
    if (weight := _number(row.get("weight", "").strip() or "1", HIGHEST_WEIGHT)) is None:
        message = _("%(item)s: choose a weight from 0 to %(highest)s.")
        params = {"item": code, "highest": HIGHEST_WEIGHT}
        errors.append(FieldError(f"weight-{code}", "unknown_weight", message, params))
        return 1
    return weight


def _number(text: str, highest: int) -> int | None:
    is_short = text.isascii() and text.isdigit() and len(text) < 4
    return int(text) if is_short and int(text) <= highest else None


def parse_own_item(question: str, level_texts: Sequence[str], *, n_levels: int) -> tuple[str, list[str]]:
    """Return the question and one text per level, tidied; raise InvalidInput naming every wrong field."""
    errors: list[FieldError] = []
    asked = _words("question", question, LONGEST_QUESTION, errors)
    given = [*level_texts, *[""] * n_levels][:n_levels]
    texts = [_words(f"level-{n}", text, LONGEST_LEVEL_TEXT, errors) for n, text in enumerate(given)]
    if errors:
        raise InvalidInput(_("The question was not saved."), errors=errors)
    return asked, texts


def _words(field: str, text: str, longest: int, errors: list[FieldError]) -> str:
    words = tidy(text)
    if not 1 <= len(words) <= longest or not can_be_stored(words):
        message = _("Write 1 to %(longest)s characters.")
        errors.append(FieldError(field, "length", message, {"longest": longest}))
    return words


def parse_own_answer(raw: Mapping[str, Any], *, highest_level: int) -> tuple[int, str]:
    """Return level and comment of an answer to an own item; raise InvalidInput naming what is wrong."""
    errors: list[FieldError] = []
    level, comment = _number(str(raw.get("level", "")), highest_level), tidy(str(raw.get("comment", "")))
    if level is None:
        errors.append(FieldError("level", "unknown_level", _("Choose a level of the scale.")))
    if len(comment) > LONGEST_TEXT or not can_be_stored(comment):
        message = _("Write at most %(longest)s characters.")
        errors.append(FieldError("comment", "length", message, {"longest": LONGEST_TEXT}))
    if errors:
        raise InvalidInput(_("The answer was not saved."), errors=errors)
    return level or 0, comment
