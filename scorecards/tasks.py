"""Celery tasks of the scorecards floor: ids in, one service call."""

from celery import shared_task
from django.utils import timezone

from scorecards.services import checkpoints, comparing, computing, estimating, ranges, reporting


@shared_task
def heal() -> int:
    """Compute whatever is older than its sheets."""
    return computing.heal_stale_figures(at=timezone.now())


@shared_task(ignore_result=False)  # a chord hears through results which of its parts are done
def compute_range(range_id: int) -> None:
    """Compute one range of a large cycle."""
    ranges.compute_range(range_id=range_id)


@shared_task
def finish_run(run_id: int) -> None:
    """Sum up what the ranges of a large cycle came to."""
    ranges.finish_run(run_id=run_id, at=timezone.now())


@shared_task
def owe_missing_simulations() -> int:
    """Have simulated what was published or proposed and is not."""
    return estimating.owe_missing_simulations(at=timezone.now())


@shared_task
def owe_missing_comparisons() -> bool:
    """Have decided what two published versions may show beside each other, where it is not."""
    return comparing.owe_missing_comparisons(at=timezone.now())


@shared_task
def owe_missing_papers() -> int:
    """Have written the papers that a published version lacks."""
    return reporting.owe_missing_papers(at=timezone.now())


@shared_task
def sign_checkpoint() -> None:
    """Say once a day which scorecards there are."""
    checkpoints.sign_checkpoint(at=timezone.now())
