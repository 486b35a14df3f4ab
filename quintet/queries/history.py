"""The life of a sheet: its steps, and every write of its answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value

from quintet.models import (
    DECISIONS,
    AnswerRevision,
    Assessment,
    RevisionOutcome,
    Transition,
)


@dataclass(frozen=True)
class HistoryEntry:
    """One event of a sheet: a step of the workflow, or a write of an answer."""

    kind: str
    event: Transition | AnswerRevision
    shows_comment: bool = True


def history(assessment: Assessment, drafted: set[int] | None, *, is_reviewer: bool) -> QuerySet[Any, Any]:
    """Keys (at, kind, id) of the sheet's events, oldest first: steps, and writes on the `drafted` items.

    A decision is a write, too: those that hold are seen with the item, all of them by reviewers.
    Only ever added to at its end; a union, so it can be sliced but not filtered.
    """
    steps = Transition.objects.filter(assessment=assessment)
    seen = ~Q(outcome=RevisionOutcome.DECISION_REFUSED)
    if drafted is not None:
        seen &= Q(item__in=drafted)
    if is_reviewer:
        seen |= Q(outcome__in=DECISIONS)
    writes = AnswerRevision.objects.filter(seen, assessment=assessment)
    step, write = (Value(kind, output_field=CharField()) for kind in ("step", "write"))
    keys = steps.order_by().annotate(kind=step).values("at", "kind", "id")
    return keys.union(writes.order_by().annotate(kind=write).values("at", "kind", "id"), all=True).order_by(
        "at", "kind", "id"
    )


def history_entries(keys: Sequence[Mapping[str, Any]], *, is_insider: bool) -> list[HistoryEntry]:
    """The events behind `keys`; what an approver wrote to the focal point is for insiders."""
    ids = {kind: [key["id"] for key in keys if key["kind"] == kind] for kind in ("step", "write")}
    who = "by__memberships__entity"
    steps = Transition.objects.prefetch_related(who).in_bulk(ids["step"])
    writes = AnswerRevision.objects.prefetch_related(who).select_related("item").in_bulk(ids["write"])
    events: dict[str, dict[int, Any]] = {"step": steps, "write": writes}
    return [
        _entry(key["kind"], event, is_insider)
        for key in keys
        if (event := events[key["kind"]].get(key["id"]))
    ]


def steps(assessment: Assessment) -> QuerySet[Transition]:
    """The steps of a sheet through the workflow, the latest first."""
    return assessment.transitions.prefetch_related("by__memberships__entity").order_by("-pk")


def step_entries(steps: Iterable[Transition], *, is_insider: bool) -> list[HistoryEntry]:
    """The same steps with the rule on comments as in the sheet's history."""
    return [_entry("step", step, is_insider) for step in steps]


def _entry(kind: str, event: Transition | AnswerRevision, is_insider: bool) -> HistoryEntry:
    return HistoryEntry(kind, event, is_insider or getattr(event, "action", "") != "send_back")
