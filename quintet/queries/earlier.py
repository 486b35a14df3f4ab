"""What the same entity said last time: the frozen sheet of the last earlier cycle that counted.

Only of a cycle with the same framework: the same code in another one may ask something else, and rule R11
has items compared across frameworks through bridges alone.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quintet.domain.answers import ANSWERED, NA
from quintet.domain.packing import unpack
from quintet.models import Assessment, EvidenceUse, Item, NaDecision, Snapshot, Status

Levels = Mapping[str, int]  # by item code; an item without a level is not in it


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
    """A unit's last counted sheet of the same framework: what it claimed, and what was accepted."""

    sheet: Assessment
    snapshot: Snapshot
    claimed: Levels
    accepted: Levels

    @cached_property
    def answers(self) -> Mapping[str, EarlierAnswer]:
        """What it says by item code, from the frozen payload; items it left open are not there.

        The documents are not frozen: they are those that the sheet has now.
        """
        uses = EvidenceUse.objects.filter(evidence__assessment=self.sheet)
        by_item: dict[str, list[EvidenceUse]] = {}
        for use in uses.select_related("evidence", "item"):
            by_item.setdefault(use.item.code, []).append(use)
        return {
            entry["item"]: _answer(self.sheet.cycle.title, entry, by_item.get(entry["item"], []))
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
    """Return the entity's last counted sheet of a cycle with this framework that opened before, if any."""
    return earlier_sheets([assessment]).get(assessment.pk)


def earlier_sheets(sheets: Sequence[Assessment]) -> dict[int, EarlierSheet]:
    """For each sheet (by id) the unit's latest counted one of an earlier cycle with the same framework."""
    of_unit: dict[int, list[Assessment]] = {sheet.entity_id: [] for sheet in sheets}
    counted = Assessment.objects.counted().filter(entity__in=of_unit).select_related("cycle")
    for other in counted.order_by("cycle__opens_on", "cycle__pk"):
        of_unit[other.entity_id].append(other)
    before: dict[int, Assessment] = {}
    for sheet in sheets:
        for other in of_unit[sheet.entity_id]:
            is_same = other.cycle.framework_id == sheet.cycle.framework_id
            if is_same and other.cycle.opens_on < sheet.cycle.opens_on:
                before[sheet.pk] = other
    snapshots = latest_snapshots({other.pk for other in before.values()})
    codes = codes_in_order({other.cycle.framework_id for other in before.values()})
    return {
        pk: EarlierSheet(
            other,
            snapshots[other.pk],
            levels_of(codes[other.cycle.framework_id], snapshots[other.pk].claimed),
            levels_of(codes[other.cycle.framework_id], snapshots[other.pk].accepted),
        )
        for pk, other in before.items()
        if other.pk in snapshots
    }


def latest_snapshots(sheet_ids: Iterable[int], status: Status | None = None) -> dict[int, Snapshot]:
    """The latest snapshot of each sheet (of that status), without its payload, by the sheet's id."""
    snapshots = Snapshot.objects.filter(status=status) if status else Snapshot.objects.all()
    latest = snapshots.latest_of_each_sheet().filter(assessment__in=list(sheet_ids))
    return {snapshot.assessment_id: snapshot for snapshot in latest}


def codes_in_order(framework_ids: Iterable[int]) -> dict[int, list[str]]:
    """Item codes in framework order, by framework."""
    codes: dict[int, list[str]] = {}
    items = Item.objects.filter(framework__in=list(framework_ids)).in_order()
    for framework, code in items.values_list("framework_id", "code"):
        codes.setdefault(framework, []).append(code)
    return codes


def levels_of(codes: Sequence[str], packed: bytes | memoryview) -> dict[str, int]:
    unpacked = zip(codes, unpack(bytes(packed)), strict=True)
    return {code: level for code, level in unpacked if isinstance(level, int)}


def _answer(cycle: str, entry: Mapping[str, Any], uses: list[EvidenceUse]) -> EarlierAnswer:
    names = ("state", "claimed", "accepted", "accepted_reason", "na_decision", "na_reason", "comment")
    return EarlierAnswer(cycle=cycle, uses=tuple(uses), **{name: entry[name] for name in names})
