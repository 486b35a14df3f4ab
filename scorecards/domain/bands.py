"""Method un20-1 §6: intervals instead of points, bands instead of ranks. Plain Python, exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from un20portal.lib.ratios import one_decimal


@dataclass(frozen=True)
class Interval:
    """The 5th, 50th and 95th percentile of a figure over the draws in which it exists."""

    low: Fraction
    median: Fraction
    high: Fraction
    n_rated_draws: int

    def overlaps(self, other: "Interval") -> bool:
        """Tell whether the two share a value; touching is enough."""
        return self.low <= other.high and other.low <= self.high


def bands(intervals: Mapping[str, Interval | None]) -> tuple[tuple[str, ...], ...]:
    """Return the codes of the rated units in bands, the highest band first, in a band by code.

    The unit with the highest median leads the first band, and every unit whose interval overlaps the
    leader's is in it; of the units left, the one with the highest median leads the next. So whoever is in
    a band cannot be told from its leader, and the leaders can be told from each other. To overlap is not
    transitive: two units of one band may differ, and neighbours in two bands may not. Equal medians: the
    first code leads.
    """
    rated = {code: interval for code, interval in intervals.items() if interval is not None}
    left = sorted(rated, key=lambda code: (-rated[code].median, code))
    found = []
    while left:
        leader = rated[left[0]]
        found.append(tuple(sorted(code for code in left if rated[code].overlaps(leader))))
        left = [code for code in left if not rated[code].overlaps(leader)]
    return tuple(found)


def interval_entry(interval: Interval | None) -> dict[str, Any] | None:
    """Return an interval as plain JSON values: texts with one decimal, half to even; None stays None."""
    if interval is None:
        return None
    return {
        "p5": one_decimal(interval.low),
        "p50": one_decimal(interval.median),
        "p95": one_decimal(interval.high),
        "n_rated_draws": interval.n_rated_draws,
    }
