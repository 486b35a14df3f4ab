"""What moved between two cycles: published versions compared for everybody, sheets of now for the task force.

What two published versions show is decided and stored once (`services.comparing`); figures of the full
samples are those of the published documents. Sheets are read for the task force alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import ClassVar, NamedTuple

from django.db.models import QuerySet

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
from scorecards.domain.groups import PERCENTAGES_FROM
from scorecards.domain.movement import CycleSheets, Panel, Verdict
from scorecards.domain.summary import Verdicts, verdicts_of_panels
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.frameworks import asked_dimensions, framework_shape
from scorecards.queries.publications import newest_scorecards, published_scorecards
from scorecards.queries.reading import (
    Figures,
    GroupChoice,
    ItemFigure,
    dimension_entries,
    group_choices,
    item_figures,
    published_figures,
)
from scorecards.queries.sheets import published_units, units_with_sheets
from un20portal.lib.errors import FieldError, InvalidInput, NotFound, NotYet
from un20portal.lib.errors import marked as _

KEPT = 4  # documents that a process holds, some hundred kilobytes each


@dataclass(eq=False)
class NothingEarlier(NotFound):
    """No cycle before this one has a scorecard for who asks; `later` is the nearest one after it."""

    cycle: Cycle | None = None
    later: Cycle | None = None
    page: ClassVar[str] = "scorecards/nothing_earlier.html"


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

    @property
    def shows_parts(self) -> bool:
        """Below ten answers in one of the full samples a page shows no parts of their change in points."""
        if self.panel is None or self.bridge is None:
            return False
        only = min(self.panel.newly_answered, self.panel.no_longer_answered)
        return self.panel.n_panel + only >= PERCENTAGES_FROM


@dataclass(frozen=True)
class DimensionRow:
    """The bridge of the mean index of a dimension; None when it is suppressed or not in both frameworks.

    `n_rated` are the rated units of the full samples before and after; None where that is not to be said.
    """

    dimension: str
    label: str
    bridge: Bridge | None
    is_suppressed: bool
    n_rated: Sequence[int | None] = (None, None)

    @property
    def shows_points(self) -> bool:
        """Below ten rated units on one side a page shows neither means nor their change in points."""
        return all(n is None or n >= PERCENTAGES_FROM for n in self.n_rated)


class MovedAnswers(NamedTuple):
    """How many answers rose, stayed and fell."""

    rose: int
    same: int
    fell: int


@dataclass(frozen=True)
class Section:
    """Items of one dimension, or of several, those that are no longer asked at the end; and their sums."""

    dimension: str
    items: Sequence[ItemRow]

    @property
    def n_clear(self) -> int:
        return sum(row.panel is not None and row.panel.verdict is Verdict.CLEAR for row in self.items)

    @property
    def n_suppressed(self) -> int:
        return sum(row.is_suppressed for row in self.items)

    @property
    def is_suppressed(self) -> bool:
        """Whether it tells of no item how it moved, or that its series breaks."""
        return self.n_suppressed == len(self.items)

    @property
    def hides_all(self) -> bool:
        """Whether every item that is comparable is hidden."""
        comparable = [row for row in self.items if row.relation is Relation.EQUAL]
        return bool(comparable) and all(row.is_suppressed for row in comparable)

    @cached_property
    def panels(self) -> list[Panel]:
        """The panels that are shown and in which anybody answers."""
        return [row.panel for row in self.items if row.panel and row.panel.n_panel]

    @property
    def verdicts(self) -> Verdicts:
        return verdicts_of_panels(self.panels)

    @property
    def answers(self) -> MovedAnswers:
        """How many answers rose, stayed and fell, over all panels."""
        return MovedAnswers(
            *(sum(getattr(panel, name) for panel in self.panels) for name in MovedAnswers._fields)
        )


@dataclass(frozen=True)
class Movement:
    """The comparison of two cycles for one group and basis."""

    before: Figures
    after: Figures
    group: str
    basis: str
    items: Sequence[ItemRow]
    dimensions: Sequence[DimensionRow]
    sha256: str | None  # of what is stored of the two versions; None for sheets of now

    @cached_property
    def sections(self) -> list[Section]:
        """The items by dimension, in the order in which dimensions come first."""
        codes = dict.fromkeys(row.dimension for row in self.items)
        return [Section(code, [row for row in self.items if row.dimension == code]) for code in codes]

    @cached_property
    def enablers(self) -> Section:
        """The enablers of all capabilities: of culture the page of a scorecard says how it stands alone."""
        return Section("", [row for row in self.items if row.enabler])

    @property
    def capabilities(self) -> list[Section]:
        """The capabilities: the dimensions that ask for enablers."""
        return [section for section in self.sections if any(row.enabler for row in section.items)]

    @property
    def shows_nothing(self) -> bool:
        """Whether every item that is comparable is suppressed."""
        return Section("", self.items).hides_all


def comparable_cycles(user: Person, cycle: Cycle) -> list[Cycle]:
    """The other cycles of which `user` may read a scorecard: the nearest earlier one first."""
    readable = newest_scorecards(user).exclude(cycle=cycle)
    cycles = sorted((scorecard.cycle for scorecard in readable), key=in_time, reverse=True)
    return sorted(cycles, key=lambda other: in_time(other) > in_time(cycle))


def earlier_cycle(user: Person, cycle: Cycle) -> Cycle | None:
    """The published cycle that ended last before this one."""
    others = comparable_cycles(user, cycle)
    return others[0] if others and in_time(others[0]) < in_time(cycle) else None


def require_earlier(user: Person, cycle: Cycle) -> Cycle:
    """The cycle that `earlier_cycle` finds; raises NothingEarlier where it finds none."""
    earlier = earlier_cycle(user, cycle)
    if earlier is None:
        later = min(comparable_cycles(user, cycle), key=in_time, default=None)
        raise NothingEarlier(_("Nothing earlier is published."), cycle=cycle, later=later)
    return earlier


def figures_of_other(user: Person, cycle: Cycle, code: str, *, version: int | None = None) -> Figures:
    """The newest figures of another cycle that `user` may read, or a certain version, to compare with.

    Raises InvalidInput for no cycle or the same one, NotFound for one that has published nothing.
    """
    if not code:
        message = _("Name the cycle to compare with.")
        unknown = _("The query parameters are not understood.")
        raise InvalidInput(unknown, errors=[FieldError("from", "required", message)])
    if code == cycle.code:
        message = _("Choose another cycle to compare with.")
        raise InvalidInput(message, errors=[FieldError("from", "same_cycle", message)])
    readable = newest_scorecards(user) if version is None else published_scorecards(user)
    asked = {} if version is None else {"version": version}
    # PostgreSQL takes no NUL in a question
    scorecard = readable.filter(cycle__code=code, **asked).first() if code.isprintable() else None
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
    stored = None if after.is_provisional else compared_sha256(before, after)
    crosswalk, moved = (
        _provisional(before, after, group, basis)
        if after.is_provisional
        else _published(before, after, group, basis, stored)
    )
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
        list(_dimension_rows(before, after, moved, group=group, basis=basis)),
        stored,
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


def _dimension_rows(
    before: Figures, after: Figures, moved: Moved, *, group: str, basis: str
) -> Iterator[DimensionRow]:
    rated = [_rated_units(figures, group=group, basis=basis) for figures in (before, after)]
    in_both = set(rated[0])
    for dimension in asked_dimensions(after.cycle.framework_id):
        bridge = moved.indices.get(dimension.code)
        is_suppressed = bridge is None and dimension.code in in_both
        n_rated = [side.get(dimension.code) for side in rated]
        yield DimensionRow(dimension.code, dimension.label, bridge, is_suppressed, n_rated)


def _rated_units(figures: Figures, *, group: str, basis: str) -> dict[str, int | None]:
    """How many units are rated in each dimension; None where this is hidden or of an earlier version."""
    entries = dimension_entries(figures, group=group, basis=basis)
    return {
        entry["dimension"]: None if "carried_from" in entry else entry.get("n_rated") for entry in entries
    }


def _described(figure: ItemFigure) -> tuple[str, str, str, str, str]:
    return figure.item, figure.dimension, figure.enabler, figure.label, figure.question


# --- what is stored, and what is worked out ------------------------------------------------------
def _published(
    before: Figures, after: Figures, group: str, basis: str, sha256: str | None
) -> tuple[Crosswalk, Moved]:
    """What is stored of two published versions; of two with one framework it is read in both directions."""
    if sha256 and is_forward(before, after):
        document = compared_document(sha256)
        codes = [item_codes(figures.cycle.framework) for figures in (before, after)]
        return read_crosswalk(document, *codes), read_moved(document, group=group, basis=basis)
    crosswalk = _crosswalk(before.cycle, after.cycle)
    if sha256 is None:
        raise NotYet(_("This comparison is being prepared. Ask again in a minute."))
    return crosswalk, read_moved(compared_document(sha256), group=group, basis=basis).back()


def compared_sha256(before: Figures, after: Figures) -> str | None:
    """The hash of what is stored of two published versions, whichever is the earlier one; None without."""
    return decided_pairs(before, after).values_list("sha256", flat=True).first()


def decided_pairs(before: Figures, after: Figures) -> QuerySet[ComparedPair]:
    """What is stored of two published versions, whichever is the earlier one: one row, or none."""
    earlier, later = (before, after) if is_forward(before, after) else (after, before)
    return ComparedPair.objects.filter(before__sha256=earlier.sha256, after__sha256=later.sha256)


def is_forward(before: Figures, after: Figures) -> bool:
    """Whether the figures are compared in the order of time; else what is stored is read backwards."""
    return in_time(before.cycle) <= in_time(after.cycle)


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
