"""`manage.py publish_scorecard --cycle CODE --by EMAIL --second EMAIL [--audience A] [--note TEXT]`.

The two persons at one desk.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from entities.models import User
from quintet.models import Cycle
from scorecards.domain.visibility import Audience
from scorecards.models import READERS
from scorecards.services import drafting, publishing
from un20portal.lib.errors import DomainError
from un20portal.outbox.services import PutOff


class Command(BaseCommand):
    help = "Propose and confirm the scorecard of one cycle."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", required=True)
        parser.add_argument("--by", required=True, help="e-mail address of the person who proposes")
        parser.add_argument("--second", required=True, help="e-mail address of the person who confirms")
        parser.add_argument("--audience", choices=READERS, default=Audience.PUBLIC, help="who reads it first")
        parser.add_argument("--note", default="", help="what a later version corrects, in words")

    def handle(self, *args: Any, **options: Any) -> None:
        cycle = Cycle.objects.filter(code=options["cycle"]).first()
        if cycle is None:
            raise CommandError(f"There is no cycle {options['cycle']}.")
        first, second = (_person(options[name]) for name in ("by", "second"))
        try:
            publishing.require_two_publishers(first, second)
            words = {"note": options["note"], "audience": options["audience"]}
            proposal = publishing.propose(cycle=cycle, by=first, at=timezone.now(), **words)
            drafting.compose_proposal(proposal_id=proposal.pk, at=timezone.now())  # no worker need be there
            scorecard = publishing.confirm(cycle=cycle, by=second, at=timezone.now())
        except (DomainError, PutOff) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{cycle.code} version {scorecard.version}: {scorecard.sha256}")


def _person(email: str) -> User:
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise CommandError(f"Nobody active signs in with {email}.")
    return person
