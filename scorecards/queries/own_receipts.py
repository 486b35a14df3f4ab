"""Receipts of one unit beside others: what moved since another cycle, and its quarter in its group.

They show what the sheet of the unit shows to the same reader, never more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from entities.access import Person
from entities.models import Entity
from quintet.models import Dimension
from scorecards.domain import own_derivations as derivations
from scorecards.domain.derivations import exact
from scorecards.domain.figures import ratio
from scorecards.domain.groups import PERCENTAGES_FROM
from scorecards.domain.positions import BOUNDS, Quarter
from scorecards.domain.receipts import OWN, Sentence, Subject, asked_for
from scorecards.queries.entity_sheet import standing_of
from scorecards.queries.frameworks import asked_dimensions
from scorecards.queries.movement import figures_of_other
from scorecards.queries.own_movement import DimensionMove, ItemMove, moved_since
from scorecards.queries.reading import Figures
from scorecards.queries.receipts import Hashes, Receipt, counted_entry, hashes_of, readable_unit
from scorecards.queries.seen_sheets import seen_sheet
from scorecards.queries.units import frozen_sheet
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _


@dataclass(frozen=True, kw_only=True)
class ChangeReceipt(Receipt):
    """The receipt of what moved of one unit: of a dimension, or for who sees all its levels of an item."""

    before: Figures
    move: DimensionMove | ItemMove

    @property
    def both(self) -> Sequence[tuple[Figures, Fraction | int | None]]:
        """The figures of both cycles, each with what the unit has in them."""
        return ((self.before, self.move.before), (self.figures, self.move.after))


@dataclass(frozen=True, kw_only=True)
class PositionReceipt(Receipt):
    """The receipt of the quarter of its group in which a unit stands; None where it is not told."""

    group: str
    quarter: Quarter | None
    n_rated: int | None

    @property
    def shows_shares(self) -> bool:
        """Below ten rated units a page shows no quartiles."""
        return (self.n_rated or 0) >= PERCENTAGES_FROM

    @property
    def disclosure(self) -> Sentence:
        return Sentence(derivations.POSITION_TOLD)


def change_receipt_of(
    user: Person, figures: Figures, subject: Subject, *, basis: str, from_version: int | None = None
) -> Receipt:
    """The receipt of what moved of a unit since another cycle: its newest figures, or those of a version.

    Raises NotFound for what is not there, or not this reader's to see in both cycles.
    """
    before = figures_of_other(user, figures.cycle, subject.since, version=from_version)
    unit = readable_unit(user, figures, subject.entity)
    entry, sheet = counted_entry(figures, unit, basis), seen_sheet(user, figures, unit)
    moved = moved_since(user, before, figures, entry, sheet, basis=basis)
    if moved is None:
        raise NotFound(_("The two sheets of this unit cannot be compared, or are not yours to see."))
    then, now = _hashes(before, unit), _hashes(figures, unit)
    hashes = replace(now, before=then.scorecard, snapshot_before=then.snapshot, document_before=then.document)
    found = (
        _of_item([move for move in moved.items if move.item.code == subject.item])
        if subject.item
        else _of_dimension(figures, [row for row in moved.dimensions if row.dimension == subject.dimension])
    )
    return ChangeReceipt(
        subject=subject,
        figures=figures,
        basis=basis,
        state=OWN,
        hashes=hashes,
        entity=unit,
        before=before,
        **found,
    )


def position_receipt_of(user: Person, figures: Figures, subject: Subject, *, basis: str) -> Receipt:
    """The receipt of the quarter of a unit in its group; NotFound before anything is published."""
    unit = readable_unit(user, figures, subject.entity)
    entry = counted_entry(figures, unit, basis)
    row = asked_for(row for row in entry.dimensions if row["dimension"] == subject.dimension)
    standing = standing_of(figures, entry, basis=basis)
    if standing is None:
        raise NotFound(_("The quarters of a group are told once its figures are published."))
    position = asked_for(each for each in standing.positions if each.dimension == subject.dimension)
    cell = figures.groups[standing.group][basis]["dimensions"][subject.dimension]
    index = exact(row["index"]) if row["index"] else None
    return PositionReceipt(
        subject=subject,
        figures=figures,
        basis=basis,
        item=None,
        dimension=_dimension(figures, subject.dimension),
        state=OWN,
        hashes=_hashes(figures, unit),
        entity=unit,
        figure=_placed(standing.group, cell, row["index"], position.quarter),
        steps=derivations.position_steps(cell, index, position.quarter, group=standing.name),
        missing=[] if position.quarter else [Sentence(derivations.NO_QUARTER)],
        group=standing.group,
        quarter=position.quarter,
        n_rated=position.n_rated,
    )


def _of_dimension(figures: Figures, found: Sequence[DimensionMove]) -> dict[str, Any]:
    move = asked_for(found)
    parts = move.bridge.parts if move.bridge else None
    return {
        "item": None,
        "dimension": _dimension(figures, move.dimension),
        "move": move,
        "figure": {
            "before": ratio(move.before),
            "after": ratio(move.after),
            "change": ratio(move.change),
            "parts": parts and {name: ratio(part) for name, part in parts._asdict().items()},
        },
        "steps": derivations.index_change_steps(move.before, move.after, move.bridge),
        "missing": [] if move.change is not None else [Sentence(derivations.NO_CHANGE)],
    }


def _of_item(found: Sequence[ItemMove]) -> dict[str, Any]:
    move = asked_for(found)
    return {
        "item": move.item,
        "dimension": move.item.dimension,
        "move": move,
        "figure": {"before": move.before, "after": move.after, "change": move.after - move.before},
        "steps": derivations.level_change_steps(move.before, move.after),
    }


def _placed(
    group: str, cell: Mapping[str, Any], index: Sequence[Any] | None, quarter: Quarter | None
) -> dict[str, Any]:
    lower, upper = BOUNDS[quarter] if quarter else (None, None)
    return {
        "group": group,
        "n_rated": cell.get("n_rated"),
        "index": index,
        "quarter": quarter and quarter.value,
        "from": cell[lower] if lower else None,
        "below": cell[upper] if upper else None,
    }


def _dimension(figures: Figures, code: str) -> Dimension:
    return asked_dimensions(figures.cycle.framework_id).get(code=code)


def _hashes(figures: Figures, unit: Entity) -> Hashes:
    sheet = frozen_sheet(figures, unit)
    document = sheet.document_sha256 or None
    return replace(hashes_of(figures), snapshot=sheet.snapshot.sha256, document=document)
