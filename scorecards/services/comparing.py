"""Deciding what two published versions may show beside each other, and storing it once. Idempotent.

Comparisons are decided in the order in which they became possible, so that an earlier one never loses a
figure to a later one. It takes seconds, so it is an errand: no lock waits for the arithmetic.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from django.db import transaction

from quintet.domain.crosswalk import Crosswalk
from quintet.queries.frameworks import crosswalk_between
from scorecards.domain.compared import document_of, read_crosswalk, read_shown
from scorecards.domain.comparing import Pairing, Version, showable
from scorecards.domain.suppression import Release
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.frameworks import framework_shape
from scorecards.queries.movement import compared_document, in_time
from scorecards.queries.publications import published_document
from scorecards.queries.sheets import published_units
from scorecards.services.locking import one_comparison_at_a_time
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.outbox.models import Message
from un20portal.outbox.services import put

COMPARE = "scorecards.compare"
Pair = tuple[Scorecard, Scorecard]  # before, after


@dataclass(frozen=True)
class Possible:
    """A comparison that is possible and not decided yet."""

    before: Scorecard
    after: Scorecard
    crosswalk: Crosswalk

    @property
    def cycles(self) -> set[int]:
        return {self.before.cycle_id, self.after.cycle_id}


@transaction.atomic
def owe_missing_comparisons(*, at: datetime) -> bool:
    """Owe what is possible and not decided, unless that is owed already; return whether it is now."""
    if next(_undecided(_chain()), None) is None:
        return False
    if Message.objects.free(at).filter(topic=COMPARE).exists():
        return False
    put(COMPARE, {}, at=at)
    return True


def decide_comparisons(*, at: datetime) -> int:
    """Decide and store what is missing, each beside those before it; return how many.

    What is published or stored by somebody else meanwhile is taken into account.
    """
    n_stored = 0
    while (possible := next(_undecided(chain := _chain()), None)) is not None:
        decided = list(ComparedPair.objects.select_related("before__cycle", "after__cycle"))
        payload = canonical_json(_document(possible, chain, decided))
        n_stored += _store(possible, payload, n_decided=len(decided), at=at)
    return n_stored


@transaction.atomic
def _store(possible: Possible, payload: str, *, n_decided: int, at: datetime) -> bool:
    """Store a comparison, unless another one was stored since: then it has to be decided beside that one."""
    one_comparison_at_a_time()
    if ComparedPair.objects.count() != n_decided:
        return False
    ComparedPair.objects.create(
        before=possible.before, after=possible.after, payload=payload, sha256=sha256(payload), at=at
    )
    return True


def _chain() -> list[Scorecard]:
    """All published versions, the oldest first; their bytes are not read."""
    return list(Scorecard.objects.select_related("cycle__framework").defer("payload"))


def _undecided(chain: Sequence[Scorecard]) -> Iterator[Possible]:
    """What is possible and not stored, in the order in which it became possible."""
    stored = set(ComparedPair.objects.values_list("before_id", "after_id"))
    for before, after in _pairs(chain):
        if (before.pk, after.pk) not in stored:
            crosswalk = crosswalk_between(before.cycle.framework, after.cycle.framework)
            if crosswalk is not None:
                yield Possible(before, after, crosswalk)


def _pairs(chain: Iterable[Scorecard]) -> Iterator[Pair]:
    """Every two versions of different cycles that were the latest at one time, in the order of that."""
    latest: dict[int, Scorecard] = {}
    for scorecard in chain:
        latest.pop(scorecard.cycle_id, None)
        for other in sorted(latest.values(), key=lambda other: in_time(other.cycle), reverse=True):
            before, after = sorted((scorecard, other), key=lambda one: in_time(one.cycle))
            yield before, after
        latest[scorecard.cycle_id] = scorecard


def _document(
    possible: Possible, chain: Sequence[Scorecard], decided: Sequence[ComparedPair]
) -> dict[str, Any]:
    numbers = {scorecard.pk: number for number, scorecard in enumerate(chain, 1)}

    @cache
    def version(scorecard: Scorecard) -> Version:
        return _version(scorecard, numbers[scorecard.pk])

    newest = max(possible.before.pk, possible.after.pk)
    pairing = Pairing(version(possible.before), version(possible.after), possible.crosswalk)
    shown = showable(
        pairing,
        versions=[version(one) for one in chain if one.cycle_id in possible.cycles and one.pk <= newest],
        earlier=[
            _pairing(row, version(row.before), version(row.after))
            for row in decided
            if not possible.cycles.isdisjoint({row.before.cycle_id, row.after.cycle_id})
        ],
    )
    hashes = {"before": possible.before.sha256, "after": possible.after.sha256}
    return hashes | document_of(replace(pairing, shown=shown))


def _pairing(row: ComparedPair, before: Version, after: Version) -> Pairing:
    document = compared_document(row.sha256)
    crosswalk = read_crosswalk(document, before.codes, after.codes)
    return Pairing(before, after, crosswalk, read_shown(document))


def _version(scorecard: Scorecard, number: int) -> Version:
    """A published version with the sheets behind it, numbered by its place among all of them."""
    document = published_document(scorecard.sha256)
    return Version(
        scorecard.cycle.code,
        Release(number, published_units(scorecard), document["groups"]),
        framework_shape(scorecard.cycle.framework),
        document["threshold"],
    )
