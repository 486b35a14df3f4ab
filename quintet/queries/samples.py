"""Which items of which sheets are checked (rule R6) and how far that is, for any number of sheets at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from quintet.domain.sampling import Check, Claim, sample, second_sample
from quintet.models import Answer, Assessment, Snapshot, Status
from quintet.queries.earlier import (
    EarlierSheet,
    Levels,
    codes_in_order,
    earlier_sheets,
    latest_snapshots,
    levels_of,
)


@dataclass(frozen=True)
class SheetSample:
    """The items of a sheet to check, in framework order, and what the task force decided so far.

    `second` are those that a second person rates, `accepted` the levels decided on any item; `submission`
    says how often the sheet was handed in, which is part of every lot.
    """

    checks: tuple[Check, ...]
    second: frozenset[str]
    claimed: Levels
    accepted: Levels
    submission: int
    earlier: EarlierSheet | None

    @property
    def total(self) -> int:
        return len(self.checks)

    @property
    def checked(self) -> list[str]:
        return [check.item for check in self.checks if check.item in self.accepted]

    @property
    def unchecked(self) -> list[str]:
        return [check.item for check in self.checks if check.item not in self.accepted]


def sample_of(sheet: Assessment) -> SheetSample:
    return samples_of([sheet])[sheet.pk]


def samples_of(sheets: Sequence[Assessment]) -> dict[int, SheetSample]:
    """The samples of sheets by their ids, in seven queries; sheets come with cycle and entity at hand.

    What is checked follows from what was handed in last and from what was accepted before.
    """
    snapshots = latest_snapshots([sheet.pk for sheet in sheets])
    codes = codes_in_order({sheet.cycle.framework_id for sheet in sheets})
    earlier = earlier_sheets(sheets)
    accepted, submissions = _accepted(sheets), _submissions(sheets)
    found = {}
    for sheet in sheets:
        snapshot = snapshots.get(sheet.pk)
        claimed = levels_of(codes.get(sheet.cycle.framework_id, []), snapshot.claimed) if snapshot else {}
        decided, last = accepted.get(sheet.pk, {}), earlier.get(sheet.pk)
        found[sheet.pk] = _sample(sheet, claimed, decided, submissions.get(sheet.pk, 1), last)
    return found


def _sample(
    sheet: Assessment, claimed: Levels, accepted: Levels, submission: int, earlier: EarlierSheet | None
) -> SheetSample:
    before = earlier.accepted if earlier else {}
    draw = {"seed": sheet.cycle.sample_seed, "unit": sheet.entity.code}
    claims = [Claim(code, level, before.get(code)) for code, level in claimed.items()]
    checks = sample(claims, **draw, submission=submission)
    second = second_sample([check.item for check in checks], **draw, submission=submission)
    return SheetSample(tuple(checks), second, claimed, accepted, submission, earlier)


def _submissions(sheets: Sequence[Assessment]) -> dict[int, int]:
    """How often each sheet was handed in; one that was imported as validated is not there."""
    handed_in = Snapshot.objects.filter(
        assessment__in=[sheet.pk for sheet in sheets], status=Status.SUBMITTED
    )
    return dict(handed_in.values_list("assessment").annotate(Count("pk")))


def _accepted(sheets: Sequence[Assessment]) -> dict[int, dict[str, int]]:
    """The levels that the task force decided on, by sheet and item code."""
    decided = Answer.objects.filter(assessment__in=[sheet.pk for sheet in sheets], accepted__isnull=False)
    found: dict[int, dict[str, int]] = {}
    for sheet, code, level in decided.values_list("assessment_id", "item__code", "accepted"):
        found.setdefault(sheet, {})[code] = level or 0
    return found
