"""Who is ahead of a unit on one item, of those who let others ask them. Plain Python."""

from collections.abc import Iterable
from dataclasses import dataclass

from quintet.domain.packing import MISSING_BYTE, NA_BYTE

NAMED = 3


@dataclass(frozen=True)
class Peer:
    """A unit that lets others ask it: its code, its type, its packed accepted levels (None: do not count)."""

    code: str
    type: str
    levels: bytes | None


def ahead_of(own: bytes, place: int, peers: Iterable[Peer], *, like: str) -> list[Peer]:
    """Return up to three peers whose level at this place is higher than the own one.

    Those of the type `like` come first, then by code: the order says nothing of levels. Where the own level
    is not known, nobody is ahead.
    """
    mine = own[place]
    if mine in (MISSING_BYTE, NA_BYTE):
        return []
    ahead = [peer for peer in peers if peer.levels is not None and _is_above(peer.levels[place], mine)]
    return sorted(ahead, key=lambda peer: (peer.type != like, peer.code))[:NAMED]


def _is_above(level: int, mine: int) -> bool:
    return level not in (MISSING_BYTE, NA_BYTE) and level > mine
