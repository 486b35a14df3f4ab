"""Looking after a run of ranges whose tasks were lost. Without numpy: every process comes through here.

It is an errand: each range has a transaction of its own, so that everybody sees how far it is.
"""

from datetime import datetime

from scorecards.models import ComputationRange


def end_run(*, cycle_id: int, run_id: int, at: datetime) -> None:
    """Do what is left of the run, one range after the other; nothing, where it has ended."""
    from scorecards.services.ranges import compute_range, finish_run  # numpy: for workers only

    for range_id in ComputationRange.objects.filter(run=run_id, counted="").values_list("pk", flat=True):
        compute_range(range_id=range_id)
    finish_run(run_id=run_id, at=at)
