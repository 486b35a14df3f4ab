"""Letters to many: a reminder with its preview, and how far the letters of a mailing are."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import View

from entities.access import signed_in
from quintet import access
from quintet.forms.monitoring import ReminderForm
from quintet.models import Assessment, Cycle, LetterKind, Mailing
from quintet.queries.mailings import delivery_of
from quintet.queries.recipients import without_focal_point
from quintet.services import mailings
from quintet.views.monitoring import chosen_sheets
from un20portal.lib.errors import InvalidInput

REFRESH_SECONDS = 5


def _cycle(request: HttpRequest, code: str) -> Cycle:
    if not access.can_manage_cycles(request.user):
        raise PermissionDenied
    return get_object_or_404(Cycle.objects.select_related("framework"), code=code)


class ReminderView(View):
    """A reminder to whoever is the next to act: looked at first, then sent."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        return self._preview(request, _cycle(request, code), ReminderForm())

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        """Send, or with the button `preview` show the letters with the added words."""
        cycle, form = _cycle(request, code), ReminderForm(request.POST)
        if not form.is_valid() or "preview" in request.POST:
            return self._preview(request, cycle, form)
        try:
            mailing = mailings.remind(
                cycle=cycle,
                sheets=chosen_sheets(request, cycle).chosen(),
                words=form.cleaned_data["words"],
                by=signed_in(request),
                at=timezone.now(),
            )
        except InvalidInput as refusal:
            return self._preview(request, cycle, form, refusal)
        messages.success(request, _("The letters are on their way."))
        return redirect("quintet:cycle-mailing", code=code, mailing=mailing.pk)

    def _preview(
        self, request: HttpRequest, cycle: Cycle, form: ReminderForm, refusal: InvalidInput | None = None
    ) -> HttpResponse:
        if refusal:
            form.add_refusal(refusal)
        words = form.cleaned_data.get("words", "") if form.is_bound and form.is_valid() else ""
        question = chosen_sheets(request, cycle)
        audience, letters = mailings.preview_reminders(
            cycle=cycle, sheets=question.chosen(), words=words, by=signed_in(request), at=timezone.now()
        )
        context = {"cycle": cycle, "form": form, "audience": audience, "letters": letters, "refusal": refusal}
        context |= {"filter": question, "is_demo": cycle.is_demo}
        refused = form.errors or refusal or not question.form.is_valid()
        return render(request, "quintet/reminder_send.html", context, status=400 if refused else 200)


@require_safe
def mailing(request: HttpRequest, code: str, mailing: int) -> HttpResponse:
    """How many letters of a mailing are sent; the page asks again until there is nothing to wait for."""
    cycle = _cycle(request, code)
    found = get_object_or_404(Mailing.objects.select_related("by"), cycle=cycle, pk=mailing)
    delivery = delivery_of(found)
    context: dict[str, Any] = {
        "cycle": cycle,
        "mailing": found,
        "delivery": delivery,
        "refreshes": not delivery.is_finished and request.GET.get("refresh") != "off",
        "is_demo": cycle.is_demo,
    }
    if found.kind == LetterKind.LAUNCH:
        sheets = Assessment.objects.filter(cycle=cycle)
        context["n_sheets"] = sheets.count()
        context["unattended"] = without_focal_point(sheets, day=localdate())
    response = render(request, "quintet/mailing_detail.html", context)
    if context["refreshes"]:
        response.headers["Refresh"] = str(REFRESH_SECONDS)  # works without a script
    return response
