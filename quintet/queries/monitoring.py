"""Cycles as a whole: how many answered, how far each unit is, what counts."""

from collections.abc import Sequence
from unicodedata import normalize

from django.db.models import Count, Q, QuerySet

from entities.models import Entity, EntityType
from quintet.models import (
    COUNTED,
    Assessment,
    Cycle,
    Item,
    Phase,
    Snapshot,
    Status,
)


def cycles_with_response() -> QuerySet[Cycle]:
    """Cycles with the number of units asked and of sheets that count."""
    return Cycle.objects.select_related("framework").annotate(
        n_units=Count("assessments"),
        n_counted=Count("assessments", filter=Q(assessments__status__in=COUNTED)),
    )


def open_beside(cycle: Cycle) -> QuerySet[Cycle]:
    """Other cycles of the same framework that are under way, with the number of their units still there.

    Those are the units that may be asked twice at once: they exist on the last day of this cycle, too.
    """
    there = Entity.objects.active_on(cycle.closes_on)
    shared = Count("assessments", filter=Q(assessments__entity__in=there))
    beside = under_way().filter(framework=cycle.framework_id).exclude(pk=cycle.pk)
    return beside.annotate(n_shared=shared).filter(n_shared__gt=0)


def under_way() -> QuerySet[Cycle]:
    """Cycles that units work on now, with their framework and the number of units."""
    phases = [Phase.OPEN, Phase.VALIDATION]
    return cycles_with_response().filter(phase__in=phases)


def touched_by_next_step(cycle: Cycle) -> int:
    """What the next step of a cycle concerns: items to answer, drafts that end, sheets that never count."""
    if cycle.phase == Phase.PLANNED:
        return Item.objects.filter(framework=cycle.framework_id).count()
    sheets = Assessment.objects.filter(cycle=cycle)
    if cycle.phase == Phase.OPEN:
        return sheets.filter(status=Status.DRAFT, extended_to=None).count()
    return sheets.exclude(status__in=COUNTED).count()


def reading_order(sheet: Assessment) -> tuple[bool, str, int]:
    """Entities before country teams, each by its English name as lists show it, accents aside.

    Not by the database: its order of accents and capitals depends on the server's language.
    """
    return place_of(sheet.entity.type, sheet.entity.acronym, sheet.pk)


def place_of(entity_type: str, acronym: str, pk: int) -> tuple[bool, str, int]:
    """The same from plain values."""
    is_ascii = acronym.isascii()
    plain = acronym if is_ascii else normalize("NFKD", acronym).encode("ascii", "ignore").decode()
    return entity_type == EntityType.COUNTRY_TEAM, plain.casefold(), pk


def counted_snapshots(cycle: Cycle) -> Sequence[Snapshot]:
    """The latest snapshot of every sheet of the cycle that counts, with sheet and unit, by unit code.

    Without the payload, which no figure needs: the levels are packed beside it.
    """
    snapshots = latest_counted(cycle).select_related("assessment__entity")
    return sorted(snapshots, key=lambda snapshot: snapshot.assessment.entity.code)


def latest_counted(cycle: Cycle) -> QuerySet[Snapshot]:
    """The latest snapshot of every sheet of the cycle that counts, without its payload."""
    sheets = Assessment.objects.filter(cycle=cycle).counted()
    return Snapshot.objects.latest_of_each_sheet().filter(assessment__in=sheets)
