"""A comparison as a document: what is read is what was written, and back is there with the signs turned."""

import json

from hypothesis import given

from scorecards.domain.bridge import bridge_index, bridge_share
from scorecards.domain.compared import (
    document_of,
    moved_between,
    read_crosswalk,
    read_moved,
    read_shown,
)
from scorecards.domain.figures import Unit
from scorecards.domain.movement import Comparison, CycleSheets, Panel
from scorecards.domain.published import OVERLAP, PANEL, Pairing, Part, Release, Version
from tests.scorecards.domain.cycles import COMPARISONS, ONE_FRAMEWORK, swapped
from un20portal.lib.canonical import canonical_json

GROUP, BASIS = "all", "accepted"


def version(cycle: CycleSheets, code: str, number: int) -> Version:
    units = [Unit(unit, (GROUP,), {BASIS: sheet, "claimed": None}) for unit, sheet in cycle.sheets.items()]
    return Version(code, Release(number, units, {GROUP: {}}), cycle.framework, 5)


def paired(comparison: Comparison, *sums: str) -> Pairing:
    """The comparison with these sums of everything shown."""
    before, after = version(comparison.before, "A", 1), version(comparison.after, "B", 2)
    dimensions = [code for code in after.framework.dimensions if code in before.framework.dimensions]
    parts = frozenset(Part(one, BASIS, GROUP) for one in sums)
    shown = dict.fromkeys([*comparison.crosswalk.joined, *dimensions], parts)
    return Pairing(before, after, comparison.crosswalk, shown)


class TestADocument:
    @given(COMPARISONS)
    def test_is_read_as_it_was_written(self, comparison: Comparison) -> None:
        pairing = paired(comparison, PANEL, OVERLAP)
        document = json.loads(canonical_json(document_of(pairing)))
        before, after = comparison.cycles
        found, everything = (
            read_moved(document, group=GROUP, basis=BASIS),
            moved_between(before, after, comparison.crosswalk),
        )
        assert read_shown(document) == pairing.shown
        assert read_crosswalk(document, before.codes, after.codes) == comparison.crosswalk
        assert (found.shares, found.indices) == (everything.shares, everything.indices)
        assert found.panels == {
            code: Panel(*list(vars(panel).values())[:7]) for code, panel in everything.panels.items()
        }

    @given(COMPARISONS)
    def test_holds_no_bridge_beside_a_panel_alone(self, comparison: Comparison) -> None:
        found = read_moved(document_of(paired(comparison, PANEL)), group=GROUP, basis=BASIS)
        assert set(found.panels) == set(comparison.crosswalk.joined)
        assert (found.shares, found.indices) == ({}, {})

    @given(COMPARISONS)
    def test_holds_nothing_of_an_overlap_alone(self, comparison: Comparison) -> None:
        found = read_moved(document_of(paired(comparison, OVERLAP)), group=GROUP, basis=BASIS)
        assert (found.panels, found.shares, found.indices) == ({}, {}, {})


class TestTheWayBack:
    @given(ONE_FRAMEWORK)
    def test_is_what_comparing_the_other_way_round_finds(self, comparison: Comparison) -> None:
        turned = swapped(comparison)
        for code in comparison.crosswalk.joined:
            assert bridge_share(comparison, code).back() == bridge_share(turned, code)
        for code in comparison.after.framework.dimensions:
            assert bridge_index(comparison, code).back() == bridge_index(turned, code)
        there, back = (
            moved_between(one.before, one.after, one.crosswalk).panels for one in (comparison, turned)
        )
        for code, panel in there.items():
            assert vars(panel.back()).items() <= vars(back[code]).items()
