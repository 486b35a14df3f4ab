"""`manage.py recompute [--entity CODE] [--cycle CODE]`: rebuild derived figures from the frozen sheets."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quintet.models import Cycle, Phase
from scorecards.services import computing


class Command(BaseCommand):
    help = "Throw away and rebuild the figures of all cycles, of one, or of those with one unit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--entity")
        parser.add_argument("--cycle")

    def handle(self, *args: Any, **options: Any) -> None:
        cycles = Cycle.objects.exclude(phase=Phase.PLANNED)
        if options["cycle"]:
            cycles = cycles.filter(code=options["cycle"])
        if options["entity"]:
            cycles = cycles.filter(assessments__entity__code__iexact=options["entity"])
        if not cycles:
            raise CommandError("No cycle fits: check the codes.")
        for cycle in cycles.distinct():
            computing.rebuild_cycle(cycle_id=cycle.pk, at=timezone.now())
            self.stdout.write(f"{cycle.code}: rebuilt")
