"""`manage.py import_answers FILE.csv --cycle CODE`: whole sheets from a file, all or nothing."""

from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from entities.models import Entity
from quintet.interchange.answers_csv import read_answers
from quintet.queries import frameworks
from quintet.services import importing
from un20portal.lib.errors import DomainError


class Command(BaseCommand):
    help = "Import answers (entity,item,state,claimed,accepted,comment) as validated, frozen sheets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--cycle", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        except UnicodeDecodeError as error:
            line = len((error.object[: error.start] + b"?").splitlines())
            raise CommandError(f"The file cannot be read: line {line} is not UTF-8.") from error
        code = options["cycle"]
        try:
            sheets = read_answers(
                StringIO(text),
                entities={entity.code.upper(): entity.code for entity in Entity.objects.all()},
                items=frameworks.item_facts(frameworks.framework_for(code)),
            )
            count = importing.import_sheets(sheets=sheets, cycle_code=code, at=timezone.now())
        except DomainError as error:
            details = [f"  {problem.field}: {problem}" for problem in error.errors]
            raise CommandError("\n".join([error.message % error.params, *details])) from error
        self.stdout.write(f"Answers imported into {code}: {count}.")
