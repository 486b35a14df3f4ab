"""Letters: owed in the business transaction that gives the occasion, composed and sent as an errand.

Nothing waits for the mail server. A worker killed between sending and noting it sends the letter again.
"""

from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPRecipientsRefused

from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from entities.models import User
from quintet.models import ONE_A_DAY, UNSUBSCRIBABLE, Assessment, Letter, LetterKind, Mailing
from quintet.queries.mailings import LETTER
from quintet.services.letter_texts import compose
from un20portal.outbox import services as outbox

PERMANENT = 500  # answers of mail servers below are for now (RFC 5321, 4.2.1)
CLOSING = 421  # the server ends the conversation, whoever the letter is for (RFC 5321, 3.8)


@transaction.atomic
def owe_letter(
    *,
    kind: LetterKind,
    person: User | None,
    at: datetime,
    assessment: Assessment | None = None,
    mailing: Mailing | None = None,
    about: int | None = None,
) -> Letter | None:
    """Owe one letter; None where the person does without it, or was reminded today.

    `about` is the key of the invitation, receipt, step, post or extension that the letter tells of. Without
    a person the letter goes to the address of that invitation.
    """
    if person and not _wants(person, kind):
        return None
    letter = Letter(
        kind=kind,
        person=person,
        assessment=assessment,
        mailing=mailing,
        about=about,
        day=localdate(at),
        created_at=at,
    )
    try:
        with transaction.atomic():
            letter.save()
    except IntegrityError:  # the constraint is the judge: two senders at once remind once
        if kind not in ONE_A_DAY:
            raise
        return None
    outbox.put(LETTER, {"letter_id": letter.pk}, at=at)
    return letter


@transaction.atomic
def owe_letters(*, people: Sequence[User], mailing: Mailing, at: datetime) -> int:
    """Owe one letter of a new mailing to each person as `owe_letter` does; return how many are owed.

    A handful of queries for hundreds of people.
    """
    kind = LetterKind(mailing.kind)
    day, wanted = localdate(at), [person for person in people if _wants(person, kind)]
    Letter.objects.bulk_create(
        (Letter(kind=kind, person=person, mailing=mailing, day=day, created_at=at) for person in wanted),
        batch_size=500,
        ignore_conflicts=kind in ONE_A_DAY,  # reminded meanwhile by somebody else
    )
    owed = Letter.objects.filter(mailing=mailing).values_list("pk", flat=True)
    return outbox.put_many(LETTER, ({"letter_id": pk} for pk in owed), at=at)


def send_letter(*, letter_id: int, at: datetime) -> None:
    """Compose the letter in the reader's language and hand it to the mail server.

    An address that the server refuses for good (a code from 500) is noted and not tried again. Raises PutOff
    where it refuses the address for now (4xx, such as greylisting); any other failure is the server's.
    A letter whose person or occasion is gone is not sent.
    """
    letters = Letter.objects.select_related(
        "person", "mailing__cycle", "assessment__cycle", "assessment__entity"
    )
    letter = letters.filter(pk=letter_id, sent_at=None, refused_at=None, dropped_at=None).first()
    if letter is None:
        return
    if (written := compose(letter, at=at)) is None:
        Letter.objects.filter(pk=letter.pk).update(dropped_at=at)
        return
    message = EmailMessage(
        subject=written.subject, body=written.body, to=[written.address], headers=dict(written.headers)
    )
    try:
        message.send()
    except SMTPRecipientsRefused as refusal:
        codes = [code for code, _said in refusal.recipients.values()]
        if CLOSING in codes:
            raise
        if any(code < PERMANENT for code in codes):
            raise outbox.PutOff(f"{type(refusal).__name__}: {refusal}") from refusal
        Letter.objects.filter(pk=letter.pk).update(refused_at=at)
        return
    Letter.objects.filter(pk=letter.pk).update(sent_at=at)


def _wants(person: User, kind: LetterKind) -> bool:
    return person.is_active and (person.wants_reminders or kind not in UNSUBSCRIBABLE)
