"""`manage.py drain_outbox`: do what a broker lost, without a broker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Max
from django.utils import timezone

from un20portal.outbox import services
from un20portal.outbox.models import Message


class Command(BaseCommand):
    help = "Handle the pending messages of the outbox here and now, those that wait for another try too."

    def handle(self, *args: Any, **options: Any) -> None:
        handled = services.drain(now=timezone.now, only_due=False)
        handled += services.run_errands(now=timezone.now, only_due=False)
        leased = Message.objects.leased(timezone.now()).aggregate(
            count=Count("pk"), until=Max("leased_until")
        )
        left = Message.objects.pending().count()
        dead = Message.objects.dead().count()
        self.stdout.write(f"{handled} handled, {left} pending, {dead} given up")
        problems = []
        if left > leased["count"] or dead:
            problems.append("Some messages were not handled: see last_error in the administration.")
        if leased["count"]:
            problems.append(
                f"{leased['count']} under way at a worker: if it died, run this again after"
                f" {leased['until']:%H:%M:%S} UTC, when nobody else holds them."
            )
        if problems:
            raise CommandError(" ".join(problems))
