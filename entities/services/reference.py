"""Loading who exists: regions, organisations, country teams, countries."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction

from entities.models import Country, Entity, EntityQuerySet, EntityType, Region
from un20portal.lib.reference import Changes, Fixture, Problem, Row, refuse, sync

FILES = ("regions", "entities", "country_teams", "countries")


@transaction.atomic
def load_units(*, fixtures: Mapping[str, Fixture]) -> list[Changes]:
    """Load the four files of this floor; raise InvalidReference and load none of them on any error."""
    regions, entities, teams, countries = (fixtures[name] for name in FILES)
    return [
        sync(file=regions.file, listing=Region.objects.all(), key=["code"], rows=regions.rows()),
        _load_entities(entities),
        _load_country_teams(teams),
        _load_countries(countries),
    ]


def _load_entities(fixture: Fixture) -> Changes:
    rows = fixture.rows()
    refuse(
        fixture.problem(row, "code: is not the acronym with hyphens for spaces")
        for row in rows
        if row["code"] != row["acronym"].replace(" ", "-")
    )
    return _with_successors(fixture, Entity.objects.organisations(), rows)


def _load_country_teams(fixture: Fixture) -> Changes:
    regions, rows = Region.objects.in_bulk(), fixture.rows()
    refuse(_unknown(fixture, rows, "region", regions))
    units = [{**row, "region": regions[row["region"]], "type": EntityType.COUNTRY_TEAM} for row in rows]
    return _with_successors(fixture, Entity.objects.country_teams(), units)


def _load_countries(fixture: Fixture) -> Changes:
    rows, regions = fixture.rows(), Region.objects.in_bulk()
    offices = {team.code: team for team in Entity.objects.country_teams()}
    refuse([*_unknown(fixture, rows, "region", regions), *_unknown(fixture, rows, "office", offices)])
    rows = [{**row, "region": regions[row["region"]], "office": offices[row["office"]]} for row in rows]
    return sync(file=fixture.file, listing=Country.objects.all(), key=["code"], rows=rows)


def _with_successors(fixture: Fixture, listing: EntityQuerySet, rows: Sequence[Row]) -> Changes:
    """Load units, then what succeeds them: a successor may stand anywhere in the file."""
    plain = [{name: value for name, value in row.items() if name != "successor"} for row in rows]
    loaded = sync(file=fixture.file, listing=listing, key=["code"], rows=plain)
    units = {unit.code: unit for unit in Entity.objects.all()}
    refuse(_unknown(fixture, rows, "successor", units))
    links = [{"code": row["code"], "successor": units.get(row["successor"])} for row in rows]
    linked = sync(file=fixture.file, listing=listing, key=["code"], rows=links)
    late = tuple(change for change in linked.changed if change.row not in loaded.added)
    once = {change.row for change in late} - {change.row for change in loaded.changed}
    return Changes(
        file=fixture.file,
        added=loaded.added,
        changed=loaded.changed + late,
        unchanged=loaded.unchanged - len(once),
        no_longer_listed=loaded.no_longer_listed,
    )


def _unknown(fixture: Fixture, rows: Sequence[Row], name: str, known: Mapping[str, Any]) -> Iterator[Problem]:
    for row in rows:
        if row[name] is not None and row[name] not in known:
            yield fixture.problem(row, f"{name}: unknown {row[name]}")
