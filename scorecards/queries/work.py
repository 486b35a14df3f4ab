"""What is still to be done for the figures of a cycle."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from quintet.models import Cycle
from quintet.services.freezing import CHANGED
from scorecards.models import ComputationRange, ComputationRun
from un20portal.outbox.models import Message, MessageQuerySet

COMPOSE = "scorecards.compose"  # the errand by which a large scorecard is composed
RUN = "scorecards.run"  # the errand that sees to the end of a run of ranges


@dataclass(frozen=True)
class RunUnderWay:
    """How far the computation of a large cycle is: its figures stand when all ranges are done."""

    n_done: int
    n_ranges: int
    begun_at: datetime
    is_failing: bool  # tried in vain, will be tried again
    is_given_up: bool


@dataclass(frozen=True)
class WorkOwed:
    """Changes of sheets that are not in the stored figures yet, and the computation of them all."""

    n_pending: int
    n_failing: int  # of those pending: tried in vain, will be tried again
    n_given_up: int
    since: datetime | None  # when the oldest of all was owed
    run: RunUnderWay | None = None

    @property
    def is_done(self) -> bool:
        return not self.n_pending and not self.n_given_up and self.run is None


def work_owed(cycle: Cycle) -> WorkOwed:
    """What the figures of this cycle wait for."""
    owed = Message.objects.filter(topic=CHANGED, done_at=None, payload__cycle_id=cycle.pk)
    is_pending = Q(dead_at=None)
    return WorkOwed(
        **owed.aggregate(
            n_pending=Count("pk", filter=is_pending),
            n_failing=Count("pk", filter=is_pending & Q(attempts__gt=0)),
            n_given_up=Count("pk", filter=~is_pending),
            since=Min("created_at"),
        ),
        run=run_under_way(cycle),
    )


def run_under_way(cycle: Cycle) -> RunUnderWay | None:
    """How far the computation of all ranges of this cycle is; None where none is under way."""
    run = ComputationRun.objects.filter(cycle=cycle).first()
    if run is None:
        return None
    errands = Message.objects.filter(topic=RUN, done_at=None, payload__run_id=run.pk)
    ranges = ComputationRange.objects.filter(run=run)
    return RunUnderWay(
        **ranges.aggregate(n_done=Count("pk", filter=~Q(counted="")), n_ranges=Count("pk")),
        begun_at=run.begun_at,
        is_failing=errands.failing().exists(),
        is_given_up=errands.dead().exists(),
    )


@dataclass(frozen=True)
class Progress:
    """How far an errand is: when it was asked for, whether it is under way, whether it went wrong."""

    owed_at: datetime
    is_running: bool
    has_failed: bool
    is_given_up: bool


def owed(topic: str, **payload: int) -> MessageQuerySet:
    """The errands of a topic for what `payload` names that are not done: pending ones, and given up ones."""
    named = {f"payload__{name}": value for name, value in payload.items()}
    return Message.objects.filter(topic=topic, done_at=None, **named)


def progress_of(topic: str, *, at: datetime, **payload: int) -> Progress | None:
    """The last errand of a topic that is still owed for what `payload` names, if any."""
    message = owed(topic, **payload).order_by("-pk").first()
    if message is None:
        return None
    return Progress(
        owed_at=message.created_at,
        is_running=message.leased_until is not None and message.leased_until > at,
        has_failed=message.attempts > 0,
        is_given_up=message.dead_at is not None,
    )
