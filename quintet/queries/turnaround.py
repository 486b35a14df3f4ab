"""How long the task force takes to decide on a sheet, and how long one has been waiting."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import DateTimeField, Max, OuterRef, QuerySet, Subquery
from django.utils.timezone import localdate

from quintet.models import Assessment, Status, Transition

RECENT = 200  # decisions that the usual time is taken from
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Turnaround:
    """Half of the last `n` sheets were decided within `days` days of being handed in."""

    days: int
    n: int


@dataclass(frozen=True)
class Waiting:
    """Since when a sheet waits for the task force."""

    since: datetime
    days: int


def usual_turnaround() -> Turnaround | None:
    """The median time from handing in to a decision (validated or returned); None before the first one."""
    decisions = Transition.objects.filter(action__in=["validate", "return"]).order_by("-pk")
    timed = decisions.annotate(since=_handed_in(OuterRef("assessment"), pk__lt=OuterRef("pk")))
    times = timed.exclude(since=None).values_list("since", "at")[:RECENT]
    taken = [max(decided - since, timedelta(0)) for since, decided in times]
    if not taken:
        return None
    return Turnaround(max(1, -(-median(taken) // DAY)), len(taken))  # full days, rounded up


def with_waiting(sheets: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """Sheets with the moment in which each was last handed in, as `since`."""
    return sheets.annotate(since=_handed_in(OuterRef("pk")))


def waiting(sheet: Assessment, *, at: datetime) -> Waiting | None:
    """How long a handed-in sheet has been waiting; None for one that does not wait."""
    if sheet.status != Status.SUBMITTED:
        return None
    handed_in = Transition.objects.filter(assessment=sheet, to_status=Status.SUBMITTED)
    since: datetime | None = handed_in.aggregate(last=Max("at"))["last"]
    return Waiting(since, days_between(since, at)) if since else None


def days_between(since: datetime, at: datetime) -> int:
    return max(0, (localdate(at) - localdate(since)).days)


def _handed_in(sheet: OuterRef, **earlier: OuterRef) -> Subquery:
    """When a sheet came into `submitted` last."""
    steps = Transition.objects.filter(assessment=sheet, to_status=Status.SUBMITTED, **earlier)
    return Subquery(steps.order_by("-pk").values("at")[:1], output_field=DateTimeField())
