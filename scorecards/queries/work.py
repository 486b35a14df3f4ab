"""What is still to be done for the figures of a cycle."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from quintet.models import Cycle
from quintet.services.freezing import CHANGED
from un20portal.outbox.models import Message


@dataclass(frozen=True)
class WorkOwed:
    """Changes of sheets that are not in the stored figures yet."""

    n_pending: int
    n_failing: int  # of those pending: tried in vain, will be tried again
    n_given_up: int
    since: datetime | None  # when the oldest of all was owed

    @property
    def is_done(self) -> bool:
        return not self.n_pending and not self.n_given_up


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
        )
    )
