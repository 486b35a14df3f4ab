"""Handing items to contributors: who may, what is refused, reminding, accepting, taking back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from entities.models import Entity, Membership, Role, User
from entities.services.people import grant_role
from quintet import access
from quintet.models import Assessment, Cycle, Delegation, Invitation, Item, Letter, LetterKind, Status
from quintet.queries.delegations import colleagues, contributors_of, handed_items
from quintet.services.answering import record_answer
from quintet.services.delegating import HAND_OVERS_A_DAY, hand_over, nudge, settle, take_back
from tests.factories import AT, Cast, later, make_user, sheet_of
from un20portal.lib.errors import InvalidInput, NotAllowed, NotFound, StaleVersion, WrongState
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db
Hand = Callable[..., Invitation]


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


@pytest.fixture
def hand(sheet: Assessment, cast: Cast) -> Hand:
    def over(*codes: str, **options: Any) -> Invitation:
        items = list(Item.objects.filter(code__in=codes or ["DAT-STR", "DAT-LED"]))
        values = {"assessment": sheet, "items": items, "to": cast.contributor, "by": cast.focal, "at": AT}
        return hand_over(**{**values, **options})

    return over


def write(sheet: Assessment, by: User, item: str = "DAT-STR", version: int = 0, level: int = 2) -> None:
    record_answer(
        assessment=sheet,
        item=Item.objects.get(code=item),
        raw={"state": "answered", "claimed": level, "comment": "seen"},
        version=version,
        by=by,
        at=later(version + 1),
        channel="form",
    )


def states(sheet: Assessment) -> list[tuple[str, str]]:
    return [(each.delegation.item.code, each.state) for each in handed_items(sheet)]


class TestHandingOver:
    def test_opens_these_items_to_the_contributor_and_no_others(
        self, hand: Hand, sheet: Assessment, cast: Cast
    ) -> None:
        hand("DAT-STR")
        assert access.editable_items(cast.contributor, sheet) == {Item.objects.get(code="DAT-STR").pk}
        write(sheet, cast.contributor)
        with pytest.raises(NotAllowed):
            write(sheet, cast.contributor, "DAT-LED")

    def test_tells_the_contributor_by_letter(self, hand: Hand, cast: Cast) -> None:
        hand("DAT-STR", note="Please look\n-- \nat page 3", due_on=AT.date() + timedelta(days=3))
        run_errands(now=lambda: AT)
        [letter] = mail.outbox
        assert letter.to == [cast.contributor.email]
        assert "DAT-STR" in letter.body
        assert "> Please look\n> -- \n> at page 3" in letter.body
        assert "5 November 2026" in letter.body
        assert "/assessments/" in letter.body
        assert "/invitations/" not in letter.body

    def test_again_changes_the_due_day_and_nothing_else(self, hand: Hand, sheet: Assessment) -> None:
        hand("DAT-STR")
        hand("DAT-STR", "DAT-LED", due_on=AT.date(), at=later(5))
        rows = Delegation.objects.order_by("item__order").values_list("item__code", "handed_at", "due_on")
        assert list(rows) == [("DAT-STR", AT, AT.date()), ("DAT-LED", later(5), AT.date())]

    def test_writes_of_what_is_new_alone(self, hand: Hand, cast: Cast) -> None:
        hand("DAT-STR")
        assert not hand("DAT-STR", due_on=AT.date()).items.exists()
        hand("DAT-STR", "DAT-LED")
        run_errands(now=lambda: AT)
        assert ["DAT-STR" in letter.body for letter in mail.outbox] == [True, False]
        assert "DAT-LED" in mail.outbox[1].body

    def test_of_nothing_new_is_refused_and_written_nowhere(self, hand: Hand, sheet: Assessment) -> None:
        hand("DAT-STR", "DAT-LED", due_on=AT.date())
        before = (list(Delegation.objects.values()), list(Invitation.objects.values()))
        for codes in (["DAT-STR"], ["DAT-STR", "DAT-LED"]):
            with pytest.raises(InvalidInput, match="Contributor has these items already") as refused:
                hand(*codes, due_on=AT.date(), at=later(5))
            assert [error.field for error in refused.value.errors] == ["to"]
        assert (list(Delegation.objects.values()), list(Invitation.objects.values())) == before
        assert Letter.objects.count() == 1

    def test_has_a_daily_limit_of_letters(self, hand: Hand, sheet: Assessment, undp: Entity) -> None:
        Letter.objects.bulk_create(
            Letter(kind="invitation", person=person, assessment=sheet, day=AT.date(), created_at=AT)
            for person in [make_user("flooded", Role.CONTRIBUTOR, undp)] * HAND_OVERS_A_DAY
        )
        with pytest.raises(WrongState, match="200 invitations"):
            hand("DAT-STR")
        assert not Delegation.objects.exists()
        hand("DAT-STR", at=AT + timedelta(days=1))

    def test_is_for_focal_points_of_the_entity(self, hand: Hand, cast: Cast) -> None:
        for other in (cast.approver, cast.contributor, cast.viewer, cast.stranger, cast.task_force):
            with pytest.raises(NotAllowed):
                hand(by=other)
        assert not Delegation.objects.exists()

    def test_is_for_contributors_of_the_entity(self, hand: Hand, cast: Cast) -> None:
        elsewhere = make_user("elsewhere", Role.CONTRIBUTOR, Entity.objects.get(code="UNICEF"))
        closed = make_user("closed", Role.CONTRIBUTOR, Entity.objects.get(code="UNDP"))
        closed.is_active = False
        for other in (cast.approver, elsewhere, closed):
            with pytest.raises(InvalidInput):
                hand(to=other)

    def test_is_not_for_approvers_who_sign_the_answers_off(
        self, hand: Hand, sheet: Assessment, cast: Cast, undp: Entity
    ) -> None:
        both = make_user("both", Role.CONTRIBUTOR, undp)
        grant_role(user=both, role=Role.APPROVER, entity=undp)
        assert list(contributors_of(sheet, today=AT.date())) == [cast.contributor]
        with pytest.raises(InvalidInput, match="signs off"):
            hand(to=both)
        assert not Delegation.objects.exists()

    def test_needs_items_a_day_to_come_and_a_sheet_that_can_change(
        self, hand: Hand, sheet: Assessment, cycle: Cycle
    ) -> None:
        wrong: list[dict[str, Any]] = [
            {"items": []},
            {"due_on": AT.date() - timedelta(days=1)},
            {"due_on": cycle.closes_on + timedelta(days=1)},
            {"note": "x" * 2001},
            {"note": "a\x00b"},
        ]
        for options in wrong:
            with pytest.raises(InvalidInput) as refused:
                hand(**options)
            assert refused.value.errors
        Assessment.objects.filter(pk=sheet.pk).update(status=Status.SUBMITTED)
        with pytest.raises(WrongState):
            hand()
        assert not Invitation.objects.exists()

    def test_takes_the_day_until_which_an_entity_has_more_time(
        self, hand: Hand, sheet: Assessment, cycle: Cycle
    ) -> None:
        late = cycle.closes_on + timedelta(days=7)
        Assessment.objects.filter(pk=sheet.pk).update(extended_to=late)
        assert hand(due_on=late).due_on == late


class TestWhoOwesWhat:
    def test_follows_what_is_written_and_accepted(self, hand: Hand, sheet: Assessment, cast: Cast) -> None:
        hand()
        write(sheet, cast.focal, "DAT-LED")  # not the colleague's input
        assert states(sheet) == [("DAT-STR", "open"), ("DAT-LED", "open")]
        write(sheet, cast.contributor)
        assert states(sheet)[0] == ("DAT-STR", "given")
        [first, _second] = handed_items(sheet)
        settle(assessment=sheet, accepted={first.delegation.pk: 1}, by=cast.focal, at=AT)
        assert states(sheet)[0] == ("DAT-STR", "settled")
        write(sheet, cast.contributor, version=1, level=3)
        assert states(sheet)[0] == ("DAT-STR", "given")
        write(sheet, cast.focal, version=2, level=1)
        assert states(sheet)[0] == ("DAT-STR", "settled")

    def test_of_two_colleagues_each_owes_their_own_words(
        self, hand: Hand, sheet: Assessment, cast: Cast, undp: Entity
    ) -> None:
        other = make_user("other", Role.CONTRIBUTOR, undp)
        hand("DAT-STR")
        hand("DAT-STR", to=other)
        write(sheet, cast.contributor)
        assert [state for _code, state in states(sheet)] == ["given", "open"]
        write(sheet, other, version=1, level=4)
        assert [state for _code, state in states(sheet)] == ["given", "given"]

    def test_says_what_is_late(self, hand: Hand, sheet: Assessment) -> None:
        hand(due_on=AT.date())
        for days, late in ((0, False), (1, True)):
            [person] = colleagues(sheet, today=AT.date() + timedelta(days=days))
            assert (person.n_open, person.is_late) == (2, late)

    def test_takes_as_many_queries_for_many_as_for_few(
        self, hand: Hand, sheet: Assessment, undp: Entity, django_assert_num_queries: Any
    ) -> None:
        for number in range(6):
            hand("DAT-STR", "INN-STR", to=make_user(f"c{number}", Role.CONTRIBUTOR, undp))
            with django_assert_num_queries(5):
                assert len(colleagues(sheet, today=AT.date())) == number + 1


class TestAccepting:
    def test_is_based_on_what_was_read(self, hand: Hand, sheet: Assessment, cast: Cast) -> None:
        hand("DAT-STR")
        pk = Delegation.objects.get().pk
        with pytest.raises(InvalidInput, match="DAT-STR"):
            settle(assessment=sheet, accepted={pk: 0}, by=cast.focal, at=AT)
        write(sheet, cast.contributor)
        write(sheet, cast.contributor, version=1, level=4)
        with pytest.raises(StaleVersion, match="DAT-STR"):
            settle(assessment=sheet, accepted={pk: 1}, by=cast.focal, at=AT)
        assert settle(assessment=sheet, accepted={pk: 2}, by=cast.focal, at=AT) == 1

    def test_is_all_or_nothing_and_of_this_sheet(self, hand: Hand, sheet: Assessment, cast: Cast) -> None:
        hand()
        write(sheet, cast.contributor)
        first, second = Delegation.objects.order_by("item__order")
        with pytest.raises(InvalidInput):
            settle(assessment=sheet, accepted={first.pk: 1, second.pk: 0}, by=cast.focal, at=AT)
        with pytest.raises(NotFound):
            settle(assessment=sheet, accepted={first.pk: 1, 999_999: 1}, by=cast.focal, at=AT)
        with pytest.raises(NotAllowed):
            settle(assessment=sheet, accepted={first.pk: 1}, by=cast.contributor, at=AT)
        assert not Delegation.objects.exclude(settled_version=None).exists()


class TestTakingBack:
    def test_closes_the_items_and_keeps_what_was_written(
        self, hand: Hand, sheet: Assessment, cast: Cast
    ) -> None:
        hand()
        write(sheet, cast.contributor)
        delegations = list(Delegation.objects.values_list("pk", flat=True))
        assert take_back(assessment=sheet, delegations=delegations, by=cast.focal) == 2
        assert not Assessment.objects.visible_to(cast.contributor).exists()
        assert sheet.answers.get().claimed == 2

    def test_wants_items_of_this_sheet(self, hand: Hand, sheet: Assessment, cast: Cast) -> None:
        hand()
        with pytest.raises(InvalidInput):
            take_back(assessment=sheet, delegations=[], by=cast.focal)
        with pytest.raises(NotFound):
            take_back(assessment=sheet, delegations=[999_999], by=cast.focal)
        other = sheet_of(sheet.cycle, Entity.objects.get(code="UNICEF"))
        with pytest.raises(NotFound):
            take_back(assessment=other, delegations=[Delegation.objects.all()[0].pk], by=cast.stranger)


class TestReminding:
    def test_lists_what_is_open_and_comes_once_a_day(self, hand: Hand, sheet: Assessment, cast: Cast) -> None:
        hand(due_on=AT.date() + timedelta(days=4))
        run_errands(now=lambda: AT)
        mail.outbox.clear()
        write(sheet, cast.contributor)
        nudge(assessment=sheet, person=cast.contributor, by=cast.focal, at=AT)
        with pytest.raises(WrongState, match="09:30 UTC"):
            nudge(assessment=sheet, person=cast.contributor, by=cast.focal, at=later(60))
        run_errands(now=lambda: AT)
        [letter] = mail.outbox
        assert letter.subject == "1 item waits for your answer: UNDP, Cycle 2026"
        assert "DAT-LED" in letter.body
        assert "DAT-STR" not in letter.body
        assert "6 November 2026" in letter.body
        [person] = colleagues(sheet, today=AT.date())
        assert person.reminded_at == AT
        nudge(assessment=sheet, person=cast.contributor, by=cast.focal, at=AT + timedelta(days=1))

    def test_is_refused_where_there_is_nothing_to_be_reminded_of(
        self, hand: Hand, sheet: Assessment, cast: Cast
    ) -> None:
        with pytest.raises(NotFound):
            nudge(assessment=sheet, person=cast.contributor, by=cast.focal, at=AT)
        hand("DAT-STR")
        write(sheet, cast.contributor)
        with pytest.raises(WrongState, match="Nothing is open"):
            nudge(assessment=sheet, person=cast.contributor, by=cast.focal, at=AT)
        assert not Letter.objects.filter(kind=LetterKind.NUDGE).exists()

    def test_respects_who_does_without(self, hand: Hand, sheet: Assessment, cast: Cast) -> None:
        hand()
        cast.contributor.wants_reminders = False
        with pytest.raises(WrongState, match="no reminders"):
            nudge(assessment=sheet, person=cast.contributor, by=cast.focal, at=AT)

    def test_is_not_sent_to_somebody_who_lost_the_role(
        self, hand: Hand, sheet: Assessment, cast: Cast
    ) -> None:
        hand("DAT-STR")
        nudge(assessment=sheet, person=cast.contributor, by=cast.focal, at=AT)
        Membership.objects.filter(user=cast.contributor).delete()
        run_errands(now=lambda: AT)
        assert mail.outbox == []

    def test_is_not_sent_once_everything_is_answered(self, hand: Hand, sheet: Assessment, cast: Cast) -> None:
        hand("DAT-STR")
        run_errands(now=lambda: AT)
        mail.outbox.clear()
        nudge(assessment=sheet, person=cast.contributor, by=cast.focal, at=AT)
        write(sheet, cast.contributor)
        run_errands(now=lambda: AT)
        assert mail.outbox == []


def test_a_contributor_elsewhere_too_reaches_only_what_is_handed_over(
    hand: Hand, sheet: Assessment, cast: Cast
) -> None:
    """A delegation without the role opens nothing: both are needed."""
    grant_role(user=cast.stranger, role=Role.CONTRIBUTOR, entity=Entity.objects.get(code="UNICEF"))
    item = Item.objects.get(code="DAT-STR")
    Delegation.objects.create(assessment=sheet, item=item, user=cast.stranger, handed_at=AT)
    with pytest.raises(NotAllowed):
        write(sheet, cast.stranger)
