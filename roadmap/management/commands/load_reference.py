"""`manage.py load_reference`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from roadmap.services.reference import load_reference
from un20portal.lib.reference import Changes, InvalidReference


class Command(BaseCommand):
    help = "Load the reviewed reference data; a second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--directory", type=Path, default=settings.REFERENCE_DIR)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_reference(directory=options["directory"])
        except InvalidReference as error:
            raise CommandError(str(error)) from error
        for changes in loaded:
            self._report(changes)
        self.stdout.write(f"Loaded: {sum(loaded[1:], start=loaded[0])}.")

    def _report(self, changes: Changes) -> None:
        self.stdout.write(f"{changes.file}: {changes}")
        for change in changes.changed:
            self.stdout.write(f"  {change}")
        for row in changes.no_longer_listed:
            self.stdout.write(f"  {row}: no longer listed; kept")
