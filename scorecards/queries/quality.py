"""How good the data of a scorecard are: who is counted, what was not accepted, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from scorecards.domain.groups import PERCENTAGES_FROM
from scorecards.models import Basis
from scorecards.queries.reading import Figures, ItemFigure, item_figures
from un20portal.lib.ratios import share

MOST_DISTANCES = 5


@dataclass(frozen=True)
class Distance:
    """One item as it was claimed and as it was accepted; both have ten answers or more."""

    claimed: ItemFigure
    accepted: ItemFigure

    @property
    def points(self) -> Fraction:
        """By how many points more is claimed to be in place than was accepted."""
        return (self.claimed.share_has or Fraction(0)) - (self.accepted.share_has or Fraction(0))


@dataclass(frozen=True)
class Gaps:
    """The answers that one dimension lacks: of all that it could have, over the items that are not hidden."""

    dimension: str
    n_asked: int
    n_missing: int
    n_na: int
    n_hidden: int  # items that are hidden, and not in these sums

    @property
    def share_missing(self) -> Fraction | None:
        return share(self.n_missing, self.n_asked)

    @property
    def shows_percentages(self) -> bool:
        """Below ten a page shows counts, no per cents."""
        return self.n_asked >= PERCENTAGES_FROM


@dataclass(frozen=True)
class Quality:
    """What is published of one group: nothing here is read from sheets."""

    n_group: int
    n_submitted: int
    n_accepted: int
    n_items: int
    distances: Sequence[Distance]  # of the items that can be compared on both bases
    gaps: Sequence[Gaps]
    not_applicable: Sequence[ItemFigure]

    @cached_property
    def sums(self) -> dict[str, tuple[int, int]]:
        """What is in place, and all answers, of the items that can be compared, by basis."""
        return {
            Basis.CLAIMED.value: _added_up([each.claimed for each in self.distances]),
            Basis.ACCEPTED.value: _added_up([each.accepted for each in self.distances]),
        }

    @property
    def claimed(self) -> Fraction | None:
        """Per cent of their answers that are claimed to be in place."""
        return share(*self.sums[Basis.CLAIMED])

    @property
    def accepted(self) -> Fraction | None:
        return share(*self.sums[Basis.ACCEPTED])

    @property
    def n_compared(self) -> int:
        return len(self.distances)

    @property
    def widest(self) -> list[Distance]:
        """Where most was claimed that was not accepted; where nothing was, none."""
        found = [each for each in self.distances if each.points > 0]
        return sorted(found, key=lambda each: (-each.points, each.claimed.item))[:MOST_DISTANCES]

    @property
    def total(self) -> Fraction | None:
        """The distance of all answers together, in points."""
        if self.claimed is None or self.accepted is None:
            return None
        return self.claimed - self.accepted


def quality(figures: Figures, *, group: str, basis: str) -> Quality:
    """The quality of a group's figures; what is missing is told of one basis."""
    bases = figures.groups[group]
    claimed, accepted = (
        item_figures(figures, group=group, basis=each) for each in (Basis.CLAIMED, Basis.ACCEPTED)
    )
    pairs = [
        Distance(one, other)
        for one, other in zip(claimed, accepted, strict=True)
        if one.shows_percentages and other.shows_percentages
    ]
    rows = claimed if basis == Basis.CLAIMED else accepted
    return Quality(
        n_group=figures.sizes[group],
        n_submitted=bases[Basis.CLAIMED]["n_counted"],
        n_accepted=bases[Basis.ACCEPTED]["n_counted"],
        n_items=len(rows),
        distances=pairs,
        gaps=_gaps(rows),
        not_applicable=[row for row in rows if row.n_na],
    )


def _added_up(rows: Sequence[ItemFigure]) -> tuple[int, int]:
    return sum(row.has for row in rows), sum(row.n_answered for row in rows)


def _gaps(rows: Sequence[ItemFigure]) -> list[Gaps]:
    codes = dict.fromkeys(row.dimension for row in rows)
    return [gaps_of(code, [row for row in rows if row.dimension == code]) for code in codes]


def gaps_of(dimension: str, rows: Sequence[ItemFigure]) -> Gaps:
    """What the items of a dimension lack; `rows` are its cells of one group, on one basis."""
    told = [row for row in rows if not row.is_suppressed]
    return Gaps(
        dimension,
        n_asked=sum(row.n_group for row in told),
        n_missing=sum(row.n_missing for row in told),
        n_na=sum(row.n_na for row in told),
        n_hidden=len(rows) - len(told),
    )
