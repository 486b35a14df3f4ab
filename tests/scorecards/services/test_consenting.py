"""Letting others read a unit's own figures: who says so, what is kept, and what counts."""

from datetime import timedelta

import pytest

from entities.models import Entity, Membership, Role
from entities.services.people import grant_role
from quintet.models import Cycle
from scorecards import access
from scorecards.domain.visibility import Audience
from scorecards.models import AskingConsent, Consent
from scorecards.services.consenting import set_asking, set_consent
from tests.factories import (
    AT,
    Cast,
    later,
    make_counted_cycle,
    make_entity,
    make_framework,
    make_user,
)
from un20portal.lib.errors import InvalidInput, NotAllowed, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(cast: Cast) -> Entity:
    return Entity.objects.get(code="UNDP")


@pytest.fixture
def cycle(unit: Entity) -> Cycle:
    return make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2}})


class TestSetConsent:
    def test_keeps_every_word_and_counts_the_latest(self, cycle: Cycle, unit: Entity, cast: Cast) -> None:
        for minute, audience in enumerate(["public", "nobody", "committee"]):
            assert set_consent(
                cycle=cycle, entity=unit, audience=audience, by=cast.approver, at=later(minute)
            )
        kept = list(Consent.objects.values_list("audience", "by", "at"))
        assert [word[0] for word in kept] == ["public", "nobody", "committee"]
        assert kept[1][1:] == (cast.approver.pk, later(1))
        assert access.audiences_of(cycle) == {unit.pk: Audience.COMMITTEE}

    def test_writes_the_same_word_once(self, cycle: Cycle, unit: Entity, cast: Cast) -> None:
        done = [
            set_consent(cycle=cycle, entity=unit, audience=audience, by=cast.approver, at=AT)
            for audience in ("nobody", "public", "public")
        ]
        assert done == [False, True, False]
        assert Consent.objects.count() == 1

    def test_is_of_one_cycle(self, cycle: Cycle, unit: Entity, cast: Cast) -> None:
        other = make_counted_cycle(cycle.framework, {unit: {"DAT-STR": 2}}, "2027")
        set_consent(cycle=cycle, entity=unit, audience="public", by=cast.approver, at=AT)
        assert access.audiences_of(other) == {}

    @pytest.mark.parametrize(
        "who",
        ["viewer", "contributor", "focal", "stranger", "task_force", "committee", "administrator"],
    )
    def test_is_the_approvers_alone(self, cycle: Cycle, unit: Entity, cast: Cast, who: str) -> None:
        with pytest.raises(NotAllowed):
            set_consent(cycle=cycle, entity=unit, audience="public", by=getattr(cast, who), at=AT)
        assert not Consent.objects.exists()

    def test_is_no_longer_of_an_approver_whose_time_has_passed(self, cycle: Cycle, unit: Entity) -> None:
        substitute = make_user("substitute")
        grant_role(user=substitute, role=Role.APPROVER, entity=unit)
        passed = AT.date() - timedelta(days=4000)
        Membership.objects.filter(user=substitute).update(valid_to=passed)
        with pytest.raises(NotAllowed):
            set_consent(cycle=cycle, entity=unit, audience="public", by=substitute, at=AT)

    def test_knows_three_words(self, cycle: Cycle, unit: Entity, cast: Cast) -> None:
        for audience in ("", "everybody", "Public"):
            with pytest.raises(InvalidInput, match="nobody, committee, public"):
                set_consent(cycle=cycle, entity=unit, audience=audience, by=cast.approver, at=AT)

    def test_needs_a_sheet_in_the_cycle(self, cycle: Cycle, cast: Cast) -> None:
        unasked = make_entity("UNASKED")
        approver = make_user("unasked", Role.APPROVER, unasked)
        with pytest.raises(WrongState):
            set_consent(cycle=cycle, entity=unasked, audience="public", by=approver, at=AT)


class TestSetAsking:
    def test_keeps_every_word_and_counts_the_latest(self, cycle: Cycle, unit: Entity, cast: Cast) -> None:
        assert access.askable_entities(cycle) == set()
        words = ["no", "yes", "yes", "no", "yes"]
        news = [
            set_asking(cycle=cycle, entity=unit, answer=word, by=cast.approver, at=later(minute))
            for minute, word in enumerate(words)
        ]
        assert news == [False, True, False, True, True]
        kept = AskingConsent.objects.values_list("may_be_asked", "by", "at")
        assert list(kept) == [
            (True, cast.approver.pk, later(1)),
            (False, cast.approver.pk, later(3)),
            (True, cast.approver.pk, later(4)),
        ]
        assert access.askable_entities(cycle) == {unit.pk}
        assert access.audiences_of(cycle) == {}

    @pytest.mark.parametrize("who", ["viewer", "contributor", "focal", "stranger", "task_force", "committee"])
    def test_is_the_approvers_alone(self, cycle: Cycle, unit: Entity, cast: Cast, who: str) -> None:
        with pytest.raises(NotAllowed):
            set_asking(cycle=cycle, entity=unit, answer="yes", by=getattr(cast, who), at=AT)
        assert not AskingConsent.objects.exists()

    def test_knows_two_words(self, cycle: Cycle, unit: Entity, cast: Cast) -> None:
        for answer in ("", "maybe", "YES"):
            with pytest.raises(InvalidInput, match="yes, no"):
                set_asking(cycle=cycle, entity=unit, answer=answer, by=cast.approver, at=AT)

    def test_needs_a_sheet_in_the_cycle(self, cycle: Cycle) -> None:
        unasked = make_entity("UNASKED")
        approver = make_user("unasked", Role.APPROVER, unasked)
        with pytest.raises(WrongState):
            set_asking(cycle=cycle, entity=unasked, answer="yes", by=approver, at=AT)
