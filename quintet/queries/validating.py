"""What waits for the task force."""

from django.db.models import Count, Q, QuerySet

from quintet.domain.workflow import RUNNING
from quintet.models import Assessment, NaDecision, Status
from quintet.queries.monitoring import reading_order


def awaiting_validation() -> QuerySet[Assessment]:
    """Sheets that wait for the task force."""
    return Assessment.objects.filter(status=Status.SUBMITTED, cycle__phase__in=RUNNING)


def validation_queue() -> list[Assessment]:
    """The same sheets, first to close first, then in reading order, with open requests counted."""
    requests = Count("answers", filter=Q(answers__na_decision=NaDecision.PENDING))
    waiting = awaiting_validation().select_related("cycle", "entity").annotate(open_requests=requests)
    return sorted(waiting, key=lambda sheet: (sheet.cycle.closes_on, *reading_order(sheet)))
