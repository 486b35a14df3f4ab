"""How things are measured: pairs in turn, medians after a warm-up, one line of the table for each."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 9


@dataclass(frozen=True)
class Line:
    """One line of the table: what was measured, beside what, and the bar it has to reach.

    `is_kept` is None where the bar is for another size and the line only informs.
    """

    name: str
    value: float
    unit: str
    bar: str = ""
    is_kept: bool | None = None
    reference: str = ""
    reference_value: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.reference_value if self.reference_value else None


def medians_in_turn(*steps: Callable[[], float]) -> list[float]:
    """Let every step measure itself once per round, in turn; return the median of each after a warm-up."""
    found: list[list[float]] = [[] for _step in steps]
    for step in steps:
        step()
    for _round in range(ROUNDS):
        for values, step in zip(found, steps, strict=True):
            values.append(step())
    return [statistics.median(values) for values in found]


def milliseconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0…1) of `values` do not exceed: the nearest rank."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]


def table(lines: Sequence[Line]) -> str:
    """Lay the lines out as text."""
    words = {True: "yes", False: "no", None: "–"}
    rows = [["what", "median", "beside", "median", "ratio", "bar", "kept"]]
    rows += [
        [
            line.name,
            _measure(line.value, line.unit),
            line.reference,
            _measure(line.reference_value, line.unit),
            "" if line.ratio is None else f"{line.ratio:.2f}",
            line.bar,
            words[line.is_kept],
        ]
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    laid_out = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(text.rstrip() for text in [laid_out[0], "-" * len(laid_out[0]), *laid_out[1:]])


def _measure(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"
