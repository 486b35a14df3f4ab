"""A unit's frozen sheet as one reader may see it: levels of all items, of some, or of none.

Who sees which level, `access.items_with_levels_for` decides: consent opens figures, never answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from entities.access import Person
from entities.models import Entity
from quintet.access import can_read_own_path
from quintet.domain.packing import unpack
from quintet.models import Dimension, Item, PriorityProfile
from scorecards import access
from scorecards.domain.figures import FrameworkShape
from scorecards.models import Basis
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.reading import Figures
from scorecards.queries.sheets import Sheets, sheets_of
from scorecards.queries.units import frozen_sheet

Said = int | str | None  # a level, "na" for not applicable, None for not answered


@dataclass(frozen=True)
class SeenSheet:
    """The sheet behind a unit's figures: items in framework order, levels by basis (None: does not count).

    `seen` are the ids of the items whose levels the reader sees; None: all. `targets` are the unit's own by
    item code, for those who read its own path; to others there are none.
    """

    entity: Entity
    items: Sequence[Item]
    shape: FrameworkShape
    sheets: Sheets
    seen: set[int] | None
    targets: Mapping[str, int]
    reads_own_path: bool

    @property
    def sees_all(self) -> bool:
        return self.seen is None

    def said(self, basis: str) -> dict[str, Said] | None:
        """What the sheet says by item code, hidden items too; None where it does not count on the basis."""
        levels = self.sheets[basis]
        if levels is None:
            return None
        codes = (item.code for item in self.items)
        return dict(zip(codes, unpack(levels), strict=True))

    @cached_property
    def by_dimension(self) -> dict[Dimension, list[Item]]:
        """The items of each dimension, in framework order."""
        found: dict[Dimension, list[Item]] = {}
        for item in self.items:
            found.setdefault(item.dimension, []).append(item)
        return found


def seen_sheet(user: Person, figures: Figures, unit: Entity) -> SeenSheet:
    """The sheet of a unit that `units_with_figures` holds, as far as this reader sees it."""
    framework = figures.cycle.framework
    snapshot = frozen_sheet(figures, unit).snapshot
    reads_own_path = can_read_own_path(user, unit)
    items = Item.objects.filter(framework=framework).in_order().select_related("dimension__framework")
    return SeenSheet(
        entity=unit,
        items=list(items),
        shape=framework_shape(framework),
        sheets=sheets_of(snapshot),
        seen=access.items_with_levels_for(user, snapshot.assessment),
        targets=_targets(unit, framework.pk) if reads_own_path else {},
        reads_own_path=reads_own_path,
    )


def other_basis(basis: str) -> str:
    return Basis.CLAIMED.value if basis == Basis.ACCEPTED else Basis.ACCEPTED.value


def _targets(unit: Entity, framework_id: int) -> dict[str, int]:
    """What the unit aims at; an item that weighs nothing for itself has no target, as in its own figures."""
    own = PriorityProfile.objects.filter(entity=unit, item__framework=framework_id, weight__gt=0)
    found = own.values_list("item__code", "target")
    return {code: target for code, target in found if target is not None}
