"""Composing the canonical bytes of a scorecard from frozen sheets and the versions before. Writes nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from quintet.models import Cycle
from scorecards.domain.corrections import facts_of
from scorecards.domain.figures import (
    BASES,
    UnitScores,
    group_figures,
    score_units,
    tally_units,
    unit_entry,
)
from scorecards.domain.scoring import METHOD
from scorecards.domain.suppression import Release, suppress
from scorecards.models import Scorecard
from scorecards.queries.publications import published_document, published_neighbours
from scorecards.queries.reading import baselines
from scorecards.queries.sheets import published_units
from scorecards.services.gathering import Inputs, gather
from un20portal.lib.canonical import canonical_json, sha256

CHAIN = {"version", "supersedes", "changed_units", "correction", "previous_sha256"}


@dataclass(frozen=True)
class Draft:
    """What would be published now: the canonical bytes, and each unit's document by entity id."""

    payload: str
    documents: dict[int, str]
    inputs_sha256: str

    @property
    def sha256(self) -> str:
        return sha256(self.payload)

    @property
    def changed_units(self) -> list[str]:
        """The codes of the units whose sheet differs from the version before; none for the first."""
        changed: list[str] = json.loads(self.payload)["changed_units"]
        return changed

    @property
    def n_carried(self) -> int:
        """How many figures are shown as in an earlier version: too few units changed their sheets."""
        return sum("carried_from" in cell for cell, *_place in _cells(json.loads(self.payload)["groups"]))

    def repeats(self, latest: Scorecard) -> bool:
        """Whether it says the same as the latest version, but for its place in the chain."""
        ours, theirs = json.loads(self.payload), json.loads(latest.payload)
        return all(ours[name] == theirs[name] for name in ours.keys() - CHAIN)


def compose(*, cycle: Cycle, note: str = "") -> Draft:
    """Return what would be published now; equal inputs give equal bytes on every database.

    A later version says what it corrects: in the words of `note`, without them in facts.
    """
    inputs = gather(cycle_id=cycle.pk)
    scores = score_units(inputs.units, inputs.framework)
    before = _versions(cycle)
    tallies = tally_units(inputs.units, inputs.framework, scores)
    release = Release(len(before) + 1, inputs.units, group_figures(tallies, inputs.framework))
    groups = suppress(
        release,
        inputs.framework,
        before=[_release(scorecard) for scorecard in before],
        beside=_releases_beside(cycle),
        threshold=cycle.threshold,
    )
    documents = _unit_documents(inputs, scores)
    document = _document(inputs, groups, documents, before)
    document["correction"] = _correction(document, note)
    return Draft(canonical_json(document), documents, inputs.sha256)


def _correction(document: dict[str, Any], note: str) -> dict[str, str] | None:
    """What a later version says of itself; the first one corrects nothing."""
    if document["supersedes"] is None:
        return None
    return {"note": note or facts_of(len(document["changed_units"]))}


def _document(
    inputs: Inputs, groups: dict[str, Any], documents: dict[int, str], before: list[Scorecard]
) -> dict[str, Any]:
    cycle = inputs.cycle
    previous = Scorecard.objects.order_by("pk").last()
    latest = before[-1] if before else None
    memberships = {unit.code: list(unit.groups) for unit in inputs.units}
    units = {
        snapshot.assessment.entity.code: {
            "groups": memberships[snapshot.assessment.entity.code],
            "snapshot": snapshot.sha256,
            "document": sha256(documents[snapshot.assessment.entity_id]),
        }
        for snapshot in inputs.snapshots
    }
    return {
        "method": METHOD,
        "cycle": {
            "code": cycle.code,
            "title": cycle.title,
            "opens_on": cycle.opens_on.isoformat(),
            "closes_on": cycle.closes_on.isoformat(),
            "phase": str(cycle.phase),
            "synthetic": cycle.is_demo,
        },
        "framework": {"slug": cycle.framework.slug, "version": cycle.framework.version},
        "threshold": cycle.threshold,
        "version": len(before) + 1,
        "supersedes": latest.sha256 if latest else None,
        "changed_units": _changed_units(latest, units),
        "previous_sha256": previous.sha256 if previous else None,
        "inputs_sha256": inputs.sha256,
        "baselines": baselines(cycle.framework),
        "groups": groups,
        "units": units,
    }


def _unit_documents(inputs: Inputs, scores: UnitScores) -> dict[int, str]:
    return {
        snapshot.assessment.entity_id: canonical_json(
            {
                "cycle": inputs.cycle.code,
                "entity": snapshot.assessment.entity.code,
                "method": METHOD,
                "snapshot": snapshot.sha256,
                "figures": {
                    basis: {
                        dimension: unit_entry(figures, inputs.framework.highest_level)
                        for dimension, figures in scores[basis]
                        .get(snapshot.assessment.entity.code, {})
                        .items()
                    }
                    for basis in BASES
                },
            }
        )
        for snapshot in inputs.snapshots
    }


def _versions(cycle: Cycle) -> list[Scorecard]:
    return list(Scorecard.objects.filter(cycle=cycle).order_by("version"))


def _release(scorecard: Scorecard) -> Release:
    """A published version as the disclosure rule needs it: its cells, and the sheets behind them."""
    groups = published_document(scorecard.sha256)["groups"]
    return Release(scorecard.version, published_units(scorecard), groups)


def _releases_beside(cycle: Cycle) -> list[list[Release]]:
    """All versions of the neighbouring cycles, numbered downwards from -1."""
    numbers = count(1)
    return [
        [replace(_release(scorecard), version=-next(numbers)) for scorecard in _versions(other)]
        for other in published_neighbours(cycle)
    ]


def _changed_units(latest: Scorecard | None, units: dict[str, Any]) -> list[str]:
    if latest is None:
        return []
    before = json.loads(latest.payload)["units"]
    return sorted(code for code in {*before, *units} if before.get(code) != units.get(code))


def _cells(groups: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str, str]]:
    """Yield every figure with its group, basis and code."""
    for group, bases in groups.items():
        for basis, figures in bases.items():
            for code, cell in {**figures["items"], **figures["dimensions"]}.items():
                yield cell, group, basis, code
