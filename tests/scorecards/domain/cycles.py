"""Two cycles of one group, invented: sheets of few units over small frameworks, with and without changes."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from quintet.domain.crosswalk import Crosswalk, Link, Relation
from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.figures import FrameworkShape
from scorecards.domain.movement import Comparison, CycleSheets, Sheet, compare
from scorecards.domain.scoring import ItemShape

OLD = FrameworkShape(4, {"DAT": [ItemShape("A"), ItemShape("B"), ItemShape("C")], "DIG": [ItemShape("D")]})
# B weighs more, C is gone, D is another dimension's under another code, E is new.
NEW = FrameworkShape(
    4, {"DAT": [ItemShape("A"), ItemShape("B", 3), ItemShape("D2")], "DIG": [ItemShape("E")]}
)
OLD_TO_NEW = Crosswalk(
    ("A", "B", "C", "D"),
    ("A", "B", "D2", "E"),
    (
        Link(Relation.EQUAL, "A", "A"),
        Link(Relation.EQUAL, "B", "B"),
        Link(Relation.EQUAL, "D", "D2"),
        Link(Relation.DROPPED, "C", None),
        Link(Relation.NEW, None, "E"),
    ),
)
BACK = {Relation.SPLIT: Relation.MERGED, Relation.NEW: Relation.DROPPED}
BACK |= {there: back for back, there in BACK.items()}

LEVELS = st.sampled_from([0, 1, 2, 3, 4, NA_BYTE, MISSING_BYTE])


def sheets(n_items: int) -> st.SearchStrategy[dict[str, Sheet]]:
    """Up to nine units of a group, by code; some of their sheets do not count."""
    sheet = st.none() | st.lists(LEVELS, min_size=n_items, max_size=n_items).map(bytes)
    return st.dictionaries(st.sampled_from("NOPQRSTUV"), sheet, max_size=9)


ONE_FRAMEWORK = st.builds(
    lambda old, new: compare(CycleSheets(OLD, old), CycleSheets(OLD, new)), sheets(4), sheets(4)
)
TWO_FRAMEWORKS = st.builds(
    lambda old, new: compare(CycleSheets(OLD, old), CycleSheets(NEW, new), OLD_TO_NEW), sheets(4), sheets(4)
)
COMPARISONS = ONE_FRAMEWORK | TWO_FRAMEWORKS


def column(levels: Sequence[int | None], *, skip: Sequence[int] = ()) -> dict[str, Sheet]:
    """Sheets of one item each for the units U0, U1, …; None does not count, `skip` are not in the group."""
    return {
        f"U{number}": None if level is None else bytes([level])
        for number, level in enumerate(levels)
        if number not in skip
    }


def swapped(comparison: Comparison) -> Comparison:
    """The same two cycles, the later one first."""
    links = tuple(
        Link(BACK.get(link.relation, link.relation), link.after, link.before)
        for link in comparison.crosswalk.links
    )
    crosswalk = Crosswalk(comparison.crosswalk.after, comparison.crosswalk.before, links)
    return Comparison(comparison.after, comparison.before, crosswalk)


def shuffled(comparison: Comparison, chance: object) -> Comparison:
    """The same with the units of both cycles in another order."""

    def mixed(cycle: CycleSheets) -> CycleSheets:
        units = list(cycle.sheets.items())
        chance.shuffle(units)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
        return replace(cycle, sheets=dict(units))

    return Comparison(mixed(comparison.before), mixed(comparison.after), comparison.crosswalk)


def raised(comparison: Comparison, position: int) -> Comparison | None:
    """The same with one level of a unit of the panel one higher in the later cycle; None if there is none."""
    before, after = comparison.crosswalk.places[1][position]
    for code, (old, new) in comparison.pairs.items():
        if old and new and before is not None and after is not None and old[before] <= 4 and new[after] < 4:
            higher = bytes(level + (place == after) for place, level in enumerate(new))
            later = replace(comparison.after, sheets={**comparison.after.sheets, code: higher})
            return Comparison(comparison.before, later, comparison.crosswalk)
    return None
