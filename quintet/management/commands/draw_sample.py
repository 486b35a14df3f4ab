"""`manage.py draw_sample --cycle CODE [--entity CODE]`: what rule R6 has checked, as lines of CSV."""

import csv
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quintet.models import Assessment, Cycle
from quintet.queries.samples import samples_of


class Command(BaseCommand):
    help = (
        "Print the sample of rule R6 of the sheets that count: entity,item,claimed,reason,second,submission; "
        "the submission counts how often a sheet was handed in and is part of the lots."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", required=True)
        parser.add_argument("--entity")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Cycle.objects.filter(code=options["cycle"]).exists():
            raise CommandError(f"There is no cycle {options['cycle']}.")
        counted = Assessment.objects.counted().filter(cycle__code=options["cycle"])
        sheets = counted.select_related("cycle", "entity").order_by("entity__code")
        if options["entity"]:
            sheets = sheets.filter(entity__code__iexact=options["entity"])
            if not sheets:
                raise CommandError(f"No sheet of {options['entity']} counts in {options['cycle']}.")
        samples = samples_of(list(sheets))
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(["entity", "item", "claimed", "reason", "second", "submission"])
        for sheet in sheets:
            sample = samples[sheet.pk]
            for check in sample.checks:
                second = "yes" if check.item in sample.second else "no"
                claimed, reasons = sample.claimed[check.item], " ".join(check.reasons)
                writer.writerow([sheet.entity.code, check.item, claimed, reasons, second, sample.submission])
