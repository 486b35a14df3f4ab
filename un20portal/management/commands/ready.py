"""`manage.py ready`: what `/readyz` says, for machines that serve no pages (worker, beat)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from un20portal import health


class Command(BaseCommand):
    help = "Print the state of every part; exit with an error when the portal cannot do its work."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        parts = health.states(at=timezone.now())
        for part, state in parts.items():
            self.stdout.write(f"{part}: {state}")
        if not health.is_ready(parts):
            raise CommandError("not ready")
