"""The items of a scorecard one by one: which of them a reader wants to see, and in which order.

Nothing is computed here: rows come from `queries.reading` as they are published, hidden ones as hidden ones.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scorecards.queries.reading import Figures, ItemFigure, item_figures

SUPPRESSED, CARRIED, FEW = "suppressed", "carried", "few"
ONLY = (SUPPRESSED, CARRIED, FEW)
ITEM = "item"
# what can be sorted by, as the API names it
COLUMNS = (ITEM, "n_answered", "n_missing", "share_has", "share_operates", "paper_gap", "baseline_2023")
SORTS = (*COLUMNS, *(f"-{column}" for column in COLUMNS))
Place = tuple[int, Fraction]


@dataclass(frozen=True)
class Wanted:
    """What a reader wants to see of the items: an order of SORTS, the least paper gap in points, one of ONLY.

    `codes` are those of the items; the rest is asked of their figures.
    """

    codes: Collection[str]
    sort: str = ITEM
    gap: Fraction | None = None
    only: str = ""


@dataclass(frozen=True)
class Explored:
    """The rows of a view, out of how many items."""

    rows: Sequence[ItemFigure]
    n_items: int


def explore(figures: Figures, wanted: Wanted, *, group: str, basis: str) -> Explored:
    """The items of one group on one basis as they are wanted.

    By a figure, cells that are shown come first, those of fewer than ten answers after them where the
    column is in per cent, then those without one; suppressed cells come last in either direction. Equal
    rows, and the column of items, are in framework order.
    """
    rows = item_figures(figures, group=group, basis=basis)
    kept = [row for row in rows if row.item in wanted.codes and _is_kept(row, wanted)]
    return Explored(_sorted(kept, wanted.sort), len(rows))


def _is_kept(row: ItemFigure, wanted: Wanted) -> bool:
    if wanted.gap is not None and not (row.shows_percentages and row.paper_gap >= wanted.gap):
        return False
    return not wanted.only or TESTS[wanted.only](row)


def _sorted(rows: list[ItemFigure], sort: str) -> list[ItemFigure]:
    column, is_down = sort.removeprefix("-"), sort.startswith("-")
    if column == ITEM:
        return rows[::-1] if is_down else rows

    def place(row: ItemFigure) -> Place:
        rank, value = _place(row, column)
        return rank, -value if is_down else value

    return sorted(rows, key=place)


def _place(row: ItemFigure, column: str) -> Place:
    """Where a row stands: how its figure is shown, then the figure."""
    if row.is_suppressed:
        return 3, Fraction(0)
    if column == "baseline_2023":
        return (0, Fraction(row.baseline.value)) if row.baseline else (2, Fraction(0))
    value = getattr(row, column)
    if value is None:
        return 2, Fraction(0)
    is_count = column in ("n_answered", "n_missing")
    return (0 if is_count or row.shows_percentages else 1), Fraction(value)


TESTS: dict[str, Callable[[ItemFigure], bool]] = {
    SUPPRESSED: lambda row: row.is_suppressed,
    CARRIED: lambda row: row.carried_from is not None,
    FEW: lambda row: bool(row.n_answered) and not row.shows_percentages,
}
