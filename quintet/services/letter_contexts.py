"""What each kind of letter tells of: read when the letter is sent, so that it is true then.

A context is what the letter's template shows; None when its occasion is gone: then nothing is sent.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from quintet import access
from quintet.domain.delegating import HandedState
from quintet.models import Extension, Invitation, Letter, LetterKind, Receipt, Thread, ThreadPost, Transition
from quintet.queries.delegations import handed_items
from quintet.queries.recipients import sheets_of_person
from quintet.queries.waiting import waiting_for
from quintet.services.invitation_links import link_token
from un20portal.lib.languages import clock

Context = dict[str, Any]


def address_of(name: str, *args: object) -> str:
    """The full address of a page, in the active language."""
    return settings.SITE_URL.rstrip("/") + reverse(name, args=args)


def _step(letter: Letter) -> Context | None:
    step = Transition.objects.filter(pk=letter.about or 0).select_related("assessment").first()
    if step is None:
        return None
    link = address_of("quintet:assessment-detail", step.assessment_id)
    return {"step": step, "words": _quoted(step.comment), "link": link}


def _receipt(letter: Letter) -> Context | None:
    receipt = Receipt.objects.filter(pk=letter.about or 0).select_related("transition").first()
    if receipt is None:
        return None
    step = receipt.transition
    link = address_of("quintet:receipt-detail", step.assessment_id, receipt.number)
    moment = f"{date_format(localtime(step.at), 'DATE_FORMAT')}, {clock(step.at)}"
    return {"receipt": receipt, "step": step, "link": link, "moment": moment}


def _launch(letter: Letter) -> Context | None:
    """The units of a cycle that just began for which the reader answers or signs off."""
    if letter.person is None or letter.mailing is None:
        return None
    sheets = sheets_of_person(letter.person, letter.mailing.cycle)
    if not sheets:
        return None
    return {"cycle": letter.mailing.cycle, "sheets": sheets, "link": address_of("my")}


def _reminder(letter: Letter) -> Context | None:
    """What still waits for the reader in the cycle; nothing to write when it was done meanwhile."""
    if letter.person is None or letter.mailing is None:
        return None
    cycle = letter.mailing.cycle
    tasks = [task for task in waiting_for(letter.person) if task.assessment.cycle_id == cycle.pk]
    if not tasks:
        return None
    return {
        "cycle": cycle,
        "tasks": tasks,
        "first_due": min(task.due_on for task in tasks),
        "words": _quoted(letter.mailing.text),
        "link": address_of("my"),
    }


def _mention(letter: Letter) -> Context | None:
    """Nothing for somebody who does not read the thread any more, such as the task force after a return."""
    post = ThreadPost.objects.filter(pk=letter.about or 0).select_related("thread__item__dimension").first()
    if post is None or letter.person is None:
        return None
    thread = post.thread
    if not Thread.objects.visible_to(letter.person).filter(pk=thread.pk).exists():
        return None
    form = address_of("quintet:assessment-form", thread.assessment_id, thread.item.dimension.code)
    return {
        "post": post,
        "item": thread.item,
        "words": _quoted(post.text),
        "link": f"{form}#thread-{thread.pk}",
    }


def _invitation(letter: Letter) -> Context | None:
    """An invitation that can still be accepted, or items handed to somebody who needs none."""
    about = Invitation.objects.filter(pk=letter.about or 0)
    asked = about.select_related("invited_by", "assessment").first()
    if asked is None or asked.revoked_at or (letter.person is None and asked.accepted_at):
        return None
    if letter.person is None and not access.can_delegate(asked.invited_by, asked.assessment):
        return None
    link = (
        address_of("quintet:assessment-detail", asked.assessment_id)
        if letter.person
        else address_of("quintet:invitation-follow", link_token(asked))
    )
    items = list(asked.items.in_order().select_related("dimension"))
    return {"invitation": asked, "items": items, "note": _quoted(asked.note), "link": link}


def _nudge(letter: Letter) -> Context | None:
    """What is still open with somebody on a sheet; nothing open, no letter."""
    if letter.assessment is None or letter.person is None:
        return None
    handed = handed_items(letter.assessment, letter.person)
    open_items = [each.delegation for each in handed if each.state == HandedState.OPEN]
    if not open_items:
        return None
    link = address_of("quintet:assessment-detail", letter.assessment.pk)
    return {"delegations": open_items, "link": link}


def _extension(letter: Letter) -> Context | None:
    """The sheet's new last day; nothing when another one holds by now. Why is for the task force alone."""
    given = Extension.objects.filter(pk=letter.about or 0).select_related("assessment").first()
    if given is None or given.assessment.extended_to != given.until:
        return None
    return {"until": given.until, "link": address_of("quintet:assessment-detail", given.assessment_id)}


def _quoted(text: str) -> str:
    """Somebody's words as a quotation, so that they cannot pass for those of the portal."""
    return "\n".join(f"> {line}" for line in text.splitlines())


CONTEXTS: dict[LetterKind, Callable[[Letter], Context | None]] = {
    LetterKind.EXTENSION: _extension,
    LetterKind.INVITATION: _invitation,
    LetterKind.LAUNCH: _launch,
    LetterKind.MENTION: _mention,
    LetterKind.NUDGE: _nudge,
    LetterKind.RECEIPT: _receipt,
    LetterKind.REMINDER: _reminder,
    LetterKind.STEP: _step,
}
