"""Charts from plain rows: the geometry of the response over time for inline SVG.

Nothing here imports Django, and nothing counts: rows come from `queries`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 12, 32  # room for the numbers at the axes


@dataclass(frozen=True)
class ResponseChart:
    """A line of steps: how many sheets count, from the first day to the last one drawn."""

    line: str
    area: str
    levels: tuple[tuple[int, str], ...]  # number of sheets, its height
    begins: date
    ends: date
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM


def response_chart(
    totals: Sequence[tuple[date, int]], *, begins: date, ends: date, today: date, units: int
) -> ResponseChart:
    """Draw `totals` (day, sheets that count at its end; in order) between two days, up to `today`.

    Days before `begins` or after `ends` widen the chart.
    """
    days = [day for day, _total in totals]
    begins = min([begins, *days])
    ends = max([ends, begins + timedelta(days=1), *days])
    shown = min(max([today, begins, *days]), ends)

    def x(day: date) -> str:
        return _length(LEFT + (WIDTH - LEFT - RIGHT) * (day - begins).days / (ends - begins).days)

    def y(count: int) -> str:
        return _length(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * count / max(units, 1))

    steps = "".join(f"H{x(day)}V{y(total)}" for day, total in totals)
    line = f"M{x(begins)} {y(0)}{steps}H{x(shown)}"
    levels = sorted({0, units // 2, units})
    return ResponseChart(line, f"{line}V{y(0)}Z", tuple((level, y(level)) for level in levels), begins, ends)


def _length(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
