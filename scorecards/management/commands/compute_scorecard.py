"""`manage.py compute_scorecard --cycle CODE`: bring the figures of a cycle up to date now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quintet.models import Cycle, Phase
from scorecards.services import computing


class Command(BaseCommand):
    help = "Compute and store the figures of one cycle."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        cycle = Cycle.objects.filter(code=options["cycle"]).first()
        if cycle is None:
            raise CommandError(f"There is no cycle {options['cycle']}.")
        if cycle.phase == Phase.PLANNED:
            raise CommandError(f"The cycle {cycle.code} has not begun: there is nothing to compute.")
        computation = computing.compute_cycle(cycle_id=cycle.pk, at=timezone.now())
        self.stdout.write(
            f"{cycle.code}: the figures stand as of {computation.at.isoformat(timespec='seconds')}"
        )
