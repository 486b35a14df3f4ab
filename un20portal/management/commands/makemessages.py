"""`manage.py makemessages` as this project keeps its catalogues: no places, no guesses, nothing obsolete."""

from django.core.management.base import CommandParser
from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Renew the catalogues of all languages; GNU gettext has to be installed."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(
            all=True, ignore_patterns=[".venv", "tests", "build"], no_obsolete=True, no_location=True
        )
