"""Following an invitation: from the letter's link to an account with the items in it."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import View

from entities.access import signed_in
from quintet.forms.delegating import AcceptForm
from quintet.models import Invitation
from quintet.queries import delegations
from quintet.services import inviting
from quintet.services.invitation_links import invitation_behind
from un20portal.lib.errors import InvalidInput, NotFound, marked

KEPT_AS = "invitation"


@login_not_required
@never_cache
@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Go on at an address without the token: it is in no history, no log and no referrer after this."""
    request.session[KEPT_AS] = invitation_behind(token).pk
    return redirect("quintet:invitation-accept")


@method_decorator([login_not_required, never_cache], name="dispatch")
class AcceptView(View):
    """What the invitation is about, and the way to accept it that fits the person."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        invitation = _kept(request)
        return _page(request, invitation, AcceptForm(initial={"name": invitation.name}))

    def post(self, request: HttpRequest) -> HttpResponse:
        invitation = _kept(request)
        if request.user.is_authenticated:
            inviting.accept_invitation(invitation=invitation, by=signed_in(request), at=timezone.now())
            return _accepted(request, invitation)
        form = AcceptForm(request.POST)
        if not form.is_valid():
            return _page(request, invitation, form)
        name, password = form.cleaned_data["name"], form.cleaned_data["password1"]
        try:
            accepted = inviting.accept_with_new_account(
                invitation=invitation, name=name, password=password, at=timezone.now()
            )
        except InvalidInput as refusal:
            form.add_refusal(refusal)
            return _page(request, invitation, form)
        login(request, accepted.accepted_by, backend=settings.AUTHENTICATION_BACKENDS[0])
        return _accepted(request, invitation)


def _kept(request: HttpRequest) -> Invitation:
    """The invitation whose link was followed in this session, as long as it can be used."""
    invitation = delegations.invitations_to_accept().filter(pk=request.session.get(KEPT_AS, 0)).first()
    if invitation is None:
        raise NotFound(
            marked("Follow the link in the letter: this page does not know which invitation you mean.")
        )
    inviting.require_usable(invitation, at=timezone.now())
    return invitation


def _accepted(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    request.session.pop(KEPT_AS, None)
    messages.success(request, _("Thank you: these items are yours to answer."))
    return redirect("quintet:assessment-detail", pk=invitation.assessment_id)


def _page(request: HttpRequest, invitation: Invitation, form: AcceptForm) -> HttpResponse:
    context = {
        "invitation": invitation,
        "sheet": invitation.assessment,
        "form": form,
        "way": delegations.way_to_accept(invitation, request.user),
        "is_demo": invitation.assessment.is_demo,
    }
    return render(request, "quintet/invitation_accept.html", context, status=400 if form.errors else 200)
