"""Loading the whole reference data, all or nothing, and in it what belongs to the roadmap."""

from collections.abc import Mapping
from pathlib import Path

from django.db import transaction

from entities.services import reference as units
from quintet.models import Observation
from quintet.services import reference as questions
from roadmap.models import Action, Community, PathElement
from un20portal.lib.reference import Changes, Fixture, read_fixtures, read_kind, refuse, sync

FILES = ("roadmap",)


def load_reference(*, directory: Path) -> list[Changes]:
    """Load every file of `directory`; raise InvalidReference and load nothing on any error.

    Returns the changes per file, in the order of loading; a second run returns no changes.
    """
    fixtures = read_fixtures(directory, [*units.FILES, *questions.FILES, *FILES])
    crosswalks = read_kind(directory, questions.CROSSWALKS)
    with transaction.atomic():
        return [
            *units.load_units(fixtures=fixtures),
            *questions.load_questions(fixtures=fixtures),
            *questions.load_crosswalks(fixtures=crosswalks),
            *load_roadmap(fixtures=fixtures),
        ]


@transaction.atomic
def load_roadmap(*, fixtures: Mapping[str, Fixture]) -> list[Changes]:
    """Load roadmap entries, path elements and communities; the figures must be there already."""
    fixture = fixtures["roadmap"]
    actions = sync(
        file=fixture.file, listing=Action.objects.all(), key=["code"], rows=fixture.rows("actions")
    )
    elements = sync(
        file=fixture.file, listing=PathElement.objects.all(), key=["code"], rows=fixture.rows("path_elements")
    )
    return [actions + elements + _load_communities(fixture)]


def _load_communities(fixture: Fixture) -> Changes:
    rows = fixture.rows("communities")
    named = [row["share_of_women"] for row in rows if row["share_of_women"]]
    figures = {figure.indicator: figure for figure in Observation.objects.filter(indicator__in=named)}
    refuse(
        fixture.problem(row, f"share_of_women: no observation {row['share_of_women']}")
        for row in rows
        if row["share_of_women"] and row["share_of_women"] not in figures
    )
    return sync(
        file=fixture.file,
        listing=Community.objects.all(),
        key=["code"],
        rows=[{**row, "share_of_women": figures.get(row["share_of_women"])} for row in rows],
    )
