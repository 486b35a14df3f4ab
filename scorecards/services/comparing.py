"""Deciding what two published versions may show beside each other, and storing it once. Idempotent.

Comparisons are decided in the order in which they became possible, so that an earlier one never loses a
figure to a later one. It takes seconds, so it is an errand: no lock waits for the arithmetic.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from quintet.domain.crosswalk import Crosswalk
from quintet.models import Cycle
from quintet.queries.frameworks import crosswalk_between, joined_frameworks
from scorecards.domain.compared import document_of
from scorecards.domain.comparing import showable
from scorecards.domain.published import Pairing
from scorecards.domain.visibility import Audience
from scorecards.models import ComparedPair, Scorecard
from scorecards.queries.disclosed import comparisons_of, decided_pairing, version_reader
from scorecards.services.locking import one_publication_at_a_time
from un20portal.lib.canonical import canonical_json, sha256
from un20portal.outbox.models import Message
from un20portal.outbox.services import put

COMPARE = "scorecards.compare"


class Link(NamedTuple):
    """A published version in the chain, as far as it decides what is possible."""

    pk: int
    cycle: int
    framework: int
    in_time: tuple[date, int]  # as cycles are ordered, see `queries.movement.in_time`
    readers: str


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
    if next(_missing(), None) is None:
        return False
    if Message.objects.free(at).filter(topic=COMPARE).exists():
        return False
    put(COMPARE, {}, at=at)
    return True


def are_comparisons_due() -> bool:
    """Whether something is possible and not decided, and somebody will decide it."""
    is_owed = Message.objects.pending().filter(topic=COMPARE).exists()
    return is_owed and next(_missing(), None) is not None


def decide_comparisons(*, at: datetime) -> int:
    """Decide and store what is missing, each beside all that is shown by then; return how many.

    What is published or stored by somebody else meanwhile is taken into account.
    """
    n_stored = 0
    while (possible := _first_missing()) is not None:
        shown = _shown(possible)
        payload = canonical_json(_document(possible, shown))
        n_stored += _store(possible, payload, beside=shown, at=at)
    return n_stored


@transaction.atomic
def _store(possible: Possible, payload: str, *, beside: Shown, at: datetime) -> bool:
    """Store a comparison, unless more is shown by now: then it has to be decided beside that, too.

    Somebody else may have stored this very one between finding it missing and looking at what is shown.
    """
    one_publication_at_a_time()
    pair = {"before": possible.before, "after": possible.after}
    if _shown(possible) != beside or ComparedPair.objects.filter(**pair).exists():
        return False
    ComparedPair.objects.create(**pair, payload=payload, sha256=sha256(payload), at=at)
    return True


def _shown(possible: Possible) -> Shown:
    versions = _chain().filter(cycle__in=possible.cycles)
    return Shown(list(versions), list(comparisons_of(possible.cycles)))


def _chain() -> QuerySet[Scorecard]:
    """All published versions, the oldest first; their bytes are not read."""
    return Scorecard.objects.select_related("cycle__framework", "public_release").defer("payload")


def _first_missing() -> Possible | None:
    """Of what is possible and not stored, what became possible first."""
    pair = next(_missing(), None)
    if pair is None:
        return None
    rows = _chain().in_bulk(pair)
    before, after = (rows[pk] for pk in pair)
    crosswalk = crosswalk_between(before.cycle.framework, after.cycle.framework)
    return Possible(before, after, crosswalk) if crosswalk else None


def _missing() -> Iterator[tuple[int, int]]:
    """The ids of every two versions that can be compared and are not, in the order in which that became so.

    Three questions to the database, however many there are: nothing is read of what is stored already.
    """
    stored = set(ComparedPair.objects.values_list("before_id", "after_id"))
    joined = joined_frameworks()
    for before, after in _pairs(_links()):
        frameworks = before.framework, after.framework
        is_told = before.framework == after.framework or frameworks in joined
        if is_told and (before.pk, after.pk) not in stored:
            yield before.pk, after.pk


def _links() -> Iterator[Link]:
    fields = ("pk", "cycle", "cycle__framework", "cycle__closes_on", "audience", "public_release")
    for pk, cycle, framework, closes_on, audience, release in Scorecard.objects.values_list(*fields):
        readers = audience if release is None else Audience.PUBLIC.value
        yield Link(pk, cycle, framework, (closes_on, cycle), readers)


def _pairs(chain: Iterable[Link]) -> Iterator[tuple[Link, Link]]:
    """Every two versions of different cycles that were the latest to somebody, in the order of that.

    First to everybody, then to those who read what the committees read first: mostly the same pairs again.
    """
    latest: dict[str, dict[int, Link]] = {Audience.PUBLIC: {}, Audience.COMMITTEE: {}}
    for link in chain:
        for audience, read in latest.items():
            if link.readers in (audience, Audience.PUBLIC):
                read.pop(link.cycle, None)
                for other in sorted(read.values(), key=lambda other: other.in_time, reverse=True):
                    before, after = sorted((link, other), key=lambda one: one.in_time)
                    yield before, after
                read[link.cycle] = link


def _document(possible: Possible, beside: Shown) -> dict[str, Any]:
    version = version_reader(lambda scorecard: scorecard.pk)
    pairing = Pairing(version(possible.before), version(possible.after), possible.crosswalk)
    shown = showable(
        pairing,
        versions=[version(scorecard) for scorecard in beside.versions],
        earlier=[decided_pairing(row, version) for row in beside.compared],
    )
    hashes = {"before": possible.before.sha256, "after": possible.after.sha256}
    return hashes | document_of(replace(pairing, shown=shown))
