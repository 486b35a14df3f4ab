"""What waits for the task force: the queue with how far each sheet is, and the result of the checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Q, QuerySet

from entities.access import Person
from quintet.domain.agreement import exact_match, quadratic_kappa
from quintet.domain.workflow import RUNNING
from quintet.models import Assessment, Cycle, NaDecision, Status
from quintet.queries import second_rating, turnaround
from quintet.queries.monitoring import reading_order
from quintet.queries.samples import SheetSample, samples_of
from un20portal.lib.ratios import share

FEWEST_PAIRS = 5  # fewer second ratings say nothing about agreement
UNKNOWN = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class QueueLine:
    """One sheet of the queue: how long it waits, what is checked, what else it needs.

    `second` is how many items the reader may rate a second time.
    """

    sheet: Assessment
    days: int | None
    sample: SheetSample
    open_requests: int
    second: int


def awaiting_validation() -> QuerySet[Assessment]:
    """Sheets that wait for the task force."""
    return Assessment.objects.filter(status=Status.SUBMITTED, cycle__phase__in=RUNNING)


def validation_queue(sheets: QuerySet[Assessment]) -> list[Assessment]:
    """Waiting sheets, the one that has waited longest first, then first to close, then in reading order."""
    requests = Count("answers", filter=Q(answers__na_decision=NaDecision.PENDING))
    with_requests = sheets.select_related("cycle", "entity").annotate(open_requests=requests)
    return sorted(turnaround.with_waiting(with_requests), key=_place)


def queue_lines(sheets: Sequence[Assessment], *, reader: Person, at: datetime) -> list[QueueLine]:
    """What the queue says of these sheets of `validation_queue`."""
    samples = samples_of(sheets)
    wanted = second_rating.wanted(sheets, samples, reader)
    return [
        QueueLine(
            sheet,
            turnaround.days_between(since, at) if (since := _since(sheet)) else None,
            samples[sheet.pk],
            sheet.open_requests,  # type: ignore[attr-defined]  # annotated
            len(wanted[sheet.pk]),
        )
        for sheet in sheets
    ]


def _since(sheet: Assessment) -> datetime | None:
    since: datetime | None = sheet.since  # type: ignore[attr-defined]  # annotated
    return since


def _place(sheet: Assessment) -> tuple[object, ...]:
    return _since(sheet) or UNKNOWN, sheet.cycle.closes_on, *reading_order(sheet)


@dataclass(frozen=True)
class CheckSummary:
    """What the checks of a cycle came to (rule R6 has the error rate published); shares in per cent.

    `differing` are the checked items whose level was lowered or raised. The error rate is that of the items
    drawn by lot: those that are checked because they rose are no picture of the rest. Agreement is that of
    the first and the second rating of an item, and is not told of fewer than FEWEST_PAIRS pairs.
    """

    total: int
    checked: int
    differing: int
    drawn: int
    drawn_differing: int
    pairs: int
    exact: Fraction | None
    kappa: Decimal | None

    @property
    def share_checked(self) -> Fraction | None:
        return share(self.checked, self.total)

    @property
    def error_rate(self) -> Fraction | None:
        return share(self.drawn_differing, self.drawn)

    @property
    def share_differing(self) -> Fraction | None:
        return share(self.differing, self.checked)

    @property
    def has_too_few_pairs(self) -> bool:
        return self.pairs < FEWEST_PAIRS


def check_summary(cycle: Cycle) -> CheckSummary:
    """The result of the checks over the sheets of the cycle that count now."""
    sheets = Assessment.objects.filter(cycle=cycle).counted().select_related("cycle", "entity")
    samples = samples_of(list(sheets)).values()
    differs = [  # of every item that was checked, with whether the lot fell on it
        (check.is_drawn, one.claimed[check.item] != one.accepted[check.item])
        for one in samples
        for check in one.checks
        if check.item in one.accepted
    ]
    of_drawn = [is_other for is_drawn, is_other in differs if is_drawn]
    pairs = second_rating.pairs(cycle)
    is_told = len(pairs) >= FEWEST_PAIRS
    kappa = quadratic_kappa(pairs) if is_told else None
    return CheckSummary(
        total=sum(one.total for one in samples),
        checked=len(differs),
        differing=sum(is_other for _is_drawn, is_other in differs),
        drawn=len(of_drawn),
        drawn_differing=sum(of_drawn),
        pairs=len(pairs),
        exact=exact_match(pairs) if is_told else None,
        kappa=None if kappa is None else Decimal(round(100 * kappa)) / 100,
    )
