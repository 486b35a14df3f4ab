"""What the items of a dimension have to be so that its figures can be counted. Plain Python."""

from collections import Counter
from collections.abc import Iterable, Iterator

MOST_ITEMS = 0xFF  # a record of figures holds counts in one byte
HIGHEST_SUM = 0xFFFF  # and sums of points and weights in two


def flaws(items: Iterable[tuple[int, str]], *, highest_level: int) -> Iterator[str]:
    """Yield why a dimension with items of these weights and enablers cannot be counted; nothing: it can."""
    shapes = list(items)
    if len(shapes) > MOST_ITEMS:
        yield f"there are {len(shapes)}, more than {MOST_ITEMS}"
    points = highest_level * sum(weight for weight, _enabler in shapes)
    if points > HIGHEST_SUM:
        yield f"weights × highest level add up to {points}, more than {HIGHEST_SUM}"
    for enabler, n in Counter(enabler for _weight, enabler in shapes).items():
        if enabler and n > 1:
            yield f"enabler {enabler} is there {n} times"
