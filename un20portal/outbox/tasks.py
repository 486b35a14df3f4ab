"""Celery tasks of the outbox: ids in, one service call."""

from celery import shared_task
from django.utils import timezone

from un20portal.outbox import services


@shared_task
def drain() -> int:
    """Handle what is pending."""
    return services.drain(now=timezone.now)


@shared_task
def run_errands(topic: str | None = None) -> int:
    """Run what reaches outside or takes long; those of one topic alone where it is named."""
    return services.run_errands(now=timezone.now, topic=topic)


@shared_task
def forget_old_keys() -> int:
    """Drop idempotency keys that nobody counts on any more."""
    return services.forget_old_keys(at=timezone.now())


@shared_task
def beat() -> None:
    """Show that scheduler, broker and worker are alive."""
    services.beat(at=timezone.now())
