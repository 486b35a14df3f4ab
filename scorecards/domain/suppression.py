"""Applying the disclosure rule to the figures of a cycle: what is published, and what is hidden."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.disclosure import hidden_groups
from scorecards.domain.figures import BASES, FrameworkShape, Unit, UnitScores


def suppress(
    groups: Mapping[str, Any],
    units: Sequence[Unit],
    framework: FrameworkShape,
    scores: UnitScores,
    *,
    threshold: int,
) -> dict[str, Any]:
    """Return a copy of `groups` in which every cell that must be hidden says only that it is."""
    published: dict[str, Any] = {
        group: {basis: {**figures[basis], "items": {}, "dimensions": {}} for basis in BASES}
        for group, figures in groups.items()
    }
    for basis in BASES:
        for position, item in enumerate(framework.items):
            answering = _count(units, lambda unit, at=position, on=basis: _answers(unit.sheets[on], at))
            _place(
                groups, published, basis, "items", item.code, hidden_groups(answering, threshold=threshold)
            )
        for code in framework.dimensions:
            rated = {unit for unit, figures in scores[basis].items() if figures[code].is_rated}
            answering = _count(units, lambda unit, known=rated: unit.code in known)
            _place(
                groups, published, basis, "dimensions", code, hidden_groups(answering, threshold=threshold)
            )
    return published


def _answers(sheet: bytes | None, position: int) -> bool:
    return sheet is not None and sheet[position] not in (NA_BYTE, MISSING_BYTE)


def _count(units: Sequence[Unit], answers: Any) -> dict[frozenset[str], int]:
    found: Counter[frozenset[str]] = Counter()
    for unit in units:
        found[frozenset(unit.groups)] += int(answers(unit))
    return dict(found)


def _place(
    groups: Mapping[str, Any],
    published: dict[str, Any],
    basis: str,
    kind: str,
    code: str,
    hidden: frozenset[str],
) -> None:
    for group, figures in groups.items():
        entry = figures[basis][kind][code]
        if group in hidden:
            entry = {"n_group": entry["n_group"], "suppressed": True}
        published[group][basis][kind][code] = entry
