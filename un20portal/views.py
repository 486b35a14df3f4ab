"""The home page, a person's own page, language and sign-out, and the answers to requests that go wrong."""

import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from allauth.account import views as account
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse, translate_url
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django.views.generic import View

from entities.access import signed_in
from entities.models import Entity
from entities.services.people import prefer_language, want_reminders
from quintet.access import can_review
from quintet.queries import sheets, threads, validating, waiting
from roadmap.queries.actions import roadmap_by_period
from roadmap.queries.cases import counts_of_others, own_cases
from scorecards.models import Basis, Scorecard
from scorecards.queries import publications, reading
from scorecards.queries.next_steps import Examples
from scorecards.queries.sharing import newest_of_each, own_figures
from un20portal.lib import problems
from un20portal.lib.holding import held
from un20portal.lib.negotiation import is_script


@login_not_required
@require_safe
@held(while_same=publications.public_state)
def home(request: HttpRequest) -> HttpResponse:
    """What UN 2.0 is, the state of play of the leading scorecard, and what the roadmap asks for."""
    scorecard = publications.leading_scorecard(request.user)
    context = _state_of_play(scorecard) if scorecard else {}
    return render(request, "home.html", {"scorecard": scorecard, "roadmap": roadmap_by_period(), **context})


def _state_of_play(scorecard: Scorecard) -> dict[str, Any]:
    figures = reading.published_figures(scorecard)
    context = {"figures": figures, "cycle": scorecard.cycle, "is_demo": scorecard.cycle.is_demo}
    if not figures.groups:
        return context
    group, basis = reading.default_group(figures), Basis.ACCEPTED.value
    rows = reading.state_of_play(figures, group=group, basis=basis)
    panels = reading.panels(figures, rows)
    [chosen] = [choice for choice in reading.group_choices(figures) if choice.code == group]
    return {
        **context,
        "group": chosen,
        "basis": basis,
        "rows": rows,
        "panels": panels,
        "chosen": urlencode({"group": group, "basis": basis, "version": scorecard.version}),
    }


@require_safe
def my(request: HttpRequest) -> HttpResponse:
    """What waits for a person, by when, and quietly what is with others."""
    context = {
        "tasks": waiting.waiting_for(request.user),
        "with_others": waiting.with_others(request.user),
        "questions": threads.threads_waiting_for(request.user),
        "to_validate": validating.awaiting_validation().count() if can_review(request.user) else 0,
        "proposals": publications.proposals_to_confirm(request.user),
        "own_proposals": publications.proposals_with_others(request.user),
        "for_committees": publications.versions_for_committees(request.user),
        "own_figures": newest_of_each(own_figures(request.user)),
        "cases": own_cases(request.user),
        "has_sheets": sheets.sheets_of_entities(request.user).exists(),
    }
    return render(request, "my.html", context)


def examples_of(entity: Entity, items: Sequence[str]) -> dict[str, Examples]:
    """What “What next?” of an entity links to: cases that others show, by the code of the item.

    Where there are none of its enabler, those of its capability.
    """
    found: dict[str, Examples] = {}
    counts = counts_of_others(entity, items)
    for item in items:
        capability, _dash, enabler = item.rpartition("-")
        for kind in (enabler, ""):
            if n := counts.get((capability, kind)):
                query = urlencode(
                    {"enabler": kind, "without": entity.code} if kind else {"without": entity.code}
                )
                address = f"{reverse('roadmap:capability-detail', args=[capability])}?{query}"
                found[item] = Examples(n, address, is_of_enabler=bool(kind))
                break
    return found


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; only by POST, so that no link or image can do it."""
    return account.logout(request)


@method_decorator(login_not_required, name="dispatch")
class LanguageView(View):
    """Go on in another language, and remember it for a signed-in person."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        language = request.POST.get("language", "")
        target = request.POST.get("next", reverse("home"))
        if language not in dict(settings.LANGUAGES):
            return bad_request(request)
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
            target = reverse("home")
        if request.user.is_authenticated:
            prefer_language(user=request.user, language=language)
        return HttpResponseRedirect(translate_url(target, language))


class LettersView(View):
    """Which letters a person wants: reminders can be done without, the rest is part of the work."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "account/letters.html")

    def post(self, request: HttpRequest) -> HttpResponse:
        want_reminders(user=signed_in(request), wants="wants_reminders" in request.POST)
        messages.success(request, _("Your choice is saved."))
        return redirect("account_letters")


@vary_on_headers("Accept")
def _refuse(request: HttpRequest, status: int, template: str) -> HttpResponse:
    if request.path.startswith("/api/") or is_script(request):
        return problems.plain_problem(request, status)
    if status in (400, 500, 503):  # no context processors: they may be what failed
        return HttpResponse(loader.render_to_string(template), status=status)
    return render(request, template, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refuse(request, 400, "400.html")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refuse(request, 403, "403.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _refuse(request, 403, "403_csrf.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refuse(request, 404, "404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """A 503 when the database did not answer, which passes; a 500 for what nobody foresaw.

    Django asks here for pages, and for the API when it breaks before a view is found: knowing the person
    takes the database too.
    """
    if not isinstance(sys.exception(), problems.PASSING):
        return _refuse(request, 500, "500.html")
    response = _refuse(request, 503, "503.html")
    response.headers["Retry-After"] = str(problems.RETRY_SECONDS)
    return response
