"""`manage.py verify_publications [--checkpoint FILE …]`: recompute what is published from frozen sheets."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scorecards.services.verifying import (
    first_broken_checkpoint,
    first_broken_comparison,
    first_broken_publication,
    first_broken_simulation,
)


class Command(BaseCommand):
    help = (
        "Recompute every published hash and the chain, score the frozen sheets behind every unit's document "
        "again, check the hashes of comparisons and simulations and the signed checkpoints, and name the "
        "first bad one. Only a checkpoint kept outside tells that the newest "
        "end of both was cut off. Who may read a version is no part of its bytes and is not checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoint",
            type=Path,
            nargs="+",
            default=[],
            help="checkpoints that were kept outside",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        files = [(str(path), _text(path)) for path in options["checkpoint"]]
        count, finding = first_broken_publication()
        n_checkpoints, contradiction = first_broken_checkpoint(files)
        if problem := finding or first_broken_comparison() or first_broken_simulation() or contradiction:
            raise CommandError(problem)
        if n_checkpoints:
            self.stdout.write(f"Signed checkpoints that agree with what is published: {n_checkpoints}.")
        self.stdout.write(f"Published scorecards that are as they were published: {count}.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The file cannot be read: {path}: {error}") from error
