"""What moved between two cycles: published versions compared for everybody, sheets of now for the task force.

Comparing reads sheets, so it is decided anew what may be shown (`domain.comparing`); figures of the full
samples are those of the published documents. What is published never changes, so a process keeps what it
worked out: which parts of two versions may be shown, and the figures of the groups that were asked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import takewhile

from entities.access import Person
from quintet.domain.crosswalk import Crosswalk, Relation
from quintet.models import Cycle, Dimension
from quintet.queries.frameworks import crosswalk_between
from quintet.queries.monitoring import counted_snapshots
from scorecards.domain.bridge import Bridge, bridge_index, bridge_share
from scorecards.domain.comparing import OVERLAP, PANEL, Pairing, Part, Shown, Version, showable
from scorecards.domain.figures import Unit
from scorecards.domain.movement import Comparison, CycleSheets, ItemMovement, item_movements
from scorecards.domain.suppression import Release
from scorecards.models import Scorecard
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.publications import newest_scorecards, published_document
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
from un20portal.lib.errors import FieldError, InvalidInput, NotFound
from un20portal.lib.errors import marked as _

KEPT_VERSIONS, KEPT_PAIRINGS, KEPT_GROUPS = 8, 64, 200


@dataclass(frozen=True)
class ItemRow:
    """One item in two cycles. No panel, no bridge: its series breaks, or too few units would be told of."""

    item: str
    dimension: str
    enabler: str
    label: str
    relation: Relation
    others: Sequence[str]  # where the series breaks: the items of the other framework
    before: ItemFigure | None
    after: ItemFigure | None
    panel: ItemMovement | None
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
class Movement:
    """The comparison of two cycles for one group and basis."""

    before: Figures
    after: Figures
    group: str
    basis: str
    items: Sequence[ItemRow]
    dimensions: Sequence[DimensionRow]


@dataclass(frozen=True)
class Moved:
    """What is worked out of sheets: by code after, of items and of dimensions."""

    panels: Mapping[str, ItemMovement]
    shares: Mapping[str, Bridge]
    indices: Mapping[str, Bridge]

    def without(self, shown: Shown, *, basis: str, group: str) -> "Moved":
        """The same without what must not be shown."""
        panel, overlap = Part(PANEL, basis, group), Part(OVERLAP, basis, group)
        panels = {code: found for code, found in self.panels.items() if panel in shown[code]}
        return Moved(
            panels,
            {code: self.shares[code] for code in panels if overlap in shown[code]},
            {code: found for code, found in self.indices.items() if {panel, overlap} <= shown[code]},
        )


def comparable_cycles(user: Person, cycle: Cycle) -> list[Cycle]:
    """The other cycles whose newest scorecard `user` may read: the nearest earlier one first.

    An older version is never taken in its place: what a comparison may show is decided for the newest ones.
    """
    readable = newest_scorecards(user).exclude(cycle=cycle)
    cycles = sorted((scorecard.cycle for scorecard in readable), key=_in_time, reverse=True)
    return sorted(cycles, key=lambda other: _in_time(other) > _in_time(cycle))


def earlier_cycle(user: Person, cycle: Cycle) -> Cycle | None:
    """The published cycle that ended last before this one."""
    others = comparable_cycles(user, cycle)
    return others[0] if others and _in_time(others[0]) < _in_time(cycle) else None


def figures_of_other(user: Person, cycle: Cycle, code: str) -> Figures:
    """The newest published figures of another cycle, to compare this one with.

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

    Raises NotFound when nobody has said how the two frameworks belong together.
    """
    crosswalk = _crosswalk(before.cycle, after.cycle)
    if after.is_provisional:
        moved = _provisional(before, after.cycle, crosswalk, group, basis)
    else:
        moved = _published(before.sha256, after.sha256, crosswalk, group, basis)
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


def _crosswalk(before: Cycle, after: Cycle) -> Crosswalk:
    found = crosswalk_between(before.framework, after.framework)
    if found is None:
        raise NotFound(_("Nobody has said yet how the questions of these two cycles belong together."))
    return found


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
    for dimension in Dimension.objects.filter(framework=after.cycle.framework_id):
        bridge = moved.indices.get(dimension.code)
        is_suppressed = bridge is None and dimension.code in in_both
        yield DimensionRow(dimension.code, dimension.label, bridge, is_suppressed)


def _described(figure: ItemFigure) -> tuple[str, str, str, str]:
    return figure.item, figure.dimension, figure.enabler, figure.label


# --- what is worked out -------------------------------------------------------------------------
@lru_cache(maxsize=KEPT_GROUPS)
def _published(before: str, after: str, crosswalk: Crosswalk, group: str, basis: str) -> Moved:
    """What two published versions, named by hash, show of a comparison."""
    shown = _shown(before, after, crosswalk)
    sheets = [_sheets(_version(sha256), group, basis) for sha256 in (before, after)]
    moved = _moved(sheets[0], sheets[1], crosswalk)
    return moved.without(shown, basis=basis, group=group)


def _provisional(before: Figures, cycle: Cycle, crosswalk: Crosswalk, group: str, basis: str) -> Moved:
    """What the sheets of now say beside a published version, unhidden."""
    units = units_with_sheets(cycle, counted_snapshots(cycle))
    now = CycleSheets(framework_shape(cycle.framework), _in_group(units, group, basis))
    return _moved(_sheets(_version(before.sha256), group, basis), now, crosswalk)


def _moved(before: CycleSheets, after: CycleSheets, crosswalk: Crosswalk) -> Moved:
    comparison = Comparison(before, after, crosswalk)
    in_both = [code for code in after.framework.dimensions if code in before.framework.dimensions]
    return Moved(
        item_movements(comparison),
        {code: bridge_share(comparison, code) for code in crosswalk.joined},
        {code: bridge_index(comparison, code) for code in in_both},
    )


def _sheets(version: Version, group: str, basis: str) -> CycleSheets:
    return CycleSheets(version.framework, _in_group(version.release.units, group, basis))


def _in_group(units: Sequence[Unit], group: str, basis: str) -> dict[str, bytes | None]:
    return {unit.code: unit.sheets[basis] for unit in units if group in unit.groups}


# --- what may be shown of it --------------------------------------------------------------------
@lru_cache(maxsize=KEPT_PAIRINGS)
def _shown(before: str, after: str, crosswalk: Crosswalk) -> Shown:
    """Which parts of the comparison of two published versions, named by hash, may be shown."""
    chain = list(Scorecard.objects.select_related("cycle__framework").defer("payload"))
    compared = _in_order(scorecard for scorecard in chain if scorecard.sha256 in (before, after))
    cycles = {scorecard.cycle_id for scorecard in compared}
    newest = max(scorecard.pk for scorecard in compared)
    return showable(
        Pairing(_version(compared[0].sha256), _version(compared[1].sha256), crosswalk),
        versions=[_version(s.sha256) for s in chain if s.cycle_id in cycles and s.pk <= newest],
        earlier=[
            pairing
            for pair in takewhile(lambda pair: pair != compared, _comparable(chain))
            if not cycles.isdisjoint(scorecard.cycle_id for scorecard in pair)
            if (pairing := _decided(*pair)) is not None
        ],
    )


def _comparable(chain: Iterable[Scorecard]) -> Iterator[tuple[Scorecard, Scorecard]]:
    """Every two versions of different cycles that were the latest at one time, in the order of that."""
    latest: dict[int, Scorecard] = {}
    for scorecard in chain:
        latest.pop(scorecard.cycle_id, None)
        for other in sorted(latest.values(), key=lambda other: _in_time(other.cycle), reverse=True):
            yield _in_order((scorecard, other))
        latest[scorecard.cycle_id] = scorecard


def _in_order(pair: Iterable[Scorecard]) -> tuple[Scorecard, Scorecard]:
    before, after = sorted(pair, key=lambda scorecard: _in_time(scorecard.cycle))
    return before, after


def _decided(before: Scorecard, after: Scorecard) -> Pairing | None:
    """A comparison with what is shown of it; None while the frameworks are not joined."""
    crosswalk = crosswalk_between(before.cycle.framework, after.cycle.framework)
    if crosswalk is None:
        return None
    shown = _shown(before.sha256, after.sha256, crosswalk)
    return Pairing(_version(before.sha256), _version(after.sha256), crosswalk, shown)


@lru_cache(maxsize=KEPT_VERSIONS)
def _version(sha256: str) -> Version:
    """A published version with the sheets behind it, numbered by its place among all of them."""
    scorecard = Scorecard.objects.select_related("cycle__framework").defer("payload").get(sha256=sha256)
    document = published_document(sha256)
    number = Scorecard.objects.filter(pk__lte=scorecard.pk).count()
    return Version(
        scorecard.cycle.code,
        Release(number, published_units(scorecard), document["groups"]),
        framework_shape(scorecard.cycle.framework),
        document["threshold"],
    )


def _in_time(cycle: Cycle) -> tuple[date, int]:
    return cycle.closes_on, cycle.pk
