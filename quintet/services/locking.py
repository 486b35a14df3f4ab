"""Row locks of this floor, always taken in this order: framework, cycle, the cycle's sheets by key, entity.

A step of one sheet locks that sheet and nothing above it; the entity's row is the lock of what all its sheets
share, the room for files and the own path. Whoever changes a cycle as a whole locks the cycle and then every
sheet in it: steps under way end first, in the phase in which they began; a step that
waited reads the new phase. Two transactions that keep the order never wait for each other in a circle.
On SQLite there are no row locks: one transaction writes at a time.
"""

from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet

from entities.models import Entity
from quintet.models import Answer, Assessment, Cycle, Item


def lock_sheet(assessment: Assessment) -> Assessment:
    """Return the sheet, locked until the transaction ends, with its cycle as it is now.

    Two statements: one that waits for a lock shows joined rows as they were before it waited.
    """
    Assessment.objects.select_for_update().get(pk=assessment.pk)
    return Assessment.objects.select_related("cycle__framework", "entity").get(pk=assessment.pk)


def lock_entity(entity: Entity) -> Entity:
    """Return the entity as it is now, locked until the transaction ends."""
    # NO KEY leaves other rows free to point at the entity
    return Entity.objects.select_for_update(no_key=True).get(pk=entity.pk)


def lock_answer(assessment: Assessment, item: Item) -> Answer:
    """Return the sheet's answer to `item` as it is now; the sheet is locked until the transaction ends.

    Where there is no answer yet, it is an unsaved one of version 0. Two statements, as in `lock_sheet`.
    """
    Assessment.objects.select_for_update().only("pk").get(pk=assessment.pk)
    on_item = FilteredRelation("answers", condition=Q(answers__item=item))
    sheets: Any = Assessment.objects.annotate(written=on_item)  # mypy knows no relations made in a query
    return _answer_of(sheets.select_related("cycle", "written").get(pk=assessment.pk), item)


def lock_asked(sheets: QuerySet[Assessment], *, pk: int, code: str) -> Answer:
    """Return the answer to the item of this code on one of `sheets`, locked and read like `lock_answer`.

    Sheet, cycle, framework and item are at hand. Raises Assessment.DoesNotExist where there is no such
    sheet, or no such item on it.
    """
    sheets.select_for_update().values_list("pk").get(pk=pk)
    written = Answer.objects.select_related("assessment__cycle__framework", "item")
    try:
        answer = written.get(assessment=pk, item__code=code)
    except Answer.DoesNotExist:  # nobody has answered it yet
        sheet = Assessment.objects.asking(code).get(pk=pk)
        answer = Answer(assessment=sheet, item=sheet.asked, version=0)
    answer.item.framework = answer.assessment.cycle.framework
    return answer


def _answer_of(locked: Any, item: Item) -> Answer:
    """The answer that was `written`, with its sheet and its item; an unsaved one where there is none."""
    answer: Answer = getattr(locked, "written", None) or Answer(version=0)  # Django sets what it finds
    answer.assessment, answer.item = locked, item
    return answer


def lock_cycle(cycle: Cycle) -> Cycle:
    """Return the cycle as it is now, locked with all its sheets until the transaction ends."""
    # NO KEY leaves other rows free to point at the cycle
    locked = Cycle.objects.select_for_update(no_key=True).get(pk=cycle.pk)
    sheets = Assessment.objects.select_for_update().filter(cycle=locked).order_by("pk")
    list(sheets.values_list("pk", flat=True))
    return locked
