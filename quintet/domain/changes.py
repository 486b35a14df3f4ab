"""What changed between two sheets of one entity: level by level. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STEEP = 2  # a rise of so many levels is always checked (rule R6)
Level = int | str | None  # a level, "na", or None for missing


@dataclass(frozen=True)
class Change:
    """One item whose level is another one now."""

    item: str
    before: Level
    now: Level

    @property
    def rise(self) -> int | None:
        """By how many levels it went up (down when negative); None where one of the two is no level."""
        if isinstance(self.before, int) and isinstance(self.now, int):
            return self.now - self.before
        return None

    @property
    def is_steep(self) -> bool:
        return self.rise is not None and self.rise >= STEEP


@dataclass(frozen=True)
class Changes:
    """All changes by kind, in the order of the items; `n_same` items have the level they had."""

    steep: Sequence[Change]
    rises: Sequence[Change]
    falls: Sequence[Change]
    others: Sequence[Change]
    n_same: int


def compare(before: Mapping[str, Level], now: Mapping[str, Level]) -> Changes:
    """Compare the levels of `now` with those of `before`, both by item code; a missing code is missing."""
    found = [Change(item, before.get(item), level) for item, level in now.items()]
    changed = [change for change in found if change.before != change.now]
    return Changes(
        steep=[change for change in changed if change.is_steep],
        rises=[change for change in changed if not change.is_steep and (change.rise or 0) > 0],
        falls=[change for change in changed if (change.rise or 0) < 0],
        others=[change for change in changed if change.rise is None],
        n_same=len(found) - len(changed),
    )
