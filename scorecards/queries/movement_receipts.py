"""Receipts of movement: how what moved between two cycles came about, as far as the reader may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from quintet.domain.crosswalk import Relation
from quintet.models import Crosswalk
from scorecards.domain import movement_derivations as derivations
from scorecards.domain.groups import PERCENTAGES_FROM
from scorecards.domain.movement_derivations import (
    BROKEN,
    PARTS_SUPPRESSED,
    SAMPLE_CARRIED,
    SAMPLE_HIDDEN,
    Sample,
)
from scorecards.domain.receipts import (
    BASIS_IN_WORDS,
    MOVED,
    PROVISIONAL,
    ROUNDING,
    SHOWN,
    SUPPRESSED,
    Sentence,
    Step,
    Subject,
    asked_for,
    no_such_figure,
)
from scorecards.domain.scoring import METHOD
from scorecards.domain.sum_derivations import moved_in_words, moved_steps
from scorecards.queries import reading
from scorecards.queries.movement import (
    DimensionRow,
    ItemRow,
    Movement,
    Section,
    common_groups,
    compared_document,
    is_forward,
    movement,
)
from scorecards.queries.reading import Figures
from un20portal.lib.canonical import canonical_json, sha256

PANEL, SAMPLES, BRIDGE = "panel", "samples", "bridge"
Row = ItemRow | DimensionRow | Section


@dataclass(frozen=True)
class Chapter:
    """Steps that belong together: of the panel, of the full samples, of the bridge.

    `n` is the smallest number of units behind their shares; None where there are none, or it is not known.
    """

    name: str
    steps: Sequence[Step]
    n: int | None = None

    @property
    def shows_shares(self) -> bool:
        """Below ten answers a page shows counts, no shares."""
        return self.n is None or self.n >= PERCENTAGES_FROM

    @property
    def steps_on_page(self) -> list[Step]:
        return [step for step in self.steps if self.shows_shares or not step.is_share]


@dataclass(frozen=True)
class MovementHashes:
    """What a comparison can be checked against; None where there is no such thing.

    `crosswalk` is of the links as they were when the comparison was decided; None within one framework.
    """

    before: str | None = None
    after: str | None = None
    comparison: str | None = None
    crosswalk: str | None = None


@dataclass(frozen=True)
class MovementReceipt:
    """How one change of a group came about: of an item, of a dimension, or of answers that are added up."""

    subject: Subject
    movement: Movement
    row: Row
    state: str
    hashes: MovementHashes
    method: str  # of the comparison: not always the one of today
    chapters: Sequence[Chapter]
    disclosure: Sequence[Sentence]
    crosswalk: str | None  # of two frameworks, by its name

    @property
    def steps(self) -> list[Step]:
        return [step for chapter in self.chapters for step in chapter.steps]

    @property
    def item(self) -> ItemRow | None:
        return self.row if isinstance(self.row, ItemRow) else None

    @property
    def section(self) -> Section | None:
        """The items whose answers that moved are added up."""
        return self.row if isinstance(self.row, Section) else None

    @property
    def threshold(self) -> int:
        """A comparison hides by the stricter of the two cycles."""
        return max(self.movement.before.threshold, self.movement.after.threshold)

    @property
    def is_turned(self) -> bool:
        """Whether what is stored is read backwards: the later cycle is the one that is compared with."""
        forward = is_forward(self.movement.before, self.movement.after)
        return self.hashes.comparison is not None and not forward

    @property
    def without_parts(self) -> Sentence | None:
        bridge = None if isinstance(self.row, Section) else self.row.bridge
        return derivations.why_no_parts(bridge) if bridge else None

    @property
    def relation(self) -> Sentence | None:
        """Whether the series of the item goes on; a dimension has one for each item that breaks."""
        return derivations.relation_in_words(self.item.relation, self.item.others) if self.item else None

    @property
    def breaks(self) -> list[ItemRow]:
        """The items of the dimension whose series break, those that are no longer asked at the end."""
        rows = self.section.items if self.section else self.movement.items
        found = [row for row in rows if row.relation is not Relation.EQUAL]
        if self.item or self.section:
            return [] if self.item else found
        return [row for row in found if row.dimension == self.row.dimension]

    @cached_property
    def whose(self) -> str:
        """The name of the group in the reader's language."""
        names = {choice.code: choice.name for choice in reading.group_choices(self.movement.after)}
        return names[self.movement.group]

    @property
    def basis_in_words(self) -> Sentence:
        return Sentence(BASIS_IN_WORDS[self.movement.basis])

    @property
    def rounding(self) -> Sentence:
        return Sentence(ROUNDING)

    @property
    def not_told(self) -> Sentence:
        return derivations.not_told(self.item.panel if self.item else None)

    @property
    def turned(self) -> Sentence:
        return Sentence(derivations.TURNED)


def movement_receipt_of(before: Figures, after: Figures, subject: Subject, *, basis: str) -> MovementReceipt:
    """The receipt of what moved from `before` to `after`.

    Raises NotFound for what is not there, and whatever `movement` raises.
    """
    if subject.group not in {choice.code for choice in common_groups(before, after)}:
        raise no_such_figure()
    found = movement(before, after, group=subject.group, basis=basis)
    row = _row(found, subject)
    state, stored = _state(found, row), found.sha256
    return MovementReceipt(
        subject=subject,
        movement=found,
        row=row,
        state=state,
        hashes=_hashes(found),
        method=str(compared_document(stored)["method"]) if stored else METHOD,
        chapters=[chapter for chapter in _chapters(found, row) if chapter.steps],
        disclosure=_disclosure(found, row, state),
        crosswalk=_crosswalk(found),
    )


def _row(found: Movement, subject: Subject) -> Row:
    rows: list[Row]
    if subject.of == MOVED:
        sections = [found.enablers, *found.sections]
        rows = [each for each in sections if each.items and each.dimension == subject.dimension]
    elif subject.item:
        rows = [row for row in found.items if row.item == subject.item]
    else:
        rows = [row for row in found.dimensions if row.dimension == subject.dimension]
    return asked_for(rows)


def _state(found: Movement, row: Row) -> str:
    if _is_broken(row):
        return BROKEN
    if found.after.is_provisional:
        return PROVISIONAL
    if isinstance(row, Section):
        return SUPPRESSED if row.hides_all else SHOWN
    if row.is_suppressed:
        return SUPPRESSED
    return SHOWN if row.bridge else PARTS_SUPPRESSED


def _is_broken(row: Row) -> bool:
    if isinstance(row, Section):
        return all(_is_broken(each) for each in row.items)
    if isinstance(row, ItemRow):
        return row.relation is not Relation.EQUAL
    return row.bridge is None and not row.is_suppressed


def _chapters(found: Movement, row: Row) -> Iterator[Chapter]:
    if isinstance(row, Section):
        if row.panels:
            yield Chapter(PANEL, moved_steps(row.panels, n_items=len(row.items)))
        return
    if isinstance(row, DimensionRow):
        if row.bridge:
            n = min((n for n in row.n_rated if n is not None), default=None)
            yield Chapter(SAMPLES, derivations.mean_steps(row.bridge, row.n_rated, _titles(found)), n)
            yield Chapter(BRIDGE, derivations.bridge_steps(row.bridge, is_share=False), n)
        return
    if row.panel is None:
        return
    yield Chapter(PANEL, derivations.panel_steps(row.panel), row.panel.n_panel)
    before, after = _samples(found, row)
    steps = derivations.sample_steps(row.panel, before, after)
    n = min(before.n_answered, after.n_answered)
    yield Chapter(SAMPLES, steps, n)
    if row.bridge:
        yield Chapter(BRIDGE, derivations.bridge_steps(row.bridge, is_share=True), n)


def _titles(found: Movement) -> list[str]:
    return [found.before.cycle.title, found.after.cycle.title]


def _samples(found: Movement, row: ItemRow) -> list[Sample]:
    """The full samples behind an item: those of the bridge where there is one.

    Beside sheets of now, a published sample may be suppressed or carried: the bridge says what it is.
    """
    panel = row.panel
    if panel is None:
        return []
    sizes = [panel.n_panel + panel.no_longer_answered, panel.n_panel + panel.newly_answered]
    shares: list[Fraction | None] = (
        [row.bridge.before, row.bridge.after]
        if row.bridge
        else [figure.share_has if figure else None for figure in (row.before, row.after)]
    )
    return [
        derivations.sample_behind(title, n, share)
        for title, n, share in zip(_titles(found), sizes, shares, strict=True)
    ]


def _disclosure(found: Movement, row: Row, state: str) -> list[Sentence]:
    """What is hidden, and why: beside a sample that is hidden or carried nothing else has to be said."""
    if isinstance(row, Section):
        if state == BROKEN:
            return [derivations.hidden_in_words(BROKEN, threshold=0)]
        return moved_in_words(state, row.panels)
    if state == SUPPRESSED and (beside := list(_beside(found, row))):
        return beside
    threshold = max(found.before.threshold, found.after.threshold)
    return [derivations.hidden_in_words(state, threshold=threshold)]


def _beside(found: Movement, row: ItemRow | DimensionRow) -> Iterator[Sentence]:
    for figures, (is_hidden, carried_from) in zip(
        (found.before, found.after), _cells(found, row), strict=True
    ):
        if is_hidden:
            yield Sentence(SAMPLE_HIDDEN, {"cycle": figures.cycle.title})
        elif carried_from:
            yield Sentence(SAMPLE_CARRIED, {"cycle": figures.cycle.title, "version": carried_from})


def _cells(found: Movement, row: ItemRow | DimensionRow) -> list[tuple[bool, int | None]]:
    """Of both full samples: whether the published figure is hidden, and which version it is carried from."""
    if isinstance(row, ItemRow):
        samples = [sample for sample in (row.before, row.after) if sample]
        return [(sample.is_suppressed, sample.carried_from) for sample in samples]
    cells = [
        figures.groups[found.group][found.basis]["dimensions"][row.dimension]
        for figures in (found.before, found.after)
    ]
    return [(bool(cell.get("suppressed")), cell.get("carried_from")) for cell in cells]


def _hashes(found: Movement) -> MovementHashes:
    stored = found.sha256
    has_links = found.before.cycle.framework_id != found.after.cycle.framework_id
    links = canonical_json(compared_document(stored)["links"]) if stored and has_links else None
    return MovementHashes(found.before.sha256, found.after.sha256 or None, stored, links and sha256(links))


def _crosswalk(found: Movement) -> str | None:
    """The name of the crosswalk between the two frameworks; None for one and the same framework."""
    frameworks = [figures.cycle.framework_id for figures in (found.before, found.after)]
    named = Crosswalk.objects.filter(before=frameworks[0], after=frameworks[1])
    return named.values_list("slug", flat=True).first() if frameworks[0] != frameworks[1] else None
