"""Whom units let read their own figures: the state, what was said so far, and where to say it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from entities.access import Person
from entities.models import Entity
from quintet.models import Assessment, Cycle
from scorecards import access
from scorecards.domain.visibility import Audience
from scorecards.models import Consent


@dataclass(frozen=True)
class Sharing:
    """Who reads a unit's figures of one cycle, and every word on it, the newest first."""

    audience: Audience
    words: Sequence[Consent]


def audience_of(cycle: Cycle, entity: Entity) -> Audience:
    """Whom the unit lets read its figures of the cycle: nobody else until it says so."""
    return access.audiences_of(cycle).get(entity.pk, Audience.NOBODY)


def sharing_of(cycle: Cycle, entity: Entity) -> Sharing:
    """Who reads a unit's figures of a cycle, and how it came about."""
    words = Consent.objects.filter(cycle=cycle, entity=entity).select_related("by").order_by("-pk")
    return Sharing(audience_of(cycle, entity), list(words))


def shareable_sheets(user: Person) -> QuerySet[Assessment]:
    """The sheets of this person's own entities, the newest cycle first, whatever their status."""
    sheets = Assessment.objects.filter(entity__in=access.entities_of_member(user))
    return sheets.select_related("cycle", "entity").order_by("-cycle__opens_on", "entity__code", "pk")
