"""The life of a sheet: its steps, every write of its answers, every change of its evidence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value

from entities.models import User
from entities.queries import called
from quintet.models import (
    DECISIONS,
    AnswerRevision,
    Assessment,
    EvidenceChange,
    RevisionOutcome,
    Transition,
)

STEP, WRITE, EVIDENCE = "step", "write", "evidence"
HOLDS = [RevisionOutcome.SAVED, RevisionOutcome.DECIDED]
AT_ONCE = 500  # events read at a time when all are wanted


@dataclass(frozen=True)
class HistoryEntry:
    """One event of a sheet: a step of the workflow, a write of an answer, or a change of evidence."""

    kind: str
    event: Transition | AnswerRevision | EvidenceChange
    shows_comment: bool = True


@dataclass(frozen=True)
class HistoryLine:
    """One event and, for a write, what was said before: nothing before the first one."""

    entry: HistoryEntry
    before: AnswerRevision | None = None

    @property
    def changes_texts(self) -> bool:
        """Whether the words of the answer are others than before."""
        if self.entry.kind != WRITE:
            return False
        return _texts(self.entry.event) != _texts(self.before)


def history(
    assessment: Assessment,
    drafted: set[int] | None,
    *,
    is_reviewer: bool,
    item: int | None = None,
    person: int | None = None,
) -> QuerySet[Any, Any]:
    """Keys (at, kind, id) of the sheet's events, oldest first: steps, and what concerns the `drafted` items.

    A decision is a write, too: those that hold are seen with the item, all of them by reviewers. One
    `item` or one `person` only, where named. Only ever added to at its end; a union, so it can be sliced
    but not filtered.
    """
    found = _events(assessment, drafted, is_reviewer)
    if person is not None:
        found = {kind: events.filter(by=person) for kind, events in found.items()}
    if item is not None:
        found = {kind: found[kind].filter(item=item) for kind in (WRITE, EVIDENCE)}
    first, *others = (
        events.order_by().annotate(kind=Value(kind, output_field=CharField())).values("at", "kind", "id")
        for kind, events in found.items()
    )
    return first.union(*others, all=True).order_by("at", "kind", "id")


def _events(
    assessment: Assessment, drafted: set[int] | None, is_reviewer: bool
) -> dict[str, QuerySet[Any, Any]]:
    """What a person may see of each kind of events."""
    seen, mine = ~Q(outcome=RevisionOutcome.DECISION_REFUSED), Q()
    if drafted is not None:
        mine = Q(item__in=drafted)
    seen &= mine
    if is_reviewer:
        seen |= Q(outcome__in=DECISIONS)
    return {
        STEP: Transition.objects.filter(assessment=assessment),
        WRITE: AnswerRevision.objects.filter(seen, assessment=assessment),
        EVIDENCE: EvidenceChange.objects.filter(mine, assessment=assessment),
    }


def history_entries(keys: Sequence[Mapping[str, Any]], *, is_insider: bool) -> list[HistoryEntry]:
    """The events behind `keys`; what an approver wrote to the focal point is for insiders."""
    ids = {kind: [key["id"] for key in keys if key["kind"] == kind] for kind in (STEP, WRITE, EVIDENCE)}
    who = "by__memberships__entity"
    events: dict[str, dict[int, Any]] = {
        STEP: Transition.objects.prefetch_related(who).in_bulk(ids[STEP]),
        WRITE: AnswerRevision.objects.prefetch_related(who).select_related("item").in_bulk(ids[WRITE]),
        EVIDENCE: EvidenceChange.objects.prefetch_related(who).select_related("item").in_bulk(ids[EVIDENCE]),
    }
    return [
        _entry(key["kind"], event, is_insider)
        for key in keys
        if (event := events[key["kind"]].get(key["id"]))
    ]


def history_lines(keys: Sequence[Mapping[str, Any]], *, is_insider: bool) -> list[HistoryLine]:
    """The events behind `keys`, each write with what it was based on."""
    entries = history_entries(keys, is_insider=is_insider)
    writes = [entry.event for entry in entries if isinstance(entry.event, AnswerRevision)]
    bases = {(write.assessment_id, write.item_id, _base(write)) for write in writes}
    sheets, items, versions = ({base[part] for base in bases} for part in range(3))
    found = AnswerRevision.objects.filter(
        outcome__in=HOLDS, assessment__in=sheets, item__in=items, version__in=versions
    )
    before = {(one.assessment_id, one.item_id, one.version): one for one in found}
    return [
        HistoryLine(entry, before.get((event.assessment_id, event.item_id, _base(event))))
        if isinstance(event := entry.event, AnswerRevision)
        else HistoryLine(entry)
        for entry in entries
    ]


def all_lines(keys: QuerySet[Any, Any], *, is_insider: bool) -> Iterator[HistoryLine]:
    """Every event behind `keys`, read a piece at a time."""
    wanted = list(keys)
    for start in range(0, len(wanted), AT_ONCE):
        yield from history_lines(wanted[start : start + AT_ONCE], is_insider=is_insider)


def people_in(assessment: Assessment, drafted: set[int] | None, *, is_reviewer: bool) -> list[User]:
    """Who did something in the sheet that the reader may see, by name."""
    wanted = Q()
    for events in _events(assessment, drafted, is_reviewer).values():
        wanted |= Q(pk__in=events.order_by().values("by"))
    found = User.objects.filter(wanted).prefetch_related("memberships__entity")
    return sorted(found, key=lambda person: (called(person).casefold(), person.pk))


def _base(write: AnswerRevision) -> int:
    """The version a write was based on: the one before, or the stale one that was sent."""
    return write.version - 1 if write.outcome in HOLDS else write.version


def _texts(event: object) -> tuple[str, ...]:
    return tuple(getattr(event, name, "") for name in ("comment", "na_reason"))


def steps(assessment: Assessment) -> QuerySet[Transition]:
    """The steps of a sheet through the workflow, the latest first."""
    steps = assessment.transitions.select_related("receipt").prefetch_related("by__memberships__entity")
    return steps.order_by("-pk")


def step_entries(steps: Iterable[Transition], *, is_insider: bool) -> list[HistoryEntry]:
    """The same steps with the rule on comments as in the sheet's history."""
    return [_entry("step", step, is_insider) for step in steps]


def _entry(kind: str, event: Transition | AnswerRevision | EvidenceChange, is_insider: bool) -> HistoryEntry:
    return HistoryEntry(kind, event, is_insider or getattr(event, "action", "") != "send_back")
