"""What a cycle publishes over several versions, attacked as a reader would who keeps them all."""

from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.disclosure import Atom, Cell
from scorecards.domain.figures import BASES, FrameworkShape, Unit, group_figures, score_units, tally_units
from scorecards.domain.scoring import ItemShape
from scorecards.domain.suppression import Release, suppress
from tests.scorecards.domain.attack import THRESHOLD, only, smallest_secret

ITEMS = [ItemShape(f"DAT-{enabler}", 1, enabler) for enabler in ("STR", "LED", "TRN")]
FRAMEWORK = FrameworkShape(highest_level=4, dimensions={"DAT": ITEMS})
LEVELS = [0, 2, 4, NA_BYTE, MISSING_BYTE]


def figures_of(units: Sequence[Unit]) -> dict[str, Any]:
    """All figures, before suppression."""
    return group_figures(tally_units(units, FRAMEWORK, score_units(units, FRAMEWORK)), FRAMEWORK)


def publish(versions: Sequence[Sequence[Unit]]) -> list[Release]:
    """Publish the versions one after the other, each beside those before."""
    published: list[Release] = []
    for number, units in enumerate(versions, start=1):
        shown = suppress(
            Release(number, units, figures_of(units)), FRAMEWORK, before=tuple(published), threshold=THRESHOLD
        )
        published.append(Release(number, units, shown))
    return published


def unit(code: str, groups: Sequence[str], claimed: bytes | None, accepted: bytes | None) -> Unit:
    return Unit(code, tuple(groups), {"accepted": accepted, "claimed": claimed})


def several(count: int, groups: Sequence[str], levels: bytes, name: str = "U") -> list[Unit]:
    return [unit(f"{name}{number}", groups, levels, levels) for number in range(count)]


def cell(release: Release, group: str, kind: str = "items", code: str = "DAT-STR") -> dict[str, Any]:
    found: dict[str, Any] = release.groups[group]["accepted"][kind][code]
    return found


class TestDimensions:
    def test_are_hidden_where_few_are_rated(self) -> None:
        """Every item has enough answers, but only four units answer two thirds of them."""
        one_each = [
            unit(f"V{number}", ["all"], levels, levels)
            for number in range(15)
            for levels in [bytes(2 if at == number % 3 else MISSING_BYTE for at in range(3))]
        ]
        [release] = publish([several(4, ["all"], bytes([2, 2, 2])) + one_each])
        assert cell(release, "all")["n_answered"] == 9
        assert cell(release, "all", "dimensions", "DAT") == {"n_group": 19, "suppressed": True}

    def test_are_hidden_where_the_counted_ones_differ_by_few(self) -> None:
        """The one outside the board answers nothing: both cells would tell that, and where it is."""
        nothing = bytes([MISSING_BYTE] * 3)
        [release] = publish(
            [several(9, ["all", "board"], bytes([2, 2, 2])) + several(1, ["all"], nothing, "V")]
        )
        assert "dist" in cell(release, "all")
        assert cell(release, "board") == {"n_group": 9, "suppressed": True}
        assert "mean" in cell(release, "all", "dimensions", "DAT")
        assert cell(release, "board", "dimensions", "DAT") == {"n_group": 9, "suppressed": True}

    def test_are_hidden_beside_a_hidden_item_which_they_would_give_away(self) -> None:
        """The breadth of a dimension adds its items up."""
        sheets = several(3, ["all"], bytes([4, 2, 2])) + several(6, ["all"], bytes([MISSING_BYTE, 2, 2]), "V")
        [release] = publish([sheets])
        assert cell(release, "all") == {"n_group": 9, "suppressed": True}
        assert cell(release, "all", "dimensions", "DAT") == {"n_group": 9, "suppressed": True}

    def test_are_shown_beside_an_item_that_nobody_answers(self) -> None:
        [release] = publish([several(9, ["all"], bytes([NA_BYTE, 2, 2]))])
        assert cell(release, "all")["suppressed"]
        assert cell(release, "all", "dimensions", "DAT")["n_rated"] == 9


class TestVersions:
    def test_show_the_figure_before_while_few_units_changed(self) -> None:
        same, changed = several(8, ["all"], bytes([2, 2, 2])), bytes([3, 2, 2])
        four = [unit(f"U{number}", ["all"], changed, changed) for number in range(4)] + same[4:]
        five = [unit(f"U{number}", ["all"], changed, changed) for number in range(5)] + same[5:]
        first, second, third = publish([same, four, five])
        assert cell(second, "all") == {"carried_from": 1, **cell(first, "all")}
        assert cell(third, "all")["dist"] == [0, 0, 3, 5, 0]

    def test_say_of_which_version_a_figure_is(self) -> None:
        units = several(9, ["all"], bytes([2, 2, 2]))
        first, second, third = publish([units[:6], units[:7], units[:8]])
        assert cell(third, "all") == cell(second, "all") == {"carried_from": 1, **cell(first, "all")}

    def test_do_not_tell_by_their_marks_what_one_unit_left_open(self) -> None:
        units = several(9, ["all"], bytes([2, 2, 2]))
        joined = bytes([2, MISSING_BYTE, 2])
        _first, second = publish([units, [*units, unit("NEW", ["all"], joined, joined)]])
        marks = {cell(second, "all", code=item.code)["carried_from"] for item in ITEMS}
        assert marks == {1}

    def test_repeat_what_nobody_changed(self) -> None:
        units = several(9, ["all"], bytes([2, 2, 2]))
        first, second = publish([units, units])
        assert second.groups == first.groups


@st.composite
def histories(draw: st.DrawFn) -> list[list[Unit]]:
    """Up to three versions of up to nine units that change, join, leave, and get validated or not."""
    members = [
        ["all", draw(st.sampled_from(["fund", "agency"]))] + (["board"] if draw(st.booleans()) else [])
        for _unit in range(draw(st.integers(4, 9)))
    ]
    sheets = st.one_of(st.none(), st.lists(st.sampled_from(LEVELS), min_size=3, max_size=3).map(bytes))
    kept: dict[int, bytes | None] = {}
    versions = []
    for _version in range(draw(st.integers(1, 3))):
        units = []
        for number, groups in enumerate(members):
            if number not in kept or draw(st.integers(0, 2)) == 0:
                kept[number] = draw(sheets)
            accepted = kept[number] if draw(st.integers(0, 3)) else None
            units.append(unit(f"U{number}", groups, kept[number], accepted))
        versions.append(units)
    return versions


def population(releases: Sequence[Release], position: int, basis: str | None) -> dict[Atom, int]:
    """Units by the cells of one item in which they answer; with a basis, each of its sheets for itself."""
    atoms: Counter[Atom] = Counter()
    for code in {unit.code for release in releases for unit in release.units}:
        unknowns: dict[bytes, set[Cell]] = {}
        for release, found in product(releases, BASES if basis is None else [basis]):
            for unit in release.units:
                levels = unit.sheets[found]
                if unit.code == code and levels and levels[position] not in (NA_BYTE, MISSING_BYTE):
                    cells = {(release.version, found, group) for group in unit.groups}
                    unknowns.setdefault(levels if basis else b"", set()).update(cells)
        atoms[frozenset(map(frozenset, unknowns.values()))] += 1
    return dict(atoms)


class TestProperty:
    @settings(max_examples=80, deadline=None)
    @given(histories())
    def test_no_reader_of_all_versions_finds_few_units(self, versions: list[list[Unit]]) -> None:
        releases = publish(versions)
        for position, item in enumerate(ITEMS):
            public = [cell for release in releases for cell in release.own_cells("items", item.code)]
            for basis in (None, *BASES):
                known = population(releases, position, basis)
                cells = [cell for cell in public if basis in (None, cell[1])]
                assert smallest_secret(only(known, cells), cells) is None

    @settings(max_examples=80, deadline=None)
    @given(histories())
    def test_a_dimension_is_fresh_only_with_all_its_items(self, versions: list[list[Unit]]) -> None:
        for release in publish(versions):
            for group, basis in product(release.groups, BASES):
                figures = release.groups[group][basis]
                if (release.version, basis, group) in set(release.own_cells("dimensions", "DAT")):
                    full = figures_of(release.units)[group][basis]
                    for item in ITEMS:
                        answered = full["items"][item.code]["n_answered"]
                        assert not answered or figures["items"][item.code] == full["items"][item.code]
