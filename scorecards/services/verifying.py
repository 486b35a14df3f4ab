"""Checking what was published and what it was made of: hashes, the chain, frozen sheets, what is derived."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quintet.models import Snapshot
from quintet.services.freezing import is_packed_right
from scorecards.domain.checkpoints import SignedCheckpoint, disagreement, parse_checkpoint
from scorecards.domain.figures import FrameworkShape, Unit, score_units
from scorecards.models import Checkpoint, ComparedPair, EntityDocument, Scorecard, Uncertainty
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.sheets import sheets_of
from scorecards.services.checkpoints import known_keys, published_chain
from scorecards.services.composing import unit_documents
from scorecards.services.gathering import Inputs
from un20portal.lib.canonical import sha256
from un20portal.lib.signatures import is_signed, key_id

CHUNK = 500  # units that are held in memory at a time
Units = Mapping[str, Mapping[str, Any]]  # as a scorecard lists them, by code


def first_broken_publication() -> tuple[int, str]:
    """Return how many scorecards were checked, and a sentence on the first bad one ("" when all are good)."""
    previous, count = "", 0
    scorecards = Scorecard.objects.select_related("cycle__framework").order_by("pk")
    for scorecard in scorecards.iterator(chunk_size=1):
        name = f"{scorecard.cycle.code} version {scorecard.version}"
        if sha256(scorecard.payload) != scorecard.sha256:
            return count, f"{name}: the published bytes do not match their hash."
        document = json.loads(scorecard.payload)
        if (document["cycle"]["code"], document["version"]) != (scorecard.cycle.code, scorecard.version):
            return count, f"{name}: the row says another cycle or version than its bytes."
        if (document["previous_sha256"] or "") != previous or scorecard.previous_sha256 != previous:
            return count, f"{name}: the chain is broken before this scorecard."
        if finding := _broken_unit(scorecard, document):
            return count, f"{name}: {finding}"
        previous, count = scorecard.sha256, count + 1
    return count, ""


def first_broken_comparison() -> str:
    """Return a sentence on the first comparison that is not as it was stored ("" when all are)."""
    pairs = ComparedPair.objects.select_related("before__cycle", "after__cycle")
    for row in pairs.defer("before__payload", "after__payload").iterator(chunk_size=1):
        name = f"The comparison of {row.before.cycle.code} and {row.after.cycle.code}"
        if sha256(row.payload) != row.sha256:
            return f"{name}: the stored bytes do not match their hash."
        document = json.loads(row.payload)
        if (document["before"], document["after"]) != (row.before.sha256, row.after.sha256):
            return f"{name}: the row says other versions than its bytes."
    return ""


def first_broken_simulation() -> str:
    """Return a sentence on the first simulation that is not as it was stored ("" when all are)."""
    for row in Uncertainty.objects.select_related("cycle").order_by("pk").iterator(chunk_size=1):
        name = f"The uncertainty of {row.cycle.code}, inputs {row.inputs_sha256[:8]}"
        if sha256(row.payload) != row.sha256:
            return f"{name}: the stored bytes do not match their hash."
        document = json.loads(row.payload)
        if (document["cycle"], document["inputs_sha256"]) != (row.cycle.code, row.inputs_sha256):
            return f"{name}: the row says another cycle or other inputs than its bytes."
    return ""


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


def _broken_unit(scorecard: Scorecard, document: Mapping[str, Any]) -> str:
    """A sentence on the first unit whose document or sheet is not what the published bytes name."""
    units: Units = document["units"]
    if set(scorecard.documents.values_list("entity__code", flat=True)) != set(units):
        return "the documents of units differ from the published list."
    codes, framework = list(units), framework_shape(scorecard.cycle.framework)
    for start in range(0, len(codes), CHUNK):
        part = {code: units[code] for code in codes[start : start + CHUNK]}
        snapshots = _sheets_behind(scorecard, part)
        if finding := (
            _broken_document(scorecard, part)
            or _broken_sheet(part, snapshots)
            or _wrong_document(scorecard, framework, part, snapshots, document["inputs_sha256"])
        ):
            return finding
    return ""


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
    scorecard: Scorecard,
    framework: FrameworkShape,
    units: Units,
    snapshots: Mapping[str, Snapshot],
    inputs_sha256: str,
) -> str:
    """Score the frozen sheets again: the same sheet in the same framework gives the same document."""
    scored = [Unit(code, tuple(units[code]["groups"]), sheets_of(snapshots[code])) for code in units]
    inputs = Inputs(scorecard.cycle, framework, scored, list(snapshots.values()), inputs_sha256)
    documents = unit_documents(inputs, score_units(scored, framework))
    for code, unit in units.items():
        if sha256(documents[snapshots[code].assessment.entity_id]) != unit["document"]:
            return f"the document of {code} is not what its frozen sheet comes to."
    return ""
