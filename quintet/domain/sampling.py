"""Which items of a sheet the task force checks (rule R6), and which a second person rates. Plain Python.

Whoever knows the seed of the cycle draws the same items again: the lot of an item is the SHA-256 of
`seed:unit:submission:item` in UTF-8, that of a second rating the SHA-256 of
`second:seed:unit:submission:item`, both as hexadecimal digits; the lowest lots are drawn. The submission
is counted: 1 when the unit hands its sheet in for the first time. After a return another lot is drawn,
so that what was checked once says nothing about what is checked next.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from quintet.domain.changes import Change

TOP_LEVEL = 4
DRAWN_LEVELS = (2, 3)
DRAWN_PER_CENT, SECOND_PER_CENT = 15, 20
NEW_TOP, RISE, DRAWN = "new_top", "rise", "drawn"


@dataclass(frozen=True)
class Claim:
    """One item: the level claimed now (None: no level) and the level accepted last time (None: none)."""

    item: str
    claimed: int | None
    before: int | None


@dataclass(frozen=True)
class Check:
    """One item of the sample and why it is in it: all that is true of new_top, rise, drawn, in this order."""

    item: str
    reasons: tuple[str, ...]

    @property
    def is_drawn(self) -> bool:
        """Whether the lot fell on it, risen or not: those drawn alone stand for all levels 2 and 3."""
        return DRAWN in self.reasons


def sample(claims: Iterable[Claim], *, seed: str, unit: str, submission: int) -> list[Check]:
    """Return the items of a sheet to check, in the order of `claims`; which ones depends on no order.

    Checked are every level 4 that was not 4 before, every rise of two or more, and by lot 15 per cent of
    the levels 2 and 3, rounded up. Those that rose take part in the lot, so that it says something
    about all levels 2 and 3.
    """
    claims = list(claims)
    middle = [claim.item for claim in claims if claim.claimed in DRAWN_LEVELS]
    by_lot = drawn(middle, seed=seed, unit=unit, submission=submission)
    checks = [Check(claim.item, tuple(_reasons(claim, by_lot))) for claim in claims]
    return [check for check in checks if check.reasons]


def drawn(items: Iterable[str], *, seed: str, unit: str, submission: int) -> frozenset[str]:
    """Return those that the lot falls on: 15 per cent of `items`, rounded up."""
    return _lowest(items, DRAWN_PER_CENT, f"{seed}:{unit}:{submission}")


def second_sample(checked: Iterable[str], *, seed: str, unit: str, submission: int) -> frozenset[str]:
    """Return the checked items that a second person rates: 20 per cent, rounded up; one at least."""
    return _lowest(checked, SECOND_PER_CENT, f"second:{seed}:{unit}:{submission}")


def _reasons(claim: Claim, by_lot: frozenset[str]) -> Iterator[str]:
    """Say why an item is checked; nothing of one that is not."""
    if claim.claimed == TOP_LEVEL and claim.before != TOP_LEVEL:
        yield NEW_TOP
    if Change(claim.item, claim.before, claim.claimed).is_steep:
        yield RISE
    if claim.item in by_lot:
        yield DRAWN


def _lowest(items: Iterable[str], per_cent: int, prefix: str) -> frozenset[str]:
    by_lot = sorted(items, key=lambda item: (_lot(prefix, item), item))
    wanted = -(-per_cent * len(by_lot) // 100)  # rounded up, without floats
    return frozenset(by_lot[:wanted])


def _lot(prefix: str, item: str) -> str:
    return hashlib.sha256(f"{prefix}:{item}".encode()).hexdigest()
