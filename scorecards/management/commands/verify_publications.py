"""`manage.py verify_publications`: recompute every published hash and the chain."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scorecards.services.verifying import first_broken_publication


class Command(BaseCommand):
    help = "Check that no published scorecard was changed, removed or inserted; name the first bad one."

    def handle(self, *args: Any, **options: Any) -> None:
        count, finding = first_broken_publication()
        if finding:
            raise CommandError(finding)
        self.stdout.write(f"{count} published scorecards are as they were published.")
