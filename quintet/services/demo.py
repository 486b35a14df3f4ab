"""Demo cycles: the last one open and half done, the others closed; every row marked as synthetic."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate

from entities.models import Entity, User
from quintet.domain.invention import MARK, invent_documents, invent_sheet
from quintet.domain.sampling import Claim, sample
from quintet.domain.sheets import ImportedAnswer
from quintet.models import Answer, Assessment, Cycle, Framework, Item, Phase, Status
from quintet.queries.frameworks import current_framework
from quintet.services import evidence
from quintet.services.cycles import give_sheets
from quintet.services.delegating import hand_over
from quintet.services.importing import SheetToWrite, write_sheets

OPEN_MIX = [
    (Status.DRAFT, 0.62),
    (Status.SIGNOFF, 0.07),
    (Status.SUBMITTED, 0.14),
    (Status.VALIDATED, 0.13),
    (Status.RETURNED, 0.04),
]
DUE_WITHIN = timedelta(days=14)
CAST_ENTITIES = ("UNDP", "UNICEF")
LastLevels = dict[str, dict[str, int | None]]  # by unit what was accepted last, by item


@transaction.atomic
def create_cycles(
    *, codes: Sequence[str], entities: Sequence[Entity], seed: int, at: datetime
) -> list[Cycle]:
    """Create the cycles, oldest first, with invented sheets for `entities`; the last one stays open."""
    framework = current_framework()
    accepted: LastLevels = {}
    return [
        _create_cycle(code, framework, entities, seed, number, len(codes) - 1 - number, at, accepted)
        for number, code in enumerate(codes)
    ]


@transaction.atomic
def delegate_some_items(
    *, cycle: Cycle, contributor: User, by: User, entity: Entity, item_codes: Sequence[str], at: datetime
) -> None:
    """Hand a few items of the open cycle to the demo contributor, who reads no letters."""
    sheet = Assessment.objects.get(cycle=cycle, entity=entity)
    items = list(Item.objects.filter(framework=cycle.framework_id, code__in=item_codes))
    due_on = min(localdate(at) + DUE_WITHIN, cycle.closes_on)
    hand_over(assessment=sheet, items=items, to=contributor, by=by, at=at, due_on=due_on, tells=False)


def _create_cycle(
    code: str,
    framework: Framework,
    entities: Sequence[Entity],
    seed: int,
    number: int,
    years_ago: int,
    at: datetime,
    accepted_before: LastLevels,
) -> Cycle:
    # a code that is a year gives the days: the same codes give the same cycles in any year
    year = int(code) if re.fullmatch("[12][0-9]{3}", code) else at.year - years_ago
    is_open = years_ago == 0
    cycle = Cycle.objects.create(
        code=code,
        title=f"Quintet {code}",
        framework=framework,
        phase=Phase.OPEN if is_open else Phase.CLOSED,
        opens_on=min(date(year, 9, 15), at.date()) if is_open else date(year, 9, 15),
        closes_on=max(date(year, 12, 18), at.date()) if is_open else date(year, 12, 18),
        sample_seed=f"{seed:x}"[:32],
        is_demo=True,
    )
    items = [
        (item.code, item.dimension.code, item.enabler, item.na_allowed)
        for item in Item.objects.filter(framework=framework).in_order().select_related("dimension")
    ]
    chance = random.Random(f"{seed}:{code}:status")
    sheets = []
    for entity in entities:
        status, share_answered = _status(entity, is_open, chance)
        invented = invent_sheet(
            items,
            seed=seed,
            unit=entity.code,
            unit_type=entity.type,
            number=number,
            share_answered=share_answered,
        )
        is_judged = status == Status.VALIDATED
        answers = {
            item: ImportedAnswer(value, accepted if is_judged else None)
            for item, (value, accepted) in invented.items()
        }
        if is_judged:
            answers = _check_the_sample(answers, cycle, entity, accepted_before.get(entity.code, {}))
            accepted_before[entity.code] = _levels(answers)
        sheets.append(SheetToWrite(entity, status, answers))
    moment = at if is_open else datetime.combine(cycle.closes_on, time(12), UTC)
    _give_links(cycle, sheets, seed, at)
    write_sheets(cycle=cycle, sheets=sheets, at=moment, channel="demo")
    _explain_lowered_levels(cycle)
    return cycle


def _give_links(cycle: Cycle, sheets: Sequence[SheetToWrite], seed: int, at: datetime) -> None:
    """Invented addresses where levels need evidence, before sheets are written: snapshots name them, too."""
    give_sheets(cycle, [sheet.entity for sheet in sheets])
    rows = {row.entity_id: row for row in Assessment.objects.filter(cycle=cycle)}
    needing = Item.objects.filter(
        framework=cycle.framework_id, dimension__area__in=cycle.framework.evidence_from
    )
    items = {item.code: item for item in needing}
    links = []
    for sheet in sheets:
        levels = {code: answer.value.claimed or 0 for code, answer in sheet.answers.items() if code in items}
        documents = invent_documents(
            levels, seed=seed, unit=sheet.entity.code, cycle=cycle.code, closes_on=cycle.closes_on
        )
        links += [
            evidence.LinkToWrite(rows[sheet.entity.pk], items[code], url, details)
            for code, (url, details) in documents.items()
        ]
    evidence.write_links(links, at=at, channel="demo")


def _status(entity: Entity, is_open: bool, chance: random.Random) -> tuple[Status, float]:
    """How far a unit came, and the share of items it answered."""
    if is_open:
        if entity.code in CAST_ENTITIES:
            return Status.DRAFT, 0.6
        status = chance.choices([s for s, _w in OPEN_MIX], [w for _s, w in OPEN_MIX])[0]
        return status, chance.uniform(0.05, 0.9) if status == Status.DRAFT else 1.0
    draw = chance.random()
    if draw < (0.08 if not entity.is_country_team else 0.22) and entity.code not in CAST_ENTITIES:
        return Status.DRAFT, chance.uniform(0.0, 0.6)
    return Status.VALIDATED, 1.0


def _levels(answers: Mapping[str, ImportedAnswer]) -> dict[str, int | None]:
    return {
        code: answer.value.claimed if answer.accepted is None else answer.accepted
        for code, answer in answers.items()
    }


def _explain_lowered_levels(cycle: Cycle) -> None:
    lowered = Answer.objects.filter(assessment__cycle=cycle, accepted__lt=F("claimed"))
    lowered.update(accepted_reason=f"{MARK}: the evidence shows the level below.")


def _check_the_sample(
    answers: Mapping[str, ImportedAnswer], cycle: Cycle, entity: Entity, before: Mapping[str, int | None]
) -> dict[str, ImportedAnswer]:
    """What a validator would have looked at (rule R6) and was not lowered is accepted as it was claimed.

    Before the sheet is written: what is frozen says it, too.
    """
    claims = [Claim(code, answer.value.claimed, before.get(code)) for code, answer in answers.items()]
    checks = sample(claims, seed=cycle.sample_seed, unit=entity.code, submission=1)
    wanted = {check.item for check in checks}
    return {
        code: replace(answer, accepted=answer.value.claimed)
        if code in wanted and answer.accepted is None
        else answer
        for code, answer in answers.items()
    }
