"""Checking what was published and what it was made of: hashes, chain, frozen sheets, figures, checkpoints.

Comparisons and simulations, which follow from what is published, are checked in `services.redoing`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quintet.models import Snapshot, Status
from quintet.services.freezing import is_packed_right
from scorecards.domain.checked import (
    HIDDEN,
    Counts,
    Questions,
    entry_again,
    is_recorded,
    is_shown_as_is,
    own_entries,
)
from scorecards.domain.checkpoints import SignedCheckpoint, disagreement, parse_checkpoint
from scorecards.domain.figures import FrameworkShape, Tallies, Unit, UnitScores, score_units, tally_units
from scorecards.domain.groups import ALL
from scorecards.domain.published import Release
from scorecards.domain.recounting import first_difference, recounted
from scorecards.models import Checkpoint, EntityDocument, Scorecard
from scorecards.queries.checked import questions_of
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.publications import said_in_lists
from scorecards.queries.sheets import sheets_of
from scorecards.services.checkpoints import known_keys, published_chain
from scorecards.services.composing import changed_units, regrouped_units, unit_documents
from scorecards.services.gathering import Inputs
from un20portal.lib.canonical import sha256
from un20portal.lib.signatures import is_signed, key_id

CHUNK = 500  # units that are held in memory at a time
NOT_OURS = (KeyError, IndexError, TypeError, ValueError, AttributeError)  # what bytes of others run into
Document = Mapping[str, Any]
Units = Mapping[str, Mapping[str, Any]]  # as a scorecard lists them, by code


@dataclass
class Recount:
    """What the frozen sheets behind a version come to, added up part by part."""

    framework: FrameworkShape
    questions: Questions
    tallies: Tallies = field(default_factory=dict)
    checked: dict[str, Counts] = field(init=False)
    is_recorded: bool = True  # whether all sheets that count say what was checked

    def __post_init__(self) -> None:
        self.checked = self.questions.empty()

    def add(self, units: Sequence[Unit], scores: UnitScores, snapshots: Iterable[Snapshot]) -> None:
        for place, tally in tally_units(units, self.framework, scores).items():
            self.tallies.setdefault(place, self.framework.empty_tally()).merge(tally)
        for snapshot in snapshots:
            if snapshot.status == Status.VALIDATED:
                answers = json.loads(snapshot.payload)["answers"]
                self.is_recorded = self.is_recorded and is_recorded(answers)
                if self.is_recorded:
                    self.questions.count(self.checked, answers)


def first_broken_publication() -> tuple[int, str]:
    """Return how many scorecards were checked, and a sentence on the first bad one ("" when all are good)."""
    previous, count = "", 0
    scorecards = Scorecard.objects.select_related("cycle__framework").order_by("pk")
    for scorecard in scorecards.iterator(chunk_size=1):
        if finding := _broken_scorecard(scorecard, previous):
            return count, f"{scorecard.cycle.code} version {scorecard.version}: {finding}"
        previous, count = scorecard.sha256, count + 1
    return count, ""


def first_broken_checkpoint(files: Iterable[tuple[str, str]] = ()) -> tuple[int, str]:
    """Return how many checkpoints were checked, and a sentence on the first bad one ("" when all are good).

    First those that are stored here, then the (name, text) of `files` that were kept outside.
    """
    chain, keys, count = published_chain(), known_keys(), 0
    for row in Checkpoint.objects.order_by("pk"):
        if finding := _broken_row(row, chain, keys):
            return count, f"Checkpoint {row.pk}: {finding}"
        count += 1
    for name, text in files:
        try:
            finding = _broken_checkpoint(parse_checkpoint(text), chain, keys)
        except ValueError as error:
            finding = f"this is no checkpoint: {error}."
        if finding:
            return count, f"{name}: {finding}"
        count += 1
    return count, ""


def _broken_row(row: Checkpoint, chain: Sequence[str], keys: set[str]) -> str:
    try:
        kept = SignedCheckpoint(row.payload, row.signature, row.public_key, row.key_id)
        said = kept.statement()
    except (ValueError, KeyError, TypeError) as error:
        return f"the payload cannot be read: {error}."
    if (said.n_scorecards, said.head_sha256) != (row.n_scorecards, row.head_sha256):
        return "the row says otherwise than the payload that is signed."
    return _broken_checkpoint(kept, chain, keys)


def _broken_checkpoint(kept: SignedCheckpoint, chain: Sequence[str], keys: set[str]) -> str:
    statement = kept.statement()
    if not is_signed(kept.payload, signature=kept.signature, public_key=kept.public_key):
        return "the signature does not fit the payload."
    if kept.public_key not in keys:
        return f"the key {key_id(kept.public_key)} is not known here: see CHECKPOINT_FORMER_KEYS."
    return disagreement(statement, chain)


def _broken_scorecard(scorecard: Scorecard, previous: str) -> str:
    if sha256(scorecard.payload) != scorecard.sha256:
        return "the published bytes do not match their hash."
    before = _version_before(scorecard)
    try:
        document = json.loads(scorecard.payload)
        told_before = json.loads(before.payload) if before else None
        return (
            _wrong_row(scorecard, document, previous)
            or _wrong_correction(before, told_before, document)
            or _wrong_figures(scorecard, document, told_before)
        )
    except NOT_OURS as error:
        return f"the published bytes are not those of a scorecard: {error!r}."


def _wrong_row(scorecard: Scorecard, document: Document, previous: str) -> str:
    if (document["cycle"]["code"], document["version"]) != (scorecard.cycle.code, scorecard.version):
        return "the row says another cycle or version than its bytes."
    said = said_in_lists(document)  # the columns for lists follow from the bytes
    if columns := [name for name, value in said.items() if getattr(scorecard, name) != value]:
        return f"the row says otherwise than its bytes: {', '.join(columns)}."
    if (document["previous_sha256"] or "") != previous or scorecard.previous_sha256 != previous:
        return "the chain is broken before this scorecard."
    return ""


def _wrong_correction(before: Scorecard | None, told_before: Document | None, document: Document) -> str:
    """A sentence if it does not say what changed since the version before; early ones name no groups."""
    units = document["units"]
    earlier = told_before["units"] if told_before else units
    if document["supersedes"] != (before.sha256 if before else None):
        return "it supersedes another scorecard than the version before."
    if document["changed_units"] != changed_units(earlier, units):
        return "other units have changed since the version before than it says."
    if document.get("regrouped_units") not in (None, regrouped_units(earlier, units)):
        return "other units are in other groups than in the version before than it says."
    return ""


def _wrong_figures(scorecard: Scorecard, document: Document, told_before: Document | None) -> str:
    """A sentence on the first unit or group whose figures are not what the frozen sheets come to."""
    framework = scorecard.cycle.framework
    evidence_from = (document.get("quality") or {}).get("evidence_from", {})
    found = Recount(framework_shape(framework), questions_of(framework, evidence_from))
    return (
        _broken_unit(scorecard, document, found)
        or _wrong_group(document, told_before, found)
        or _wrong_block(document, told_before, found)
    )


def _broken_unit(scorecard: Scorecard, document: Document, found: Recount) -> str:
    """A sentence on the first unit whose document or sheet is not what the published bytes name.

    What the sheets say is added to `found`.
    """
    units: Units = document["units"]
    if set(scorecard.documents.values_list("entity__code", flat=True)) != set(units):
        return "the documents of units differ from the published list."
    codes = list(units)
    for start in range(0, len(codes), CHUNK):
        part = {code: units[code] for code in codes[start : start + CHUNK]}
        snapshots = _sheets_behind(scorecard, part)
        if finding := _broken_document(scorecard, part) or _broken_sheet(part, snapshots):
            return finding
        scored = [Unit(code, tuple(part[code]["groups"]), sheets_of(snapshots[code])) for code in part]
        inputs = Inputs(
            scorecard.cycle, found.framework, scored, list(snapshots.values()), document["inputs_sha256"]
        )
        scores = score_units(scored, found.framework)
        if finding := _wrong_document(inputs, scores, part, snapshots):
            return finding
        found.add(scored, scores, snapshots.values())
    return ""


def _wrong_group(document: Document, told_before: Document | None, found: Recount) -> str:
    """Every figure that is shown follows from the frozen sheets, or is the one of the version before."""
    before = [Release(told_before["version"], (), told_before["groups"])] if told_before else []
    try:
        groups = recounted(
            document["groups"],
            found.tallies,
            found.framework,
            threshold=document["threshold"],
            before=before,
        )
    except ValueError as error:
        return f"{error}."
    return _difference(document["groups"], groups)


def _wrong_block(document: Document, told_before: Document | None, found: Recount) -> str:
    """What checks found follows from the frozen sheets, or is said as in the version before, or hidden.

    Versions from before it was counted do not name it.
    """
    if "quality" not in document:
        is_gone = told_before is not None and "quality" in told_before
        return "quality: the version before says what checks found, this one does not." if is_gone else ""
    said, before = document["quality"], (told_before or {}).get("quality")
    if said is None or not found.is_recorded:
        wrong = (said is None) == found.is_recorded
        return "quality: whether all sheets record what was checked is not as it says." if wrong else ""
    own = own_entries(found.questions, found.checked, threshold=document["threshold"])
    number = told_before["version"] if told_before else 0
    evidence_from = said["evidence_from"]
    figures = document["groups"].get(ALL, {}).get("accepted", {}).get("items", {})  # none: nobody was asked
    again = {
        item: own[item]
        if is_shown_as_is(figures.get(item, HIDDEN)) and said["items"].get(item) == own[item]
        else entry_again(before, number, item, evidence_from)
        for item in own
    }
    return _difference({"quality": said}, {"quality": {"evidence_from": evidence_from, "items": again}})


def _difference(said: Any, again: Any) -> str:
    place = first_difference(said, again)
    return "" if place is None else f"{', '.join(place)}: this is not what its frozen sheets come to."


def _version_before(scorecard: Scorecard) -> Scorecard | None:
    versions = Scorecard.objects.filter(cycle=scorecard.cycle_id, version__lt=scorecard.version)
    return versions.order_by("version").last()


def _sheets_behind(scorecard: Scorecard, units: Units) -> dict[str, Snapshot]:
    """The snapshots that the published bytes name, by unit."""
    snapshots = Snapshot.objects.filter(
        assessment__cycle=scorecard.cycle_id, sha256__in=[unit["snapshot"] for unit in units.values()]
    ).select_related("assessment__entity")
    return {snapshot.assessment.entity.code: snapshot for snapshot in snapshots}


def _broken_document(scorecard: Scorecard, units: Units) -> str:
    documents = EntityDocument.objects.filter(scorecard=scorecard, entity__code__in=units)
    for code, payload, digest in documents.values_list("entity__code", "payload", "sha256"):
        if not sha256(payload) == digest == units[code]["document"]:
            return f"the document of {code} does not match its hash."
    return ""


def _broken_sheet(units: Units, snapshots: Mapping[str, Snapshot]) -> str:
    for code, unit in units.items():
        snapshot = snapshots.get(code)
        if snapshot is None or snapshot.sha256 != unit["snapshot"]:
            return f"the frozen sheet of {code} that it names is not there."
        if sha256(snapshot.payload) != snapshot.sha256:
            return f"the frozen sheet of {code} does not match its hash."
        if not is_packed_right(snapshot):
            return f"the status or the levels of {code} are not those of its frozen sheet."
    return ""


def _wrong_document(
    inputs: Inputs, scores: UnitScores, units: Units, snapshots: Mapping[str, Snapshot]
) -> str:
    """Score the frozen sheets again: the same sheet in the same framework gives the same document."""
    documents = unit_documents(inputs, scores)
    for code, unit in units.items():
        if sha256(documents[snapshots[code].assessment.entity_id]) != unit["document"]:
            return f"the document of {code} is not what its frozen sheet comes to."
    return ""
