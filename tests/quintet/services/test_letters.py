"""Letters: owed with their occasion, in the reader's language; nobody is reminded twice a day."""

from datetime import date, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from entities.models import Entity, Membership
from quintet.models import Assessment, Cycle, Letter, LetterKind, Receipt, Transition
from quintet.services.letters import owe_letter, send_letter
from tests.factories import AT, Cast, later, sheet_of
from un20portal.outbox.models import Message
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(cycle: Cycle, undp: Entity) -> Assessment:
    return sheet_of(cycle, undp)


def owe(sheet: Assessment, cast: Cast, kind: LetterKind = LetterKind.STEP) -> Letter | None:
    step = Transition.objects.create(
        assessment=sheet,
        action="return",
        from_status="submitted",
        to_status="returned",
        comment="More.\nPlease",
        at=AT,
    )
    return owe_letter(kind=kind, person=cast.focal, assessment=sheet, about=step.pk, at=AT)


def refuse(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Let the mail server refuse every address."""

    def send_messages(self: EmailBackend, messages: Any) -> int:
        raise SMTPRecipientsRefused(dict.fromkeys(messages[0].to, (code, b"no")))

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)


class TestLetters:
    def test_are_sent_by_an_errand_in_the_language_of_the_reader(self, sheet: Assessment, cast: Cast) -> None:
        cast.focal.preferred_language = "fr"
        cast.focal.save()
        owe(sheet, cast)
        assert mail.outbox == []
        assert run_errands(now=lambda: later(1)) == 1
        [letter] = mail.outbox
        assert letter.to == [cast.focal.email]
        assert "/fr/assessments/" in letter.body
        assert "\n\n> More.\n> Please\n\n" in letter.body
        assert "\n" not in letter.subject
        assert Letter.objects.get().sent_at == later(1)

    def test_sent_ones_are_not_sent_again(self, sheet: Assessment, cast: Cast) -> None:
        letter = owe(sheet, cast)
        assert letter is not None
        for _time in range(2):
            send_letter(letter_id=letter.pk, at=AT)
        assert len(mail.outbox) == 1

    def test_nobody_is_reminded_twice_a_day(self, sheet: Assessment, cast: Cast) -> None:
        kinds = (LetterKind.REMINDER, LetterKind.NUDGE, LetterKind.REMINDER)
        owed = [owe_letter(kind=kind, person=cast.focal, assessment=sheet, at=AT) for kind in kinds]
        assert [letter is not None for letter in owed] == [True, False, False]
        assert Message.objects.filter(topic="quintet.letter").count() == 1
        tomorrow = AT + timedelta(days=1)
        assert owe_letter(kind=LetterKind.REMINDER, person=cast.focal, assessment=sheet, at=tomorrow)

    @pytest.mark.parametrize("kind", [LetterKind.STEP, LetterKind.RECEIPT])
    def test_are_not_sent_to_somebody_who_lost_the_role_meanwhile(
        self, sheet: Assessment, cast: Cast, kind: LetterKind
    ) -> None:
        owed = owe(sheet, cast, kind)
        assert owed is not None
        if kind == LetterKind.RECEIPT:
            step = Transition.objects.get()
            receipt = Receipt.objects.create(number="R", transition=step, contents_sha256="0" * 64)
            Letter.objects.update(about=receipt.pk)
        for ended, sent in ((date(2020, 1, 1), 0), (None, 1)):
            Membership.objects.filter(user=cast.focal).update(valid_to=ended)
            send_letter(letter_id=owed.pk, at=AT)
            assert len(mail.outbox) == sent
            Letter.objects.update(dropped_at=None)

    def test_reminders_respect_what_people_want_the_rest_comes_all_the_same(
        self, sheet: Assessment, cast: Cast
    ) -> None:
        cast.focal.wants_reminders = False
        assert owe_letter(kind=LetterKind.REMINDER, person=cast.focal, assessment=sheet, at=AT) is None
        assert owe(sheet, cast) is not None
        cast.focal.is_active = False
        assert owe(sheet, cast) is None

    def test_an_address_that_is_refused_is_noted_and_not_tried_again(
        self, sheet: Assessment, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refuse(monkeypatch, 550)
        owe(sheet, cast)
        assert run_errands(now=lambda: AT) == 1
        assert Letter.objects.get().refused_at == AT
        assert not Message.objects.filter(topic="quintet.letter", done_at=None).exists()

    @pytest.mark.parametrize("code", [421, 450, 451])
    def test_an_address_that_is_refused_for_now_is_tried_again(
        self, sheet: Assessment, cast: Cast, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        owe(sheet, cast)
        with monkeypatch.context() as greylisting:
            refuse(greylisting, code)
            assert run_errands(now=lambda: AT) == 0
        assert Letter.objects.get().refused_at is None
        assert run_errands(now=lambda: later(1)) == 1
        assert [letter.to for letter in mail.outbox] == [[cast.focal.email]]
