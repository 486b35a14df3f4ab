"""Writing whole sheets at once, from a file or for the demonstration: validated and frozen, or nothing."""

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
from quintet.queries.evidence import documents_of
from quintet.queries.frameworks import framework_for
from quintet.services.cycles import give_sheets, wrong_code
from quintet.services.freezing import CHANGED, build_snapshot
from quintet.services.locking import lock_cycle
from quintet.services.revisions import Hand, revision_of
from un20portal.lib.errors import FieldError, InvalidInput, WrongState
from un20portal.lib.errors import marked as _
from un20portal.outbox import services as outbox

BATCH = 2000


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
    have answers already, or for a new cycle whose code no address could name; WrongState when the
    cycle is only planned.
    """
    cycle = Cycle.objects.filter(code=cycle_code).first() or _closed_cycle(cycle_code, at)
    entities = {entity.code: entity for entity in Entity.objects.filter(code__in=sheets)}
    to_write = [SheetToWrite(entities[code], Status.VALIDATED, answers) for code, answers in sheets.items()]
    return write_sheets(cycle=cycle, sheets=to_write, at=at, channel="import", is_recorded=False)


@transaction.atomic
def write_sheets(
    *, cycle: Cycle, sheets: list[SheetToWrite], at: datetime, channel: str, is_recorded: bool = True
) -> int:
    """Write `sheets` into the cycle with revisions, traces and snapshots; return the number of answers.

    Unless it `is_recorded` here what was checked and on which evidence a level rests, the frozen sheets say
    nothing of either.
    Raises InvalidInput when a unit has answers in this cycle already, WrongState for a planned cycle.
    """
    locked = lock_cycle(cycle)
    if locked.phase == Phase.PLANNED:
        raise WrongState(_("The cycle is only planned: open it first, then its sheets can be filled."))
    assessments = _empty_sheets(locked, [sheet.entity for sheet in sheets])
    items = list(Item.objects.filter(framework=cycle.framework_id).in_order())
    by_code = {item.code: item for item in items}
    answers = [
        _answer(assessments[sheet.entity.pk], by_code[code], imported, sheet.status, at)
        for sheet in sheets
        for code, imported in sheet.answers.items()
    ]
    Answer.objects.bulk_create(answers, batch_size=BATCH)
    saved, hand = RevisionOutcome.SAVED, Hand(None, at, channel)
    AnswerRevision.objects.bulk_create(
        (revision_of(answer, saved, hand) for answer in answers), batch_size=BATCH
    )
    _move({assessments[sheet.entity.pk]: sheet.status for sheet in sheets}, channel, at)
    _freeze(list(assessments.values()), items, answers, at, is_recorded=is_recorded)
    outbox.put(CHANGED, {"cycle_id": cycle.pk}, at=at)
    return len(answers)


def _closed_cycle(code: str, at: datetime) -> Cycle:
    if errors := wrong_code(code):
        raise InvalidInput(_("Nothing was imported."), errors=errors)
    framework, day = framework_for(code), at.date()
    return Cycle.objects.create(
        code=code, title=code, framework=framework, phase=Phase.CLOSED, opens_on=day, closes_on=day
    )


def _empty_sheets(cycle: Cycle, entities: list[Entity]) -> dict[int, Assessment]:
    """Return the units' sheets by entity id, made where there are none; refuse those that say something."""
    sheets = Assessment.objects.filter(cycle=cycle, entity__in=entities)
    written = Answer.objects.filter(assessment__in=sheets).values_list("assessment__entity__code", flat=True)
    if taken := sorted(set(written)):
        message = _("This unit has answers in the cycle already.")
        errors = [FieldError(code, "has_answers", message) for code in taken]
        raise InvalidInput(_("Nothing was imported. Problems: %(count)s."), {"count": len(taken)}, errors)
    give_sheets(cycle, entities)
    return {sheet.entity_id: sheet for sheet in sheets.select_related("cycle__framework", "entity")}


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


def _move(targets: Mapping[Assessment, Status], channel: str, at: datetime) -> None:
    """Write the new status of every sheet that gets another one, and its trace."""
    moved = [sheet for sheet, target in targets.items() if sheet.status != target]
    Transition.objects.bulk_create(
        Transition(
            assessment=sheet,
            action=channel,
            from_status=sheet.status,
            to_status=targets[sheet],
            at=at,
        )
        for sheet in moved
    )
    for sheet in moved:
        sheet.status = targets[sheet]
    Assessment.objects.bulk_update(moved, ["status"])


def _freeze(
    sheets: list[Assessment], items: list[Item], answers: list[Answer], at: datetime, *, is_recorded: bool
) -> None:
    by_sheet: dict[int, dict[int, Answer]] = {}
    for answer in answers:
        by_sheet.setdefault(answer.assessment_id, {})[answer.item_id] = answer
    counted = [sheet for sheet in sheets if sheet.status in (Status.SUBMITTED, Status.VALIDATED)]
    found = documents_of(counted)
    documents = {sheet.pk: found.get(sheet.pk, {}) if is_recorded else None for sheet in counted}
    Snapshot.objects.bulk_create(
        (
            build_snapshot(sheet, items, by_sheet.get(sheet.pk, {}), documents[sheet.pk], number=1, at=at)
            for sheet in counted
        ),
        batch_size=500,
    )
