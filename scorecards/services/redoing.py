"""Doing comparisons and simulations again, from the frozen sheets they are of, to check what is stored.

They stand in no chain: that the bytes are those of their hash says little, since both can be changed. What
a comparison may show is not decided again, as that depends on all that was shown by then.
"""

import json

from scorecards.domain.compared import document_of
from scorecards.domain.recounting import first_difference
from scorecards.models import ComparedPair, Uncertainty
from scorecards.queries.disclosed import decided_pairing, version_reader
from scorecards.services.simulating import simulated_again
from scorecards.services.verifying import NOT_OURS
from un20portal.lib.canonical import canonical_json, sha256


def first_broken_comparison() -> str:
    """Return a sentence on the first comparison that is not what it should be ("" when all are).

    All scorecards have to be good: see `verifying.first_broken_publication`.
    """
    pairs = ComparedPair.objects.select_related("before__cycle__framework", "after__cycle__framework")
    for row in pairs.defer("before__payload", "after__payload").iterator(chunk_size=1):
        if finding := _broken_comparison(row):
            return f"The comparison of {row.before.cycle.code} and {row.after.cycle.code}: {finding}"
    return ""


def first_broken_simulation() -> str:
    """Return a sentence on the first simulation that is not what it should be ("" when all are).

    All scorecards have to be good. One whose sheets nobody knows any more is held against its hash alone.
    """
    for row in Uncertainty.objects.select_related("cycle").order_by("pk").iterator(chunk_size=1):
        if finding := _broken_simulation(row):
            return f"The uncertainty of {row.cycle.code}, inputs {row.inputs_sha256[:8]}: {finding}"
    return ""


def _broken_comparison(row: ComparedPair) -> str:
    if sha256(row.payload) != row.sha256:
        return "the stored bytes do not match their hash."
    try:
        hashes = {"before": row.before.sha256, "after": row.after.sha256}
        if {side: json.loads(row.payload)[side] for side in hashes} != hashes:
            return "the row says other versions than its bytes."
        pairing = decided_pairing(row, version_reader(lambda scorecard: scorecard.pk))
        return _difference(row.payload, canonical_json(hashes | document_of(pairing)))
    except NOT_OURS as error:
        return f"the stored bytes are not those of a comparison: {error!r}."


def _broken_simulation(row: Uncertainty) -> str:
    if sha256(row.payload) != row.sha256:
        return "the stored bytes do not match their hash."
    try:
        document = json.loads(row.payload)
        if (document["cycle"], document["inputs_sha256"]) != (row.cycle.code, row.inputs_sha256):
            return "the row says another cycle or other inputs than its bytes."
    except NOT_OURS as error:
        return f"the stored bytes are not those of a simulation: {error!r}."
    again = simulated_again(row)
    return "" if again is None else _difference(row.payload, again)


def _difference(stored: str, again: str) -> str:
    if stored == again:
        return ""
    place = first_difference(json.loads(stored), json.loads(again)) or ["the bytes"]
    return f"{', '.join(place)}: this is not what the frozen sheets come to."
