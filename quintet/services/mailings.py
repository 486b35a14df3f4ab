"""Letters to many at once: the start of a cycle, reminders. Owed in one transaction, sent as errands."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from entities.models import Entity, User
from quintet import access
from quintet.domain.answers import can_be_stored, tidy
from quintet.domain.workflow import RUNNING
from quintet.models import Assessment, Cycle, Letter, LetterKind, Mailing
from quintet.queries.recipients import Audience, audience, people_of_units, remindable
from quintet.services import cycles
from quintet.services.letter_texts import Written, compose
from quintet.services.letters import owe_letters
from un20portal.lib.errors import FieldError, InvalidInput, NotAllowed, WrongState
from un20portal.lib.errors import marked as _


@transaction.atomic
def launch_cycle(*, cycle: Cycle, entities: Sequence[Entity], by: User, at: datetime) -> Mailing:
    """Open the cycle for `entities` and owe their focal points and approvers a letter: all of it or nothing.

    Refuses what `cycles.open_cycle` refuses.
    """
    cycles.open_cycle(cycle=cycle, entities=entities, by=by, at=at)
    mailing = Mailing.objects.create(kind=LetterKind.LAUNCH, cycle=cycle, by=by, at=at)
    people = people_of_units(Assessment.objects.filter(cycle=cycle), day=localdate(at))
    owe_letters(people=people, mailing=mailing, at=at)
    return mailing


@transaction.atomic
def remind(*, cycle: Cycle, sheets: QuerySet[Assessment], words: str, by: User, at: datetime) -> Mailing:
    """Owe a reminder to whoever is the next to act on each of `sheets`, at most one a day to a person.

    `words` are added as they are written, whatever the reader's language. Raises WrongState for a cycle
    that is not running, InvalidInput for words that cannot be sent and where there is nobody to write to.
    """
    said = _require_reminders(cycle=cycle, words=words, by=by)
    mailing = Mailing.objects.create(kind=LetterKind.REMINDER, cycle=cycle, text=said, by=by, at=at)
    people = audience(remindable(sheets.filter(cycle=cycle)), day=localdate(at)).people
    if not owe_letters(people=people, mailing=mailing, at=at):
        raise InvalidInput(_("No letter was sent: there is nobody left to remind today."))
    return mailing


def preview_reminders(
    *, cycle: Cycle, sheets: QuerySet[Assessment], words: str, by: User, at: datetime
) -> tuple[Audience, list[tuple[str, int, Written]]]:
    """Who would be reminded, and for each language (code, readers, the letter to the first of them).

    Writes nothing; raises what `remind` raises, but for nobody to write to.
    """
    said = _require_reminders(cycle=cycle, words=words, by=by)
    found = audience(remindable(sheets.filter(cycle=cycle)), day=localdate(at))
    mailing = Mailing(kind=LetterKind.REMINDER, cycle=cycle, text=said)
    letters = []
    for code, _name in settings.LANGUAGES:
        readers = [person for person in found.people if person.preferred_language == code]
        if readers and (written := compose(_draft(mailing, readers[0]), at=at)):
            letters.append((code, len(readers), written))
    return found, letters


def _draft(mailing: Mailing, person: User) -> Letter:
    """A letter that is looked at only."""
    return Letter(kind=mailing.kind, person=person, mailing=mailing)


def _require_reminders(*, cycle: Cycle, words: str, by: User) -> str:
    """Return the added words, trimmed; refuse who may not send, when there is nothing to remind of."""
    if not access.can_manage_cycles(by):
        raise NotAllowed(_("Only the task force manages cycles."))
    if cycle.phase not in RUNNING:
        raise WrongState(_("Reminders are sent while a cycle is running."))
    said = tidy(words)
    if len(said) > 5000 or not can_be_stored(said):
        message = _("Write at most 5000 characters of plain text.")
        raise InvalidInput(_("No letter was sent."), errors=[FieldError("words", "bad_text", message)])
    return said
