"""How one unit moved since the cycle before: its figures, and to those who see all levels its answers, too.

Whoever reads it may see the unit's figures in both cycles: consent is given cycle by cycle.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from entities.access import Person
from quintet.domain.crosswalk import Crosswalk
from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from quintet.models import Cycle, Item
from quintet.queries.frameworks import crosswalk_between
from scorecards.domain.bridge import Bridge, bridge_index
from scorecards.domain.derivations import exact
from scorecards.domain.movement import Comparison, CycleSheets
from scorecards.queries.movement import earlier_cycle
from scorecards.queries.publications import latest_scorecard
from scorecards.queries.reading import Figures, published_figures
from scorecards.queries.seen_sheets import SeenSheet, seen_sheet
from scorecards.queries.units import UnitEntry, unit_entries, units_with_figures

UNSAID = (MISSING_BYTE, NA_BYTE)


@dataclass(frozen=True)
class DimensionMove:
    """The index of a dimension in both cycles (None: not rated); its parts for those who see all levels."""

    dimension: str
    before: Fraction | None
    after: Fraction | None
    bridge: Bridge | None

    @property
    def change(self) -> Fraction | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class ItemMove:
    """One item that is answered in both cycles."""

    item: Item
    before: int
    after: int


@dataclass(frozen=True)
class OwnMovement:
    """One unit beside itself in another cycle; items only for those who see all its levels."""

    before: Figures
    dimensions: Sequence[DimensionMove]
    items: Sequence[ItemMove]
    shows_levels: bool

    @property
    def earlier(self) -> Cycle:
        return self.before.cycle

    @property
    def rose(self) -> list[ItemMove]:
        return [move for move in self.items if move.after > move.before]

    @property
    def fell(self) -> list[ItemMove]:
        return [move for move in self.items if move.after < move.before]


def own_movement(
    user: Person, figures: Figures, entry: UnitEntry, sheet: SeenSheet, *, basis: str
) -> OwnMovement | None:
    """What moved since the cycle that was published before; see `moved_since`."""
    earlier = earlier_cycle(user, figures.cycle)
    scorecard = latest_scorecard(user, earlier) if earlier else None
    if scorecard is None:
        return None
    return moved_since(user, published_figures(scorecard), figures, entry, sheet, basis=basis)


def moved_since(
    user: Person, before: Figures, after: Figures, entry: UnitEntry, sheet: SeenSheet, *, basis: str
) -> OwnMovement | None:
    """What moved from the figures of one cycle to those of another.

    None where this reader sees none of the unit in them, where the sheet does not count on this basis, and
    where nobody said how the questions belong together.
    """
    if not entry.dimensions:
        return None
    crosswalk = crosswalk_between(before.cycle.framework, after.cycle.framework)
    if crosswalk is None or not units_with_figures(before, user).contains(entry.entity):
        return None
    then = unit_entries(before, [entry.entity], basis=basis)[0]
    compared = _compared(user, before, sheet, crosswalk, basis=basis)
    bridges = _bridges(compared) if compared else {}
    return OwnMovement(
        before,
        list(_dimension_moves(then, entry, bridges)),
        list(_item_moves(compared, sheet.items)) if compared else [],
        compared is not None,
    )


def _dimension_moves(
    then: UnitEntry, now: UnitEntry, bridges: Mapping[str, Bridge]
) -> Iterator[DimensionMove]:
    """The dimensions of now; one that was not asked before has no figure before."""
    indices = {row["dimension"]: row["index"] for row in then.dimensions}
    for row in now.dimensions:
        code, before, after = row["dimension"], indices.get(row["dimension"]), row["index"]
        yield DimensionMove(
            code, exact(before) if before else None, exact(after) if after else None, bridges.get(code)
        )


def _compared(
    user: Person, before: Figures, now: SeenSheet, crosswalk: Crosswalk, *, basis: str
) -> Comparison | None:
    """The two sheets as a group of one; None unless the reader sees all of both, and both count."""
    unit = now.entity
    then = seen_sheet(user, before, unit) if now.sees_all else None
    if then is None or not then.sees_all:
        return None
    sides = [CycleSheets(sheet.shape, {unit.code: sheet.sheets[basis]}) for sheet in (then, now)]
    if any(side.sheets[unit.code] is None for side in sides):
        return None
    return Comparison(sides[0], sides[1], crosswalk)


def _bridges(compared: Comparison) -> dict[str, Bridge]:
    """Why each index changed: nobody joins or leaves a group of one, so that part is 0."""
    before, after = compared.cycles
    in_both = [code for code in after.framework.dimensions if code in before.framework.dimensions]
    return {code: bridge_index(compared, code) for code in in_both}


def _item_moves(compared: Comparison, items: Sequence[Item]) -> Iterator[ItemMove]:
    """The items that both frameworks ask alike and that are answered in both cycles, in framework order."""
    [(then, now)] = compared.pairs.values()
    by_code = {item.code: item for item in items}
    for code, (place_before, place_after) in compared.crosswalk.joined.items():
        if then is None or now is None:
            continue
        before, after = then[place_before], now[place_after]
        if before not in UNSAID and after not in UNSAID:
            yield ItemMove(by_code[code], before, after)
