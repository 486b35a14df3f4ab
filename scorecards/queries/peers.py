"""Whom a unit can ask about an item: units of a published version that are ahead there and let others ask.

A name says that its unit's accepted level is above the reader's own, and nothing more: never which one. Those
who are named agreed to that (`services.consenting.set_asking`); nobody else is read.
"""

from collections.abc import Iterable

from entities.models import Entity
from quintet.models import Item, Snapshot
from scorecards import access
from scorecards.domain.peers import Peer, ahead_of
from scorecards.models import Basis
from scorecards.queries.reading import Figures
from scorecards.queries.seen_sheets import SeenSheet
from scorecards.queries.sheets import sheets_of


def peers_ahead(figures: Figures, sheet: SeenSheet, items: Iterable[Item]) -> dict[str, list[Entity]]:
    """Up to three units by item code to ask about each of `items`, those of the same type first.

    Levels are compared as accepted, whatever basis is read. Figures that are not published yet name nobody,
    and without an accepted sheet of its own a unit is told of nobody.
    """
    own = sheet.sheets[Basis.ACCEPTED.value]
    if figures.is_provisional or figures.is_proposed or own is None:
        return {}
    entities, peers = _askable(figures, sheet.entity)
    places = {item.code: place for place, item in enumerate(sheet.items)}
    found = {item.code: ahead_of(own, places[item.code], peers, like=sheet.entity.type) for item in items}
    return {code: [entities[peer.code] for peer in ahead] for code, ahead in found.items()}


def _askable(figures: Figures, unit: Entity) -> tuple[dict[str, Entity], list[Peer]]:
    """The other units of this version that let others ask them, and their accepted sheets behind it."""
    asked = Entity.objects.filter(pk__in=access.askable_entities(figures.cycle)).exclude(pk=unit.pk)
    published = figures.document["units"]
    entities = {entity.code: entity for entity in asked.order_by("code") if entity.code in published}
    named = {published[code]["snapshot"]: code for code in entities}
    snapshots = Snapshot.objects.filter(assessment__cycle=figures.cycle, sha256__in=named)
    read = snapshots.only("sha256", "status", "claimed", "accepted")
    levels = {named[snapshot.sha256]: sheets_of(snapshot)[Basis.ACCEPTED.value] for snapshot in read}
    return entities, [Peer(code, entity.type, levels.get(code)) for code, entity in entities.items()]
