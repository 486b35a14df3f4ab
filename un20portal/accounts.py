"""How people sign in, and into the administration: no self-registration, one sign-in for all.

The site of the administration is not in `entities.admin`: while Django loads a site from the module
that registers models on it, those registrations go to a site that is thrown away.
"""

from functools import update_wrapper
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from entities import access
from entities.access import signed_in
from un20portal.outbox.models import Message


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by an administrator or an invitation, never by the person."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Stay in the language of the sign-in page; from the default one, to the person's own."""
        language = translation.get_language()
        if language == settings.LANGUAGE_CODE:
            language = signed_in(request).preferred_language
        with translation.override(language):
            return reverse("my")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("my")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count wrong passwords by account and address: a stranger's guesses do not lock the owner out."""
        account: str = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{account}:{get_ip(request)}"


class PortalAdminSite(admin.AdminSite):
    """The administration: only for administrators; to others who are signed in it does not exist."""

    site_header = site_title = _("UN 2.0 portal: administration")

    def has_permission(self, request: HttpRequest) -> bool:
        return access.is_administrator(request.user)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Say first how much work was given up: somebody must look."""
        if n_dead := Message.objects.dead().count():
            told = ngettext(
                "%(n)s message was given up after too many attempts.",
                "%(n)s messages were given up after too many attempts.",
                n_dead,
            )
            page = f"{reverse('admin:outbox_message_changelist')}?state=dead"
            messages.warning(request, format_html('<a href="{}">{}</a>', page, told % {"n": n_dead}))
        return super().index(request, extra_context)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Ask who it is before anything else; answer no method but those that Django's pages use."""
        inner = require_http_methods(["GET", "HEAD", "POST"])(super().admin_view(view, cacheable))

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise Http404
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, view)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Everybody signs in at the same place; an administrator comes by here on the way back."""
        if not self.has_permission(request):
            raise Http404
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        target = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
            target = reverse("admin:index")
        return redirect(target)
