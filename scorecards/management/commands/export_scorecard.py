"""`manage.py export_scorecard --cycle CODE --format json|csv [--version N] [--committee] --output FILE`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scorecards.interchange.tables import scorecard_csv
from scorecards.models import Scorecard


class Command(BaseCommand):
    help = "Write a published scorecard to a file: its canonical bytes, or its item figures as CSV."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        """Free `--version` (Django's own) for the version of the scorecard."""
        return super().create_parser(*args, conflict_handler="resolve", **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", required=True)
        parser.add_argument("--format", choices=["json", "csv"], required=True)
        parser.add_argument("--version", type=int, dest="number", help="default: the latest")
        parser.add_argument(
            "--committee", action="store_true", help="also versions that only the committees read so far"
        )
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        readable = Scorecard.objects.all() if options["committee"] else Scorecard.objects.public()
        scorecards = readable.filter(cycle__code=options["cycle"]).order_by("-version")
        if options["number"] is not None:
            scorecards = scorecards.filter(version=options["number"])
        scorecard = scorecards.first()
        if scorecard is None:
            raise CommandError("No such scorecard has been published.")
        text = scorecard.payload if options["format"] == "json" else scorecard_csv(scorecard.payload)
        try:
            options["output"].write_bytes(text.encode())
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error}") from error
        self.stdout.write(f"{options['output']}: version {scorecard.version}, sha256 {scorecard.sha256}")
