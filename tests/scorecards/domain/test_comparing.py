"""What comparisons of two cycles show, attacked as a reader would who keeps all that was ever shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, product
from typing import Any

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from quintet.domain.crosswalk import identity
from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.comparing import showable
from scorecards.domain.disclosure import Cell
from scorecards.domain.figures import BASES, Unit
from scorecards.domain.movement import is_answer
from scorecards.domain.published import OVERLAP, PANEL, Pairing, Part, Release, Shown, Version
from scorecards.domain.suppression import suppress
from tests.scorecards.domain.attack import THRESHOLD, only, smallest_secret
from tests.scorecards.domain.test_suppression import FRAMEWORK, ITEMS, cell, figures_of, unit, with_groups

CODES = [item.code for item in ITEMS]
FULL = bytes([2, 2, 2])


Sheets = Sequence[Unit]
History = Sequence[tuple[str, Sheets]]  # the units of each publication, with its cycle


@dataclass
class Shelf:
    """All that is published of some cycles, in its order, each beside what is there already."""

    are_neighbours: bool = False
    minds_comparisons: bool = True
    versions: list[Version] = field(default_factory=list)
    pairings: list[Pairing] = field(default_factory=list)

    def publish(self, cycle: str, units: Sheets) -> None:
        """Publish a version, and compare it with the latest of each other cycle."""
        number = len(self.versions) + 1
        version = Version(cycle, Release(number, units, figures_of(units)), FRAMEWORK, THRESHOLD)
        groups = suppress(
            version,
            versions=[other for other in self.versions if self.are_neighbours or other.cycle == cycle],
            compared=self.pairings if self.minds_comparisons else [],
        )
        self.versions.append(with_groups(version, groups))
        latest = {other.cycle: other for other in self.versions if other.cycle != cycle}
        for other in reversed(latest.values()):
            before, after = sorted((other, self.versions[-1]), key=lambda one: one.cycle)
            self.pairings.append(decided(before, after, self.versions, self.pairings))


def shelf_of(history: History, *, are_neighbours: bool = False, minds_comparisons: bool = True) -> Shelf:
    shelf = Shelf(are_neighbours, minds_comparisons)
    for cycle, units in history:
        shelf.publish(cycle, units)
    return shelf


def in_turn(cycles: Sequence[Sequence[Sheets]]) -> History:
    """All versions of the first cycle, then all of the second one, and so on."""
    return [(f"C{number}", units) for number, versions in enumerate(cycles) for units in versions]


def compared(*cycles: Sequence[Sheets]) -> list[Pairing]:
    """What the comparisons show when the cycles are published one after the other."""
    return shelf_of(in_turn(cycles)).pairings


def decided(
    before: Version, after: Version, versions: Sequence[Version], pairings: Sequence[Pairing]
) -> Pairing:
    pairing = Pairing(before, after, identity(CODES))
    cycles = {before.cycle, after.cycle}
    shown = showable(
        pairing,
        versions=[version for version in versions if version.cycle in cycles],
        earlier=[found for found in pairings if cycles & {version.cycle for version in found.versions}],
    )
    return replace(pairing, shown=shown)


def several(numbers: range, levels: bytes = FULL, groups: Sequence[str] = ("all",)) -> list[Unit]:
    return [unit(f"U{number}", groups, levels, levels) for number in numbers]


def sums(shown: Shown, code: str = "DAT-STR", group: str = "all") -> set[str]:
    return {part.sums for part in shown[code] if (part.basis, part.group) == ("accepted", group)}


class TestShowable:
    def test_shows_the_panel_of_units_that_all_answer_twice(self) -> None:
        (found,) = compared([several(range(6))], [several(range(6))])
        assert sums(found.shown) == {PANEL, OVERLAP}
        assert sums(found.shown, "DAT") == {PANEL, OVERLAP}

    def test_hides_a_small_panel(self) -> None:
        (found,) = compared([several(range(10))], [several(range(6, 16))])
        assert sums(found.shown) == set()

    def test_hides_a_panel_whose_rest_is_one_unit_that_left(self) -> None:
        (found,) = compared([several(range(10))], [several(range(9))])
        assert sums(found.shown) == set()

    def test_hides_a_panel_whose_rest_is_one_unit_that_joined(self) -> None:
        (found,) = compared([several(range(9))], [several(range(10))])
        assert sums(found.shown) == set()

    def test_shows_a_panel_beside_enough_units_that_left_and_joined(self) -> None:
        (found,) = compared([several(range(10))], [several(range(5, 15))])
        assert sums(found.shown) == {PANEL, OVERLAP}

    def test_hides_the_bridge_that_tells_the_open_item_of_a_few_from_those_who_left(self) -> None:
        """Six units no longer answer: five that left and one that left the item open."""
        before = several(range(13))
        after = several(range(7)) + several(range(7, 8), bytes([MISSING_BYTE, 2, 2]))
        (found,) = compared([before], [after + several(range(20, 26))])
        assert sums(found.shown) == {PANEL}

    def test_hides_panels_that_tell_few_by_the_difference_of_two_groups(self) -> None:
        """Six units answer twice, five of them of the board: the sixth would be the difference."""
        board = several(range(5), groups=["all", "board"])
        before = board + several(range(5, 11)) + several(range(30, 35), groups=["all", "board"])
        after = board + several(range(5, 6)) + several(range(20, 25))
        after += several(range(40, 45), groups=["all", "board"])
        (found,) = compared([before], [after])
        assert sums(found.shown) == {PANEL, OVERLAP}
        assert sums(found.shown, group="board") == set()

    def test_hides_what_is_carried_or_hidden_in_a_full_sample(self) -> None:
        """One unit changed its sheet: the second version repeats the figures of the first."""
        first, second = compared(
            [several(range(6))],
            [several(range(6)), several(range(5)) + several(range(5, 6), bytes([4, 4, 4]))],
        )
        assert sums(first.shown) == {PANEL, OVERLAP}
        assert sums(second.shown) == set()

    def test_a_later_comparison_tells_nobody_beside_an_earlier_one(self) -> None:
        """The panels of the second cycle with the first and the third differ by one unit of it."""
        first = several(range(10))
        second = several(range(16))
        third = several(range(11)) + several(range(30, 35))
        found = compared([first], [second], [third])
        names = {(pairing.before.cycle, pairing.after.cycle): sums(pairing.shown) for pairing in found}
        assert PANEL in names["C0", "C1"]
        assert names["C1", "C2"] == set()

    def test_judges_both_bases_alike_where_they_have_the_same_rows(self) -> None:
        (found,) = compared([several(range(6))], [several(range(6))])
        assert {part.basis for part in found.shown["DAT-STR"]} == set(BASES)


class TestLaterVersions:
    """The panel of both cycles is six units: a version of them and one more would tell that one."""

    was = ("C0", several(range(6), bytes([3, 3, 3])))
    now = ("C1", several(range(11)))

    @staticmethod
    def last(*history: tuple[str, Sheets], are_neighbours: bool = False) -> dict[str, Any]:
        """What the last version shows."""
        return cell(shelf_of(history, are_neighbours=are_neighbours).versions[-1].release, "all")

    def test_do_not_tell_the_one_who_joined_those_of_a_panel(self) -> None:
        found = self.last(self.was, self.now, ("C1", several(range(6)) + several(range(11, 12))))
        assert (found["carried_from"], found["n_answered"]) == (2, 11)

    def test_are_shown_beside_a_panel_that_enough_joined(self) -> None:
        found = self.last(self.was, self.now, ("C1", several(range(6)) + several(range(11, 16))))
        assert found["dist"] == [0, 0, 11, 0, 0]

    def test_do_not_tell_it_of_the_cycle_before_either(self) -> None:
        """The cycle that is corrected may be the earlier one of the two."""
        found = self.last(
            ("C1", several(range(11))),
            ("C2", several(range(6), bytes([3, 3, 3]))),
            ("C1", several(range(6)) + several(range(11, 12))),
        )
        assert found["carried_from"] == 1

    def test_of_a_next_cycle_do_not_tell_the_one_who_joined_those_that_repeat_a_panel(self) -> None:
        one, five = (several(range(6)) + several(range(11, end)) for end in (12, 16))
        found = self.last(self.was, self.now, ("C2", one), are_neighbours=True)
        assert found == {"n_group": 7, "suppressed": True}
        assert self.last(self.was, self.now, ("C2", five), are_neighbours=True)["n_answered"] == 11

    def test_are_judged_by_their_own_cycle_where_a_neighbour_seems_to_have_told_it(self) -> None:
        """Five units repeat a sheet only now; if they had before, the neighbour would have told the two."""
        few, others, five = several(range(2)), several(range(2, 7)), range(7, 12)
        found = self.last(
            ("C1", others + several(five)),
            ("C0", few + others + several(five, bytes([4, 4, 4]))),
            ("C1", few + others + several(five, bytes([4, 4, 4]))),
            are_neighbours=True,
        )
        assert found["carried_from"] == 1


LEVELS = [0, 2, 4, NA_BYTE, MISSING_BYTE]


@st.composite
def histories(draw: st.DrawFn) -> list[list[list[Unit]]]:
    """Two or three cycles, one of them perhaps corrected, of units that come, go, change and leave open."""
    members = [
        ["all", draw(st.sampled_from(["fund", "agency"]))] for _unit in range(draw(st.integers(6, 14)))
    ]
    sheet = st.one_of(
        st.just(FULL), st.none(), st.lists(st.sampled_from(LEVELS), min_size=3, max_size=3).map(bytes)
    )

    def version(accepts: st.SearchStrategy[bool]) -> list[Unit]:
        levels = [draw(sheet) for _unit in members]
        return [
            unit(f"U{number}", groups, found, found if draw(accepts) else None)
            for number, (groups, found) in enumerate(zip(members, levels, strict=True))
        ]

    accepts = st.sampled_from([True, True, True, False]) if draw(st.booleans()) else st.just(True)
    sizes = draw(st.sampled_from([(1, 1), (1, 2), (2, 1), (1, 1, 1)]))
    return [[version(accepts) for _version in range(size)] for size in sizes]


@st.composite
def corrections(draw: st.DrawFn) -> History:
    """Cycles that are corrected after they were compared; whole blocks of units come, go and change."""
    blocks = draw(st.lists(st.sampled_from([1, 1, 2, 5, 5, 6]), min_size=3, max_size=4))
    ends = list(accumulate(blocks))
    sheet = st.sampled_from([FULL, FULL, None, bytes([4, 4, 4]), bytes([MISSING_BYTE, 2, 2])])

    def version() -> Sheets:
        return [
            member
            for size, end in zip(blocks, ends, strict=True)
            if (levels := draw(sheet)) is not None
            for member in several(range(end - size, end), levels)
        ]

    order = draw(st.sampled_from(["011", "010", "001", "0101", "0110", "0121"]))
    return [(f"C{cycle}", version()) for cycle in order]


class Reader:
    """Who answers an item in what is public of one cycle; with a basis, each sheet for itself."""

    def __init__(self, cycle: str, shelf: Shelf, position: int, basis: str | None) -> None:
        self.position, self.basis = position, basis
        self.public: set[Cell] = set()
        self.unknowns: dict[str, dict[bytes, set[Cell]]] = {}
        for version in shelf.versions:
            if version.cycle == cycle:
                self.read(version)
        for number, pairing in enumerate(shelf.pairings):
            own, other = sorted(pairing.versions, key=lambda version: version.cycle != cycle)
            if own.cycle == cycle:
                for part in pairing.shown[CODES[position]]:
                    self.compare(own, other, part, 100 + 2 * number + (part.sums == OVERLAP))

    def read(self, version: Version) -> None:
        number = version.release.version
        self.public.update(version.release.own_cells("items", CODES[self.position]))
        for found, basis, group in product(version.release.units, BASES, ["all", "fund", "agency"]):
            if group in found.groups and self.answers(found.sheets[basis]):
                self.note(found.code, found.sheets[basis], (number, basis, group))

    def compare(self, own: Version, other: Version, part: Part, number: int) -> None:
        self.public.add((number, part.basis, part.group))
        for code in own.units.keys() & other.units.keys():
            here, there = own.units[code].sheets[part.basis], other.units[code].sheets[part.basis]
            takes_part = there is not None if part.sums == OVERLAP else self.answers(there)
            if part.group in own.units[code].groups and self.answers(here) and takes_part:
                self.note(code, here, (number, part.basis, part.group))

    def answers(self, sheet: bytes | None) -> bool:
        return sheet is not None and is_answer(sheet[self.position])

    def note(self, code: str, sheet: bytes | None, cell: Cell) -> None:
        if self.basis in (None, cell[1]):
            unknown = sheet if self.basis and sheet else b""
            self.unknowns.setdefault(code, {}).setdefault(unknown, set()).add(cell)

    def smallest_secret(self) -> int | None:
        cells = sorted(cell for cell in self.public if self.basis in (None, cell[1]))
        atoms = Counter(frozenset(map(frozenset, sheets.values())) for sheets in self.unknowns.values())
        return smallest_secret(only(atoms, cells), cells)


def fewest_found(shelf: Shelf) -> int | None:
    """The fewest units that a reader of everything finds in a cycle; None where nobody is found."""
    cycles = {version.cycle for version in shelf.versions}
    found = [
        Reader(cycle, shelf, position, basis).smallest_secret()
        for cycle, position, basis in product(cycles, range(len(ITEMS)), (None, *BASES))
    ]
    return min((number for number in found if number is not None), default=None)


class TestProperty:
    @settings(max_examples=60, deadline=None)
    @given(histories())
    def test_no_reader_of_all_comparisons_finds_few_units(self, cycles: list[list[list[Unit]]]) -> None:
        assert fewest_found(shelf_of(in_turn(cycles))) is None

    @settings(max_examples=100, deadline=None)
    @given(corrections(), st.booleans())
    def test_no_reader_of_later_versions_beside_them_finds_few_units(
        self, history: History, are_neighbours: bool
    ) -> None:
        assert fewest_found(shelf_of(history, are_neighbours=are_neighbours)) is None

    def test_readers_would_find_them_if_later_versions_did_not_mind_comparisons(self) -> None:
        """The attack bites: without this rule there is a history in which it succeeds."""
        history = find(
            corrections(),
            lambda history: fewest_found(shelf_of(history, minds_comparisons=False)) is not None,
            settings=settings(max_examples=800, deadline=None, database=None, phases=[Phase.generate]),
        )
        assert fewest_found(shelf_of(history)) is None

    @settings(max_examples=60, deadline=None)
    @given(histories())
    def test_nothing_is_shown_without_the_full_samples(self, cycles: list[list[list[Unit]]]) -> None:
        for pairing in compared(*cycles):
            for code, parts in pairing.shown.items():
                kind = "items" if code in CODES else "dimensions"
                for version in pairing.versions:
                    fresh = {cell[1:] for cell in version.release.own_cells(kind, code)}
                    assert {part[1:] for part in parts} <= fresh
                assert all(Part(PANEL, *part[1:]) in parts for part in parts) or kind == "items"
