"""What the same entity said last time: the frozen sheet of the last earlier cycle that counted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quintet.domain.answers import ANSWERED, NA
from quintet.models import Assessment, EvidenceUse, NaDecision, Snapshot


@dataclass(frozen=True)
class EarlierAnswer:
    """What a frozen sheet says on one item, as claimed and as accepted."""

    cycle: str
    state: str
    claimed: int | None = None
    accepted: int | None = None
    accepted_reason: str = ""
    na_decision: str = ""
    na_reason: str = ""
    comment: str = ""
    uses: tuple[EvidenceUse, ...] = ()

    @property
    def level(self) -> int | None:
        """The level that counted: the validator's where there was one, else the claimed one."""
        return self.claimed if self.accepted is None else self.accepted

    @property
    def can_be_confirmed(self) -> bool:
        """Whether there is something that can still be true: a level, or a request that was approved."""
        return self.state == ANSWERED or (self.state == NA and self.na_decision == NaDecision.APPROVED)

    @property
    def choice(self) -> str:
        """The same as a choice of the answer's form."""
        return NA if self.state == NA else str(self.level)

    def as_raw(self) -> dict[str, Any]:
        """Return it in the shape that `parse_answer` reads, at the level that counted."""
        return {
            "state": self.state,
            "claimed": self.level if self.state == ANSWERED else None,
            "na_reason": self.na_reason,
            "comment": self.comment,
        }


@dataclass(frozen=True)
class EarlierSheet:
    """The last sheet of the same entity that counted in an earlier cycle, as it was frozen."""

    assessment: Assessment
    snapshot: Snapshot

    @cached_property
    def answers(self) -> Mapping[str, EarlierAnswer]:
        """What it says by item code; items it left open are not there."""
        uses = EvidenceUse.objects.filter(evidence__assessment=self.assessment)
        by_item: dict[str, list[EvidenceUse]] = {}
        for use in uses.select_related("evidence", "item"):
            by_item.setdefault(use.item.code, []).append(use)
        return {
            entry["item"]: _answer(self.assessment.cycle.title, entry, by_item.get(entry["item"], []))
            for entry in json.loads(self.snapshot.payload)["answers"]
            if entry["state"] in (ANSWERED, NA)
        }

    @cached_property
    def levels(self) -> Mapping[str, int | str | None]:
        """The levels that counted by item code, "na" where it was not applicable; others are not there."""
        return {
            code: answer.level if answer.state == ANSWERED else NA
            for code, answer in self.answers.items()
            if answer.can_be_confirmed
        }


def earlier_sheet(assessment: Assessment) -> EarlierSheet | None:
    """Return the entity's last counted sheet of a cycle that opened before; None for a first one."""
    sheets = Assessment.objects.counted().filter(
        entity=assessment.entity_id, cycle__opens_on__lt=assessment.cycle.opens_on
    )
    last = sheets.select_related("cycle").order_by("-cycle__opens_on", "-pk").first()
    snapshot = last and Snapshot.objects.filter(assessment=last).order_by("-number").first()
    return EarlierSheet(last, snapshot) if last and snapshot else None


def _answer(cycle: str, entry: Mapping[str, Any], uses: list[EvidenceUse]) -> EarlierAnswer:
    names = ("state", "claimed", "accepted", "accepted_reason", "na_decision", "na_reason", "comment")
    return EarlierAnswer(cycle=cycle, uses=tuple(uses), **{name: entry[name] for name in names})
