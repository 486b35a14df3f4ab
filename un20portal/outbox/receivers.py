"""After a commit: wake a worker. A broker that is down delays the work until the next sweep."""

import logging
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from un20portal.outbox import services, signals, tasks

logger = logging.getLogger(__name__)


@receiver(signals.message_stored)
def wake_a_worker(*, topic: str, is_errand: bool, **_arguments: Any) -> None:
    if is_errand and settings.CELERY_TASK_ALWAYS_EAGER and not services.is_waited_for(topic):
        return  # in process it would keep the person waiting: the scheduler's sweep runs it
    try:
        if is_errand:
            tasks.run_errands.apply_async([topic], retry=False)
        else:
            tasks.drain.apply_async(retry=False)
    except OperationalError as error:
        logger.warning("the broker did not take the wake-up, the sweep will: %s", error)
