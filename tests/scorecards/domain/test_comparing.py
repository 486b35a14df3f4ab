"""What comparisons of two cycles show, attacked as a reader would who keeps all that was ever shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.domain.crosswalk import identity
from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.comparing import OVERLAP, PANEL, Pairing, Part, Shown, Version, showable
from scorecards.domain.disclosure import Cell
from scorecards.domain.figures import BASES, Unit
from scorecards.domain.movement import is_answer
from tests.scorecards.domain.attack import THRESHOLD, only, smallest_secret
from tests.scorecards.domain.test_suppression import FRAMEWORK, ITEMS, publish, unit

CODES = [item.code for item in ITEMS]
FULL = bytes([2, 2, 2])


def compared(*cycles: Sequence[Sequence[Unit]]) -> list[Pairing]:
    """Publish each cycle's versions, cycle by cycle, and decide every comparison as it becomes possible."""
    versions: list[Version] = []
    pairings: list[Pairing] = []
    for number, published in enumerate(cycles):
        for release in publish(published):
            numbered = replace(release, version=len(versions) + 1)
            versions.append(Version(f"C{number}", numbered, FRAMEWORK, THRESHOLD))
            latest = {version.cycle: version for version in versions[:-1] if version.cycle != f"C{number}"}
            for before in reversed(latest.values()):
                pairings.append(decided(before, versions[-1], versions, pairings))
    return pairings


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


class Reader:
    """Who answers an item in what is public of one cycle; with a basis, each sheet for itself."""

    def __init__(self, cycle: str, pairings: Sequence[Pairing], position: int, basis: str | None) -> None:
        self.position, self.basis = position, basis
        self.public: set[Cell] = set()
        self.unknowns: dict[str, dict[bytes, set[Cell]]] = {}
        for version in {v for pairing in pairings for v in pairing.versions if v.cycle == cycle}:
            self.read(version)
        for number, pairing in enumerate(pairings):
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


class TestProperty:
    @settings(max_examples=60, deadline=None)
    @given(histories())
    def test_no_reader_of_all_comparisons_finds_few_units(self, cycles: list[list[list[Unit]]]) -> None:
        pairings = compared(*cycles)
        for number, position, basis in product(range(len(cycles)), range(len(ITEMS)), (None, *BASES)):
            assert Reader(f"C{number}", pairings, position, basis).smallest_secret() is None

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
