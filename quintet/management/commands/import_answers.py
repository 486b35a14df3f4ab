"""`manage.py import_answers FILE.csv --cycle CODE`: whole sheets from a file, all or nothing."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quintet.services import importing
from un20portal.lib.errors import DomainError


class Command(BaseCommand):
    help = "Import answers (entity,item,state,claimed,accepted,comment) as validated, frozen sheets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--cycle", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lines = options["file"].read_text(encoding="utf-8-sig").splitlines(keepends=True)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        try:
            count = importing.import_file(lines=lines, cycle_code=options["cycle"], at=timezone.now())
        except DomainError as error:
            details = [f"  {problem.field}: {problem}" for problem in error.errors]
            raise CommandError("\n".join([error.message % error.params, *details])) from error
        self.stdout.write(f"{count} answers imported into {options['cycle']}.")
