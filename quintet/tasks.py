"""Celery tasks of the quintet floor: ids in, one service call."""

from celery import shared_task
from django.utils import timezone

from quintet.services import cycles


@shared_task
def end_extensions() -> int:
    """Take back additional time that is over."""
    return cycles.end_extensions(at=timezone.now())
