"""Writing whole sheets at once, from a file or for the demonstration: validated and frozen, or nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from entities.models import Entity
from quintet.domain.answers import NA, UNANSWERED
from quintet.domain.sheets import ImportedAnswer, Sheets
from quintet.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Cycle,
    Item,
    NaDecision,
    Phase,
    RevisionOutcome,
    Snapshot,
    Status,
    Transition,
)
from quintet.queries import framework_for
from quintet.services.freezing import CHANGED, build_snapshot
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.outbox import services as outbox

BATCH = 2000
CYCLE_CODE = r"[A-Za-z0-9_-]{1,50}"  # what addresses can name


@dataclass(frozen=True)
class SheetToWrite:
    """One sheet: whose, in which status it shall be, and what it says by item code."""

    entity: Entity
    status: Status
    answers: Mapping[str, ImportedAnswer]


@transaction.atomic
def import_sheets(*, sheets: Sheets, cycle_code: str, at: datetime) -> int:
    """Import sheets into a cycle (made, closed, if there is none); return the number of answers.

    Each sheet is validated and frozen. All or nothing: raises InvalidInput naming the units that
    have answers already, or for a new cycle whose code no address could name.
    """
    cycle = Cycle.objects.filter(code=cycle_code).first() or _closed_cycle(cycle_code, at)
    entities = {entity.code: entity for entity in Entity.objects.filter(code__in=sheets)}
    to_write = [SheetToWrite(entities[code], Status.VALIDATED, answers) for code, answers in sheets.items()]
    return write_sheets(cycle=cycle, sheets=to_write, at=at, channel="import")


@transaction.atomic
def write_sheets(*, cycle: Cycle, sheets: list[SheetToWrite], at: datetime, channel: str) -> int:
    """Write `sheets` into the cycle with revisions, traces and snapshots; return the number of answers.

    Raises InvalidInput when a unit has answers in this cycle already.
    """
    assessments = _assessments(cycle, sheets)
    items = list(Item.objects.filter(framework=cycle.framework_id).in_order())
    by_code = {item.code: item for item in items}
    answers = [
        _answer(assessments[sheet.entity.pk], by_code[code], imported, sheet.status, at)
        for sheet in sheets
        for code, imported in sheet.answers.items()
    ]
    Answer.objects.bulk_create(answers, batch_size=BATCH)
    AnswerRevision.objects.bulk_create((_revision(answer, channel) for answer in answers), batch_size=BATCH)
    moved = [sheet for sheet in sheets if sheet.status != Status.DRAFT]
    Transition.objects.bulk_create(
        Transition(
            assessment=assessments[sheet.entity.pk],
            action=channel,
            from_status=Status.DRAFT,
            to_status=sheet.status,
            at=at,
        )
        for sheet in moved
    )
    _freeze([assessments[sheet.entity.pk] for sheet in moved], items, answers, at)
    outbox.put(CHANGED, {"cycle_id": cycle.pk}, at=at)
    return len(answers)


def _closed_cycle(code: str, at: datetime) -> Cycle:
    if not re.fullmatch(CYCLE_CODE, code):
        message = _("A cycle's code has 1 to 50 letters, digits, hyphens and underscores.")
        raise InvalidInput(_("Nothing was imported."), errors=[FieldError("cycle", "bad_code", message)])
    framework, day = framework_for(code), at.date()
    return Cycle.objects.create(
        code=code, title=code, framework=framework, phase=Phase.CLOSED, opens_on=day, closes_on=day
    )


def _assessments(cycle: Cycle, sheets: list[SheetToWrite]) -> dict[int, Assessment]:
    """Lock or make the sheets' rows, with their status; refuse those that say something already."""
    known = {sheet.entity_id: sheet for sheet in Assessment.objects.filter(cycle=cycle).select_for_update()}
    written = set(
        Answer.objects.filter(assessment__cycle=cycle).values_list("assessment__entity_id", flat=True)
    )
    taken = [sheet.entity.code for sheet in sheets if sheet.entity.pk in written]
    if taken:
        message = _("This unit has answers in the cycle already.")
        errors = [FieldError(code, "has_answers", message) for code in sorted(taken)]
        raise InvalidInput(_("Nothing was imported: %(count)s problems."), {"count": len(taken)}, errors)
    Assessment.objects.bulk_create(
        Assessment(cycle=cycle, entity=sheet.entity, status=sheet.status, is_demo=cycle.is_demo)
        for sheet in sheets
        if sheet.entity.pk not in known
    )
    for sheet in sheets:
        if sheet.entity.pk in known:
            known[sheet.entity.pk].status = sheet.status
    Assessment.objects.bulk_update(known.values(), ["status"])
    rows = Assessment.objects.filter(cycle=cycle).select_related("cycle__framework", "entity")
    return {sheet.entity_id: sheet for sheet in rows}


def _answer(
    assessment: Assessment, item: Item, imported: ImportedAnswer, status: Status, at: datetime
) -> Answer:
    value = imported.value
    decision = ""
    if value.state == NA:
        decision = NaDecision.APPROVED if status == Status.VALIDATED else NaDecision.PENDING
    return Answer(
        assessment=assessment,
        item=item,
        state=value.state,
        claimed=value.claimed,
        na_reason=value.na_reason,
        comment=value.comment,
        na_decision=decision,
        accepted=imported.accepted if value.state not in (NA, UNANSWERED) else None,
        updated_at=at,
    )


def _revision(answer: Answer, channel: str) -> AnswerRevision:
    return AnswerRevision(
        assessment_id=answer.assessment_id,
        item_id=answer.item_id,
        version=answer.version,
        outcome=RevisionOutcome.SAVED,
        channel=channel,
        at=answer.updated_at,
        state=answer.state,
        claimed=answer.claimed,
        na_reason=answer.na_reason,
        comment=answer.comment,
    )


def _freeze(sheets: list[Assessment], items: list[Item], answers: list[Answer], at: datetime) -> None:
    by_sheet: dict[int, dict[int, Answer]] = {}
    for answer in answers:
        by_sheet.setdefault(answer.assessment_id, {})[answer.item_id] = answer
    counted = [sheet for sheet in sheets if sheet.status in (Status.SUBMITTED, Status.VALIDATED)]
    Snapshot.objects.bulk_create(
        (build_snapshot(sheet, items, by_sheet.get(sheet.pk, {}), number=1, at=at) for sheet in counted),
        batch_size=500,
    )
