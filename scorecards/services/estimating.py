"""Owing the simulation of a cycle to the outbox. Without numpy: what serves pages comes through here.

It is an errand, though it reaches nobody outside: it takes its time, and runs under a lease, so that no
lock waits for it and everybody can see that it is under way. Run twice, it stores one row.
"""

from datetime import datetime

from django.db import transaction

from entities.models import User
from quintet.models import Cycle, Phase
from scorecards import access
from scorecards.models import Proposal, Scorecard, Uncertainty
from scorecards.queries.publications import published_document
from scorecards.queries.uncertainty import SIMULATE
from scorecards.services.gathering import gather
from un20portal.lib.errors import NotAllowed, WrongState
from un20portal.lib.errors import marked as _
from un20portal.outbox.models import Message
from un20portal.outbox.services import put


def run_simulation(*, cycle_id: int, at: datetime) -> None:
    """Simulate the cycle as it stands now."""
    from scorecards.services.simulating import simulate_cycle  # numpy: for workers only

    simulate_cycle(cycle_id=cycle_id, at=at)


@transaction.atomic
def ask_for_simulation(*, cycle: Cycle, by: User, at: datetime) -> None:
    """Let the task force have a cycle simulated; raise WrongState where there is nothing to simulate."""
    if not access.can_publish(by):
        raise NotAllowed(_("Only the task force has the uncertainty estimated."))
    if cycle.phase == Phase.PLANNED:
        raise WrongState(_("The cycle has not begun: there is nothing to estimate."))
    owe_simulation(cycle_id=cycle.pk, at=at)


@transaction.atomic
def owe_simulation(*, cycle_id: int, at: datetime) -> None:
    """Owe the simulation, unless it is waiting already; one under way may have read older sheets."""
    waiting = Message.objects.free(at).filter(topic=SIMULATE, payload__cycle_id=cycle_id)
    if not waiting.exists():
        put(SIMULATE, {"cycle_id": cycle_id}, at=at)


@transaction.atomic
def owe_missing_simulations(*, at: datetime) -> int:
    """Owe the simulation of what is proposed or published last and was never simulated; return how many.

    Only as long as the sheets are still those: of others there is nothing to read any more.
    """
    owed = 0
    for cycle in Cycle.objects.exclude(phase=Phase.PLANNED).order_by("pk"):
        missing = _wanted(cycle) - _simulated(cycle)
        if missing and gather(cycle_id=cycle.pk).sha256 in missing:
            owe_simulation(cycle_id=cycle.pk, at=at)
            owed += 1
    return owed


def _wanted(cycle: Cycle) -> set[str]:
    """The inputs of the cycle's proposal and of its latest scorecard."""
    wanted = set(Proposal.objects.filter(cycle=cycle).values_list("inputs_sha256", flat=True))
    if latest := Scorecard.objects.filter(cycle=cycle).order_by("version").values_list("sha256").last():
        wanted.add(published_document(*latest)["inputs_sha256"])
    return wanted


def _simulated(cycle: Cycle) -> set[str]:
    return set(Uncertainty.objects.filter(cycle=cycle).values_list("inputs_sha256", flat=True))
