"""Composing the canonical bytes of a scorecard from frozen sheets and the versions before. Writes nothing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quintet.models import Cycle, Snapshot
from scorecards.domain.checked import Told
from scorecards.domain.figures import (
    BASES,
    FrameworkShape,
    UnitScores,
    group_figures,
    score_units,
    tally_units,
    unit_entry,
)
from scorecards.domain.published import Pairing, Release, Version
from scorecards.domain.scoring import METHOD
from scorecards.domain.suppression import suppress
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.checked import told_by
from scorecards.queries.decisions import decision_entries
from scorecards.queries.disclosed import comparisons_of, decided_pairing, version_reader
from scorecards.queries.frameworks import framework_shape, shape_sha256
from scorecards.queries.inputs import inputs_sha256
from scorecards.queries.publications import differing_parts, published_document, published_neighbours
from scorecards.queries.reading import baselines
from scorecards.services.checked import composed_block
from scorecards.services.gathering import Inputs, gather
from un20portal.lib.canonical import canonical_json, sha256


@dataclass(frozen=True)
class Surroundings:
    """What a scorecard is composed from beside the sheets: what is said of the cycle, and versions before."""

    header: Mapping[str, Any]  # as it stands in the bytes
    head: str | None  # hash of the scorecard that was published last, of whatever cycle
    before: Sequence[Scorecard]  # the cycle's own versions
    beside: Sequence[Sequence[Scorecard]]  # those of each neighbouring cycle
    compared: Sequence[ComparedPair]  # the comparisons in which one of these cycles takes part
    evidence_from: Mapping[str, int]  # the levels that need evidence


@dataclass(frozen=True)
class Basis:
    """All that the bytes are a function of, as hashes: composing again would give the same bytes."""

    sha256: str
    inputs_sha256: str


@dataclass(frozen=True)
class Composed:
    """What would be published now: the canonical bytes, and each unit's document by entity id."""

    payload: str
    documents: dict[int, str]
    basis: Basis

    @property
    def sha256(self) -> str:
        return sha256(self.payload)

    @property
    def changed_units(self) -> list[str]:
        """The codes of the units whose sheet differs from the version before; none for the first."""
        changed: list[str] = json.loads(self.payload)["changed_units"]
        return changed

    @property
    def regrouped_units(self) -> list[str]:
        """The codes of the units that were in other groups in the version before; none for the first."""
        regrouped: list[str] = json.loads(self.payload)["regrouped_units"]
        return regrouped

    @property
    def n_carried(self) -> int:
        """How many figures are shown as in an earlier version: too few units changed their sheets."""
        return sum("carried_from" in cell for cell, *_place in _cells(json.loads(self.payload)["groups"]))

    def repeats(self, latest: Scorecard) -> bool:
        """Whether it says the same as the latest version, but for its place in the chain."""
        return not differing_parts(json.loads(self.payload), published_document(latest.sha256))


def compose(*, cycle: Cycle, note: str = "") -> Composed:
    """Return what would be published now; equal inputs give equal bytes on every database.

    A later version says what it corrects: in the words of `note`, and in facts.
    """
    inputs = gather(cycle_id=cycle.pk)
    around = _surroundings(inputs.cycle)
    scores = score_units(inputs.units, inputs.framework)
    tallies = tally_units(inputs.units, inputs.framework, scores)
    release = Release(len(around.before) + 1, inputs.units, group_figures(tallies, inputs.framework))
    versions, compared, told = _judged_beside(around)
    groups = suppress(
        Version(inputs.cycle.code, release, inputs.framework, inputs.cycle.threshold),
        versions=versions,
        compared=compared,
    )
    documents = unit_documents(inputs, scores)
    document = _document(inputs, around, groups, documents, note)
    document["quality"] = composed_block(inputs, groups, told)
    basis = _basis(around, inputs.framework, inputs.sha256, note)
    return Composed(canonical_json(document), documents, basis)


def basis_of(*, cycle: Cycle, note: str) -> Basis:
    """Return what the scorecard would be composed from now, without composing it: cheap at any size."""
    framework = framework_shape(cycle.framework)
    return _basis(_surroundings(cycle), framework, inputs_sha256(cycle, framework), note)


def _basis(around: Surroundings, framework: FrameworkShape, inputs: str, note: str) -> Basis:
    content = {
        **around.header,
        "shape": shape_sha256(framework),
        "inputs": inputs,
        "note": note,
        "head": around.head,
        "before": [scorecard.sha256 for scorecard in around.before],
        "beside": [[scorecard.sha256 for scorecard in versions] for versions in around.beside],
        "compared": [row.sha256 for row in around.compared],
        "evidence_from": around.evidence_from,
    }
    return Basis(sha256(canonical_json(content)), inputs)


def _surroundings(cycle: Cycle) -> Surroundings:
    neighbours = published_neighbours(cycle)
    return Surroundings(
        header={
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
            "baselines": baselines(cycle.framework),
            "decisions": decision_entries(cycle),
        },
        head=Scorecard.objects.order_by("pk").values_list("sha256", flat=True).last(),
        before=_versions(cycle),
        beside=[_versions(other) for other in neighbours],
        compared=list(comparisons_of([cycle, *neighbours])),
        evidence_from=cycle.framework.evidence_from,
    )


def _document(
    inputs: Inputs, around: Surroundings, groups: dict[str, Any], documents: dict[int, str], note: str
) -> dict[str, Any]:
    latest = around.before[-1] if around.before else None
    memberships = {unit.code: list(unit.groups) for unit in inputs.units}
    units = {
        snapshot.assessment.entity.code: {
            "groups": memberships[snapshot.assessment.entity.code],
            "snapshot": snapshot.sha256,
            "document": sha256(documents[snapshot.assessment.entity_id]),
        }
        for snapshot in inputs.snapshots
    }
    before = published_document(latest.sha256)["units"] if latest else units
    return {
        **around.header,
        "version": len(around.before) + 1,
        "supersedes": latest.sha256 if latest else None,
        "changed_units": changed_units(before, units),
        "regrouped_units": regrouped_units(before, units),
        "correction": {"note": note} if latest else None,
        "previous_sha256": around.head,
        "inputs_sha256": inputs.sha256,
        "groups": groups,
        "units": units,
    }


def unit_documents(inputs: Inputs, scores: UnitScores) -> dict[int, str]:
    """The document of each unit by entity id: a function of its frozen sheet and of the framework."""
    return {
        snapshot.assessment.entity_id: canonical_json(
            {
                "cycle": inputs.cycle.code,
                "entity": snapshot.assessment.entity.code,
                "method": METHOD,
                **_salt(snapshot),
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


def _salt(snapshot: Snapshot) -> dict[str, str]:
    """What keeps the public hash of a document from being guessed; sheets frozen before have none."""
    return {"nonce": snapshot.nonce} if snapshot.nonce else {}


def _versions(cycle: Cycle) -> list[Scorecard]:
    versions = Scorecard.objects.filter(cycle=cycle).order_by("version")
    return list(versions.select_related("cycle__framework").defer("payload"))


def _judged_beside(around: Surroundings) -> tuple[list[Version], list[Pairing], list[Told]]:
    """The versions before, those of other cycles with negative numbers, the decided comparisons, the checks.

    Each version is read once for all of this: a process holds but a few.
    """
    own = set(around.before)

    def number(scorecard: Scorecard) -> int:
        return scorecard.version if scorecard in own else -scorecard.pk

    version, versions, told = version_reader(number), [], []
    for scorecard in (*around.before, *(other for cycle in around.beside for other in cycle)):
        versions.append(version(scorecard))
        told.append(told_by(scorecard, versions[-1], is_of_cycle=scorecard in own))
    pairings = [decided_pairing(row, version) for row in around.compared]
    return versions, pairings, [each for each in told if each is not None]


def changed_units(before: Mapping[str, Any], units: Mapping[str, Any]) -> list[str]:
    """The units that have another sheet than before, or a sheet in one of the two versions only."""
    earlier, sheets = (
        {code: unit["snapshot"] for code, unit in version.items()} for version in (before, units)
    )
    return sorted(dict(earlier.items() ^ sheets.items()))


def regrouped_units(before: Mapping[str, Any], units: Mapping[str, Any]) -> list[str]:
    """The units of both versions that are in other groups than before."""
    return sorted(
        code for code in before.keys() & units.keys() if before[code]["groups"] != units[code]["groups"]
    )


def _cells(groups: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str, str]]:
    """Yield every figure with its group, basis and code."""
    for group, bases in groups.items():
        for basis, figures in bases.items():
            for code, cell in {**figures["items"], **figures["dimensions"]}.items():
                yield cell, group, basis, code
