"""Doing without reminders by the link in a letter: signed for one person, without signing in."""

from django.core.signing import BadSignature, Signer
from django.db import transaction

from entities.models import User
from entities.services.people import want_reminders
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _

SIGNER = Signer(salt="quintet.subscriptions")


def token_for(person: User) -> str:
    """The part of the link that names the person; it works for as long as the account exists."""
    return SIGNER.sign(str(person.pk))


def person_of(token: str) -> User:
    """Return whom the link was made for; raise NotFound for one that was not made here."""
    try:
        person = User.objects.filter(pk=SIGNER.unsign(token)).first()
    except (BadSignature, ValueError):
        person = None
    if person is None:
        raise NotFound(_("This link is not complete: copy it from the letter as a whole."))
    return person


@transaction.atomic
def stop_reminders(*, token: str) -> None:
    """Send this person no more letters that can be done without; done twice it changes nothing."""
    want_reminders(user=person_of(token), wants=False)
