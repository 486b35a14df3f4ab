"""What letters say: one template per kind, in the language of the reader, without secrets in the database.

The first line of `templates/quintet/mail/<kind>.txt` is the subject, the rest the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation

from quintet.models import UNSUBSCRIBABLE, Assessment, Invitation, Letter, LetterKind
from quintet.services.letter_contexts import CONTEXTS, address_of
from quintet.services.subscriptions import token_for


@dataclass(frozen=True)
class Written:
    """A letter ready to be sent."""

    address: str
    subject: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


def compose(letter: Letter, *, at: datetime) -> Written | None:
    """Return the letter's text; None when what it tells of, or its reader, is gone.

    Somebody who does not read the sheet any more, such as after the end of a role, gets nothing about it.
    """
    if letter.person is None:
        asked = Invitation.objects.filter(pk=letter.about or 0, expires_at__gt=at).first()
        if asked is None or letter.kind != LetterKind.INVITATION:
            return None
        return write_to(letter, asked.email, asked.language)
    if not letter.person.is_active:
        return None
    readable = Assessment.objects.visible_to(letter.person)
    if letter.assessment_id and not readable.filter(pk=letter.assessment_id).exists():
        return None
    return write_to(letter, letter.person.email, letter.person.preferred_language)


def write_to(letter: Letter, address: str, language: str) -> Written | None:
    """Return the letter's text for this address in this language."""
    with translation.override(language):
        told = CONTEXTS[LetterKind(letter.kind)](letter)
        if told is None:
            return None
        stop = _address_to_stop(letter)
        context = {
            "letter": letter,
            "person": letter.person,
            "sheet": letter.assessment,
            "stop": stop,
            **told,
        }
        text = render_to_string(f"quintet/mail/{letter.kind}.txt", context)
    subject, _newline, body = text.strip().partition("\n")
    return Written(address, " ".join(subject.split()), body.strip() + "\n", _headers(stop))


def _address_to_stop(letter: Letter) -> str:
    """Where the reader ends letters of this kind by one click; "" for what is part of the work.

    A letter that is only looked at before it is sent does not give the reader's own link away.
    """
    if letter.person is None or letter.kind not in UNSUBSCRIBABLE:
        return ""
    return address_of("quintet:reminders-stop", token_for(letter.person) if letter.pk else "-")


def _headers(stop: str) -> Mapping[str, str]:
    """Let mail programs offer to unsubscribe by one click (RFC 8058)."""
    if not stop:
        return {}
    return {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
