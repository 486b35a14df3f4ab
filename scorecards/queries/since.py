"""What changed since the last session: beside the version before, and beside the cycle before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from entities.access import Person
from scorecards.domain.decisions import Decision
from scorecards.domain.movement import Verdict, against_printed
from scorecards.queries.decisions import decisions_of
from scorecards.queries.publications import published_scorecards
from scorecards.queries.reading import Figures, ItemFigure, published_figures, state_of_play

MOST_LISTED = 5


@dataclass(frozen=True)
class Difference:
    """One figure then and now."""

    before: ItemFigure
    after: ItemFigure

    @property
    def points(self) -> Fraction:
        return (self.after.share_has or Fraction(0)) - (self.before.share_has or Fraction(0))


@dataclass(frozen=True)
class Since:
    """What differs from the version before it, or from the cycle before, in one group on one basis.

    Of two versions every figure in place that differs where both show it; of two cycles the clear changes on
    the panel alone: the units that answer are others, so that nearly every figure differs.
    """

    before: Figures
    is_same_cycle: bool
    differences: Sequence[Difference]
    judged_anew: Sequence[ItemFigure]  # beside the value of 2023: clear now and not before, or the other way
    new_gaps: Sequence[ItemFigure]  # among the widest paper gaps now, and not before
    closed_gaps: Sequence[ItemFigure]
    new_decisions: Sequence[Decision]
    n_gone_decisions: int

    @property
    def by_size(self) -> list[Difference]:
        """The differences, the largest first."""
        return sorted(self.differences, key=lambda each: (-abs(each.points), each.after.item))

    @property
    def largest(self) -> list[Difference]:
        return self.by_size[:MOST_LISTED]

    @property
    def is_nothing(self) -> bool:
        lists = (self.differences, self.judged_anew, self.new_gaps, self.closed_gaps, self.new_decisions)
        return not any(lists) and not self.n_gone_decisions


def version_before(user: Person, figures: Figures) -> Figures | None:
    """The version of the same cycle that `user` read last before this one."""
    if figures.version is None:
        return None
    earlier = published_scorecards(user).filter(cycle=figures.cycle, version__lt=figures.version)
    scorecard = earlier.order_by("-version").first()
    return None if scorecard is None else published_figures(scorecard)


def since(
    before: Figures,
    after: Figures,
    *,
    group: str,
    basis: str,
    rows: Sequence[ItemFigure],
    clear: frozenset[str] = frozenset(),
) -> Since:
    """What changed from `before`; `rows` are the state of play after, `clear` what moved clearly."""
    is_same_cycle = before.cycle.pk == after.cycle.pk
    then = _state_of_play(before, after, group, basis)
    pairs = [Difference(then[row.item], row) for row in rows if row.item in then]
    told = [each for each in pairs if each.before.n_answered and each.after.n_answered]
    old_gaps, new_gaps = _widest([each.before for each in pairs]), _widest(rows)
    old_points, new_points = decisions_of(before) or [], decisions_of(after) or []
    return Since(
        before,
        is_same_cycle,
        differences=[each for each in told if _differs(each) and (is_same_cycle or each.after.item in clear)],
        judged_anew=[each.after for each in pairs if _is_judged_anew(each)],
        new_gaps=[row for item, row in new_gaps.items() if then and item not in old_gaps],
        closed_gaps=[row for item, row in old_gaps.items() if item not in new_gaps],
        new_decisions=[point for point in new_points if point not in old_points],
        n_gone_decisions=sum(point not in new_points for point in old_points),
    )


def _state_of_play(before: Figures, after: Figures, group: str, basis: str) -> Mapping[str, ItemFigure]:
    """The cells then by item; none where the questions were others, or there was no such group."""
    if before.cycle.framework_id != after.cycle.framework_id or group not in before.groups:
        return {}
    return {row.item: row for row in state_of_play(before, group=group, basis=basis)}


def _differs(each: Difference) -> bool:
    return (each.before.has, each.before.n_answered) != (each.after.has, each.after.n_answered)


def _is_judged_anew(each: Difference) -> bool:
    """Below ten answers nothing is judged."""
    is_told = each.before.shows_percentages and each.after.shows_percentages
    return is_told and _verdict(each.before) != _verdict(each.after)


def is_clear_on_printed(row: ItemFigure) -> bool:
    """Whether a figure differs clearly from the value of 2023."""
    return _verdict(row) is Verdict.CLEAR


def _verdict(row: ItemFigure) -> Verdict | None:
    if row.counts is None or row.printed is None:
        return None
    found = against_printed(row.counts, row.printed)
    return None if found is None else found.verdict


def _widest(rows: Sequence[ItemFigure]) -> dict[str, ItemFigure]:
    gaps = [row for row in rows if row.shows_percentages and row.paper_gap]
    widest = sorted(gaps, key=lambda row: (-(row.paper_gap or 0), row.item))
    return {row.item: row for row in widest[:MOST_LISTED]}
