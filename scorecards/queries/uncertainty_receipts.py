"""Receipts of how certain figures are: intervals of areas, and what is looked at before publishing.

They show what the page of the uncertainty shows to the same reader, never more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from entities.access import Person
from quintet.models import Dimension, Item
from scorecards import access
from scorecards.domain import uncertainty_derivations as derivations
from scorecards.domain.receipts import (
    BASIS_IN_WORDS,
    DISCLOSURE_IN_WORDS,
    PROVISIONAL,
    SHOWN,
    SUPPRESSED,
    Sentence,
    Step,
    Subject,
    asked_for,
    no_such_figure,
)
from scorecards.domain.unit_derivations import DimensionLine, ItemLine
from scorecards.models import Basis
from scorecards.queries.frameworks import area_weights, asked_dimensions, framework_shape
from scorecards.queries.reading import Figures
from scorecards.queries.receipts import CODE, Hashes, Receipt
from scorecards.queries.uncertainty import (
    AreaIntervals,
    Document,
    Estimate,
    GroupInterval,
    Interval,
    provisional_estimate,
    published_estimate,
)
from un20portal.lib.errors import NotFound, NotYet
from un20portal.lib.errors import marked as _

ACCEPTED, CLAIMED = Basis.ACCEPTED.value, Basis.CLAIMED.value
OF_COMPLETE = ("alpha", "without")  # told from so many units that answer everything, on the accepted basis


@dataclass(frozen=True)
class IntervalReceipt:
    """How one interval was drawn. `band` is None where the reader may not see it, or the unit is in none."""

    interval: Interval | None
    steps: Sequence[Step]
    draws: int
    seed: str
    inputs_sha256: str
    at: datetime
    band: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class EstimateReceipt(Receipt):
    """The receipt of what is estimated; without a `basis` it is of both."""

    disclosed: Sentence
    document: Document

    @property
    def method(self) -> str:
        return str(self.document["method"])

    @property
    def shows_shares(self) -> bool:
        return not isinstance(self.figure, GroupInterval) or self.figure.shows_mean

    @property
    def basis_in_words(self) -> Sentence:
        return Sentence(BASIS_IN_WORDS.get(self.basis, derivations.BOTH_BASES))

    @property
    def rounding(self) -> Sentence:
        return Sentence(derivations.ROUNDING)

    @property
    def disclosure(self) -> Sentence:
        return self.disclosed


def diagnostic_receipt_of(user: Person, figures: Figures, subject: Subject) -> Receipt:
    """The receipt of one of DIAGNOSTICS; raises NotFound, or NotYet while the simulation is owed."""
    return _diagnostic(figures, _estimate(user, figures), subject)


def area_receipt_of(user: Person, figures: Figures, subject: Subject) -> Receipt:
    """The receipt of a group's area with its interval; raises NotFound, or NotYet while that is owed."""
    return _area_of_group(figures, _estimate(user, figures), subject)


def with_interval(user: Person, receipt: Receipt) -> Receipt:
    """The receipt of a unit's area with its interval, or with why there is none."""
    figures, unit = receipt.figures, receipt.entity
    try:
        estimate = _estimate(user, figures)
    except (NotFound, NotYet) as refusal:
        return _without_interval(receipt, Sentence(refusal.message, refusal.params))
    area = _area(estimate, receipt.subject.area)
    row = next((row for row in area.units if unit and row.entity == unit.code), None)
    if row is None:
        return _without_interval(receipt, Sentence(_("No interval was estimated for this unit.")))
    drawn = _drawn(figures, estimate, row.interval, is_group=False)
    band = next((band for band in area.bands if row.entity in band), None)
    steps = [*drawn.steps, *derivations.band_steps(row.entity, area.bands)]
    return replace(
        receipt,
        missing=[*receipt.missing, *_outdated(estimate)],
        uncertainty=replace(drawn, steps=steps, band=band),
        hashes=replace(receipt.hashes, simulation=estimate.simulated.sha256),
    )


def _estimate(user: Person, figures: Figures) -> Estimate:
    if figures.is_provisional:
        estimate = provisional_estimate(figures.cycle)
        if estimate is None:
            raise NotFound(_("The uncertainty of this cycle has not been estimated yet."))
        return estimate
    return published_estimate(figures, entities=access.entities_with_figures_for(user, figures.cycle))


def _area_of_group(figures: Figures, estimate: Estimate, subject: Subject) -> Receipt:
    rows = _area(estimate, subject.area).groups
    row = asked_for(row for row in rows if row.group == subject.group)
    drawn = None if row.is_suppressed else _drawn(figures, estimate, row.interval, is_group=True)
    means = {ACCEPTED: row.accepted, CLAIMED: row.claimed}
    weights = area_weights(figures.cycle.framework)[subject.area]
    hidden = derivations.GROUP_FEW if figures.is_provisional else derivations.GROUP_HIDDEN
    return _receipt(
        figures,
        estimate,
        subject,
        is_hidden=row.is_suppressed,
        words=(derivations.GROUP_SHOWN, hidden, derivations.GROUP_PROVISIONAL),
        figure=row,
        steps=derivations.mean_steps(row.n_group, row.n_counted, means) if row.n_counted else [],
        missing=[] if row.is_suppressed else [Sentence(derivations.ROUNDED_MEANS)],
        dimensions=[DimensionLine(code, weight, None) for code, weight in weights.items()],
        uncertainty=drawn,
    )


def _diagnostic(figures: Figures, estimate: Estimate, subject: Subject) -> Receipt:
    item, dimension = _named(figures, subject)
    told, hidden, is_of_complete = _told(estimate, dimension), derivations.DIAGNOSTIC_HIDDEN, False
    if subject.of in OF_COMPLETE:
        is_of_complete = True
        if told and told["n_complete"] is None:
            told, hidden = None, derivations.FEW_COMPLETE
    items = Item.objects.filter(dimension=dimension).order_by("order") if dimension else []
    lines = [ItemLine(one.code, one.weight, one.enabler) for one in items]
    return _receipt(
        figures,
        estimate,
        subject,
        is_hidden=told is None,
        words=(derivations.DIAGNOSTIC_SHOWN, hidden, DISCLOSURE_IN_WORDS[PROVISIONAL]),
        basis=ACCEPTED if is_of_complete else "",
        item=item,
        dimension=dimension,
        items=lines,
        **(_diagnosed(subject.of, told, item, n_items=len(lines)) if told else {}),
    )


def _diagnosed(of: str, told: Document, item: Item | None, *, n_items: int) -> dict[str, Any]:
    """What the receipt holds of a number that may be shown."""
    code, enabler = (item.code, item.enabler) if item else ("", "")
    return {
        "figure": _figure(of, told, enabler),
        "steps": derivations.diagnostic_steps(of, told, n_items=n_items, item=code, enabler=enabler),
        "missing": [Sentence(derivations.WITHOUT_SUMS)],
    }


def _receipt(
    figures: Figures,
    estimate: Estimate,
    subject: Subject,
    *,
    is_hidden: bool,
    words: tuple[str, str, str],
    basis: str = "",
    item: Item | None = None,
    dimension: Dimension | None = None,
    missing: Sequence[Sentence] = (),
    **told: Any,
) -> Receipt:
    """A receipt with what all of them have in common; `words` say why it is shown, hidden, provisional."""
    shown = PROVISIONAL if figures.is_provisional else SHOWN
    state = SUPPRESSED if is_hidden else shown
    text = dict(zip((SHOWN, SUPPRESSED, PROVISIONAL), words, strict=True))[state]
    return EstimateReceipt(
        subject=subject,
        figures=figures,
        basis=basis,
        item=item,
        dimension=dimension,
        **told,
        missing=[*missing, *_outdated(estimate)],
        state=state,
        hashes=_hashes(figures, estimate),
        disclosed=Sentence(text, {"threshold": estimate.threshold}),
        document=estimate.document,
    )


def _outdated(estimate: Estimate) -> list[Sentence]:
    """Say that what was estimated is no longer what is, as the page of the uncertainty does."""
    return [Sentence(derivations.OUTDATED)] if estimate.is_outdated else []


def _hashes(figures: Figures, estimate: Estimate) -> Hashes:
    simulated = estimate.simulated
    previous = None if figures.is_provisional else figures.document["previous_sha256"]
    return Hashes(
        scorecard=figures.sha256 or None,
        inputs=simulated.inputs_sha256,
        previous=previous,
        simulation=simulated.sha256,
    )


def _without_interval(receipt: Receipt, why: Sentence) -> Receipt:
    return replace(receipt, missing=[*receipt.missing, why])


def _drawn(
    figures: Figures, estimate: Estimate, interval: Interval | None, *, is_group: bool
) -> IntervalReceipt:
    shape, document, simulated = (
        framework_shape(figures.cycle.framework),
        estimate.document,
        estimate.simulated,
    )
    draws, inputs = document["draws"], simulated.inputs_sha256
    steps = derivations.drawing_steps(
        inputs, draws=draws, n_items=len(shape.items), n_dimensions=len(shape.dimensions)
    )
    if interval:
        steps += derivations.percentile_steps(vars(interval), draws=draws, is_group=is_group)
    return IntervalReceipt(interval, steps, draws, document["seed"], inputs, simulated.at)


def _area(estimate: Estimate, area: str) -> AreaIntervals:
    return asked_for(one for one in estimate.areas if one.area == area)


def _named(figures: Figures, subject: Subject) -> tuple[Item | None, Dimension | None]:
    """The item and the dimension that are asked for; NotFound for one that does not exist."""
    framework = figures.cycle.framework_id
    item, dimension = None, None
    if subject.item and CODE.fullmatch(subject.item):
        items = Item.objects.filter(framework=framework).select_related("dimension")
        item = items.filter(code=subject.item).first()
        dimension = item.dimension if item and item.enabler else None
    elif subject.dimension and CODE.fullmatch(subject.dimension):
        dimension = asked_dimensions(framework).filter(code=subject.dimension).first()
    if (subject.item or subject.dimension) and dimension is None:
        raise no_such_figure()
    return item, dimension


def _told(estimate: Estimate, dimension: Dimension | None) -> Document | None:
    """What the reader may see of a dimension, or of all together; None where it is hidden."""
    if dimension is None:
        return estimate.agreement
    return asked_for(one for one in estimate.diagnostics if one.dimension == dimension.code).told


def _figure(of: str, told: Mapping[str, Any], enabler: str) -> dict[str, Any]:
    """The number with what it is counted from, as plain values."""
    if of == "without":
        return {"enabler": enabler, "without": told["without"].get(enabler)}
    counted = "n_complete" if of == "alpha" else "n_pairs"
    return {counted: told[counted], of: told[of]}
