"""What two cycles show beside each other, as values and as the document that is stored of it. Plain Python.

A document holds only what may be shown, by group and basis:

    links   how the items of the two frameworks belong together: [relation, before, after]
    shown   by code after: the sums that may be shown, "panel" or "overlap", by basis the groups
    groups  group → basis → items and dimensions by their code after
            item       [rose, same, fell, has before, has after, newly answered, no longer], and its bridge
            bridge     [before, after, four parts, why there are none]; null where it is hidden
            fractions  [numerator, denominator]
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from quintet.domain.crosswalk import Crosswalk, read
from scorecards.domain.bridge import Bridge, Parts, WithoutParts, bridge_index, bridge_share
from scorecards.domain.figures import BASES, Unit
from scorecards.domain.movement import Comparison, CycleSheets, Panel, item_movements
from scorecards.domain.published import OVERLAP, PANEL, SUMS, Pairing, Part, Shown
from scorecards.domain.scoring import METHOD

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Moved:
    """What moved in one group on one basis: by code after, of items and of dimensions."""

    panels: Mapping[str, Panel]
    shares: Mapping[str, Bridge]
    indices: Mapping[str, Bridge]

    def back(self) -> "Moved":
        """The same from the cycle after to the one before, whose items have the same codes."""
        return Moved(
            {code: panel.back() for code, panel in self.panels.items()},
            {code: bridge.back() for code, bridge in self.shares.items()},
            {code: bridge.back() for code, bridge in self.indices.items()},
        )


def moved_between(before: CycleSheets, after: CycleSheets, crosswalk: Crosswalk) -> Moved:
    """Everything that moved, nothing hidden."""
    comparison = Comparison(before, after, crosswalk)
    in_both = [code for code in after.framework.dimensions if code in before.framework.dimensions]
    return Moved(
        item_movements(comparison),
        {code: bridge_share(comparison, code) for code in crosswalk.joined},
        {code: bridge_index(comparison, code) for code in in_both},
    )


def sheets_in(units: Iterable[Unit], *, group: str, basis: str) -> dict[str, bytes | None]:
    """What the units of a group say on a basis, by their codes."""
    return {unit.code: unit.sheets[basis] for unit in units if group in unit.groups}


# --- the document --------------------------------------------------------------------------------
def document_of(pairing: Pairing) -> dict[str, Any]:
    """All that may be shown of two published versions, of which `pairing` says what that is."""
    return {
        "method": METHOD,
        "links": [[link.relation, link.before, link.after] for link in pairing.crosswalk.links],
        "shown": {code: _groups_by_sums(parts) for code, parts in pairing.shown.items() if parts},
        "groups": {
            group: {basis: _shown_figures(pairing, group, basis) for basis in BASES}
            for group in pairing.after.release.groups
            if group in pairing.before.release.groups
        },
    }


def _groups_by_sums(parts: frozenset[Part]) -> dict[str, dict[str, list[str]]]:
    return {
        sums: {
            basis: sorted(part.group for part in parts if (part.sums, part.basis) == (sums, basis))
            for basis in BASES
        }
        for sums in SUMS
    }


def _shown_figures(pairing: Pairing, group: str, basis: str) -> dict[str, Any]:
    """Only what may be shown is worked out."""
    panel, overlap = Part(PANEL, basis, group), Part(OVERLAP, basis, group)
    before, after = (
        CycleSheets(version.framework, sheets_in(version.release.units, group=group, basis=basis))
        for version in pairing.versions
    )
    comparison, joined = Comparison(before, after, pairing.crosswalk), pairing.crosswalk.joined

    def shown(code: str) -> frozenset[Part]:
        return pairing.shown.get(code, frozenset())

    return {
        "items": {
            code: [
                [getattr(found, field.name) for field in fields(Panel)],
                _bridge_entry(bridge_share(comparison, code)) if overlap in shown(code) else None,
            ]
            for code, found in item_movements(comparison).items()
            if panel in shown(code)
        },
        "dimensions": {
            code: _bridge_entry(bridge_index(comparison, code))
            for code, parts in pairing.shown.items()
            if code not in joined and {panel, overlap} <= parts
        },
    }


def _bridge_entry(bridge: Bridge) -> list[Any]:
    parts = bridge.parts and [_fraction_entry(part) for part in bridge.parts]
    return [_fraction_entry(bridge.before), _fraction_entry(bridge.after), parts, bridge.why_not]


def _fraction_entry(value: Fraction | None) -> list[int] | None:
    return None if value is None else list(value.as_integer_ratio())


def read_crosswalk(document: Document, before: Sequence[str], after: Sequence[str]) -> Crosswalk:
    """The crosswalk of a document, for frameworks with these items."""
    names = ("relation", "before", "after")
    return read(before, after, [dict(zip(names, link, strict=True)) for link in document["links"]])


def read_shown(document: Document) -> Shown:
    """Which parts a document shows, by code after."""
    return {
        code: frozenset(
            Part(sums, basis, group)
            for sums, bases in entry.items()
            for basis, groups in bases.items()
            for group in groups
        )
        for code, entry in document["shown"].items()
    }


def read_moved(document: Document, *, group: str, basis: str) -> Moved:
    """What a document shows of a group that both versions have."""
    entry = document["groups"][group][basis]
    return Moved(
        {code: Panel(*counts) for code, (counts, _found) in entry["items"].items()},
        {code: _bridge(found) for code, (_counts, found) in entry["items"].items() if found},
        {code: _bridge(found) for code, found in entry["dimensions"].items()},
    )


def _bridge(entry: Sequence[Any]) -> Bridge:
    before, after, parts, why_not = entry
    return Bridge(
        _fraction(before),
        _fraction(after),
        parts and Parts(*(Fraction(*part) for part in parts)),
        why_not and WithoutParts(why_not),
    )


def _fraction(entry: Sequence[int] | None) -> Fraction | None:
    return None if entry is None else Fraction(*entry)
