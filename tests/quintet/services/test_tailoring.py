"""An entity's own path: set by its focal points, all or nothing, and never part of what others count."""

from typing import Any

import pytest

from entities.models import Entity, User
from quintet.domain.tailoring import Priority
from quintet.models import (
    Assessment,
    Cycle,
    Dimension,
    OwnAnswer,
    OwnItem,
    Phase,
    PriorityProfile,
    Snapshot,
    Status,
)
from quintet.queries.sheets import progress, sheet_state
from quintet.queries.tailoring import own_path
from quintet.services import signing, tailoring
from tests.factories import AT, Cast, Levels, fill, later, make_counted_cycle, sheet_of
from un20portal.lib.errors import InvalidInput, NotAllowed, StaleVersion, WrongState

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: Levels = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}
OTHERS = ("viewer", "approver", "contributor", "stranger", "task_force", "administrator")


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


@pytest.fixture
def data(cycle: Cycle) -> Dimension:
    return Dimension.objects.get(code="DAT")


def aim(entity: Entity, data: Dimension, by: User, **raw: tuple[str, str]) -> int:
    rows = {f"DAT-{name}": {"target": target, "weight": weight} for name, (target, weight) in raw.items()}
    return tailoring.set_priorities(entity=entity, dimension=data, raw=rows, by=by, at=AT)


def ask(entity: Entity, data: Dimension, by: User, question: str = "Why?") -> OwnItem:
    texts = [f"own {level}" for level in range(5)]
    return tailoring.add_own_item(entity=entity, dimension=data, question=question, level_texts=texts, by=by)


def answer(sheet: Assessment, item: OwnItem, by: User, version: int = 0, **raw: Any) -> OwnAnswer:
    said = {"level": "2", "comment": "so", **raw}
    return tailoring.answer_own_item(
        assessment=sheet, item=item, raw=said, version=version, by=by, at=later(version)
    )


class TestTargetsAndWeights:
    def test_are_kept_and_only_changes_are_written(self, undp: Entity, data: Dimension, cast: Cast) -> None:
        assert aim(undp, data, cast.focal, STR=("3", "5"), LED=("", "1"), COE=("", "0")) == 2
        assert aim(undp, data, cast.focal, STR=("3", "5"), LED=("", "1"), COE=("0", "0")) == 1
        stored = PriorityProfile.objects.order_by("item__order")
        assert list(stored.values_list("item__code", "target", "weight")) == [
            ("DAT-STR", 3, 5),
            ("DAT-COE", 0, 0),
        ]
        assert aim(undp, data, cast.focal, STR=("", "1")) == 1
        row = PriorityProfile.objects.get(item__code="DAT-STR")
        assert (row.target, row.weight, row.updated_by) == (None, 1, cast.focal)

    def test_are_set_all_or_nothing(self, undp: Entity, data: Dimension, cast: Cast) -> None:
        with pytest.raises(InvalidInput) as refusal:
            aim(undp, data, cast.focal, STR=("3", "1"), LED=("9", "1"))
        assert [error.field for error in refusal.value.errors] == ["target-DAT-LED"]
        assert not PriorityProfile.objects.exists()

    def test_of_two_focal_points_at_once_are_both_kept(
        self, undp: Entity, data: Dimension, cast: Cast
    ) -> None:
        """Both had the page with nothing set: a row that one did not touch does not take back the other's."""
        shown = {"target": "", "weight": "1", "was": "/1"}
        for touched in ("DAT-STR", "DAT-LED"):
            raw = {code: dict(shown) for code in ("DAT-STR", "DAT-LED")}
            raw[touched]["target"] = "3"
            assert self.send(undp, data, cast, raw) == 1
        assert [row.target for row in PriorityProfile.objects.all()] == [3, 3]

    def test_that_somebody_else_set_in_between_are_not_overwritten(
        self, undp: Entity, data: Dimension, cast: Cast
    ) -> None:
        aim(undp, data, cast.focal, STR=("3", "5"))
        offered = {"target": "4", "weight": "1", "was": "/1"}
        with pytest.raises(StaleVersion) as refusal:
            self.send(undp, data, cast, {"DAT-STR": offered, "DAT-LED": offered})
        assert str(refusal.value).startswith("Somebody else has changed DAT-STR in the meantime.")
        assert (refusal.value.current, refusal.value.offered) == (
            {"DAT-STR": Priority(3, 5)},
            {"DAT-LED": offered},
        )
        assert [row.target for row in PriorityProfile.objects.all()] == [3]
        assert self.send(undp, data, cast, {"DAT-STR": {**offered, "was": "3/5"}}) == 1

    def test_that_both_set_alike_are_no_conflict(self, undp: Entity, data: Dimension, cast: Cast) -> None:
        aim(undp, data, cast.focal, STR=("3", "5"))
        assert self.send(undp, data, cast, {"DAT-STR": {"target": "3", "weight": "5", "was": "/1"}}) == 0

    def send(self, undp: Entity, data: Dimension, cast: Cast, raw: dict[str, dict[str, str]]) -> int:
        return tailoring.set_priorities(entity=undp, dimension=data, raw=raw, by=cast.focal, at=AT)

    @pytest.mark.parametrize("who", OTHERS)
    def test_are_the_focal_points_alone(self, undp: Entity, data: Dimension, cast: Cast, who: str) -> None:
        with pytest.raises(NotAllowed):
            aim(undp, data, getattr(cast, who), STR=("3", "1"))

    def test_of_items_of_another_dimension_are_left_alone(
        self, undp: Entity, data: Dimension, cast: Cast
    ) -> None:
        raw = {"INN-STR": {"target": "3", "weight": "1"}}
        tailoring.set_priorities(entity=undp, dimension=data, raw=raw, by=cast.focal, at=AT)
        assert not PriorityProfile.objects.exists()


class TestAnOwnQuestion:
    def test_gets_a_code_that_lasts(self, undp: Entity, data: Dimension, cast: Cast) -> None:
        first, second = ask(undp, data, cast.focal), ask(undp, data, cast.focal)
        for _time in range(2):
            tailoring.retire_own_item(item=first, by=cast.focal, at=AT)
        third = ask(undp, data, cast.focal)
        assert [item.code for item in (first, second, third)] == ["DAT-OWN-1", "DAT-OWN-2", "DAT-OWN-3"]

    def test_is_one_of_ten_at_most(self, undp: Entity, data: Dimension, cast: Cast) -> None:
        made = [ask(undp, data, cast.focal) for _number in range(10)]
        with pytest.raises(WrongState):
            ask(undp, data, cast.focal)
        tailoring.retire_own_item(item=made[0], by=cast.focal, at=AT)
        assert ask(undp, data, cast.focal).code == "DAT-OWN-11"

    @pytest.mark.parametrize("who", OTHERS)
    def test_is_the_focal_points_alone(
        self, undp: Entity, data: Dimension, sheet: Assessment, cast: Cast, who: str
    ) -> None:
        item, other = ask(undp, data, cast.focal), getattr(cast, who)
        with pytest.raises(NotAllowed):
            ask(undp, data, other)
        with pytest.raises(NotAllowed):
            tailoring.retire_own_item(item=item, by=other, at=AT)
        with pytest.raises(NotAllowed):
            answer(sheet, item, other)
        item.refresh_from_db()
        assert item.retired_at is None

    def test_is_answered_in_versions(
        self, undp: Entity, data: Dimension, sheet: Assessment, cast: Cast
    ) -> None:
        item = ask(undp, data, cast.focal)
        assert answer(sheet, item, cast.focal).version == 1
        assert answer(sheet, item, cast.focal).version == 1, "the same again changes nothing"
        assert answer(sheet, item, cast.focal, 1, level="4").version == 2
        with pytest.raises(StaleVersion) as refusal:
            answer(sheet, item, cast.focal, 1, level="0", comment="late")
        assert refusal.value.current == {"level": 4, "comment": "so", "version": 2}
        assert refusal.value.offered == {"level": 0, "comment": "late"}
        assert OwnAnswer.objects.get().level == 4

    def test_is_answered_as_long_as_the_sheet_can_change(
        self, undp: Entity, data: Dimension, sheet: Assessment, cast: Cast
    ) -> None:
        item = ask(undp, data, cast.focal)
        for status, phase in ((Status.SUBMITTED, Phase.OPEN), (Status.DRAFT, Phase.VALIDATION)):
            Assessment.objects.update(status=status)
            Cycle.objects.update(phase=phase)
            with pytest.raises(WrongState):
                answer(sheet, item, cast.focal)

    def test_that_is_no_longer_asked_or_not_ours_is_not_answered(
        self, undp: Entity, data: Dimension, sheet: Assessment, cast: Cast
    ) -> None:
        foreign = ask(Entity.objects.get(code="UNICEF"), data, cast.stranger)
        with pytest.raises(InvalidInput):
            answer(sheet, foreign, cast.focal)
        item = ask(undp, data, cast.focal)
        tailoring.retire_own_item(item=item, by=cast.focal, at=AT)
        item.refresh_from_db()
        with pytest.raises(WrongState):
            answer(sheet, item, cast.focal)

    def test_counts_for_nobody_else(
        self, undp: Entity, data: Dimension, sheet: Assessment, cast: Cast, cycle: Cycle
    ) -> None:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        before = [(step.settled, step.total) for step in progress(sheet)], len(sheet_state(sheet).items)
        answer(sheet, ask(undp, data, cast.focal, "our very own"), cast.focal, comment="our very own words")
        aim(undp, data, cast.focal, STR=("4", "5"))
        after = [(step.settled, step.total) for step in progress(sheet)], len(sheet_state(sheet).items)
        assert after == before
        signing.submit(assessment=sheet, by=cast.focal, at=AT)
        signing.sign_off(assessment=sheet, by=cast.approver, at=AT)
        snapshot = Snapshot.objects.get()
        assert "our very own" not in snapshot.payload
        assert "OWN" not in snapshot.payload
        assert len(bytes(snapshot.claimed)) == 14


class TestThePath:
    def test_is_read_against_the_running_claims_and_the_last_accepted_levels(
        self, undp: Entity, data: Dimension, cast: Cast, cycle: Cycle, sheet: Assessment
    ) -> None:
        make_counted_cycle(cycle.framework, {undp: {**FULL, "DAT-STR": 1}}, "2025")
        Cycle.objects.filter(code="2025").update(phase=Phase.CLOSED, opens_on="2025-09-15")
        fill(cycle, {undp: {"DAT-STR": 3, "DAT-LED": 1}}, Status.DRAFT)
        aim(undp, data, cast.focal, STR=("4", "2"), LED=("1", "1"), COE=("2", "1"))
        answer(sheet, ask(undp, data, cast.focal), cast.focal, level="4")
        path = own_path(cast.focal, undp, cycle.framework)
        found = path.dimensions[0]
        assert found.lines[0].accepted is not None
        assert found.lines[0].claim is not None
        assert (found.lines[0].accepted.accepted_level, found.lines[0].claim.claimed) == (1, 3)
        assert found.profile.points == 2 * 3 + 1 + 4
        assert str(found.mean_level) == "2.8"  # 11/4 = 2.75, half to even
        assert (found.profile.targets, found.profile.at_target) == (3, 1)
        assert str(found.gap) == "0.7"  # 2·1/(2+1)

    def test_shows_viewers_nothing_of_a_draft(
        self, undp: Entity, cast: Cast, cycle: Cycle, sheet: Assessment
    ) -> None:
        fill(cycle, {undp: FULL}, Status.DRAFT)
        assert own_path(cast.viewer, undp, cycle.framework).current is None
        assert own_path(cast.approver, undp, cycle.framework).current == sheet
