"""Which items of which sheets are checked (rule R6) and how far that is, for any number of sheets at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from quintet.domain.packing import unpack
from quintet.domain.sampling import Check, Claim, sample, second_sample
from quintet.models import Answer, Assessment, Item, Snapshot, Status

Levels = Mapping[str, int]  # by item code; an item without a level is not in it


@dataclass(frozen=True)
class EarlierSheet:
    """What a unit claimed, and what was accepted, in the cycle before in which its sheet counted."""

    sheet: Assessment
    claimed: Levels
    accepted: Levels


@dataclass(frozen=True)
class SheetSample:
    """The items of a sheet to check, in framework order, and what the task force decided so far.

    `second` are those that a second person rates, `accepted` the levels decided on any item.
    """

    checks: tuple[Check, ...]
    second: frozenset[str]
    claimed: Levels
    accepted: Levels
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
    """The samples of sheets by their ids, in six queries; sheets come with cycle and entity at hand.

    What is checked follows from what was handed in last and from what was accepted before.
    """
    snapshots = latest_snapshots([sheet.pk for sheet in sheets])
    codes = _codes({sheet.cycle.framework_id for sheet in sheets})
    earlier = earlier_sheets(sheets)
    accepted = _accepted(sheets)
    found = {}
    for sheet in sheets:
        snapshot = snapshots.get(sheet.pk)
        claimed = _levels(codes.get(sheet.cycle.framework_id, []), snapshot.claimed) if snapshot else {}
        found[sheet.pk] = _sample(sheet, claimed, accepted.get(sheet.pk, {}), earlier.get(sheet.pk))
    return found


def earlier_levels(assessment: Assessment) -> Levels:
    """The levels accepted in the earlier cycle in which the unit's sheet counted last, by item code."""
    earlier = earlier_sheets([assessment]).get(assessment.pk)
    return earlier.accepted if earlier else {}


def earlier_sheets(sheets: Sequence[Assessment]) -> dict[int, EarlierSheet]:
    """For each sheet (by id) the unit's latest one in an earlier cycle that counted, where there is one."""
    of_unit: dict[int, list[Assessment]] = {sheet.entity_id: [] for sheet in sheets}
    counted = Assessment.objects.counted().filter(entity__in=of_unit).select_related("cycle")
    for other in counted.order_by("cycle__opens_on", "cycle__pk"):
        of_unit[other.entity_id].append(other)
    before: dict[int, Assessment] = {}
    for sheet in sheets:
        for other in of_unit[sheet.entity_id]:
            if other.cycle.opens_on < sheet.cycle.opens_on:
                before[sheet.pk] = other
    snapshots = latest_snapshots({other.pk for other in before.values()})
    codes = _codes({other.cycle.framework_id for other in before.values()})
    return {
        pk: EarlierSheet(
            other,
            _levels(codes[other.cycle.framework_id], snapshots[other.pk].claimed),
            _levels(codes[other.cycle.framework_id], snapshots[other.pk].accepted),
        )
        for pk, other in before.items()
        if other.pk in snapshots
    }


def latest_snapshots(sheet_ids: Iterable[int], status: Status | None = None) -> dict[int, Snapshot]:
    """The latest snapshot of each sheet (of that status), without its payload, by the sheet's id."""
    snapshots = Snapshot.objects.filter(status=status) if status else Snapshot.objects.all()
    newer = snapshots.filter(assessment=OuterRef("assessment"), number__gt=OuterRef("number"))
    latest = snapshots.filter(~Exists(newer), assessment__in=list(sheet_ids)).defer("payload")
    return {snapshot.assessment_id: snapshot for snapshot in latest}


def _sample(
    sheet: Assessment, claimed: Levels, accepted: Levels, earlier: EarlierSheet | None
) -> SheetSample:
    before = earlier.accepted if earlier else {}
    lot = {"seed": sheet.cycle.sample_seed, "unit": sheet.entity.code}
    checks = sample([Claim(code, level, before.get(code)) for code, level in claimed.items()], **lot)
    second = second_sample([check.item for check in checks], **lot)
    return SheetSample(tuple(checks), second, claimed, accepted, earlier)


def _codes(framework_ids: Iterable[int]) -> dict[int, list[str]]:
    """Item codes in framework order, by framework."""
    codes: dict[int, list[str]] = {}
    items = Item.objects.filter(framework__in=list(framework_ids)).in_order()
    for framework, code in items.values_list("framework_id", "code"):
        codes.setdefault(framework, []).append(code)
    return codes


def _levels(codes: Sequence[str], packed: bytes | memoryview) -> dict[str, int]:
    unpacked = zip(codes, unpack(bytes(packed)), strict=True)
    return {code: level for code, level in unpacked if isinstance(level, int)}


def _accepted(sheets: Sequence[Assessment]) -> dict[int, dict[str, int]]:
    """The levels that the task force decided on, by sheet and item code."""
    decided = Answer.objects.filter(assessment__in=[sheet.pk for sheet in sheets], accepted__isnull=False)
    found: dict[int, dict[str, int]] = {}
    for sheet, code, level in decided.values_list("assessment_id", "item__code", "accepted"):
        found.setdefault(sheet, {})[code] = level or 0
    return found
