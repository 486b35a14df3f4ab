"""What moved between two cycles: published versions compared for everybody, sheets of now for the task force.

What two published versions show is decided and stored once (`services.comparing`); figures of the full
samples are those of the published documents. Sheets are read for the task force alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from entities.access import Person
from quintet.domain.crosswalk import Crosswalk, Relation
from quintet.models import Cycle
from quintet.queries.frameworks import crosswalk_between, item_codes
from quintet.queries.monitoring import counted_snapshots
from scorecards.domain.bridge import Bridge
from scorecards.domain.compared import (
    Document,
    Moved,
    moved_between,
    read_crosswalk,
    read_moved,
    sheets_in,
)
from scorecards.domain.movement import CycleSheets, Panel, Verdict
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.frameworks import asked_dimensions, framework_shape
from scorecards.queries.publications import newest_scorecards
from scorecards.queries.reading import (
    PERCENTAGES_FROM,
    Figures,
    GroupChoice,
    ItemFigure,
    dimension_codes,
    group_choices,
    item_figures,
    published_figures,
)
from scorecards.queries.sheets import published_units, units_with_sheets
from un20portal.lib.errors import FieldError, InvalidInput, NotFound, NotYet
from un20portal.lib.errors import marked as _

KEPT = 4  # documents that a process holds, some hundred kilobytes each


@dataclass(frozen=True)
class ItemRow:
    """One item in two cycles. No panel, no bridge: its series breaks, or too few units would be told of."""

    item: str
    dimension: str
    enabler: str
    label: str
    question: str
    relation: Relation
    others: Sequence[str]  # where the series breaks: the items of the other framework
    before: ItemFigure | None
    after: ItemFigure | None
    panel: Panel | None
    bridge: Bridge | None

    @property
    def is_suppressed(self) -> bool:
        """Whether it is comparable, and the panel hidden."""
        return self.relation is Relation.EQUAL and self.panel is None

    @property
    def shows_percentages(self) -> bool:
        """Below ten units a page shows counts, no percentages."""
        return self.panel is not None and self.panel.n_panel >= PERCENTAGES_FROM


@dataclass(frozen=True)
class DimensionRow:
    """The bridge of the mean index of a dimension; None when it is suppressed or not in both frameworks."""

    dimension: str
    label: str
    bridge: Bridge | None
    is_suppressed: bool


@dataclass(frozen=True)
class Section:
    """The items of one dimension, those that are no longer asked at its end."""

    dimension: str
    items: Sequence[ItemRow]

    @property
    def n_clear(self) -> int:
        return sum(row.panel is not None and row.panel.verdict is Verdict.CLEAR for row in self.items)

    @property
    def n_suppressed(self) -> int:
        return sum(row.is_suppressed for row in self.items)


@dataclass(frozen=True)
class Movement:
    """The comparison of two cycles for one group and basis."""

    before: Figures
    after: Figures
    group: str
    basis: str
    items: Sequence[ItemRow]
    dimensions: Sequence[DimensionRow]

    @cached_property
    def sections(self) -> list[Section]:
        """The items by dimension, in the order in which dimensions come first."""
        codes = dict.fromkeys(row.dimension for row in self.items)
        return [Section(code, [row for row in self.items if row.dimension == code]) for code in codes]

    @property
    def shows_nothing(self) -> bool:
        """Whether every item that is comparable is suppressed."""
        comparable = [row for row in self.items if row.relation is Relation.EQUAL]
        return bool(comparable) and all(row.is_suppressed for row in comparable)


def comparable_cycles(user: Person, cycle: Cycle) -> list[Cycle]:
    """The other cycles of which `user` may read a scorecard: the nearest earlier one first."""
    readable = newest_scorecards(user).exclude(cycle=cycle)
    cycles = sorted((scorecard.cycle for scorecard in readable), key=in_time, reverse=True)
    return sorted(cycles, key=lambda other: in_time(other) > in_time(cycle))


def earlier_cycle(user: Person, cycle: Cycle) -> Cycle | None:
    """The published cycle that ended last before this one."""
    others = comparable_cycles(user, cycle)
    return others[0] if others and in_time(others[0]) < in_time(cycle) else None


def figures_of_other(user: Person, cycle: Cycle, code: str) -> Figures:
    """The newest figures of another cycle that `user` may read, to compare this one with.

    Raises InvalidInput for the same cycle, NotFound for one that has published nothing.
    """
    if code == cycle.code:
        message = _("Choose another cycle to compare with.")
        raise InvalidInput(message, errors=[FieldError("from", "same_cycle", message)])
    scorecard = newest_scorecards(user).filter(cycle__code=code).first()
    if scorecard is None:
        raise NotFound(_("The cycle to compare with has no published scorecard."))
    return published_figures(scorecard)


def common_groups(before: Figures, after: Figures) -> list[GroupChoice]:
    """The groups that can be compared: those of both cycles."""
    return [choice for choice in group_choices(after) if choice.code in before.groups]


def movement(before: Figures, after: Figures, *, group: str, basis: str) -> Movement:
    """What moved from the published figures `before` to those `after`, in a group that both have.

    Raises NotFound when nobody has said how the two frameworks belong together, NotYet while it is not
    decided what may be shown.
    """
    crosswalk, moved = (_provisional if after.is_provisional else _published)(before, after, group, basis)
    sides = [
        {row.item: row for row in item_figures(figures, group=group, basis=basis)}
        for figures in (before, after)
    ]
    return Movement(
        before,
        after,
        group,
        basis,
        list(_item_rows(sides[0], sides[1], crosswalk, moved)),
        list(_dimension_rows(before, after, moved)),
    )


def _item_rows(
    before: Mapping[str, ItemFigure], after: Mapping[str, ItemFigure], crosswalk: Crosswalk, moved: Moved
) -> Iterator[ItemRow]:
    """Every item after, and then those before that have no successor."""
    breaks = {code: mark for mark in crosswalk.breaks for code in mark.after}
    for code, figure in after.items():
        mark = breaks.get(code)
        old = None if mark else before[crosswalk.before[crosswalk.joined[code][0]]]
        yield ItemRow(
            *_described(figure),
            relation=mark.relation if mark else Relation.EQUAL,
            others=mark.before if mark else (),
            before=old,
            after=figure,
            panel=moved.panels.get(code),
            bridge=moved.shares.get(code),
        )
    dropped = (mark for mark in crosswalk.breaks if mark.relation is Relation.DROPPED)
    for figure in (before[code] for mark in dropped for code in mark.before):
        yield ItemRow(*_described(figure), Relation.DROPPED, (), figure, None, None, None)


def _dimension_rows(before: Figures, after: Figures, moved: Moved) -> Iterator[DimensionRow]:
    in_both = set(dimension_codes(before))
    for dimension in asked_dimensions(after.cycle.framework_id):
        bridge = moved.indices.get(dimension.code)
        is_suppressed = bridge is None and dimension.code in in_both
        yield DimensionRow(dimension.code, dimension.label, bridge, is_suppressed)


def _described(figure: ItemFigure) -> tuple[str, str, str, str, str]:
    return figure.item, figure.dimension, figure.enabler, figure.label, figure.question


# --- what is stored, and what is worked out ------------------------------------------------------
def _published(before: Figures, after: Figures, group: str, basis: str) -> tuple[Crosswalk, Moved]:
    """What is stored of two published versions; of two with one framework it is read in both directions."""
    sides = (before, after)
    earlier, later = sorted(sides, key=lambda figures: in_time(figures.cycle))
    pairs = ComparedPair.objects.filter(before__sha256=earlier.sha256, after__sha256=later.sha256)
    sha256 = pairs.values_list("sha256", flat=True).first()
    if sha256 and earlier is before:
        document = compared_document(sha256)
        codes = [item_codes(figures.cycle.framework) for figures in sides]
        return read_crosswalk(document, *codes), read_moved(document, group=group, basis=basis)
    crosswalk = _crosswalk(before.cycle, after.cycle)
    if sha256 is None:
        raise NotYet(_("This comparison is being prepared. Ask again in a minute."))
    return crosswalk, read_moved(compared_document(sha256), group=group, basis=basis).back()


@lru_cache(maxsize=KEPT)
def compared_document(sha256: str) -> Document:
    """What is stored of the comparison with this hash: it never changes, so a process keeps the last few."""
    document: Document = json.loads(ComparedPair.objects.values_list("payload", flat=True).get(sha256=sha256))
    return document


def _provisional(before: Figures, after: Figures, group: str, basis: str) -> tuple[Crosswalk, Moved]:
    """What the sheets of now say beside a published version, unhidden."""
    crosswalk = _crosswalk(before.cycle, after.cycle)
    published = Scorecard.objects.defer("payload").get(sha256=before.sha256)
    sides = [
        (before.cycle, published_units(published)),
        (after.cycle, units_with_sheets(after.cycle, counted_snapshots(after.cycle))),
    ]
    then, now = (
        CycleSheets(framework_shape(cycle.framework), sheets_in(units, group=group, basis=basis))
        for cycle, units in sides
    )
    return crosswalk, moved_between(then, now, crosswalk)


def _crosswalk(before: Cycle, after: Cycle) -> Crosswalk:
    found = crosswalk_between(before.framework, after.framework)
    if found is None:
        raise NotFound(_("Nobody has said yet how the questions of these two cycles belong together."))
    return found


def in_time(cycle: Cycle) -> tuple[date, int]:
    """What cycles are ordered by: the day on which they end."""
    return cycle.closes_on, cycle.pk
