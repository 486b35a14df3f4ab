"""`manage.py create_token EMAIL --scope read --days N`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from entities.models import TokenScope, User
from entities.services import tokens
from un20portal.lib.errors import InvalidInput


class Command(BaseCommand):
    help = "Create an API token and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--scope", choices=TokenScope.values, default=TokenScope.READ)
        parser.add_argument("--days", type=int, default=90)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody active signs in with {options['email']}.")
        try:
            secret = tokens.create_token(
                user=user, scope=options["scope"], days=options["days"], at=timezone.now()
            )
        except InvalidInput as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
