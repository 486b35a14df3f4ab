"""`manage.py makemessages` as this project keeps its catalogues: no places, no guesses, nothing obsolete."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Renew the catalogues of all languages; GNU gettext has to be installed."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(ignore_patterns=[".venv", "tests", "build"], no_obsolete=True, no_location=True)

    def handle(self, *args: Any, **options: Any) -> None:
        options["all"] = options["all"] or not options["locale"]
        super().handle(*args, **options)
