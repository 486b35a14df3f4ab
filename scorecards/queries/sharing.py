"""Whom units let read their own figures: the state, what was said so far, and where to say and to read it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from entities.access import Person
from entities.models import Entity
from quintet.access import can_read_own_path
from quintet.models import Assessment, Cycle
from scorecards import access
from scorecards.domain.visibility import Audience
from scorecards.models import AskingConsent, Consent, EntityDocument
from scorecards.queries.publications import newest_scorecards


@dataclass(frozen=True)
class Sharing:
    """Who reads a unit's figures of a cycle, whether others may ask it, and every word, the newest first."""

    audience: Audience
    words: Sequence[Consent]
    may_be_asked: bool
    asking_words: Sequence[AskingConsent]


def audience_of(cycle: Cycle, entity: Entity) -> Audience:
    """Whom the unit lets read its figures of the cycle: nobody else until it says so."""
    return access.audiences_of(cycle).get(entity.pk, Audience.NOBODY)


def sharing_of(cycle: Cycle, entity: Entity) -> Sharing:
    """Who reads a unit's figures of a cycle, and how it came about."""
    words = Consent.objects.filter(cycle=cycle, entity=entity).select_related("by").order_by("-pk")
    asking = AskingConsent.objects.filter(cycle=cycle, entity=entity).select_related("by").order_by("-pk")
    may_be_asked = entity.pk in access.askable_entities(cycle)
    return Sharing(audience_of(cycle, entity), list(words), may_be_asked, list(asking))


def shareable_sheets(user: Person) -> QuerySet[Assessment]:
    """The sheets of this person's own entities, the newest cycle first, whatever their status."""
    sheets = Assessment.objects.filter(entity__in=access.entities_of_member(user))
    return sheets.select_related("cycle", "entity").order_by("-cycle__opens_on", "entity__code", "pk")


@dataclass(frozen=True)
class OwnFigures:
    """A sheet of a person's own entity: are its figures published, are next steps read?"""

    cycle: Cycle
    entity: Entity
    has_figures: bool
    has_steps: bool


def own_figures(user: Person) -> list[OwnFigures]:
    """What there is to read of each sheet of this person's own entities, the newest cycle first."""
    sheets = list(shareable_sheets(user))
    newest = newest_scorecards(user).filter(cycle__in={sheet.cycle_id for sheet in sheets})
    documents = EntityDocument.objects.filter(
        scorecard__in=newest.order_by().values("pk"), entity__in={sheet.entity_id for sheet in sheets}
    )
    held = set(documents.values_list("scorecard__cycle", "entity"))
    return [_own_figures(user, sheet, (sheet.cycle_id, sheet.entity_id) in held) for sheet in sheets]


def _own_figures(user: Person, sheet: Assessment, has_figures: bool) -> OwnFigures:
    has_steps = has_figures and can_read_own_path(user, sheet.entity)
    return OwnFigures(sheet.cycle, sheet.entity, has_figures, has_steps)


def newest_of_each(figures: Iterable[OwnFigures]) -> list[OwnFigures]:
    """Of each entity its newest published figures."""
    found: dict[int, OwnFigures] = {}
    for one in figures:
        if one.has_figures:
            found.setdefault(one.entity.pk, one)
    return list(found.values())
