"""Celery tasks of the scorecards floor: ids in, one service call."""

from celery import shared_task
from django.utils import timezone

from scorecards.services import computing


@shared_task
def heal() -> int:
    """Compute whatever is older than its sheets."""
    return computing.heal_stale_figures(at=timezone.now())
