"""Celery tasks of the quintet floor: ids in, one service call."""

from celery import shared_task
from django.utils import timezone

from quintet.services import cycles, evidence, exporting, workbooks


@shared_task
def end_extensions() -> int:
    """Take back additional time that is over."""
    return cycles.end_extensions(at=timezone.now())


@shared_task
def sweep_evidence() -> None:
    """Remove stored files older than a day that no row knows of; name the rows whose file is gone."""
    evidence.sweep(at=timezone.now())


@shared_task
def forget_waiting_workbooks() -> int:
    """Drop filled workbooks that nobody confirmed for days."""
    return workbooks.forget_waiting_uploads(at=timezone.now())


@shared_task
def sweep_exports() -> None:
    """Remove workbooks of everything that are some days old."""
    exporting.sweep_exports(at=timezone.now())
