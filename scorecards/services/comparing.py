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
from django.db.models import QuerySet

from quintet.domain.crosswalk import Crosswalk
from quintet.models import Cycle
from quintet.queries.frameworks import crosswalk_between
from scorecards.domain.compared import document_of
from scorecards.domain.comparing import showable
from scorecards.domain.published import Pairing, Version
from scorecards.domain.visibility import Audience
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.disclosed import comparisons_of, decided_pairing, published_version
from scorecards.queries.movement import in_time
from scorecards.services.locking import one_publication_at_a_time
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
    def cycles(self) -> list[Cycle]:
        return [self.before.cycle, self.after.cycle]


@dataclass(frozen=True)
class Shown:
    """All that is shown already of the two cycles of a comparison."""

    versions: Sequence[Scorecard]
    compared: Sequence[ComparedPair]


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
    """Decide and store what is missing, each beside all that is shown by then; return how many.

    What is published or stored by somebody else meanwhile is taken into account.
    """
    n_stored = 0
    while (possible := next(_undecided(_chain()), None)) is not None:
        shown = _shown(possible)
        payload = canonical_json(_document(possible, shown))
        n_stored += _store(possible, payload, beside=shown, at=at)
    return n_stored


@transaction.atomic
def _store(possible: Possible, payload: str, *, beside: Shown, at: datetime) -> bool:
    """Store a comparison, unless more is shown by now: then it has to be decided beside that, too."""
    one_publication_at_a_time()
    if _shown(possible) != beside:
        return False
    ComparedPair.objects.create(
        before=possible.before, after=possible.after, payload=payload, sha256=sha256(payload), at=at
    )
    return True


def _shown(possible: Possible) -> Shown:
    versions = _chain().filter(cycle__in=possible.cycles)
    return Shown(list(versions), list(comparisons_of(possible.cycles)))


def _chain() -> QuerySet[Scorecard]:
    """All published versions, the oldest first; their bytes are not read."""
    return Scorecard.objects.select_related("cycle__framework", "public_release").defer("payload")


def _undecided(chain: Iterable[Scorecard]) -> Iterator[Possible]:
    """What is possible and not stored, in the order in which it became possible."""
    stored = set(ComparedPair.objects.values_list("before_id", "after_id"))
    for before, after in _pairs(chain):
        if (before.pk, after.pk) not in stored:
            crosswalk = crosswalk_between(before.cycle.framework, after.cycle.framework)
            if crosswalk is not None:
                yield Possible(before, after, crosswalk)


def _pairs(chain: Iterable[Scorecard]) -> Iterator[Pair]:
    """Every two versions of different cycles that were the latest to somebody, in the order of that.

    First to everybody, then to those who read what the committees read first: mostly the same pairs again.
    """
    latest: dict[str, dict[int, Scorecard]] = {Audience.PUBLIC: {}, Audience.COMMITTEE: {}}
    for scorecard in chain:
        for audience, read in latest.items():
            if scorecard.readers in (audience, Audience.PUBLIC):
                read.pop(scorecard.cycle_id, None)
                for other in sorted(read.values(), key=lambda other: in_time(other.cycle), reverse=True):
                    before, after = sorted((scorecard, other), key=lambda one: in_time(one.cycle))
                    yield before, after
                read[scorecard.cycle_id] = scorecard


def _document(possible: Possible, beside: Shown) -> dict[str, Any]:
    @cache
    def version(scorecard: Scorecard) -> Version:
        return published_version(scorecard, number=scorecard.pk)

    pairing = Pairing(version(possible.before), version(possible.after), possible.crosswalk)
    shown = showable(
        pairing,
        versions=[version(scorecard) for scorecard in beside.versions],
        earlier=[decided_pairing(row, version) for row in beside.compared],
    )
    hashes = {"before": possible.before.sha256, "after": possible.after.sha256}
    return hashes | document_of(replace(pairing, shown=shown))
