"""Handing items over: choosing them, inviting, who owes what, and what the focal point does then."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from entities.access import signed_in
from entities.models import User
from entities.queries import called
from quintet import access
from quintet.forms.delegating import HandingForm, chosen_in, key_in
from quintet.models import Assessment, Invitation
from quintet.queries import delegations, sheets
from quintet.services import delegating, inviting
from un20portal.lib.errors import DomainError, InvalidInput, NotFound


@require_safe
def delegation_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose items and a colleague; below, what is handed over and who has to act."""
    return _page(request, _sheet_to_delegate(request, pk))


@require_POST
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the chosen items to a contributor of the entity."""
    sheet = _sheet_to_delegate(request, pk)
    form = _form(sheet, request.POST)

    def act(data: dict[str, Any], **common: Any) -> str:
        if data["to"] is None:
            form.add_error("to", _("Choose a contributor."))
            raise InvalidInput(delegating.NOT_HANDED)
        record = delegating.hand_over(to=data["to"], **common)
        return _told(record, data["to"], _("Handed over to %(name)s, who gets a letter."))

    return _hand(request, sheet, form, act)


@require_POST
def send_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Invite somebody by e-mail to answer the chosen items."""
    sheet = _sheet_to_delegate(request, pk)

    def act(data: dict[str, Any], **common: Any) -> str:
        person = {name: data[name] for name in ("email", "name", "language")}
        invitation = inviting.invite(**person, **common)
        if to := invitation.accepted_by:
            return _told(invitation, to, _("%(name)s is a contributor already: the items are handed over."))
        return _("The invitation to %(email)s is on its way.") % {"email": invitation.email}

    return _hand(request, sheet, _form(sheet, request.POST), act)


@require_POST
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = _sheet_to_delegate(request, pk)

    def act(**who: Any) -> str:
        key = key_in(request.POST, "invitation")
        invitation = inviting.revoke_invitation(assessment=sheet, invitation_id=key, **who)
        return _("The invitation to %(email)s is taken back.") % {"email": invitation.email}

    return _step(request, sheet, act)


@require_POST
def nudge(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind a colleague by e-mail of what is open."""
    sheet = _sheet_to_delegate(request, pk)
    with_items = User.objects.filter(pk__in=sheet.delegations.values("user"))
    person = get_object_or_404(with_items, pk=key_in(request.POST, "person"))

    def act(**who: Any) -> str:
        delegating.nudge(assessment=sheet, person=person, **who)
        return _("%(name)s is reminded by e-mail.") % {"name": called(person)}

    return _step(request, sheet, act)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept what a colleague wrote on the ticked items."""
    sheet = _sheet_to_delegate(request, pk)

    def act(**who: Any) -> str:
        count = delegating.settle(assessment=sheet, accepted=chosen_in(request.POST), **who)
        return ngettext(
            "%(count)s answer is accepted: it stays in the assessment.",
            "%(count)s answers are accepted: they stay in the assessment.",
            count,
        ) % {"count": count}

    return _step(request, sheet, act)


@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the ticked items back from a colleague."""
    sheet = _sheet_to_delegate(request, pk)

    def act(by: User, at: Any) -> str:
        count = delegating.take_back(assessment=sheet, delegations=chosen_in(request.POST), by=by)
        return ngettext("%(count)s item is taken back.", "%(count)s items are taken back.", count) % {
            "count": count
        }

    return _step(request, sheet, act)


def _told(record: Invitation, to: User, handed: str) -> str:
    """What to say of items that were handed over: in the words of `handed`, unless only their day is new."""
    told = handed if record.items.exists() else _("%(name)s has these items already: the day is changed.")
    return told % {"name": called(to)}


def _sheet_to_delegate(request: HttpRequest, pk: int) -> Assessment:
    sheet = get_object_or_404(sheets.sheets_for(request.user), pk=pk)
    if not access.can_delegate(request.user, sheet):
        raise PermissionDenied
    return sheet


def _form(sheet: Assessment, data: Any = None) -> HandingForm:
    today = timezone.localdate()
    contributors = delegations.contributors_of(sheet, today=today)
    last_day = delegating.last_day(sheet, today=today)
    choices = delegations.choices(sheet)
    return HandingForm(data, choices=choices, contributors=contributors, last_day=last_day)


def _hand(
    request: HttpRequest, sheet: Assessment, form: HandingForm, act: Callable[..., str]
) -> HttpResponse:
    """Do what hands items over, or show the form again with what is wrong."""
    try:
        sheet.require_editable()
        if not form.is_valid():
            return _page(request, sheet, form)
        data = form.cleaned_data
        said = act(
            data,
            assessment=sheet,
            items=form.chosen_items(),
            note=data["note"],
            due_on=data["due_on"],
            by=signed_in(request),
            at=timezone.now(),
        )
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return _page(request, sheet, form)
    except DomainError as refusal:
        return _page(request, sheet, form, refusal)
    messages.success(request, said)
    return redirect("quintet:delegation-list", pk=sheet.pk)


def _step(request: HttpRequest, sheet: Assessment, act: Callable[..., str]) -> HttpResponse:
    """Do one thing with what is handed over, or say on the page why not."""
    try:
        said = act(by=signed_in(request), at=timezone.now())
    except NotFound:
        raise
    except DomainError as refusal:
        return _page(request, sheet, refusal=refusal)
    messages.success(request, said)
    return redirect("quintet:delegation-list", pk=sheet.pk)


def _page(
    request: HttpRequest,
    sheet: Assessment,
    form: HandingForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    form = form or _form(sheet)
    people = delegations.colleagues(sheet, today=timezone.localdate())
    context = {
        "sheet": sheet,
        "form": form,
        "ticked": form.ticked(),
        "refusal": refusal,
        "refused": _("Nothing was handed over: see what is marked below."),
        "is_open": sheet.is_editable,
        "colleagues": people,
        "n_open": sum(each.n_open for each in people),
        "n_given": sum(each.n_given for each in people),
        "invitations": delegations.pending_invitations(sheet),
        "now": timezone.now(),
        "is_demo": sheet.is_demo,
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "quintet/delegation_list.html", context, status=status)
