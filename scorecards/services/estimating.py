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
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.inputs import inputs_sha256
from scorecards.queries.publications import published_document
from scorecards.queries.uncertainty import SIMULATE
from un20portal.lib.errors import NotAllowed, WrongState
from un20portal.lib.errors import marked as _
from un20portal.outbox.models import Message
from un20portal.outbox.services import put


def run_simulation(*, cycle_id: int, at: datetime) -> None:
    """Simulate what is published of the cycle and was never simulated, then the cycle as it stands now."""
    from scorecards.services.simulating import simulate_cycle, simulate_scorecard  # numpy: for workers only

    for scorecard in _published_unsimulated(Cycle.objects.get(pk=cycle_id)):
        simulate_scorecard(scorecard=scorecard, at=at)
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
    """Owe the simulation of what is published or proposed and was never simulated; return how many."""
    owed = 0
    for cycle in Cycle.objects.exclude(phase=Phase.PLANNED).select_related("framework").order_by("pk"):
        if _published_unsimulated(cycle) or _is_proposal_unsimulated(cycle):
            owe_simulation(cycle_id=cycle.pk, at=at)
            owed += 1
    return owed


def _published_unsimulated(cycle: Cycle) -> list[Scorecard]:
    """The published versions of which there is no simulation, whatever became of their sheets since."""
    simulated = _simulated(cycle)
    scorecards = Scorecard.objects.filter(cycle=cycle).select_related("cycle__framework").defer("payload")
    return [one for one in scorecards if published_document(one.sha256)["inputs_sha256"] not in simulated]


def _is_proposal_unsimulated(cycle: Cycle) -> bool:
    """Only as long as the sheets are still those: what is overtaken will never be published."""
    wanted = set(Proposal.objects.filter(cycle=cycle).values_list("inputs_sha256", flat=True))
    missing = wanted - _simulated(cycle)
    return bool(missing) and inputs_sha256(cycle, framework_shape(cycle.framework)) in missing


def _simulated(cycle: Cycle) -> set[str]:
    return set(Uncertainty.objects.filter(cycle=cycle).values_list("inputs_sha256", flat=True))
