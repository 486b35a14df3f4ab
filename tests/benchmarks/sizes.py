"""Cycles as large as the bars of P1, P2 and P12 want them, written straight into PostgreSQL.

Levels are drawn in the database from a fixed seed. The answers behind the snapshots say the same, so that an
aggregate over answers can be held beside the engine. Payloads are short: in a real table they lie aside.
"""

from datetime import date
from typing import Any

from django.db import connection

from quintet.models import Cycle, Framework, Item, Phase

UNITS_M = 46_000
CODE = "BENCH-"
TYPES = ("fund_or_programme", "specialised_agency", "related_organisation", "country_team")

UNITS = """
INSERT INTO entities_entity (source, doubts, names, code, acronym, type, ceb_member, region_id,
                             other_acronyms, hq_city, hq_country, domain, note)
SELECT '{}', '[]', jsonb_build_object('en', name), name, name, kind,
       kind <> 'country_team' AND number %% 3 = 0,
       CASE WHEN kind = 'country_team' THEN regions[1 + number %% cardinality(regions)] END,
       '[]', '', '', '', ''
FROM generate_series(1, %(units)s) number,
     LATERAL (SELECT %(code)s || lpad(number::text, 6, '0') AS name,
                     (%(types)s::text[])[1 + number %% 4] AS kind) unit,
     (SELECT array_agg(code ORDER BY code) AS regions FROM entities_region) region
ON CONFLICT DO NOTHING
"""
SHEETS = """
INSERT INTO quintet_assessment (cycle_id, entity_id, status, is_demo)
SELECT %(cycle)s, id, CASE WHEN id %% 4 < 3 THEN 'validated' ELSE 'submitted' END, true
FROM entities_entity WHERE code LIKE %(code)s || '%%'
"""
# one byte per item: 255 missing for 6 in 100, else a level; the accepted one is sometimes one lower. The lot
# names the sheet, else PostgreSQL would draw once for all of them.
SNAPSHOTS = """
INSERT INTO quintet_snapshot (assessment_id, number, status, payload, sha256, nonce, claimed, accepted, at)
SELECT sheet.id, 1, sheet.status, '{}', encode(sha256(sheet.id::text::bytea), 'hex'), '',
       decode(string_agg(lpad(to_hex(claimed), 2, '0'), '' ORDER BY place), 'hex'),
       decode(string_agg(lpad(to_hex(accepted), 2, '0'), '' ORDER BY place), 'hex'), now()
FROM quintet_assessment sheet,
     LATERAL (
        SELECT place, level AS claimed,
               CASE WHEN level BETWEEN 1 AND 4 AND lot2 < 0.05 THEN level - 1 ELSE level END AS accepted
        FROM (SELECT place, lot2,
                     CASE WHEN lot < 0.06 THEN 255 ELSE floor(5 * (lot - 0.06) / 0.94)::int END AS level
              FROM (SELECT place, random() * (sheet.id * 0 + 1) AS lot, random() AS lot2
                    FROM generate_series(1, %(items)s) place) drawn) levels
     ) answer
WHERE sheet.cycle_id = %(cycle)s AND sheet.status IN ('submitted', 'validated')
GROUP BY sheet.id, sheet.status
"""
ANSWERS = """
INSERT INTO quintet_answer (assessment_id, item_id, state, claimed, na_reason, comment, na_decision,
                            accepted, accepted_reason, version, updated_at)
SELECT snapshot.assessment_id, item.id,
       CASE WHEN level = 255 THEN 'unanswered' ELSE 'answered' END, nullif(level, 255), '', '', '',
       CASE WHEN decided <> level THEN decided END, '', 1, now()
FROM quintet_snapshot snapshot
JOIN quintet_assessment sheet ON sheet.id = snapshot.assessment_id AND sheet.cycle_id = %(cycle)s
CROSS JOIN unnest(%(item_ids)s::bigint[]) WITH ORDINALITY AS item(id, place),
LATERAL (SELECT get_byte(claimed, place::int - 1) AS level,
                get_byte(accepted, place::int - 1) AS decided) packed
"""


def make_cycle(code: str, *, units: int, with_answers: bool) -> Cycle:
    """Write a cycle of `units` sheets, all of them counted, three in four validated."""
    framework = Framework.objects.latest("pk")
    items = list(Item.objects.filter(framework=framework).in_order().values_list("pk", flat=True))
    cycle = Cycle.objects.create(
        code=code,
        title=f"{units} units",
        framework=framework,
        phase=Phase.VALIDATION,
        opens_on=date(2026, 1, 1),
        closes_on=date(2026, 12, 31),
        is_demo=True,
    )
    values: dict[str, Any] = {
        "cycle": cycle.pk,
        "code": CODE,
        "units": units,
        "types": list(TYPES),
        "items": len(items),
        "item_ids": items,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT setseed(0.5)")
        for statement in (UNITS, SHEETS, SNAPSHOTS, *([ANSWERS] if with_answers else [])):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")
        cursor.execute("RESET statement_timeout")
    return cycle
