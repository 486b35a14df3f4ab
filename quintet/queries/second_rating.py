"""Items that a second person rates: which are left for whom, and the pairs of ratings.

What is handed to raters here holds no decision of anybody: who has not seen it cannot follow it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from entities.access import Person
from quintet.domain.workflow import RUNNING
from quintet.models import (
    DECISIONS,
    Answer,
    AnswerRevision,
    Assessment,
    Cycle,
    Item,
    RevisionOutcome,
    SecondRating,
    Snapshot,
    Status,
)
from quintet.queries.earlier import latest_snapshots
from quintet.queries.evidence import DocumentLine, evidence_by_item
from quintet.queries.samples import SheetSample, samples_of

MOST_SHEETS = 50


@dataclass(frozen=True)
class ClaimLine:
    """What a rater is told of an item: what the unit says now and what it was given in the last cycle."""

    item: Item
    claimed: int | None
    comment: str
    earlier_claimed: int | None
    earlier_accepted: int | None
    documents: Sequence[DocumentLine] = ()


@dataclass(frozen=True)
class SecondRatings:
    """The second ratings of a sheet as one person sees them: left to rate, and rated by this person."""

    lines: list[ClaimLine]
    mine: list[SecondRating]
    earlier: Assessment | None


def claim_line(
    item: Item, answer: Answer | None, sample: SheetSample, documents: Sequence[DocumentLine]
) -> ClaimLine:
    earlier = sample.earlier
    return ClaimLine(
        item,
        answer.claimed if answer else None,
        answer.comment if answer else "",
        earlier.claimed.get(item.code) if earlier else None,
        earlier.accepted.get(item.code) if earlier else None,
        documents,
    )


def handed_in(sheet: Assessment) -> Snapshot | None:
    """What second ratings of a sheet are about: its latest snapshot of being handed in."""
    return latest_snapshots([sheet.pk], Status.SUBMITTED).get(sheet.pk)


def has_decided(person: Person, sheet: Assessment, item: Item) -> bool:
    """Whether this person ever decided on the item, and so knows what a second rater must not know."""
    decisions = AnswerRevision.objects.filter(assessment=sheet, item=item, outcome__in=DECISIONS)
    return decisions.filter(by=person.pk).exists()


def wanted(
    sheets: Sequence[Assessment], samples: Mapping[int, SheetSample], reader: Person
) -> dict[int, list[str]]:
    """The items, by sheet, that `reader` may rate a second time: decided on by others, not yet rated."""
    snapshots = latest_snapshots([sheet.pk for sheet in sheets], Status.SUBMITTED)
    rated = _pairs_of(
        SecondRating.objects.filter(snapshot__in=list(snapshots.values())), "snapshot__assessment"
    )
    own = AnswerRevision.objects.filter(assessment__in=sheets, outcome__in=DECISIONS, by=reader.pk)
    left_out = rated | _pairs_of(own, "assessment")
    found = {}
    for sheet in sheets:
        sample = samples[sheet.pk]
        open_for_all = [item for item in sample.checked if item in sample.second and sheet.pk in snapshots]
        found[sheet.pk] = [item for item in open_for_all if (sheet.pk, item) not in left_out]
    return found


@dataclass(frozen=True)
class SheetsToRate:
    """Sheets with the number of items to rate a second time; `more` may have some, too, and are not shown."""

    shown: Sequence[tuple[Assessment, int]]
    more: int


def sheets_to_rate(reader: Person) -> SheetsToRate:
    """Sheets of running cycles on which `reader` may rate items a second time, the first to close first.

    Only those with decisions of others are looked at, MOST_SHEETS at a time, until as many are found.
    """
    sheets = list(_decided_by_others(reader).values_list("pk", flat=True))
    found: list[tuple[Assessment, int]] = []
    while sheets and len(found) < MOST_SHEETS:
        keys, sheets = sheets[:MOST_SHEETS], sheets[MOST_SHEETS:]
        some = [*_in_order(Assessment.objects.filter(pk__in=keys).select_related("cycle", "entity"))]
        left = wanted(some, samples_of(some), reader)
        found += [(sheet, len(left[sheet.pk])) for sheet in some if left[sheet.pk]]
    return SheetsToRate(found[:MOST_SHEETS], len(found[MOST_SHEETS:]) + len(sheets))


def _decided_by_others(reader: Person) -> QuerySet[Assessment]:
    """Sheets of running cycles that count and have a decided item on which `reader` did not decide."""
    own = AnswerRevision.objects.filter(
        assessment=OuterRef("assessment"), item=OuterRef("item"), outcome__in=DECISIONS, by=reader.pk
    )
    decided = Answer.objects.filter(~Exists(own), assessment=OuterRef("pk"), accepted__isnull=False)
    return _in_order(Assessment.objects.counted().filter(Exists(decided), cycle__phase__in=RUNNING))


def _in_order(sheets: QuerySet[Assessment]) -> QuerySet[Assessment]:
    return sheets.order_by("cycle__closes_on", "entity__code", "pk")


def second_ratings(sheet: Assessment, reader: Person, *, is_open: bool) -> SecondRatings:
    """What `reader` may rate on the sheet (nothing once it is not open), and has rated."""
    samples = samples_of([sheet])
    earlier = samples[sheet.pk].earlier
    codes = wanted([sheet], samples, reader)[sheet.pk] if is_open else []
    answers = Answer.objects.filter(assessment=sheet, item__code__in=codes)
    chosen = answers.select_related("item__framework", "item__dimension")
    by_code = {answer.item.code: answer for answer in chosen}
    evidence = evidence_by_item(sheet, readable=None)
    found = [(by_code[code].item, by_code[code]) for code in codes]
    lines = [claim_line(item, answer, samples[sheet.pk], evidence(item.pk).lines) for item, answer in found]
    mine = SecondRating.objects.filter(snapshot=handed_in(sheet), by=reader.pk).select_related("item")
    return SecondRatings(lines, list(mine), earlier.sheet if earlier else None)


def pairs(cycle: Cycle) -> list[tuple[int, int]]:
    """The first and the second rating of every item of the cycle that was rated twice.

    The first is the decision that stood when the second person rated: what was decided after seeing
    both would agree too well.
    """
    ratings = SecondRating.objects.filter(snapshot__assessment__cycle=cycle)
    rated = list(ratings.values_list("snapshot__assessment_id", "item_id", "at", "level"))
    decided = AnswerRevision.objects.filter(
        assessment__cycle=cycle,
        outcome__in=[RevisionOutcome.DECIDED, RevisionOutcome.SAVED],  # imports bring their decisions
        accepted__isnull=False,
        item__in={item for _sheet, item, _at, _level in rated},
    )
    decisions: dict[tuple[int, int], list[AnswerRevision]] = {}
    for decision in decided.order_by("pk"):
        decisions.setdefault((decision.assessment_id, decision.item_id), []).append(decision)
    found = []
    for sheet, item, at, level in rated:
        stood = [one.accepted for one in decisions.get((sheet, item), []) if one.at <= at]
        if stood and (first := stood[-1]) is not None:
            found.append((first, level))
    return found


def _pairs_of(rows: QuerySet[Any], sheet: str) -> set[tuple[int, str]]:
    return set(rows.values_list(sheet, "item__code"))
