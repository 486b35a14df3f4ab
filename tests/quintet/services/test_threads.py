"""Conversations on items: who takes part in which state of the sheet, whom a letter tells."""

import random

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, Role, User
from entities.services.people import grant_role
from quintet.domain import threads as talk
from quintet.models import Assessment, Cycle, Item, Letter, Phase, Status, Thread, ThreadPost, ThreadStatus
from quintet.queries.threads import threads_of, threads_waiting_for
from quintet.services import threads
from tests.factories import AT, Cast, delegate, later, make_user, sheet_of
from un20portal.lib.errors import InvalidInput, NotAllowed, WrongState
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db
COUNTED = (Status.SUBMITTED, Status.VALIDATED)


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity, cast: Cast) -> Assessment:
    found = sheet_of(cycle, undp)
    delegate(found, "DAT-STR", cast.contributor)
    return found


def put_in(sheet: Assessment, status: Status) -> Assessment:
    Assessment.objects.filter(pk=sheet.pk).update(status=status)
    return sheet_of(sheet.cycle, sheet.entity)


def ask(
    sheet: Assessment,
    by: User,
    *mentions: str,
    shared: bool = False,
    item: str = "DAT-STR",
    text: str = "Why?",
    minute: int = 0,
) -> Thread:
    return threads.open_thread(
        assessment=sheet,
        item=Item.objects.get(code=item),
        text=text,
        mentions=mentions,
        with_task_force=shared,
        by=by,
        at=later(minute),
    )


def post(thread: Thread, by: User, *mentions: str, text: str = "Because.") -> Thread:
    return threads.add_post(thread=thread, text=text, mentions=mentions, by=by, at=later(1))


def waiting(user: User) -> list[int]:
    fresh = User.objects.get(pk=user.pk)  # roles are kept on the object
    return [one.thread.pk for one in threads_waiting_for(fresh).shown]


def awaited(cast: Cast, side: str) -> list[int]:
    """The threads that wait for one of the cast by the rule alone."""
    person = getattr(cast, side)
    role = {"focal": talk.FOCAL_POINT, "second": talk.TASK_FORCE}.get(side, side)
    task_force = (cast.task_force.pk, cast.second.pk)
    return [
        thread.pk
        for thread in Thread.objects.visible_to(person)
        if talk.is_awaited(
            person.pk,
            {role},
            posts=[talk.Said(said.by_id, said.mentions, said.status) for said in thread.posts.all()],
            opened_by=thread.opened_by_id,
            status=thread.status,
            otherwise=talk.TASK_FORCE
            if thread.with_task_force and thread.opened_by_id not in task_force
            else talk.FOCAL_POINT,
        )
    ]


class TestAThread:
    def test_is_open_answered_settled_and_opened_again(self, sheet: Assessment, cast: Cast) -> None:
        thread = ask(sheet, cast.focal, "approver")
        assert thread.status == ThreadStatus.OPEN
        assert post(thread, cast.approver).status == ThreadStatus.ANSWERED
        assert post(thread, cast.focal, text="And since when?").status == ThreadStatus.OPEN
        settled = threads.settle_thread(thread=thread, text="", by=cast.approver, at=later(2))
        assert settled.status == ThreadStatus.SETTLED
        assert post(thread, cast.focal, text="Still open.").status == ThreadStatus.OPEN
        said = list(ThreadPost.objects.values_list("status", "text"))
        assert said == [
            ("open", "Why?"),
            ("answered", "Because."),
            ("open", "And since when?"),
            ("settled", ""),
            ("open", "Still open."),
        ]

    def test_is_not_asked_answered_or_settled_twice_by_a_second_click(
        self, sheet: Assessment, cast: Cast
    ) -> None:
        first, second = ask(sheet, cast.focal, "approver"), ask(sheet, cast.focal, "approver")
        assert first.pk == second.pk
        for _time in range(2):
            post(first, cast.approver)
        for _time in range(2):
            threads.settle_thread(thread=first, text="", by=cast.focal, at=AT)
        assert ThreadPost.objects.count() == 3
        assert Letter.objects.count() == 1

    def test_is_another_one_when_the_same_is_asked_later_or_after_it_was_settled(
        self, sheet: Assessment, cast: Cast
    ) -> None:
        first = ask(sheet, cast.focal)
        assert ask(sheet, cast.focal, minute=5) == first
        second = ask(sheet, cast.focal, minute=6)
        assert second != first
        threads.settle_thread(thread=second, text="Why?", by=cast.focal, at=later(6))
        third = ask(sheet, cast.focal, minute=7)
        assert (third.status, Thread.objects.count()) == (ThreadStatus.OPEN, 3)

    def test_can_be_settled_with_last_words(self, sheet: Assessment, cast: Cast) -> None:
        thread = ask(sheet, cast.focal)
        threads.settle_thread(thread=thread, text="Found it.", by=cast.focal, at=AT)
        assert thread.posts.last() == ThreadPost.objects.get(text="Found it.", status="settled")

    def test_stays_as_it_is_once_the_cycle_is_closed(self, sheet: Assessment, cast: Cast) -> None:
        thread = ask(sheet, cast.focal)
        Cycle.objects.update(phase=Phase.CLOSED)
        for write in (
            lambda: ask(sheet, cast.focal, text="More?"),
            lambda: post(thread, cast.focal),
            lambda: threads.settle_thread(thread=thread, text="", by=cast.focal, at=AT),
        ):
            with pytest.raises(WrongState):
                write()
        assert ThreadPost.objects.count() == 1

    def test_writes_nothing_that_is_refused(self, sheet: Assessment, cast: Cast) -> None:
        with pytest.raises(InvalidInput):
            ask(sheet, cast.focal, "task_force")
        with pytest.raises(InvalidInput):
            ask(sheet, cast.focal, text=" ")
        assert not Thread.objects.exists()


class TestWhoTakesPart:
    @pytest.fixture(params=Status.values)
    def in_status(self, request: pytest.FixtureRequest, sheet: Assessment) -> Assessment:
        return put_in(sheet, Status(request.param))

    def test_the_task_force_reads_what_is_shared_as_long_as_it_may_read_the_sheet(
        self, in_status: Assessment, cast: Cast
    ) -> None:
        inside, shared = ask(in_status, cast.focal), ask(in_status, cast.focal, shared=True, text="You?")
        for insider in (cast.focal, cast.approver, cast.contributor):
            assert set(threads_of(insider, in_status)) == {inside, shared}
        seen = {shared} if in_status.status in COUNTED else set()
        assert set(threads_of(cast.task_force, in_status)) == seen
        for other in (cast.viewer, cast.stranger, cast.committee, cast.administrator):
            assert set(threads_of(other, in_status)) == set()

    def test_and_writes_there_alone(self, in_status: Assessment, cast: Cast) -> None:
        inside, shared = ask(in_status, cast.focal), ask(in_status, cast.focal, shared=True, text="You?")
        with pytest.raises(NotAllowed):
            post(inside, cast.task_force)
        if in_status.status in COUNTED:
            assert post(shared, cast.task_force).status == ThreadStatus.ANSWERED
        else:
            with pytest.raises(NotAllowed):
                post(shared, cast.task_force)

    def test_what_the_task_force_asks_is_always_shared(self, in_status: Assessment, cast: Cast) -> None:
        if in_status.status in COUNTED:
            assert ask(in_status, cast.task_force, shared=False).with_task_force
        else:
            with pytest.raises(NotAllowed):
                ask(in_status, cast.task_force)

    def test_contributors_ask_on_their_items_only(self, sheet: Assessment, cast: Cast) -> None:
        assert ask(sheet, cast.contributor).status == ThreadStatus.OPEN
        with pytest.raises(NotAllowed):
            ask(sheet, cast.contributor, item="DAT-LED")
        other = ask(sheet, cast.focal, item="DAT-LED")
        assert other not in threads_of(cast.contributor, sheet)
        with pytest.raises(NotAllowed):
            post(other, cast.contributor)

    @pytest.mark.parametrize("who", ["viewer", "stranger", "committee", "administrator"])
    def test_others_have_no_part_in_it(self, sheet: Assessment, cast: Cast, who: str) -> None:
        submitted = put_in(sheet, Status.SUBMITTED)
        thread = ask(submitted, cast.focal, shared=True)
        for write in (lambda: ask(submitted, getattr(cast, who)), lambda: post(thread, getattr(cast, who))):
            with pytest.raises(NotAllowed):
                write()


class TestALetter:
    def test_tells_each_person_of_a_mentioned_role_once(
        self, sheet: Assessment, cast: Cast, undp: Entity
    ) -> None:
        grant_role(user=cast.approver, role=Role.FOCAL_POINT, entity=undp)
        other = make_user("other", Role.CONTRIBUTOR, undp)
        ask(sheet, cast.focal, "focal_point", "approver", "contributor", text="Which plan,\nand since when?")
        assert set(Letter.objects.values_list("person", flat=True)) == {cast.approver.pk, cast.contributor.pk}
        run_errands(now=lambda: later(1))
        assert sorted(letter.to[0] for letter in mail.outbox) == [
            cast.approver.email,
            cast.contributor.email,
        ]
        [letter] = [letter for letter in mail.outbox if letter.to == [cast.approver.email]]
        assert letter.subject == "A question on DAT-STR: UNDP, Cycle 2026"
        assert "Focal asks you to look at DAT-STR" in letter.body
        assert "\n> Which plan,\n> and since when?\n" in letter.body
        assert f"/assessments/{sheet.pk}/DAT/#thread-{Thread.objects.get().pk}" in letter.body
        assert other.email not in str([letter.to for letter in mail.outbox])

    def test_tells_the_task_force_only_when_it_may_read(self, sheet: Assessment, cast: Cast) -> None:
        ask(sheet, cast.focal, "task_force", shared=True)
        assert not Letter.objects.exists()
        thread = ask(put_in(sheet, Status.SUBMITTED), cast.focal, "task_force", shared=True, text="Now?")
        assert set(Letter.objects.values_list("person", flat=True)) == {cast.task_force.pk, cast.second.pk}
        put_in(sheet, Status.RETURNED)
        run_errands(now=lambda: later(1))
        assert mail.outbox == [], "the sheet was returned before the letter was sent"
        assert thread.with_task_force

    def test_is_not_sent_to_those_who_do_without(self, sheet: Assessment, cast: Cast) -> None:
        User.objects.filter(pk=cast.approver.pk).update(wants_reminders=False)
        thread = ask(sheet, cast.focal, "approver")
        assert not Letter.objects.exists()
        assert waiting(cast.approver) == [thread.pk]


class TestWhatWaits:
    def test_for_whom(self, sheet: Assessment, cast: Cast) -> None:
        asked = ask(sheet, cast.contributor)
        assert waiting(cast.focal) == [asked.pk]
        assert waiting(cast.approver) == waiting(cast.contributor) == waiting(cast.viewer) == []
        post(asked, cast.focal)
        assert waiting(cast.focal) == []
        assert waiting(cast.contributor) == [asked.pk]
        threads.settle_thread(thread=asked, text="", by=cast.contributor, at=AT)
        assert waiting(cast.contributor) == []

    @pytest.mark.parametrize("side", ["focal", "task_force"])
    def test_between_the_entity_and_the_task_force(self, sheet: Assessment, cast: Cast, side: str) -> None:
        asked = ask(put_in(sheet, Status.SUBMITTED), getattr(cast, side), shared=True)
        assert waiting(cast.task_force) == ([asked.pk] if side == "focal" else [])
        assert waiting(cast.second) == ([asked.pk] if side == "focal" else [])
        assert waiting(cast.focal) == ([asked.pk] if side == "task_force" else [])
        put_in(sheet, Status.RETURNED)
        assert waiting(cast.task_force) == []

    def test_nothing_once_the_cycle_is_closed(self, sheet: Assessment, cast: Cast) -> None:
        ask(sheet, cast.contributor)
        Cycle.objects.update(phase=Phase.CLOSED)
        assert waiting(cast.focal) == []

    @pytest.mark.parametrize("seed", range(4))
    def test_are_those_of_the_rule_and_no_others(self, sheet: Assessment, cast: Cast, seed: int) -> None:
        """What is asked of the database first leaves out nothing that the rule has waiting."""
        chance, sides = random.Random(seed), ("focal", "contributor", "approver", "task_force", "second")
        put_in(sheet, Status.SUBMITTED)
        for number in range(25):
            opener = chance.choice(sides)
            roles = chance.sample(talk.INSIDERS, k=chance.choice([0, 0, 1]))
            thread = ask(
                sheet, getattr(cast, opener), *roles, shared=chance.random() < 0.7, text=f"{number}?"
            )
            readers = sides if thread.with_task_force else sides[:3]
            for turn in range(chance.randrange(4)):
                roles = chance.sample(talk.INSIDERS, k=chance.choice([0, 0, 1, 2]))
                post(thread, getattr(cast, chance.choice(readers)), *roles, text=f"{turn}")
        for side in sides:
            assert sorted(waiting(getattr(cast, side))) == sorted(awaited(cast, side)), side

    def test_takes_as_many_queries_for_many_threads(self, sheet: Assessment, cast: Cast) -> None:
        counts = []
        for _round in range(2):
            for number in range(5):
                ask(sheet, cast.contributor, text=f"{_round}-{number}?")
            fresh = User.objects.get(pk=cast.focal.pk)
            with CaptureQueriesContext(connection) as queries:
                threads_waiting_for(fresh)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_the_latest_come_first_and_many_are_counted(
        self, sheet: Assessment, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("quintet.queries.threads.MOST_SHOWN", 2)
        made: list[Thread] = [ask(sheet, cast.contributor, text=f"Why {number}?") for number in range(3)]
        found = threads_waiting_for(cast.focal)
        assert [one.thread.pk for one in found.shown] == [made[2].pk, made[1].pk]
        assert found.more == 1
