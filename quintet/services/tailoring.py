"""An entity's own path: its targets and weights, and questions of its own. Counts for the entity alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from entities.models import Entity, User
from quintet import access
from quintet.domain.tailoring import COMMON, Priority, parse_own_answer, parse_own_item, parse_priorities
from quintet.models import Assessment, Dimension, OwnAnswer, OwnItem, PriorityProfile
from quintet.services.locking import lock_entity, lock_sheet
from un20portal.lib.errors import InvalidInput, NotAllowed, StaleVersion, WrongState
from un20portal.lib.errors import marked as _

MOST_OWN_ITEMS = 10  # per dimension: an own path, not a second framework


@transaction.atomic
def set_priorities(
    *, entity: Entity, dimension: Dimension, raw: Mapping[str, Mapping[str, str]], by: User, at: datetime
) -> int:
    """Set targets and weights of items of one dimension, all or nothing; return how many changed.

    `raw` maps item codes to texts {target, weight, was}, where `was` is the Priority that was shown (none:
    the stored one). A row that nobody touched says nothing. Raises NotAllowed; InvalidInput naming every
    field; StaleVersion naming the items that were set otherwise in between, with what is `current`ly stored
    of them and the other rows `offered`.
    """
    locked = _lock_entity(entity, by)
    items = {item.code: item for item in dimension.items.all()}
    wanted = parse_priorities(
        {code: row for code, row in raw.items() if code in items},
        highest_level=dimension.framework.highest_level,
    )
    rows = {row.item_id: row for row in PriorityProfile.objects.filter(entity=locked)}
    stored = {code: _priority(rows.get(item.pk)) for code, item in items.items()}
    touched = {code: one for code, one in wanted.items() if str(one) != raw[code].get("was")}
    changed = {code: one for code, one in touched.items() if one != stored[code]}
    _require_fresh(changed, stored, raw)
    for code, priority in changed.items():
        row = rows.get(items[code].pk) or PriorityProfile(entity=locked, item=items[code])
        for name, value in asdict(priority).items():
            setattr(row, name, value)
        row.updated_by, row.updated_at = by, at
        row.save()
    return len(changed)


def _priority(row: PriorityProfile | None) -> Priority:
    return Priority(row.target, row.weight) if row else COMMON


def _require_fresh(
    changed: Collection[str], stored: Mapping[str, Priority], raw: Mapping[str, Mapping[str, str]]
) -> None:
    stale = [code for code in changed if (raw[code].get("was") or str(stored[code])) != str(stored[code])]
    if stale:
        raise StaleVersion(
            _("Somebody else has changed %(items)s in the meantime. See what is stored now and save again."),
            {"items": ", ".join(stale)},
            current={code: stored[code] for code in stale},
            offered={code: raw[code] for code in changed if code not in stale},
        )


@transaction.atomic
def add_own_item(
    *, entity: Entity, dimension: Dimension, question: str, level_texts: Sequence[str], by: User
) -> OwnItem:
    """Add a question of the entity's own to a dimension, named by the next free code.

    Raises NotAllowed, InvalidInput; WrongState when there are enough of them.
    """
    locked = _lock_entity(entity, by)
    asked, texts = parse_own_item(question, level_texts, n_levels=len(dimension.framework.levels))
    known = OwnItem.objects.filter(entity=locked, dimension=dimension)
    if known.filter(retired_at=None).count() >= MOST_OWN_ITEMS:
        message = _("This dimension has %(most)s questions of your own already: retire one first.")
        raise WrongState(message, {"most": MOST_OWN_ITEMS})
    code = f"{dimension.code}-OWN-{known.count() + 1}"
    return OwnItem.objects.create(
        entity=locked, dimension=dimension, code=code, question=asked, level_texts=texts
    )


@transaction.atomic
def retire_own_item(*, item: OwnItem, by: User, at: datetime) -> None:
    """Ask a question of the entity's own no longer; what was answered stays. Twice changes nothing."""
    _lock_entity(item.entity, by)
    OwnItem.objects.filter(pk=item.pk, retired_at=None).update(retired_at=at)


@transaction.atomic
def answer_own_item(
    *, assessment: Assessment, item: OwnItem, raw: Mapping[str, Any], version: int, by: User, at: datetime
) -> OwnAnswer:
    """Answer a question of the entity's own, based on `version` (0 when there is no answer yet).

    Raises NotAllowed, WrongState, InvalidInput; StaleVersion with both texts when somebody wrote in
    between. Writing what is already there changes nothing.
    """
    sheet = lock_sheet(assessment)
    _require_may_answer(sheet, item, by)
    level, comment = parse_own_answer(raw, highest_level=sheet.cycle.framework.highest_level)
    answer = OwnAnswer.objects.filter(assessment=sheet, item=item).first()
    if answer and (answer.level, answer.comment) == (level, comment):
        return answer
    answer = answer or OwnAnswer(assessment=sheet, item=item, version=0)
    if answer.version != version:
        raise StaleVersion(
            _("Somebody else has changed this answer in the meantime. Choose one of the two."),
            current={"level": answer.level, "comment": answer.comment, "version": answer.version},
            offered={"level": level, "comment": comment},
        )
    answer.level, answer.comment, answer.version = level, comment, version + 1
    answer.updated_by, answer.updated_at = by, at
    answer.save()
    return answer


def _require_may_answer(sheet: Assessment, item: OwnItem, by: User) -> None:
    if not access.can_set_own_path(by, sheet.entity):
        raise NotAllowed(_("Only a focal point of the entity answers its own questions."))
    if item.entity_id != sheet.entity_id or item.dimension.framework_id != sheet.cycle.framework_id:
        raise InvalidInput(_("This question is not part of the assessment."))
    sheet.require_editable()
    if item.retired_at is not None:
        raise WrongState(_("This question is no longer asked."))


def _lock_entity(entity: Entity, by: User) -> Entity:
    """The entity's row is the lock of its own path."""
    if not access.can_set_own_path(by, entity):
        raise NotAllowed(_("Only a focal point of the entity sets its own path."))
    return lock_entity(entity)
