"""How far the units of a cycle are: settled items by unit and dimension, days, numbers; never contents."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import TruncDate

from quintet.models import COUNTED, Answer, AnswerState, Assessment, Cycle, Dimension, Status, Transition
from quintet.models.cycles import DUE_ON, late_by
from quintet.queries.monitoring import place_of
from quintet.queries.sheets import count_of

CHUNK = 500
SETTLED = ~Q(state=AnswerState.UNANSWERED)


@dataclass(frozen=True)
class UnitRow:
    """One sheet in the monitor: settled items of each dimension in order, if it is late, its last move."""

    sheet: Assessment
    settled_in: Sequence[int]
    is_late: bool
    last_activity: datetime | None

    @property
    def settled(self) -> int:
        return sum(self.settled_in)


@dataclass(frozen=True)
class ResponseDay:
    """What a day changed: sheets that began and ceased to count, and how many count at its end."""

    day: date
    began: int
    ceased: int
    total: int


def dimensions_of(cycle: Cycle) -> list[Dimension]:
    """The dimensions of the cycle's framework in order, each with its number of items as `total`."""
    return list(Dimension.objects.filter(framework=cycle.framework_id).annotate(total=Count("items")))


def numbers(cycle: Cycle, *, day: date) -> dict[str, int]:
    """How many sheets have each status, and how many are `late` on `day`."""
    by_status = {status.value: Count("pk", filter=Q(status=status)) for status in Status}
    sheets = Assessment.objects.filter(cycle=cycle).annotate(due=DUE_ON).order_by()
    return sheets.aggregate(**by_status, late=Count("pk", filter=late_by(day)))


def in_order(sheets: QuerySet[Assessment], order: str = "") -> list[int]:
    """The keys of `sheets`: least answered first (`progress`), longest quiet first (`activity`), by `status`.

    Where they are equal, and without an order, in the reading order that no database knows: pages are cut
    from these keys, and what a page shows is counted for its own sheets alone.
    """
    rows = sheets.annotate(first=_first(order)).order_by()
    found = rows.values_list("first", "entity__type", "entity__acronym", "pk")
    return [row[3] for row in sorted(found, key=lambda row: (row[0] is not None, row[0], place_of(*row[1:])))]


def _first(order: str) -> Any:
    answers = Answer.objects.filter(assessment=OuterRef("pk")).order_by()
    if order == "progress":
        return count_of(answers.filter(SETTLED), "assessment")
    if order == "activity":
        return Subquery(answers.values("assessment").annotate(last=Max("updated_at")).values("last"))
    if order == "status":
        return Case(*(When(status=status, then=Value(place)) for place, status in enumerate(Status)))
    return Value(0)


def unit_rows(keys: Sequence[int], dimensions: Sequence[Dimension], *, day: date) -> list[UnitRow]:
    """The rows of these sheets, in the order of their keys, as of `day`; three queries, however many."""
    is_late = Case(When(late_by(day), then=Value(True)), default=Value(False))
    chosen = Assessment.objects.filter(pk__in=keys).select_related("cycle", "entity__region")
    sheets = chosen.annotate(due=DUE_ON).annotate(is_late=is_late).in_bulk()
    settled: dict[int, dict[int, int]] = defaultdict(dict)
    moves: dict[int, list[datetime]] = defaultdict(list)
    answers = Answer.objects.filter(assessment__in=keys).order_by()
    counted = answers.values("assessment_id", "item__dimension_id").annotate(
        settled=Count("pk", filter=SETTLED), last=Max("updated_at")
    )
    for found in counted:
        settled[found["assessment_id"]][found["item__dimension_id"]] = found["settled"]
        moves[found["assessment_id"]].append(found["last"])
    steps = Transition.objects.filter(assessment__in=keys).order_by().values_list("assessment")
    for key, last in steps.annotate(last=Max("at")):
        moves[key].append(last)
    return [
        UnitRow(
            sheets[key],
            [settled[key].get(dimension.pk, 0) for dimension in dimensions],
            sheets[key].is_late,  # type: ignore[attr-defined]  # annotated
            max(moves[key], default=None),
        )
        for key in keys
    ]


def all_rows(keys: Sequence[int], dimensions: Sequence[Dimension], *, day: date) -> Iterator[UnitRow]:
    """The rows of many sheets, counted some hundred at a time."""
    for start in range(0, len(keys), CHUNK):
        yield from unit_rows(keys[start : start + CHUNK], dimensions, day=day)


def response_by_day(cycle: Cycle) -> list[ResponseDay]:
    """The days on which the number of sheets that count has changed, by the steps of the sheets."""
    before, after = Q(from_status__in=COUNTED), Q(to_status__in=COUNTED)
    steps = Transition.objects.filter(assessment__cycle=cycle).filter(before ^ after).order_by()
    days = steps.annotate(day=TruncDate("at")).values("day")
    total, found = 0, []
    for row in days.annotate(began=Count("pk", filter=after), ceased=Count("pk", filter=before)).order_by(
        "day"
    ):
        total += row["began"] - row["ceased"]
        found.append(ResponseDay(row["day"], row["began"], row["ceased"], total))
    return found
