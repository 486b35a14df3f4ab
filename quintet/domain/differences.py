"""What a filled workbook would change, item by item, against what the portal holds now. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quintet.domain.answers import NA, SILENT, AnswerValue, parse_answer, tidy
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _

NEW, CHANGED, CONFLICT, REFUSED = "new", "changed", "conflict", "refused"
SAME = "same"  # the workbook says what the portal says
MOVED = "moved"  # not touched in the workbook, changed on the portal: stays as it is there
IGNORED = "ignored"  # not this person's item
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Standing:
    """What the portal holds on an item: the value and its version, 0 when nobody has said anything."""

    value: AnswerValue = SILENT
    version: int = 0


@dataclass(frozen=True)
class Difference:
    """One item: what the workbook offers (None when it is refused) beside what is stored now."""

    item: str
    cell: str
    kind: str
    now: Standing
    offered: AnswerValue | None = None
    base_version: int = 0
    raw: Mapping[str, Any] | None = None
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True)
class Choice:
    """What a person decided on a conflict: whose text, having seen which version of theirs."""

    keep: str
    seen: int


def find_difference(
    row: Mapping[str, Any],
    *,
    now: Standing,
    base: AnswerValue | None,
    highest_level: int,
    na_allowed: bool,
) -> Difference:
    """Judge one stored row of a workbook. `base` is what the portal said when the workbook was made.

    Where both sides have moved since then, and not to the same text, it is a conflict. A row that was
    not touched changes nothing, whatever happened on the portal.
    """
    place: dict[str, Any] = {
        "item": row["item"],
        "cell": row["cell"],
        "now": now,
        "base_version": row["version"],
        "raw": row,
    }
    try:
        offered = parse_answer(row, highest_level=highest_level, na_allowed=na_allowed)
    except InvalidInput as refusal:
        return Difference(kind=REFUSED, errors=refusal.errors, **place)
    if tidy(row["na_reason"]) and offered.state != NA:
        message = _("A reason why the item does not apply counts only with “not applicable”: empty its cell.")
        error = FieldError("na_reason", "unexpected", message)
        return Difference(kind=REFUSED, errors=[error], **place)
    return Difference(kind=_kind(offered, row["version"], now, base), offered=offered, **place)


def _kind(offered: AnswerValue, version: int, now: Standing, base: AnswerValue | None) -> str:
    if offered == now.value:
        return SAME
    has_moved = now.version != version and now.value != base
    if has_moved:
        return MOVED if offered == base else CONFLICT
    return NEW if now.value == SILENT else CHANGED


def undecided(
    found: Sequence[Difference], choices: Mapping[str, Choice]
) -> tuple[list[Difference], list[Difference]]:
    """Return conflicts nobody has decided on, and those that changed again after somebody did."""
    conflicts = [one for one in found if one.kind == CONFLICT]
    open_ones = [one for one in conflicts if one.item not in choices]
    outdated = [one for one in conflicts if one.item in choices and choices[one.item].seen != one.now.version]
    return open_ones, outdated
