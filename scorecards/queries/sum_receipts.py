"""Receipts of sums over items of a group: missing answers, all answers together, and clear differences.

They show what the page of the scorecard shows to everybody who reads the version, never more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scorecards.domain import sum_derivations as derivations
from scorecards.domain.groups import ItemCounts
from scorecards.domain.movement import AgainstPrinted, against_printed
from scorecards.domain.receipts import Sentence, Subject, asked_for, no_such_figure
from scorecards.domain.summary import Verdicts, verdicts_on_printed
from scorecards.queries.culture import levers
from scorecards.queries.frameworks import asked_dimensions
from scorecards.queries.quality import Gaps, gaps_of
from scorecards.queries.reading import Figures, ItemFigure, beside_printed, item_figures, state_of_play
from scorecards.queries.receipts import Receipt, hashes_of, state_of
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _
from un20portal.lib.ratios import one_decimal


@dataclass(frozen=True, kw_only=True)
class SumReceipt(Receipt):
    """The receipt of a sum, with the items of its dimension: also those that are hidden, and not in it."""

    addends: Sequence[ItemFigure]

    @property
    def disclosure(self) -> Sentence:
        return derivations.sum_in_words(self.state)


@dataclass(frozen=True, kw_only=True)
class MissingReceipt(SumReceipt):
    """The receipt of the answers that a dimension lacks."""

    gaps: Gaps

    @property
    def shows_shares(self) -> bool:
        return self.gaps.shows_percentages


@dataclass(frozen=True, kw_only=True)
class AnswersReceipt(SumReceipt):
    """The receipt of all answers to the indicators of a lever together."""

    total: ItemCounts

    @property
    def shows_shares(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class PrintedReceipt(Receipt):
    """The receipt of how many figures differ clearly from the values of 2023, with each of them."""

    verdicts: Verdicts
    beside: Sequence[tuple[ItemFigure, AgainstPrinted]]

    @property
    def disclosure(self) -> Sentence:
        return derivations.printed_in_words(self.state)

    @property
    def shows_shares(self) -> bool:
        return True


def missing_receipt_of(figures: Figures, subject: Subject, *, basis: str) -> Receipt:
    """The receipt of the missing answers of a dimension; NotFound for a group or dimension that is none."""
    rows = _rows(figures, subject, basis)
    gaps = gaps_of(subject.dimension, rows)
    told = [row for row in rows if not row.is_suppressed]
    steps = derivations.missing_steps(
        [row.n_group for row in told], [row.n_missing for row in told], n_items=len(rows), basis=basis
    )
    figure = {
        "n_items": len(rows),
        "n_hidden": gaps.n_hidden,
        "n_asked": gaps.n_asked,
        "n_missing": gaps.n_missing,
        "share_missing": one_decimal(gaps.share_missing),
        "items": [{"item": row.item, "n_group": row.n_group, "n_missing": row.n_missing} for row in rows],
    }
    return MissingReceipt(
        **_in_common(figures, subject, basis, rows),
        figure=figure if told else None,
        steps=steps if told else [],
        gaps=gaps,
    )


def answers_receipt_of(figures: Figures, subject: Subject, *, basis: str) -> Receipt:
    """The receipt of all answers to the indicators of a lever; NotFound where there is no such sum."""
    rows = _rows(figures, subject, basis)
    lever = asked_for(
        each for each in levers(figures, group=subject.group, basis=basis) if each.code == subject.dimension
    )
    if lever.total is None:
        raise NotFound(
            _("There is no such sum: one of the indicators is hidden, or has fewer than ten answers.")
        )
    names = ("n_answered", "has", "operates")
    shares = {name: one_decimal(getattr(lever.total, name)) for name in ("share_has", "share_operates")}
    return AnswersReceipt(
        **_in_common(figures, subject, basis, rows),
        figure={
            **{name: getattr(lever.total, name) for name in names},
            **shares,
            "items": [{"item": row.item, **{name: getattr(row, name) for name in names}} for row in rows],
        },
        steps=derivations.answers_steps([row.counts for row in rows if row.counts]),
        total=lever.total,
    )


def printed_receipt_of(figures: Figures, subject: Subject, *, basis: str) -> Receipt:
    """The receipt of how many figures differ clearly from the values of 2023; NotFound without any."""
    if subject.group not in figures.sizes:
        raise no_such_figure()
    rows = state_of_play(figures, group=subject.group, basis=basis)
    beside = [
        (row, found)
        for row in rows
        for counts, printed in beside_printed([row])
        if (found := against_printed(counts, printed))
    ]
    if not beside:
        raise NotFound(_("No figure of this group can be compared with a value of 2023."))
    verdicts = verdicts_on_printed(beside_printed(rows))
    counts = {"n": verdicts.n, "n_higher": verdicts.rose, "n_lower": verdicts.fell}
    return PrintedReceipt(
        subject=subject,
        figures=figures,
        basis=basis,
        item=None,
        dimension=None,
        state=state_of(figures, None, is_suppressed=False),
        hashes=hashes_of(figures),
        figure={**counts, "items": [_compared(row, found) for row, found in beside]},
        steps=derivations.verdict_steps(verdicts),
        beside=beside,
        verdicts=verdicts,
    )


def _compared(row: ItemFigure, found: AgainstPrinted) -> dict[str, Any]:
    shares = {"share_has": row.share_has, "printed": row.printed, "points": found.points}
    told = {name: one_decimal(share) for name, share in shares.items()}
    return {"item": row.item, **told, "verdict": found.verdict.value}


def _rows(figures: Figures, subject: Subject, basis: str) -> list[ItemFigure]:
    if subject.group not in figures.sizes:
        raise no_such_figure()
    rows = item_figures(figures, group=subject.group, basis=basis)
    found = [row for row in rows if row.dimension == subject.dimension]
    if not found:
        raise no_such_figure()
    return found


def _in_common(figures: Figures, subject: Subject, basis: str, rows: Sequence[ItemFigure]) -> dict[str, Any]:
    """What both receipts hold of the items that are added up."""
    n_hidden = sum(row.is_suppressed for row in rows)
    n_carried = sum(row.carried_from is not None for row in rows)
    return {
        "subject": subject,
        "figures": figures,
        "basis": basis,
        "item": None,
        "dimension": asked_dimensions(figures.cycle.framework_id).get(code=subject.dimension),
        "state": state_of(figures, None, is_suppressed=n_hidden == len(rows)),
        "hashes": hashes_of(figures),
        "missing": derivations.sum_gaps(n_items=len(rows), n_hidden=n_hidden, n_carried=n_carried),
        "addends": rows,
    }
