"""Receipts: how a figure came about, as far as the reader may see. Whose figures those are, `access` says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from entities.access import Person
from entities.models import Entity
from quintet.models import Dimension, Item
from scorecards import access
from scorecards.domain import derivations, unit_derivations
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.groups import PERCENTAGES_FROM
from scorecards.domain.receipts import (
    ALL_OR_NONE,
    ANSWERED_ALIKE,
    BASIS_IN_WORDS,
    CARRIED,
    OWN,
    PROVISIONAL,
    ROUNDING,
    SHOWN,
    SUPPRESSED,
    Sentence,
    Step,
    Subject,
    asked_for,
    disclosure_in_words,
    no_such_figure,
)
from scorecards.domain.unit_derivations import DimensionLine, ItemLine, item_line
from scorecards.models import Computation
from scorecards.queries import reading, units
from scorecards.queries.frameworks import asked_dimensions, framework_shape
from scorecards.queries.publications import published_document, published_sha256
from scorecards.queries.reading import Figures, ItemFigure
from scorecards.queries.sheets import counting_hashes
from scorecards.queries.tallied import scores_of
from scorecards.queries.units import UnitEntry
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _

CODE = re.compile("[A-Za-z0-9-]{1,40}")


@dataclass(frozen=True)
class UnitHashes:
    """A unit behind a group's figure: the hashes of its sheet and of its document (None: not published)."""

    entity: str
    snapshot: str
    document: str | None


@dataclass(frozen=True)
class Hashes:
    """What the figure can be checked against; None where there is no such thing."""

    scorecard: str | None = None
    inputs: str | None = None
    previous: str | None = None
    carried_from: str | None = None
    snapshot: str | None = None
    document: str | None = None
    simulation: str | None = None
    before: str | None = None  # of the other cycle of a change
    snapshot_before: str | None = None
    document_before: str | None = None


@dataclass(frozen=True)
class Receipt:
    """How one figure came about. `figure` is None where it is suppressed, and where it is a single level."""

    subject: Subject
    figures: Figures
    basis: str
    item: Item | None
    dimension: Dimension | None  # of the item too
    state: str
    hashes: Hashes
    figure: Any = None
    carried_from: int | None = None
    steps: Sequence[Step] = ()
    missing: Sequence[Sentence] = ()
    items: Sequence[ItemLine] = ()
    dimensions: Sequence[DimensionLine] = ()
    units: Sequence[UnitHashes] = ()
    entity: Entity | None = None
    uncertainty: Any = None  # of an area: how its interval was drawn (`queries.uncertainty_receipts`)

    @cached_property
    def method(self) -> str:
        """The method of the figure: not always the one of today."""
        if self.figures.is_provisional:
            return Computation.objects.values_list("method", flat=True).get(cycle=self.figures.cycle)
        return str(self.figures.document["method"])

    @cached_property
    def whose(self) -> str:
        """The name of the unit or of the group, in the reader's language."""
        if self.entity:
            return self.entity.short_name
        names = {choice.code: choice.name for choice in reading.group_choices(self.figures)}
        return names[self.subject.group]

    @property
    def steps_on_page(self) -> list[Step]:
        """Below ten answers a page shows counts, no shares."""
        return [step for step in self.steps if self.shows_shares or not step.is_share]

    @property
    def shows_shares(self) -> bool:
        if self.is_counted_item:
            return bool(self.figure.shows_percentages)
        return not self.subject.group or (self.figure.get("n_rated") or 0) >= PERCENTAGES_FROM

    @property
    def basis_in_words(self) -> Sentence:
        return Sentence(BASIS_IN_WORDS[self.basis])

    @property
    def rounding(self) -> Sentence:
        return Sentence(ROUNDING)

    @property
    def alike(self) -> Sentence | None:
        """Said where a figure tells of each unit of a group: all answer alike, all have it, or none has."""
        counts = self.figure.counts if self.is_counted_item else None
        if not counts or not counts.n_answered:
            return None
        if sum(map(bool, counts.dist)) == 1:
            return Sentence(ANSWERED_ALIKE)
        return Sentence(ALL_OR_NONE) if counts.has in (0, counts.n_answered) else None

    @property
    def is_counted_item(self) -> bool:
        return isinstance(self.figure, ItemFigure)

    @property
    def disclosure(self) -> Sentence:
        """What is hidden, and why."""
        return disclosure_in_words(
            self.state, threshold=self.figures.threshold, carried_from=self.carried_from
        )


@dataclass(frozen=True)
class _Question:
    """What is asked for, looked up: the item and the dimension are those of the framework, or None."""

    subject: Subject
    figures: Figures
    basis: str
    item: Item | None
    dimension: Dimension | None

    @property
    def names(self) -> dict[str, Any]:
        """The part of a receipt that repeats the question."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def counted_receipt_of(user: Person, figures: Figures, subject: Subject, *, basis: str) -> Receipt:
    """The receipt of a figure that is counted, not estimated: faces ask `any_receipt.receipt_of`.

    Raises NotFound for what is not there or not this reader's to see.
    """
    framework = figures.cycle.framework
    items = Item.objects.filter(framework=framework).select_related("dimension")
    dimensions = asked_dimensions(framework.pk)
    item = _found(items, subject.item)
    dimension = item.dimension if item else _found(dimensions, subject.dimension)
    question = _Question(subject, figures, basis, item, dimension)
    if subject.entity:
        return _unit_receipt(user, question)
    if subject.group not in figures.sizes:
        raise no_such_figure()
    return _item_of_group(user, question, item) if item else _dimension_of_group(user, question)


def _found(rows: QuerySet[Any], code: str) -> Any:
    """The row with this code; None for no code, NotFound for one that does not exist."""
    if not code:
        return None
    row = rows.filter(code=code).first() if CODE.fullmatch(code) else None
    if row is None:
        raise no_such_figure()
    return row


def _item_of_group(user: Person, question: _Question, item: Item) -> Receipt:
    figures, group = question.figures, question.subject.group
    rows = reading.item_figures(figures, group=group, basis=question.basis)
    row = asked_for(row for row in rows if row.item == item.code)
    made_by = made_by_version(user, figures, row.carried_from)
    return Receipt(
        **question.names,
        state=state_of(figures, row.carried_from, is_suppressed=row.is_suppressed),
        hashes=hashes_of(figures, carried_from=made_by if row.carried_from else None),
        figure=row,
        carried_from=row.carried_from,
        steps=_item_steps(row, question.basis),
        missing=derivations.item_gaps(row.counts, question.basis) if row.counts else [],
        items=_weights([item]),
        units=units_behind(figures, group, question.basis, made_by),
    )


def _item_steps(row: ItemFigure, basis: str) -> list[Step]:
    if row.counts is None:
        return []
    steps, printed = derivations.item_steps(row.counts, basis), row.baseline
    if printed is None:
        return steps
    value = f"{printed.sign}{printed.value}"
    return [*steps, *derivations.printed_steps(row.counts, row.printed, value=value, year=printed.year)]


def _dimension_of_group(user: Person, question: _Question) -> Receipt:
    figures, group = question.figures, question.subject.group
    entries = reading.dimension_entries(figures, group=group, basis=question.basis)
    entry = asked_for(entry for entry in entries if entry["dimension"] == question.subject.dimension)
    is_suppressed, carried_from = bool(entry.get("suppressed")), entry.get("carried_from")
    made_by = made_by_version(user, figures, carried_from)
    return Receipt(
        **question.names,
        state=state_of(figures, carried_from, is_suppressed=is_suppressed),
        hashes=hashes_of(figures, carried_from=made_by if carried_from else None),
        figure=entry,
        carried_from=carried_from,
        steps=[] if is_suppressed else derivations.dimension_steps(entry),
        missing=[] if is_suppressed else derivations.dimension_gaps(entry),
        items=_weights(Item.objects.filter(dimension=question.dimension).order_by("order")),
        units=units_behind(figures, group, question.basis, made_by),
    )


def _weights(items: Iterable[Item]) -> list[ItemLine]:
    return [ItemLine(item.code, item.weight, item.enabler) for item in items]


def _unit_receipt(user: Person, question: _Question) -> Receipt:
    figures, basis = question.figures, question.basis
    unit = readable_unit(user, figures, question.subject.entity)
    entry = counted_entry(figures, unit, basis)
    sheet = units.frozen_sheet(figures, unit)
    seen = access.items_with_levels_for(user, sheet.snapshot.assessment)
    shape = framework_shape(figures.cycle.framework)
    lines = _item_lines(shape, bytes(getattr(sheet.snapshot, basis)), _codes(figures, seen))
    hashes = hashes_of(figures)
    return Receipt(
        **question.names,
        state=OWN,
        hashes=replace(hashes, snapshot=sheet.snapshot.sha256, document=sheet.document_sha256 or None),
        entity=unit,
        **_follow_unit(question, entry, lines, shape.highest_level),
    )


def readable_unit(user: Person, figures: Figures, code: str) -> Entity:
    """The unit with this code whose figures `user` may see among these; else NotFound."""
    held = units.units_with_figures(figures, user)
    unit = held.filter(code__iexact=code).first() if CODE.fullmatch(code) else None
    if unit is None:
        raise no_such_figure()
    return unit


def counted_entry(figures: Figures, unit: Entity, basis: str) -> UnitEntry:
    """The figures of a unit on a basis; NotFound where its sheet does not count on it."""
    entry = units.unit_entries(figures, [unit], basis=basis)[0]
    if not entry.dimensions:
        raise NotFound(_("The sheet of this unit does not count on this basis."))
    return entry


def _codes(figures: Figures, ids: set[int] | None) -> set[str] | None:
    if ids is None:
        return None
    items = Item.objects.filter(framework=figures.cycle.framework_id, pk__in=ids)
    return set(items.values_list("code", flat=True))


def _item_lines(shape: FrameworkShape, levels: bytes, seen: set[str] | None) -> dict[str, list[ItemLine]]:
    """The items of a sheet by dimension; those that are not in `seen` (None: all are) without their level."""
    return {
        code: [
            item_line(item, level, is_withheld=seen is not None and item.code not in seen)
            for item, level in zip(shape.dimensions[code], levels[place], strict=True)
        ]
        for code, place in shape.places.items()
    }


def _follow_unit(
    question: _Question, entry: UnitEntry, lines: Mapping[str, Sequence[ItemLine]], highest_level: int
) -> dict[str, Any]:
    """What a receipt of a unit holds of its figure: an item's, a dimension's or an area's."""
    if question.dimension is None:
        return _follow_area(question, entry)
    here = lines[question.dimension.code]
    if question.item:
        return _follow_item(question.item.code, here)
    found = asked_for(found for found in entry.dimensions if found["dimension"] == question.dimension.code)
    return {
        "figure": found,
        "items": here,
        "steps": unit_derivations.unit_dimension_steps(found, here, highest_level=highest_level),
        "missing": unit_derivations.unit_gaps(found, len(here)),
    }


def _follow_area(question: _Question, entry: UnitEntry) -> dict[str, Any]:
    area, by_dimension = question.subject.area, units.areas_by_dimension(question.figures)
    lines = units.area_lines(entry.dimensions, by_dimension).get(area)
    if lines is None:
        raise no_such_figure()
    found = units.summarise_lines(lines)
    return {
        "figure": units.area_entry(area, found),
        "dimensions": lines,
        "steps": unit_derivations.area_steps(lines, found),
        "missing": unit_derivations.area_gaps(lines),
    }


def _follow_item(code: str, lines: Sequence[ItemLine]) -> dict[str, Any]:
    line = asked_for(line for line in lines if line.item == code)
    if not line.is_open:
        raise no_such_figure()
    return {"items": [line], "steps": unit_derivations.unit_item_steps(line)}


def state_of(figures: Figures, carried_from: int | None, *, is_suppressed: bool) -> str:
    """Whether a published or provisional figure is shown, hidden or carried."""
    if figures.is_provisional:
        return PROVISIONAL
    if is_suppressed:
        return SUPPRESSED
    return CARRIED if carried_from else SHOWN


def hashes_of(figures: Figures, carried_from: str | None = None) -> Hashes:
    """The hashes of a version; `carried_from` is that of the version whose figure it shows again."""
    if figures.is_provisional:
        return Hashes()
    document = figures.document
    return Hashes(
        scorecard=figures.sha256,
        inputs=document["inputs_sha256"],
        previous=document["previous_sha256"],
        carried_from=carried_from,
    )


def units_behind(figures: Figures, group: str, basis: str, made_by: str | None) -> list[UnitHashes]:
    """The units of a group whose sheets count on the basis, by code, in the version whose figure it is."""
    if figures.is_provisional:
        return _provisional_units_behind(figures, group, basis)
    if made_by is None:
        return []
    document = figures.document if made_by == figures.sha256 else published_document(made_by)
    counting = counting_hashes(figures.cycle, basis)
    return [
        UnitHashes(code, unit["snapshot"], unit["document"])
        for code, unit in sorted(document["units"].items())
        if group in unit["groups"] and unit["snapshot"] in counting
    ]


def _provisional_units_behind(figures: Figures, group: str, basis: str) -> list[UnitHashes]:
    counted = scores_of(figures.cycle, group).exclude(**{basis: None}).order_by("entity__code")
    named = counted.values_list("entity__code", "snapshot__sha256")
    return [UnitHashes(code, sha256, None) for code, sha256 in named]


def made_by_version(user: Person, figures: Figures, carried_from: int | None) -> str | None:
    """The hash of the version whose figure it is; None where that is not for this reader."""
    if carried_from is None:
        return figures.sha256
    return published_sha256(user, figures.cycle.code, carried_from)
