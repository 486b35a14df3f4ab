"""Method un20-1 §5: how the items of two framework versions belong together. Plain Python.

A series of figures goes on silently only where an item asks the same; elsewhere it breaks, and says why.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Relation(StrEnum):
    """What became of an item. Items that were cut and joined crosswise are dropped and new."""

    EQUAL = "equal"  # asks the same on the same scale, perhaps under another code
    SUBSET = "subset"  # one of the two asks a part of what the other asks
    SPLIT = "split"  # one item before, several after: one link for each of these
    MERGED = "merged"  # several items before, one after: one link for each of those
    NEW = "new"  # nothing before
    DROPPED = "dropped"  # nothing after


@dataclass(frozen=True)
class Link:
    """One row of a crosswalk: the codes of an item before and of one after; None where there is none."""

    relation: Relation
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Break:
    """Where a series breaks: the codes of all items before and after that one relation ties together."""

    relation: Relation
    before: tuple[str, ...]
    after: tuple[str, ...]


Place = tuple[int | None, int | None]  # position in the packed sheets before and after


@dataclass(frozen=True)
class Crosswalk:
    """The item codes of two framework versions, in framework order, and the links between them.

    Raises ValueError with one sentence per problem unless every item of both sides is accounted for exactly
    once; only the item before a split and the item after a merger have several links.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    links: tuple[Link, ...]

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise ValueError(" ".join(problems))

    @cached_property
    def joined(self) -> dict[str, tuple[int, int]]:
        """By its code after, where each equal item stands in the packed sheets before and after."""
        at_before = {code: position for position, code in enumerate(self.before)}
        before_of = {link.after: link.before for link in self.links if link.relation is Relation.EQUAL}
        return {
            code: (at_before[before], position)
            for position, code in enumerate(self.after)
            if (before := before_of.get(code)) is not None
        }

    @cached_property
    def breaks(self) -> tuple[Break, ...]:
        """Where series break, in the order of the links: one for all links of a split or a merger."""
        broken = [link for link in self.links if link.relation is not Relation.EQUAL]
        return tuple(dict.fromkeys(_break(link, broken) for link in broken))

    @cached_property
    def places(self) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
        """Where each item before, and each item after, stands in the sheets of both cycles.

        Only equal items stand in both: to all others the cycles have nothing in common.
        """
        equals = self.joined.values()
        forward, back = dict(equals), {after: before for before, after in equals}
        return (
            tuple((at, forward.get(at)) for at in range(len(self.before))),
            tuple((back.get(at), at) for at in range(len(self.after))),
        )


def identity(codes: Iterable[str]) -> Crosswalk:
    """Return the crosswalk of one and the same framework version: every item is equal to itself."""
    same = tuple(codes)
    return Crosswalk(same, same, tuple(Link(Relation.EQUAL, code, code) for code in same))


def read(before: Sequence[str], after: Sequence[str], links: Iterable[Mapping[str, str | None]]) -> Crosswalk:
    """Return the crosswalk of links as reference data gives them: {before, after, relation}.

    Raises ValueError as `Crosswalk` does.
    """
    found = (Link(Relation(str(link["relation"])), link["before"], link["after"]) for link in links)
    return Crosswalk(tuple(before), tuple(after), tuple(found))


def _break(link: Link, broken: Sequence[Link]) -> Break:
    tied = [other for other in broken if other == link or _share_an_item(other, link)]
    return Break(link.relation, _codes(other.before for other in tied), _codes(other.after for other in tied))


def _share_an_item(link: Link, other: Link) -> bool:
    return link.before == other.before is not None or link.after == other.after is not None


def _codes(found: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for code in found if code is not None))


def _problems(crosswalk: Crosswalk) -> Iterator[str]:
    for link in crosswalk.links:
        yield from _misshapen(link)
    befores = [(link.before, link.relation) for link in crosswalk.links]
    afters = [(link.after, link.relation) for link in crosswalk.links]
    yield from _miscounted("before", crosswalk.before, befores, several=Relation.SPLIT)
    yield from _miscounted("after", crosswalk.after, afters, several=Relation.MERGED)


def _misshapen(link: Link) -> Iterator[str]:
    needed = {Relation.NEW: (False, True), Relation.DROPPED: (True, False)}.get(link.relation, (True, True))
    if (link.before is not None, link.after is not None) != needed:
        wanted = {
            (False, True): "none before and one after",
            (True, False): "one before and none after",
            (True, True): "one before and one after",
        }[needed]
        yield f"A link “{link.relation}” names items {wanted}, not {link.before} and {link.after}."


def _miscounted(
    side: str, codes: Sequence[str], ends: Iterable[tuple[str | None, Relation]], *, several: Relation
) -> Iterator[str]:
    yield from (f"{code} stands twice among the items {side}." for code, n in Counter(codes).items() if n > 1)
    relations: dict[str, list[Relation]] = {code: [] for code in codes}
    for code, relation in ends:
        if code is not None and code not in relations:
            yield f"{code} is no item {side}."
        elif code is not None:
            relations[code].append(relation)
    for code, found in relations.items():
        if not found:
            yield f"{code} {side} is in no link."
        elif found == [several]:
            yield f"{code} {side} is alone in its link “{several}”: that is equal, or a subset."
        elif len(found) > 1 and set(found) != {several}:
            yield f"{code} {side} is in several links, which only “{several}” has."
