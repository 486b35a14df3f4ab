"""`manage.py verify_publications`: recompute every published hash and the chain."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scorecards.services.verifying import first_broken_publication


class Command(BaseCommand):
    help = (
        "Recompute every published hash and the chain, and name the first bad one. "
        "The chain cannot tell that its newest end was cut off: compare the number with your own records."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count, finding = first_broken_publication()
        if finding:
            raise CommandError(finding)
        self.stdout.write(f"Published scorecards that are as they were published: {count}.")
