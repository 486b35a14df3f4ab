"""Doing without reminders: the link in a letter, for those who are not signed in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from quintet.services import subscriptions


# Mail programs send the one-click POST of RFC 8058 without cookies and without a token of ours; the
# signed link is the proof, and all that it can do is to end reminders to the person it was made for.
@method_decorator([csrf_exempt, login_not_required], name="dispatch")
class StopRemindersView(View):
    """Asks first, because programs that look for viruses follow links; a POST ends the reminders."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        subscriptions.person_of(token)
        return render(request, "quintet/reminders_stop.html", {"is_done": False})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        subscriptions.stop_reminders(token=token)
        return render(request, "quintet/reminders_stop.html", {"is_done": True})
