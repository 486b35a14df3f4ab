"""Checking what was published: every hash, every unit's document, the chain, comparisons, checkpoints."""

import json
from collections.abc import Iterable, Sequence

from scorecards.domain.checkpoints import SignedCheckpoint, disagreement, parse_checkpoint
from scorecards.models import Checkpoint, ComparedPair, Scorecard
from scorecards.services.checkpoints import known_keys, published_chain
from un20portal.lib.canonical import sha256
from un20portal.lib.signatures import is_signed, key_id


def first_broken_publication() -> tuple[int, str]:
    """Return how many scorecards were checked, and a sentence on the first bad one ("" when all are good)."""
    previous, count = "", 0
    for scorecard in Scorecard.objects.select_related("cycle").order_by("pk"):
        name = f"{scorecard.cycle.code} version {scorecard.version}"
        if sha256(scorecard.payload) != scorecard.sha256:
            return count, f"{name}: the published bytes do not match their hash."
        document = json.loads(scorecard.payload)
        if (document["cycle"]["code"], document["version"]) != (scorecard.cycle.code, scorecard.version):
            return count, f"{name}: the row says another cycle or version than its bytes."
        if (document["previous_sha256"] or "") != previous or scorecard.previous_sha256 != previous:
            return count, f"{name}: the chain is broken before this scorecard."
        if finding := _broken_document(scorecard, document["units"]):
            return count, f"{name}: {finding}"
        previous, count = scorecard.sha256, count + 1
    return count, ""


def first_broken_comparison() -> str:
    """Return a sentence on the first comparison that is not as it was stored ("" when all are)."""
    for row in ComparedPair.objects.select_related("before__cycle", "after__cycle"):
        name = f"The comparison of {row.before.cycle.code} and {row.after.cycle.code}"
        if sha256(row.payload) != row.sha256:
            return f"{name}: the stored bytes do not match their hash."
        document = json.loads(row.payload)
        if (document["before"], document["after"]) != (row.before.sha256, row.after.sha256):
            return f"{name}: the row says other versions than its bytes."
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


def _broken_document(scorecard: Scorecard, units: dict[str, dict[str, str]]) -> str:
    documents = {row.entity.code: row for row in scorecard.documents.select_related("entity")}
    if set(documents) != set(units):
        return "the documents of units differ from the published list."
    for code, row in documents.items():
        if not sha256(row.payload) == row.sha256 == units[code]["document"]:
            return f"the document of {code} does not match its hash."
    return ""
