"""`manage.py export_scorecard --cycle CODE --format json|csv|pdf|xlsx [--lang LANGUAGE] --output FILE`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from scorecards.interchange.paper import paper_pdf
from scorecards.interchange.report_workbook import report_workbook
from scorecards.interchange.tables import scorecard_csv
from scorecards.models import Scorecard
from scorecards.queries.papers import paper_of
from un20portal.lib.languages import REFERENCE_LANGUAGES, site_code

WRITERS: dict[str, Callable[[Scorecard], bytes]] = {
    "json": lambda scorecard: scorecard.payload.encode(),
    "csv": lambda scorecard: scorecard_csv(scorecard.payload).encode(),
    "pdf": lambda scorecard: paper_pdf(paper_of(scorecard)),
    "xlsx": lambda scorecard: report_workbook(paper_of(scorecard)),
}


class Command(BaseCommand):
    help = (
        "Write a published scorecard to a file: its canonical bytes, its item figures as CSV, or its paper."
    )

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        """Free `--version` (Django's own) for the version of the scorecard."""
        return super().create_parser(*args, conflict_handler="resolve", **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", required=True)
        parser.add_argument("--format", choices=list(WRITERS), required=True)
        parser.add_argument("--version", type=int, dest="number", help="default: the latest")
        parser.add_argument(
            "--lang", choices=REFERENCE_LANGUAGES, default="en", help="of a paper; default: English"
        )
        parser.add_argument(
            "--committee", action="store_true", help="also versions that only the committees read so far"
        )
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        readable = Scorecard.objects.all() if options["committee"] else Scorecard.objects.public()
        scorecards = readable.filter(cycle__code=options["cycle"]).order_by("-version")
        if options["number"] is not None:
            scorecards = scorecards.filter(version=options["number"])
        scorecard = scorecards.select_related("cycle__framework").first()
        if scorecard is None:
            raise CommandError("No such scorecard has been published.")
        with translation.override(site_code(options["lang"])):
            content = WRITERS[options["format"]](scorecard)
        try:
            options["output"].write_bytes(content)
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error}") from error
        self.stdout.write(f"{options['output']}: version {scorecard.version}, sha256 {scorecard.sha256}")
