"""Receipts of the quality of the data: what checks found, what is in place of all answers, who handed in.

They show what the page of the scorecard shows to everybody who reads the version, never more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from quintet.models import Area, Item
from scorecards.domain import quality_derivations as derivations
from scorecards.domain.checked import Entry, shown_part
from scorecards.domain.groups import ALL, PERCENTAGES_FROM
from scorecards.domain.quality_derivations import WHO_COUNTS
from scorecards.domain.receipts import (
    DISCLOSURE_IN_WORDS,
    PROVISIONAL,
    Sentence,
    Subject,
    asked_for,
    no_such_figure,
)
from scorecards.domain.uncertainty_derivations import BOTH_BASES
from scorecards.models import Basis
from scorecards.queries.checked import CheckedRow, checked_of
from scorecards.queries.quality import Distance, quality
from scorecards.queries.reading import Figures
from scorecards.queries.receipts import Receipt, hashes_of, state_of, units_behind
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _
from un20portal.lib.ratios import one_decimal


@dataclass(frozen=True)
class CheckedItem:
    """What is shown of an item of a row; None where a part is hidden, or asks for no evidence."""

    item: Item
    checks: Mapping[str, int] | None
    evidence: Mapping[str, int] | None
    carried_from: int | None


@dataclass(frozen=True, kw_only=True)
class ChecksReceipt(Receipt):
    """The receipt of what checks found, and of missing evidence, in one row, with the items added up."""

    row: CheckedRow
    checked_items: Sequence[CheckedItem]

    @property
    def shows_shares(self) -> bool:
        return True

    @property
    def basis_in_words(self) -> Sentence:
        return Sentence(derivations.WHAT_IS_CHECKED)

    @property
    def rounding(self) -> Sentence:
        return Sentence(derivations.COUNTS)

    @property
    def disclosure(self) -> Sentence:
        return derivations.checks_disclosure(self.state, threshold=self.figures.threshold)


@dataclass(frozen=True, kw_only=True)
class InPlaceReceipt(Receipt):
    """The receipt of what is in place of all answers, or of those to one item, with what is added up."""

    shares: Mapping[str, Fraction]  # in place, of all answers, by basis
    added_up: Sequence[Distance]

    @property
    def shows_shares(self) -> bool:
        return True

    @property
    def basis_in_words(self) -> Sentence:
        return Sentence(BOTH_BASES)

    @property
    def disclosure(self) -> Sentence:
        said = DISCLOSURE_IN_WORDS[PROVISIONAL] if self.state == PROVISIONAL else derivations.ADDED_UP
        return Sentence(said)


@dataclass(frozen=True, kw_only=True)
class ResponseReceipt(Receipt):
    """The receipt of how many sheets of a group count on a basis."""

    n_group: int
    n_counted: int

    @property
    def shows_shares(self) -> bool:
        return self.n_group >= PERCENTAGES_FROM

    @property
    def disclosure(self) -> Sentence:
        return Sentence(DISCLOSURE_IN_WORDS[PROVISIONAL] if self.figures.is_provisional else WHO_COUNTS)


def checks_receipt_of(figures: Figures, subject: Subject) -> Receipt:
    """The receipt of one row of the checks; NotFound where the version says nothing of them."""
    framework = figures.cycle.framework
    checked = checked_of(figures.document, framework)
    if checked is None:
        raise NotFound(
            _(
                "What the checks of samples found, and which evidence is missing, is not recorded in this "
                "version."
            )
        )
    row = asked_for(row for row in checked.rows if row.row == (subject.enabler or subject.area))
    if bool(subject.area) != (row.row in Area):
        raise no_such_figure()
    sums, is_suppressed = row.sums, not row.sums.n_items_checks
    found = Item.objects.filter(framework=framework, code__in=row.items).select_related("dimension")
    asked = {item.code: item for item in found}
    figure = {
        "row": row.row,
        "evidence_from": row.evidence_from,
        **vars(sums),
        "items": [{"item": code, **entry} for code, entry in row.items.items()],
    }
    return ChecksReceipt(
        subject=subject,
        figures=figures,
        basis=Basis.ACCEPTED.value,
        item=None,
        dimension=None,
        state=state_of(figures, None, is_suppressed=is_suppressed),
        hashes=hashes_of(figures),
        missing=derivations.checks_gaps(
            sums, asks_evidence=row.evidence_from is not None, threshold=figures.threshold
        ),
        units=units_behind(figures, ALL, Basis.ACCEPTED, figures.sha256),
        row=row,
        checked_items=[_checked_item(asked[code], entry) for code, entry in row.items.items()],
        figure=None if is_suppressed else figure,
        steps=[] if is_suppressed else derivations.checks_steps(sums, evidence_from=row.evidence_from),
    )


def _checked_item(item: Item, entry: Entry) -> CheckedItem:
    checks, evidence = (shown_part(entry, part) for part in ("checks", "evidence"))
    return CheckedItem(item, checks, evidence, entry.get("carried_from"))


def in_place_receipt_of(figures: Figures, subject: Subject) -> Receipt:
    """The receipt of what is in place of all answers of a group, or of those to one item.

    Raises NotFound where there are too few.
    """
    if subject.group not in figures.sizes:
        raise no_such_figure()
    found = quality(figures, group=subject.group, basis=Basis.ACCEPTED)
    item = None
    if subject.item:
        item = _item(figures, subject.item)
        alone = [each for each in found.distances if each.accepted.item == item.code]
        found = replace(found, distances=alone, n_items=1)
    if found.claimed is None or found.accepted is None:
        raise NotFound(
            _("This figure is hidden, or has fewer than ten answers on one of the bases: it is not compared.")
            if item
            else _("No figure has ten answers on both bases, so nothing is compared.")
        )
    shares = {Basis.CLAIMED.value: found.claimed, Basis.ACCEPTED.value: found.accepted}
    numbers = {"n_compared": found.n_compared, "n_items": found.n_items}
    return InPlaceReceipt(
        subject=subject,
        figures=figures,
        basis="",
        item=item,
        dimension=item.dimension if item else None,
        state=state_of(figures, None, is_suppressed=False),
        hashes=hashes_of(figures),
        figure={
            **numbers,
            "share_has": {basis: one_decimal(share) for basis, share in shares.items()},
            "distance": one_decimal(found.total),
            "items": [_addend(each) for each in found.distances],
        },
        steps=derivations.in_place_steps(found.sums, shares, **numbers),
        missing=derivations.in_place_gaps(**numbers),
        shares=shares,
        added_up=found.distances,
    )


def _item(figures: Figures, code: str) -> Item:
    """The item of the framework with this code; NotFound where there is none."""
    return asked_for(item for item in figures.items if item.code == code)


def response_receipt_of(figures: Figures, subject: Subject, *, basis: str) -> Receipt:
    """The receipt of how many sheets of a group count on a basis, with whose they are."""
    group = subject.group
    if group not in figures.sizes:
        raise no_such_figure()
    n_group, n_counted = figures.sizes[group], figures.groups[group][basis]["n_counted"]
    return ResponseReceipt(
        subject=subject,
        figures=figures,
        basis=basis,
        item=None,
        dimension=None,
        state=state_of(figures, None, is_suppressed=False),
        hashes=hashes_of(figures),
        figure={"n_group": n_group, "n_counted": n_counted},
        steps=derivations.response_steps(n_counted, n_group),
        units=units_behind(figures, group, basis, figures.sha256),
        n_group=n_group,
        n_counted=n_counted,
    )


def _addend(each: Distance) -> dict[str, Any]:
    rows = {Basis.CLAIMED.value: each.claimed, Basis.ACCEPTED.value: each.accepted}
    counts = {basis: {"has": row.has, "n_answered": row.n_answered} for basis, row in rows.items()}
    return {"item": each.accepted.item, **counts}
