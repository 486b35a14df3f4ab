"""Letters to many: who gets one, what it says in which language, and how to end them."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from entities.models import Entity, Membership, Role, User
from entities.services.people import grant_role, want_reminders
from quintet.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Cycle,
    Letter,
    LetterKind,
    Mailing,
    Phase,
    Status,
)
from quintet.queries.mailings import delivery_of
from quintet.services import cycles, mailings
from tests.factories import AT, Cast, fill, later, make_cycle, make_entities, make_user, sheet_of
from un20portal.lib.errors import InvalidInput, NotAllowed, WrongState
from un20portal.outbox.models import Message
from un20portal.outbox.services import MAX_ATTEMPTS, run_errands

pytestmark = pytest.mark.django_db
ENABLERS = ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")
FULL: dict[str, int | str | None] = {f"{d}-{e}": 2 for d in ("DAT", "INN") for e in ENABLERS}


def sheets(cycle: Cycle) -> QuerySet[Assessment]:
    return Assessment.objects.filter(cycle=cycle)


def remind(cycle: Cycle, cast: Cast, *, words: str = "", at: Any = AT) -> Mailing:
    return mailings.remind(cycle=cycle, sheets=sheets(cycle), words=words, by=cast.task_force, at=at)


def send() -> list[str]:
    """Send what is owed; return whom something was sent to."""
    mail.outbox.clear()
    run_errands(now=lambda: later(1))
    return [letter.to[0].partition("@")[0] for letter in mail.outbox]


def units_with_focal_points(count: int) -> list[Entity]:
    units = make_entities(count)
    for unit in units:
        make_user(f"focal-{unit.code}".lower(), Role.FOCAL_POINT, unit)
    return units


class TestLaunching:
    def test_opens_the_cycle_and_tells_focal_points_and_approvers(self, cycle: Cycle, cast: Cast) -> None:
        planned = make_cycle(cycle.framework, "2027")
        units = list(Entity.objects.filter(code__in=["UNDP", "UNICEF"]))
        want_reminders(user=cast.focal, wants=False)  # this letter is part of the work
        mailing = mailings.launch_cycle(cycle=planned, entities=units, by=cast.task_force, at=AT)
        assert (mailing.kind, planned.assessments.count()) == (LetterKind.LAUNCH, 2)
        assert mail.outbox == [], "the request does not wait for the mail server"
        assert send() == ["approver", "focal", "stranger"]
        letter = mail.outbox[1]
        assert letter.subject == "Cycle 2027 has begun: answers until 18 December 2026"
        assert "* UNDP\n" in letter.body
        assert "http://127.0.0.1:8000/my/" in letter.body
        assert "List-Unsubscribe" not in letter.extra_headers

    def test_writes_to_a_person_of_several_units_once(self, cycle: Cycle, cast: Cast) -> None:
        planned = make_cycle(cycle.framework, "2027")
        unicef = Entity.objects.get(code="UNICEF")
        grant_role(user=cast.focal, role=Role.FOCAL_POINT, entity=unicef)
        units = [Entity.objects.get(code="UNDP"), unicef]
        mailings.launch_cycle(cycle=planned, entities=units, by=cast.task_force, at=AT)
        assert send().count("focal") == 1
        assert "* UNDP\n* UNICEF\n" in mail.outbox[1].body

    def test_does_all_or_nothing(self, cycle: Cycle, cast: Cast) -> None:
        with pytest.raises(WrongState):
            mailings.launch_cycle(cycle=cycle, entities=list(Entity.objects.all()), by=cast.task_force, at=AT)
        assert not Mailing.objects.exists()
        assert not Letter.objects.exists()

    def test_of_hundreds_takes_as_many_queries_as_of_a_few(self, cycle: Cycle, cast: Cast) -> None:
        units = units_with_focal_points(60)
        counts = []
        for code, number in (("few", 5), ("many", 60)):
            planned = make_cycle(cycle.framework, code)
            with CaptureQueriesContext(connection) as queries:
                mailing = mailings.launch_cycle(
                    cycle=planned, entities=units[:number], by=cast.task_force, at=AT
                )
            assert mailing.letters.count() == number
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestReminding:
    def test_writes_to_whoever_is_the_next_to_act(self, cycle: Cycle, undp: Entity, cast: Cast) -> None:
        fill(cycle, {undp: FULL}, Status.SIGNOFF)
        Assessment.objects.filter(entity=undp).update(submitted_by=cast.focal)
        remind(cycle, cast)
        assert send() == ["approver", "stranger"]
        assert "* UNDP: to be signed off, by 18 December 2026" in mail.outbox[0].body
        assert "* UNICEF: 14 items of 14 are open, by 18 December 2026" in mail.outbox[1].body

    def test_not_to_an_approver_who_submitted_the_sheet(self, cycle: Cycle, undp: Entity, cast: Cast) -> None:
        fill(cycle, {undp: FULL}, Status.SIGNOFF)
        Assessment.objects.filter(entity=undp).update(submitted_by=cast.approver)
        found, _letters = mailings.preview_reminders(
            cycle=cycle, sheets=sheets(cycle), words="", by=cast.task_force, at=AT
        )
        assert [person.email for person in found.people] == [cast.stranger.email]
        assert [sheet.entity.code for sheet in found.unattended] == ["UNDP"]

    def test_not_to_an_approver_who_answered_in_the_sheet(
        self, cycle: Cycle, undp: Entity, cast: Cast
    ) -> None:
        fill(cycle, {undp: FULL}, Status.SIGNOFF)
        answer = Answer.objects.filter(assessment=sheet_of(cycle, undp))[0]
        AnswerRevision.objects.create(
            assessment=answer.assessment, item=answer.item, version=9, outcome="saved", channel="form",
            by=cast.approver, at=AT,
        )  # fmt: skip
        found, _letters = mailings.preview_reminders(
            cycle=cycle, sheets=sheets(cycle), words="", by=cast.task_force, at=AT
        )
        assert [person.email for person in found.people] == [cast.stranger.email]

    def test_not_where_nothing_can_be_done_any_more(self, cycle: Cycle, undp: Entity, cast: Cast) -> None:
        cycles.extend(
            assessment=sheet_of(cycle, undp), until=AT.date().replace(year=2027), reason="A flood",
            by=cast.task_force, at=AT,
        )  # fmt: skip
        assert send() == ["focal"], "told of the extension"
        cycles.start_validation(cycle=cycle, by=cast.task_force)
        cycle.refresh_from_db()
        remind(cycle, cast)
        assert send() == ["focal"], "the draft of UNICEF cannot be answered any more"
        assert "due on 2 November 2027" in mail.outbox[0].subject

    def test_says_it_in_the_language_of_the_reader_with_the_words_as_they_are(
        self, cycle: Cycle, cast: Cast
    ) -> None:
        User.objects.filter(pk=cast.focal.pk).update(preferred_language="fr")
        remind(cycle, cast, words=" Appelez-nous <jeudi>\r\n& vendredi. \r\n")
        assert send() == ["focal", "stranger"]
        french, english = mail.outbox
        assert "/fr/my/" in french.body
        assert "/fr/reminders/" in french.body
        assert "18 décembre 2026" in french.subject
        for letter in (french, english):
            assert "\n\n> Appelez-nous <jeudi>\n> & vendredi.\n\n" in letter.body

    def test_reaches_nobody_twice_a_day(self, cycle: Cycle, cast: Cast) -> None:
        remind(cycle, cast)
        with pytest.raises(InvalidInput, match="nobody left to remind today"):
            remind(cycle, cast, at=later(60))
        assert Mailing.objects.count() == 1
        assert remind(cycle, cast, at=AT + timedelta(days=1)).letters.count() == 2

    def test_leaves_out_who_does_without_and_says_so(self, cycle: Cycle, cast: Cast) -> None:
        want_reminders(user=cast.focal, wants=False)
        found, letters = mailings.preview_reminders(
            cycle=cycle, sheets=sheets(cycle), words="", by=cast.task_force, at=AT
        )
        assert ([*found.people], [*found.unsubscribed]) == ([cast.stranger], [cast.focal])
        assert [(code, count) for code, count, _letter in letters] == [("en", 1)]
        remind(cycle, cast)
        assert send() == ["stranger"]

    def test_what_was_done_meanwhile_is_not_reminded_of(self, cycle: Cycle, undp: Entity, cast: Cast) -> None:
        mailing = remind(cycle, cast)
        fill(cycle, {undp: FULL}, Status.SUBMITTED)
        assert send() == ["stranger"]
        found = delivery_of(mailing)
        assert (found.total, found.sent, found.dropped, found.is_finished) == (2, 1, 1, True)
        assert send() == []

    def test_who_lost_the_role_meanwhile_is_not_reminded(self, cycle: Cycle, cast: Cast) -> None:
        remind(cycle, cast)
        Membership.objects.filter(user=cast.focal).delete()
        assert send() == ["stranger"]

    def test_a_preview_writes_nothing_and_gives_no_link_away(self, cycle: Cycle, cast: Cast) -> None:
        with CaptureQueriesContext(connection) as queries:
            _found, [(_code, _count, letter)] = mailings.preview_reminders(
                cycle=cycle, sheets=sheets(cycle), words="Call us.", by=cast.task_force, at=AT
            )
        assert not any(query["sql"].startswith(("INSERT", "UPDATE")) for query in queries)
        assert "Call us." in letter.body
        assert "/reminders/-/" in letter.body

    @pytest.mark.parametrize("words", ["x" * 5001, "a\x00b", "half \ud800"])
    def test_refuses_words_that_cannot_be_sent(self, cycle: Cycle, cast: Cast, words: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            remind(cycle, cast, words=words)
        assert [(error.field, error.code) for error in caught.value.errors] == [("words", "bad_text")]
        assert not Mailing.objects.exists()

    @pytest.mark.parametrize("phase", [Phase.PLANNED, Phase.CLOSED])
    def test_is_for_running_cycles(self, cycle: Cycle, cast: Cast, phase: str) -> None:
        cycle.phase = phase
        with pytest.raises(WrongState):
            remind(cycle, cast)

    def test_is_for_the_task_force(self, cycle: Cycle, cast: Cast) -> None:
        for who in (cast.focal, cast.approver, cast.committee, cast.administrator):
            with pytest.raises(NotAllowed):
                mailings.remind(cycle=cycle, sheets=sheets(cycle), words="", by=who, at=AT)

    def test_of_many_takes_as_many_queries_as_of_a_few(self, cycle: Cycle, cast: Cast) -> None:
        units = units_with_focal_points(60)
        counts = []
        for code, chosen in (("few", units[:5]), ("many", units[5:])):
            planned = make_cycle(cycle.framework, code)
            cycles.open_cycle(cycle=planned, entities=chosen, by=cast.task_force, at=AT)
            planned.refresh_from_db()
            with CaptureQueriesContext(connection) as queries:
                assert remind(planned, cast).letters.count() == len(chosen)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestDelivery:
    def test_counts_what_is_waiting_sent_and_given_up(self, cycle: Cycle, cast: Cast) -> None:
        mailing = remind(cycle, cast)
        assert delivery_of(mailing).waiting == 2
        Message.objects.filter(topic="quintet.letter").update(attempts=MAX_ATTEMPTS, dead_at=AT)
        found = delivery_of(mailing)
        assert (found.failed, found.waiting, found.is_finished) == (2, 0, True)
        Message.objects.update(attempts=0, dead_at=None)
        send()
        found = delivery_of(mailing)
        assert (found.sent, found.failed, found.done) == (2, 0, 2)


class TestEndingThem:
    def test_mail_programs_can_offer_it(self, cycle: Cycle, cast: Cast) -> None:
        remind(cycle, cast)
        send()
        letter = mail.outbox[0]
        assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        address = letter.extra_headers["List-Unsubscribe"].strip("<>")
        assert f"No more letters of this kind: {address}" in letter.body
