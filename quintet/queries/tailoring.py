"""An entity's own path: what it aims at, where it stands by its own weights, and its own questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q

from entities.access import Person, entities_with
from entities.models import ENTITY_ROLES, Entity, EntityQuerySet, Role
from quintet import access
from quintet.domain.tailoring import COMMON, Priority, TailoredItem, TailoredProfile, tailor
from quintet.domain.workflow import RUNNING
from quintet.models import (
    Answer,
    Assessment,
    Dimension,
    Framework,
    Item,
    OwnAnswer,
    OwnItem,
    PriorityProfile,
    Status,
)
from un20portal.lib.ratios import one_decimal


def own_entities(user: Person) -> EntityQuerySet:
    """The entities that a person belongs to."""
    return Entity.objects.filter(pk__in=entities_with(user, *ENTITY_ROLES))


def entities_with_paths(user: Person) -> EntityQuerySet:
    """The entities whose own path a person reads."""
    return Entity.objects.filter(pk__in=entities_with(user, Role.FOCAL_POINT, Role.APPROVER, Role.VIEWER))


@dataclass(frozen=True)
class PathLine:
    """One common item: the level last accepted, the claim of the running cycle, target and weight."""

    item: Item
    accepted: Answer | None
    claim: Answer | None
    priority: Priority


@dataclass(frozen=True)
class OwnLine:
    """One own question, and what the sheet at hand says on it."""

    item: OwnItem
    answer: OwnAnswer | None
    may_edit: bool = False

    @property
    def version(self) -> int:
        return self.answer.version if self.answer else 0


@dataclass(frozen=True)
class DimensionPath:
    """One dimension of an own path with the figures by the entity's own weights."""

    dimension: Dimension
    lines: Sequence[PathLine]
    own: Sequence[OwnLine]
    profile: TailoredProfile

    @property
    def mean_level(self) -> Decimal | None:
        return _shown(self.profile.mean_level)

    @property
    def gap(self) -> Decimal | None:
        return _shown(self.profile.gap)


@dataclass(frozen=True)
class OwnPath:
    """An entity's own path: the sheets it is read against (None where there is none), by dimension.

    Figures are by the claims of the `current` sheet; without one by what was accepted in the `last`.
    """

    last: Assessment | None
    current: Assessment | None
    dimensions: Sequence[DimensionPath]


def own_path(user: Person, entity: Entity, framework: Framework) -> OwnPath:
    """The entity's own path on this framework, against the sheets that the person may read."""
    seen = Assessment.objects.visible_to(user).filter(entity=entity, cycle__framework=framework)
    sheets = list(seen.select_related("cycle").order_by("-cycle__opens_on", "-cycle__pk"))
    last = next((sheet for sheet in sheets if sheet.status == Status.VALIDATED), None)
    current = next((sheet for sheet in sheets if sheet.cycle.phase in RUNNING), None)
    accepted, claims = _answers(last), _answers(current)
    priorities = {
        row.item_id: Priority(row.target, row.weight) for row in PriorityProfile.objects.filter(entity=entity)
    }
    own = _own_by_dimension(entity, framework, current or last)
    dimensions = []
    for dimension in framework.dimensions.select_related("framework").prefetch_related("items"):
        lines = [
            PathLine(item, accepted.get(item.pk), claims.get(item.pk), priorities.get(item.pk, COMMON))
            for item in dimension.items.all()
        ]
        mine = own.get(dimension.pk, [])
        figures = tailor([*(_tailored(line, current) for line in lines), *map(_tailored_own, mine)])
        dimensions.append(DimensionPath(dimension, lines, mine, figures))
    return OwnPath(last, current, dimensions)


def own_targets(user: Person, sheet: Assessment) -> Mapping[int, int]:
    """The entity's targets by item, for its own people; to others there are none."""
    if not access.belongs_to(user, sheet.entity):
        return {}
    found = PriorityProfile.objects.filter(entity=sheet.entity_id)
    return {row.item_id: row.target for row in found if row.target is not None}


def own_lines(user: Person, sheet: Assessment, dimension: Dimension) -> list[OwnLine]:
    """The entity's own questions on a dimension of its sheet; retired ones as long as they are answered."""
    if not access.can_read_own_path(user, sheet.entity):
        return []
    is_open = sheet.is_editable
    may_edit = is_open and access.can_set_own_path(user, sheet.entity)
    answers = {answer.item_id: answer for answer in OwnAnswer.objects.filter(assessment=sheet)}
    items = OwnItem.objects.filter(
        Q(retired_at=None) | Q(pk__in=answers), entity=sheet.entity_id, dimension=dimension
    )
    return [
        OwnLine(item, answers.get(item.pk), may_edit and item.retired_at is None)
        for item in items.order_by("pk")
    ]


def _answers(sheet: Assessment | None) -> dict[int, Answer]:
    if sheet is None:
        return {}
    return {answer.item_id: answer for answer in Answer.objects.filter(assessment=sheet)}


def _own_by_dimension(
    entity: Entity, framework: Framework, sheet: Assessment | None
) -> dict[int, list[OwnLine]]:
    items = OwnItem.objects.filter(entity=entity, dimension__framework=framework, retired_at=None)
    answers = (
        {answer.item_id: answer for answer in OwnAnswer.objects.filter(assessment=sheet)} if sheet else {}
    )
    found: dict[int, list[OwnLine]] = {}
    for item in items.order_by("pk"):
        found.setdefault(item.dimension_id, []).append(OwnLine(item, answers.get(item.pk)))
    return found


def _tailored(line: PathLine, current: Assessment | None) -> TailoredItem:
    answer, level = line.claim, line.claim.claimed if line.claim else None
    if current is None:
        answer, level = line.accepted, line.accepted.accepted_level if line.accepted else None
    is_na = answer is not None and answer.counts_as_na
    return TailoredItem(level, line.priority.target, line.priority.weight, is_na)


def _tailored_own(line: OwnLine) -> TailoredItem:
    return TailoredItem(line.answer.level if line.answer else None)


def _shown(value: Fraction | None) -> Decimal | None:
    text = one_decimal(value)
    return Decimal(text) if text is not None else None
