"""After a commit: let the ranges of a run be computed by as many workers as are free."""

from collections.abc import Sequence
from typing import Any

from celery import chord
from django.dispatch import receiver

from scorecards import signals


@receiver(signals.run_begun)
def share_out(*, run_id: int, range_ids: Sequence[int], **_arguments: Any) -> None:
    from scorecards import tasks  # numpy: not for those who serve pages

    ranges = [tasks.compute_range.si(range_id) for range_id in range_ids]
    chord(ranges, tasks.finish_run.si(run_id)).apply_async(retry=False)
