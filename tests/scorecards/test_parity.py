"""Two hundred random cycles on which SQL over the answers, the engine and the API agree to the last digit.

The SQL reads the answers that people edit; the engine reads the frozen sheets alone. Weights are odd, items
are missing, not applicable, lowered or raised by the task force, and sheets are in every status.
"""

import random
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client

from entities.models import Entity
from quintet.models import COUNTED, Answer, Assessment, Cycle, Framework, Item, Phase, Snapshot, Status
from quintet.services.freezing import build_snapshot
from scorecards.services.computing import compute_cycle
from scorecards.services.following import follow
from tests.factories import AT, Cast, make_entities, make_entity, make_framework, make_token

pytestmark = [pytest.mark.once, pytest.mark.django_db]
CYCLES, PARTS, UNITS = 200, 4, 7  # in parts side by side: all of it in one takes minutes
BASES = ("claimed", "accepted")
LEVEL = {"claimed": "a.claimed", "accepted": "coalesce(a.accepted, a.claimed)"}
COUNTS = {"claimed": "('submitted', 'validated')", "accepted": "('validated')"}
# tenths of a per cent, half to even, in integers alone: the same on every database
TENTHS = """
CASE WHEN {n} = 0 THEN NULL ELSE 1000 * {part} / {n} + CASE
    WHEN 2 * (1000 * {part} % {n}) > {n}
      OR (2 * (1000 * {part} % {n}) = {n} AND 1000 * {part} / {n} % 2 = 1) THEN 1 ELSE 0 END END
"""
ITEMS = """
SELECT cycle, item, n, has, operates, {share_has}, {share_operates} FROM (
    SELECT s.cycle_id AS cycle, i.code AS item, count({level}) AS n,
           sum(CASE WHEN {level} >= 2 THEN 1 ELSE 0 END) AS has,
           sum(CASE WHEN {level} >= 3 THEN 1 ELSE 0 END) AS operates
    FROM quintet_answer a JOIN quintet_assessment s ON s.id = a.assessment_id
    JOIN quintet_item i ON i.id = a.item_id
    WHERE s.status IN {statuses} GROUP BY s.cycle_id, i.code
) counted
"""
UNIT_SUMS = """
SELECT s.cycle_id, e.code, d.code,
       sum(CASE WHEN a.na_decision = 'approved' THEN 0 ELSE i.weight END),
       sum(CASE WHEN {level} IS NULL THEN 0 ELSE i.weight END), coalesce(sum(i.weight * {level}), 0),
       sum(CASE WHEN {level} >= 2 THEN 1 ELSE 0 END), sum(CASE WHEN {level} >= 3 THEN 1 ELSE 0 END)
FROM quintet_answer a JOIN quintet_assessment s ON s.id = a.assessment_id
JOIN entities_entity e ON e.id = s.entity_id JOIN quintet_item i ON i.id = a.item_id
JOIN quintet_dimension d ON d.id = i.dimension_id
WHERE s.status IN {statuses} GROUP BY s.cycle_id, e.code, d.code
"""


@pytest.fixture(params=range(PARTS))
def cycles(cast: Cast, request: pytest.FixtureRequest) -> list[Cycle]:
    """Cycles of seven organisations whose answers are drawn by lot."""
    framework, units, lot = make_framework(), make_entities(UNITS - 1), random.Random(20 + request.param)
    for place, item in enumerate(framework_items(framework)):
        Item.objects.filter(pk=item.pk).update(weight=1 + place % 4)
    units.append(make_entity("UNCT-KEN", type="country_team"))
    made = Cycle.objects.bulk_create(
        Cycle(
            code=f"c{number}",
            title=str(number),
            framework=framework,
            phase=Phase.VALIDATION,
            opens_on=date(2026, 1, 1),
            closes_on=date(2026, 12, 31),
        )
        for number in range(CYCLES // PARTS)
    )
    for cycle in made:
        cycle.framework = framework
    write_sheets(made, units, framework_items(framework), lot)
    return made


def framework_items(framework: Framework) -> list[Item]:
    return list(Item.objects.filter(framework=framework).in_order())


def write_sheets(cycles: list[Cycle], units: list[Entity], items: list[Item], lot: random.Random) -> None:
    """Answer every item of every sheet by lot, and freeze what counts."""
    statuses = [Status.DRAFT, Status.RETURNED, Status.SUBMITTED, *[Status.VALIDATED] * 3]
    sheets = Assessment.objects.bulk_create(
        Assessment(cycle=cycle, entity=unit, status=lot.choice(statuses))
        for cycle in cycles
        for unit in units
    )
    answers = {(sheet.pk, item.pk): answer(sheet, item, lot) for sheet in sheets for item in items}
    Answer.objects.bulk_create(answers.values(), batch_size=2000)
    Snapshot.objects.bulk_create(
        build_snapshot(sheet, items, {i.pk: answers[sheet.pk, i.pk] for i in items}, {}, number=1, at=AT)
        for sheet in sheets
        if sheet.status in COUNTED
    )


def answer(sheet: Assessment, item: Item, lot: random.Random) -> Answer:
    state = lot.choice(["answered"] * 7 + ["unanswered"] * 2 + ["na"] * item.na_allowed)
    claimed = lot.randrange(5) if state == "answered" else None
    return Answer(
        assessment=sheet,
        item=item,
        state=state,
        claimed=claimed,
        na_decision=lot.choice(["pending", "approved", "rejected"]) if state == "na" else "",
        accepted=lot.choice([None, None, lot.randrange(5)]) if state == "answered" else None,
        updated_at=AT,
    )


def sql(query: str, basis: str) -> Iterable[tuple[Any, ...]]:
    shares = {
        "share_has": TENTHS.format(part="has", n="n"),
        "share_operates": TENTHS.format(part="operates", n="n"),
    }
    with connection.cursor() as cursor:
        cursor.execute(query.format(level=LEVEL[basis], statuses=COUNTS[basis], **shares))
        return list(cursor.fetchall())


def shown(tenths: int | None) -> str | None:
    return None if tenths is None else f"{tenths // 10}.{tenths % 10}"


def ask(client: Client, token: str) -> Callable[[str], Any]:
    def get(address: str) -> Any:
        answered = client.get(f"/api/v1/scorecards/{address}", headers={"Authorization": token})
        assert answered.status_code == 200, answered.content
        return answered.json()

    return get


def of_items(rows: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    names = ("n_answered", "has", "operates", "share_has", "share_operates")
    return {row["item"]: tuple(row[name] for name in names) for row in rows}


def of_units(page: Any) -> dict[tuple[str, str], tuple[int, ...]]:
    names = ("weight_applicable", "weight_answered", "points", "has", "operates")
    return {
        (unit["entity"], figures["dimension"]): tuple(figures[name] for name in names)
        for unit in page["results"]
        for figures in unit["dimensions"]
    }


def test_sql_engine_and_api_agree(cycles: list[Cycle], cast: Cast, client: Client) -> None:
    get = ask(client, make_token(cast.task_force))
    items = {basis: list(sql(ITEMS, basis)) for basis in BASES}
    units = {basis: list(sql(UNIT_SUMS, basis)) for basis in BASES}
    for number, cycle in enumerate(cycles):
        caches["throttle"].clear()
        compute_cycle(cycle_id=cycle.pk, at=AT)
        if number % 10 == 0:  # one that followed sheet by sheet says the same
            for sheet in cycle.assessments.all():
                follow(cycle_id=cycle.pk, assessment_id=sheet.pk, at=AT)
        for basis in BASES:
            asked = f"version=provisional&basis={basis}"
            expected_items = {
                item: (n, has, operates, shown(share), shown(at_work))
                for found, item, n, has, operates, share, at_work in items[basis]
                if found == cycle.pk
            }
            cells = of_items(get(f"{cycle.code}/items/?group=all&{asked}"))
            assert expected_items.items() <= cells.items(), cycle.code
            assert all(cells[item][0] == 0 for item in cells.keys() - expected_items.keys())
            expected_units = {
                (unit, dimension): tuple(sums)
                for found, unit, dimension, *sums in units[basis]
                if found == cycle.pk
            }
            assert of_units(get(f"{cycle.code}/entities/?{asked}")) == expected_units, cycle.code
