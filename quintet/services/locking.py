"""Row locks of this floor, always taken in this order: framework, cycle, the cycle's sheets by key, entity.

A step of one sheet locks that sheet and nothing above it; the entity's row is the lock of what all its sheets
share, the room for files and the own path. Whoever changes a cycle as a whole locks the cycle and then every
sheet in it: steps under way end first, in the phase in which they began; a step that
waited reads the new phase. Two transactions that keep the order never wait for each other in a circle.
On SQLite there are no row locks: one transaction writes at a time.
"""

from typing import Any

from django.db.models import FilteredRelation, Q

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


def lock_answer(assessment: Assessment, item: Item) -> tuple[Assessment, Answer]:
    """Return the sheet, locked until the transaction ends, and its answer to `item`, both as they are now.

    Where there is no answer yet, it is an unsaved one of version 0. Two statements, as in `lock_sheet`.
    """
    Assessment.objects.select_for_update().only("pk").get(pk=assessment.pk)
    on_item = FilteredRelation("answers", condition=Q(answers__item=item))
    sheets: Any = Assessment.objects.annotate(written=on_item)  # mypy knows no relations made in a query
    locked: Assessment = sheets.select_related("cycle", "written").get(pk=assessment.pk)
    answer: Answer = getattr(locked, "written", None) or Answer(version=0)  # Django sets what it finds
    answer.assessment, answer.item = locked, item
    return locked, answer


def lock_cycle(cycle: Cycle) -> Cycle:
    """Return the cycle as it is now, locked with all its sheets until the transaction ends."""
    # NO KEY leaves other rows free to point at the cycle
    locked = Cycle.objects.select_for_update(no_key=True).get(pk=cycle.pk)
    sheets = Assessment.objects.select_for_update().filter(cycle=locked).order_by("pk")
    list(sheets.values_list("pk", flat=True))
    return locked
