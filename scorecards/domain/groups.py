"""Method un20-1 §4: the figures of a group of units. Plain Python, integers and exact fractions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import itemgetter

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.scoring import HAS_FROM, OPERATES_FROM, UnitFigures, exact_index
from un20portal.lib.ratios import share

ENTITIES, COUNTRY_TEAMS, ALL, CEB31 = "entities", "country_teams", "all", "ceb31"
GROUPS_WITH_BASELINE = (ENTITIES, CEB31)
COUNTRY_TEAM_TYPE = "country_team"


def group_codes(*, entity_type: str, is_ceb_member: bool, region: str | None) -> list[str]:
    """Return the codes of the groups a unit belongs to."""
    if entity_type == COUNTRY_TEAM_TYPE:
        return [ALL, COUNTRY_TEAMS, f"region:{region}"]
    codes = [ALL, ENTITIES, f"type:{entity_type}"]
    return [*codes, CEB31] if is_ceb_member else codes


@dataclass(frozen=True)
class ItemCounts:
    """How a group answers one item; n_group = n_na + n_missing + n_answered, dist[level] are counts."""

    n_group: int
    n_na: int
    n_missing: int
    dist: tuple[int, ...]

    @cached_property
    def n_answered(self) -> int:
        return sum(self.dist)

    @cached_property
    def has(self) -> int:
        return sum(self.dist[HAS_FROM:])

    @cached_property
    def operates(self) -> int:
        return sum(self.dist[OPERATES_FROM:])

    @property
    def share_has(self) -> Fraction | None:
        """Per cent of answering units at level 2 or above; None when nobody answers."""
        return share(self.has, self.n_answered)

    @property
    def share_operates(self) -> Fraction | None:
        """Per cent of answering units at level 3 or above; None when nobody answers."""
        return share(self.operates, self.n_answered)

    @property
    def paper_gap(self) -> Fraction | None:
        """Percentage points in place without operating, from exact shares."""
        return share(self.has - self.operates, self.n_answered)

    @property
    def bounds_has(self) -> tuple[Fraction, Fraction] | None:
        """The share if every missing answer were a no, and if every one were a yes."""
        whole = self.n_answered + self.n_missing
        if not whole:
            return None
        return Fraction(100 * self.has, whole), Fraction(100 * (self.has + self.n_missing), whole)


def count_item(levels: Iterable[int | None], *, highest_level: int) -> ItemCounts:
    """Count the packed levels of a group on one item; None stands for a sheet that does not count."""
    dist = [0] * (highest_level + 1)
    n_group = n_na = n_missing = 0
    for level, n in Counter(levels).items():
        n_group += n
        if level is None or level == MISSING_BYTE:
            n_missing += n
        elif level == NA_BYTE:
            n_na += n
        else:
            dist[level] += n
    return ItemCounts(n_group, n_na, n_missing, tuple(dist))


@dataclass(frozen=True)
class DimensionSummary:
    """How a group stands in one dimension; quartiles and mean of the index over rated sheets."""

    n_group: int
    n_counted: int
    n_rated: int
    mean: Fraction | None
    median: Fraction | None
    q1: Fraction | None
    q3: Fraction | None
    foundation: tuple[int, ...]
    n_advanced: int | None
    breadth: tuple[int, ...]


def summarise_dimension(
    sheets: Sequence[UnitFigures], *, n_group: int, n_items: int, highest_level: int
) -> DimensionSummary:
    """Summarise the counted `sheets` of a group of `n_group` units in a dimension of `n_items` items."""
    indices = _sorted_indices(sheets, highest_level)
    foundation, breadth = [0] * (highest_level + 1), [0] * (n_items + 1)
    for sheet in sheets:
        breadth[sheet.has] += 1
        if sheet.foundation is not None:
            foundation[sheet.foundation] += 1
    has_advanced = any(sheet.is_advanced is not None for sheet in sheets)
    return DimensionSummary(
        n_group=n_group,
        n_counted=len(sheets),
        n_rated=len(indices),
        mean=_mean_index(sheets, highest_level),
        median=quantile(indices, Fraction(1, 2)),
        q1=quantile(indices, Fraction(1, 4)),
        q3=quantile(indices, Fraction(3, 4)),
        foundation=tuple(foundation),
        n_advanced=sum(bool(sheet.is_advanced) for sheet in sheets) if has_advanced else None,
        breadth=tuple(breadth),
    )


def _sorted_indices(sheets: Sequence[UnitFigures], highest_level: int) -> list[Fraction]:
    """The indices of the rated sheets, ascending; few differ, so few fractions are made and compared."""
    counts = Counter((sheet.points, sheet.weight_answered) for sheet in sheets if sheet.is_rated)
    by_index = [(exact_index(*sums, highest_level), n) for sums, n in counts.items()]
    return [index for index, n in sorted(by_index, key=itemgetter(0)) for _time in range(n)]


def _mean_index(sheets: Sequence[UnitFigures], highest_level: int) -> Fraction | None:
    """The mean index of the rated sheets, summed as integers wherever the answered weight is the same."""
    points: Counter[int] = Counter()
    n_rated = 0
    for sheet in sheets:
        if sheet.is_rated:
            points[sheet.weight_answered] += sheet.points
            n_rated += 1
    if not n_rated:
        return None
    indices = (exact_index(total, weight, highest_level) for weight, total in points.items())
    return sum(indices, Fraction(0)) / n_rated


def quantile(ordered: Sequence[Fraction], p: Fraction) -> Fraction | None:
    """Return the quantile `p` of ascending values by linear interpolation (Hyndman–Fan type 7)."""
    if not ordered:
        return None
    position = (len(ordered) - 1) * p
    lower = position.numerator // position.denominator
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (position - lower) * (ordered[upper] - ordered[lower])
