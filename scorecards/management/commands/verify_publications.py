"""`manage.py verify_publications [--checkpoint FILE …]`: recompute what is published from frozen sheets."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scorecards.services.redoing import first_broken_comparison, first_broken_simulation
from scorecards.services.rereading import first_broken_paper
from scorecards.services.verifying import first_broken_checkpoint, first_broken_publication


class Command(BaseCommand):
    help = (
        "Recompute every published hash and the chain; score and count the frozen sheets behind every "
        "version again, compare and simulate them again; check the signed checkpoints and the bytes of kept "
        "papers; and name the first thing that is not as it should be. What had to be hidden is not decided "
        "again. Only a checkpoint kept outside tells that the newest end of the chain and of the checkpoints "
        "was cut off. Who may read a version is no part of its bytes and is not checked."
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
        n_papers, torn = first_broken_paper()
        redone = finding or first_broken_comparison() or first_broken_simulation()
        if problem := redone or contradiction or torn:
            raise CommandError(problem)
        if n_papers:
            self.stdout.write(f"Committee papers with the bytes of their hashes: {n_papers}.")
        if n_checkpoints:
            self.stdout.write(f"Signed checkpoints that agree with what is published: {n_checkpoints}.")
        self.stdout.write(f"Published scorecards that are as they were published: {count}.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The file cannot be read: {path}: {error}") from error
