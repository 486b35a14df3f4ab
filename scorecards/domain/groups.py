"""Method un20-1 §4: the figures of a group of units. Plain Python, integers and exact fractions."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.scoring import HAS_FROM, OPERATES_FROM
from un20portal.lib.ratios import share

ENTITIES, COUNTRY_TEAMS, ALL, CEB31 = "entities", "country_teams", "all", "ceb31"
GROUPS_WITH_BASELINE = (ENTITIES, CEB31)
COUNTRY_TEAM_TYPE = "country_team"
CUSTOM = "custom:"  # what the codes of custom groups begin with
LONGEST_CODE, LONGEST_NAME = 40, 100  # of a custom group
PERCENTAGES_FROM = 10  # units; below that pages and papers show counts: no per cents, no means, no points


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

    @cached_property
    def share_has(self) -> Fraction | None:
        """Per cent of answering units at level 2 or above; None when nobody answers."""
        return share(self.has, self.n_answered)

    @cached_property
    def share_operates(self) -> Fraction | None:
        """Per cent of answering units at level 3 or above; None when nobody answers."""
        return share(self.operates, self.n_answered)

    @cached_property
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


def median_breadth(breadth: Sequence[int]) -> Fraction | None:
    """How many items are in place in the sheet in the middle; `breadth` counts sheets from none upwards."""
    found = quartiles([(Fraction(number), n) for number, n in enumerate(breadth) if n])
    return found and found[1]


def quartiles(counts: Sequence[tuple[Fraction, int]]) -> tuple[Fraction, Fraction, Fraction] | None:
    """Return the three quartiles of values that come ascending, each with how often it occurs.

    Linear interpolation between order statistics (Hyndman–Fan type 7); None for no value.
    """
    if not counts:
        return None
    ends = list(accumulate(n for _value, n in counts))

    def at(rank: int) -> Fraction:
        return counts[bisect_right(ends, rank)][0]

    def quantile(quarters: int) -> Fraction:
        position = Fraction((ends[-1] - 1) * quarters, 4)
        lower = position.numerator // position.denominator
        upper = min(lower + 1, ends[-1] - 1)
        return at(lower) + (position - lower) * (at(upper) - at(lower))

    return quantile(1), quantile(2), quantile(3)
