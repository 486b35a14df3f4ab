"""What next for a unit: the smallest sets of steps to its goals, and what each step asks for.

For those who see all levels of its sheet, nobody else: every step says where an item stands.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from entities.models import Entity
from quintet.models import Dimension, Item
from scorecards.domain.rises import Rise, Way, Ways, become_advanced, lift_foundation, reach_targets
from scorecards.domain.scoring import ItemShape
from scorecards.queries.seen_sheets import SeenSheet


@dataclass(frozen=True)
class Move:
    """One item and how far it rises."""

    item: Item
    rise: Rise


@dataclass(frozen=True)
class Path:
    """One set of moves by which a goal is reached."""

    moves: Sequence[Move]

    @property
    def levels(self) -> int:
        return sum(move.rise.levels for move in self.moves)


@dataclass(frozen=True)
class FoundationGoal:
    """A dimension whose items all reach the next level; no path where it is as high as it gets."""

    dimension: Dimension
    goal: int | None
    path: Path | None


@dataclass(frozen=True)
class AdvancedGoal:
    """A capability that becomes advanced: the first of `n` equally small paths; none where it cannot."""

    dimension: Dimension
    is_reached: bool
    paths: Sequence[Path]
    n: int

    @property
    def n_more(self) -> int:
        return self.n - len(self.paths)


@dataclass(frozen=True)
class LevelText:
    level: int
    text: str


@dataclass(frozen=True)
class Examples:
    """How many cases other entities show for an item, and where: the floor above knows them.

    Where there are none of its enabler, they are of its dimension.
    """

    n: int
    address: str
    is_of_enabler: bool


@dataclass(frozen=True)
class Step:
    """One item that some path raises: the levels to fulfil on the way, and who can be asked."""

    item: Item
    before: int | None
    levels: Sequence[LevelText]
    peers: Sequence[Entity] = ()


@dataclass(frozen=True)
class NextSteps:
    """The goals of a unit with the paths to them; `targets` is None where there are none for this reader."""

    targets: Path | None
    foundations: Sequence[FoundationGoal]
    advanced: Sequence[AdvancedGoal]

    @property
    def moves(self) -> Iterator[Move]:
        """The moves of all paths."""
        yield from self.targets.moves if self.targets else ()
        for foundation in self.foundations:
            yield from foundation.path.moves if foundation.path else ()
        for goal in self.advanced:
            for path in goal.paths:
                yield from path.moves

    @property
    def dimensions(self) -> list[Dimension]:
        """The dimensions in which some path raises an item, in framework order."""
        found = {move.item.dimension for move in self.moves}
        return sorted(found, key=lambda dimension: dimension.order)


def next_steps(sheet: SeenSheet, *, basis: str) -> NextSteps | None:
    """The paths to the unit's goals, for those who see all levels of a sheet that counts; else None."""
    levels = sheet.sheets[basis]
    if levels is None or not sheet.sees_all:
        return None
    by_code = {item.code: item for item in sheet.items}
    targets = None
    if sheet.targets:
        targets = _path(reach_targets(sheet.shape.items, levels, sheet.targets), by_code)
    return NextSteps(
        targets,
        [_foundation(sheet, dimension, levels, by_code) for dimension in sheet.by_dimension],
        [
            _advanced(sheet, dimension, levels, by_code)
            for dimension in sheet.by_dimension
            if sheet.shape.can_be_advanced(dimension.code)
        ],
    )


def steps_in_full(
    moves: Iterable[Move], codes: Iterable[str], peers: Mapping[str, Sequence[Entity]]
) -> list[Step]:
    """Every item of these dimensions that a path raises, once, up to the highest level that any asks for."""
    wanted, highest = set(codes), dict[str, Move]()
    for move in moves:
        if move.item.dimension.code in wanted:
            held = highest.get(move.item.code)
            if held is None or held.rise.after < move.rise.after:
                highest[move.item.code] = move
    found = sorted(highest.values(), key=lambda move: (move.item.dimension.order, move.item.order))
    return [_step(move, peers.get(move.item.code, ())) for move in found]


def _step(move: Move, peers: Sequence[Entity]) -> Step:
    first = move.rise.after if move.rise.before is None else move.rise.before + 1
    texts = move.item.level_texts
    levels = [LevelText(level, str(texts[level])) for level in range(first, move.rise.after + 1)]
    return Step(move.item, move.rise.before, levels, peers)


def _path(way: Way, by_code: Mapping[str, Item]) -> Path:
    return Path([Move(by_code[rise.item], rise) for rise in way])


def _foundation(
    sheet: SeenSheet, dimension: Dimension, levels: bytes, by_code: Mapping[str, Item]
) -> FoundationGoal:
    items, here = _part(sheet, dimension, levels)
    way = lift_foundation(items, here, highest_level=sheet.shape.highest_level)
    if way is None:
        return FoundationGoal(dimension, None, None)
    return FoundationGoal(dimension, way[0].after, _path(way, by_code))


def _advanced(
    sheet: SeenSheet, dimension: Dimension, levels: bytes, by_code: Mapping[str, Item]
) -> AdvancedGoal:
    ways: Ways | None = become_advanced(*_part(sheet, dimension, levels))
    if ways is None or ways.is_reached:
        return AdvancedGoal(dimension, ways is not None, [], 0)
    return AdvancedGoal(dimension, False, [_path(way, by_code) for way in ways.shown], ways.n)


def _part(sheet: SeenSheet, dimension: Dimension, levels: bytes) -> tuple[Sequence[ItemShape], bytes]:
    """The items and levels of one dimension, as the engine reads them."""
    return sheet.shape.dimensions[dimension.code], levels[sheet.shape.places[dimension.code]]
