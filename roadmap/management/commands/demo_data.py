"""`manage.py demo_data`: a labelled demonstration in an empty database, published scorecards included."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from entities.models import Entity, User
from entities.services.demo import CAST, DOMAIN, create_cast
from quintet.models import Cycle, Phase
from quintet.services.cycles import wrong_code
from quintet.services.demo import create_cycles, delegate_some_items
from roadmap.services.demo import create_cases
from scorecards.queries.uncertainty import SIMULATE
from scorecards.services import publishing
from scorecards.services.comparing import COMPARE, owe_missing_comparisons
from scorecards.services.demo import write_points
from un20portal.lib.secret import local_password
from un20portal.outbox import services as outbox

DELEGATED = ["DAT-TRN", "DAT-HRS", "BES-TRN"]


class Command(BaseCommand):
    help = "Fill an empty database with synthetic assessments, a demo cast and published scorecards."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=20)
        parser.add_argument("--entities", type=int, help="how many units; default: all")
        parser.add_argument("--cycles", help="codes, oldest first; the last one stays open")
        parser.add_argument(
            "--if-empty", action="store_true", help="say so and do nothing when there is data"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo data does not belong into production.")
        password = os.environ.get("DEMO_PASSWORD") or local_password(Path(settings.VAR_DIR))
        if Cycle.objects.exists() or User.objects.exists():
            if not options["if_empty"]:
                raise CommandError("The database is not empty: demo data goes only into an empty one.")
            self.stdout.write("There is data already: nothing was changed.")
        else:
            self._fill(password, options)
        self._complete()
        self._print_cast(password)

    def _fill(self, password: str, options: dict[str, Any]) -> None:
        now = timezone.now()
        default = [str(now.year - 2), str(now.year - 1), str(now.year)]
        codes = _codes(options["cycles"]) if options["cycles"] is not None else default
        with transaction.atomic():
            units = _units(options["entities"])
            people = {user.email.split("@")[0]: user for user in create_cast(password=password)}
            cycles = create_cycles(codes=codes, entities=units, seed=options["seed"], at=now)
            delegate_some_items(
                cycle=cycles[-1],
                contributor=people["contributor.undp"],
                by=people["focal.undp"],
                entity=Entity.objects.get(code="UNDP"),
                item_codes=DELEGATED,
                at=now,
            )
            create_cases(authors={"UNDP": people["focal.undp"], "UNICEF": people["focal.unicef"]}, at=now)
            closed = [cycle for cycle in cycles if cycle.phase == Phase.CLOSED]
            if closed:
                write_points(cycle=closed[-1], by=people["taskforce"], at=now)
            for cycle in closed:
                publishing.propose(cycle=cycle, by=people["taskforce"], at=now)
                publishing.confirm(cycle=cycle, by=people["taskforce.second"], at=now)
        self.stdout.write(f"Synthetic data: {len(units)} units in the cycles {', '.join(codes)}.")

    @staticmethod
    def _complete() -> None:
        """Do at once what publishing owes, so that whoever looks next waits for nothing."""
        owe_missing_comparisons(at=timezone.now())
        for topic in (COMPARE, SIMULATE):
            outbox.run_errands(now=timezone.now, topic=topic)

    def _print_cast(self, password: str) -> None:
        if not User.objects.filter(is_demo=True).exists():
            return
        self.stdout.write(f"\nSign in with one of these addresses; the password is  {password}\n")
        for name, _full_name, role, code in CAST:
            self.stdout.write(f"  {name + '@' + DOMAIN:40} {role.label} {code or ''}".rstrip())


def _codes(listed: str) -> list[str]:
    """The codes of a list with commas: each one fit for the address of a cycle, none twice."""
    codes = [code.strip() for code in listed.split(",")]
    if any(wrong_code(code) for code in codes) or len(set(codes)) < len(codes):
        raise CommandError(
            f"--cycles {listed!r}: give different codes of letters, digits, hyphens and underscores, "
            "separated by commas."
        )
    return codes


def _units(wanted: int | None) -> list[Entity]:
    """All units that exist, or the first so many with those of the cast among them."""
    units = list(Entity.objects.active_on(timezone.now().date()).order_by("pk"))
    if not units:
        raise CommandError("There are no entities: run manage.py load_reference first.")
    if wanted is None:
        return units
    cast = {code for _name, _full_name, _role, code in CAST if code}
    first = [unit for unit in units if unit.code in cast]
    return [*first, *(unit for unit in units if unit.code not in cast)][: max(wanted, len(first))]
