"""Checking what was published: every hash, every unit's document, and the chain between versions."""

import json

from scorecards.models import Scorecard
from un20portal.lib.canonical import sha256


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


def _broken_document(scorecard: Scorecard, units: dict[str, dict[str, str]]) -> str:
    documents = {row.entity.code: row for row in scorecard.documents.select_related("entity")}
    if set(documents) != set(units):
        return "the documents of units differ from the published list."
    for code, row in documents.items():
        if not sha256(row.payload) == row.sha256 == units[code]["document"]:
            return f"the document of {code} does not match its hash."
    return ""
