"""What every answer gets: headers, compression, session limits, and readable refusals."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from un20portal.lib.addresses import this_page
from un20portal.lib.errors import DomainError, NotYet
from un20portal.lib.negotiation import is_script
from un20portal.lib.problems import NOT_YET_SECONDS
from un20portal.lib.written import written

GetResponse = Callable[[HttpRequest], HttpResponse]
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SafetyHeadersMiddleware:
    """Add what Django has no setting for; pages of a signed-in person are never kept by a cache.

    Neither is a failure, and then nobody asks who the person is: the database may be what failed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if response.status_code >= 500 or _is_signed_in(request):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _is_signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated


class CompressHtmlMiddleware(GZipMiddleware):
    """Compress pages only: API bytes keep their strong ETag, files are compressed at build time."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)
        return response


class SessionLimitMiddleware:
    """End a session that was idle too long or is too old, whatever the cookie says."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            began = request.session.setdefault("began", now)
            seen = request.session.get("seen", now)
            if now - began > settings.SESSION_ABSOLUTE_SECONDS or now - seen > settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif now - seen >= 60 or "seen" not in request.session:
                request.session["seen"] = now
        return self.get_response(request)


class SignInMiddleware(LoginRequiredMiddleware):
    """Ask who it is; what somebody wrote and sent after their session had ended is shown to them.

    A script is only sent to the sign-in: it keeps what was typed in its own page.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if request.method == "POST" and not is_script(request):
            if written(request):
                refusal = _("Nothing was saved. Copy your text, sign in again, and send it once more.")
                return render(request, "session_ended.html", {"refusal": refusal}, status=403)
            return redirect_to_login(this_page(request))
        return super().handle_no_permission(request, view_func)


class RefusalMiddleware(MiddlewareMixin):
    """Turn a DomainError of an HTML view, or a method that a page does not take, into a readable page."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_bare = response.status_code == 405 and not request.path.startswith("/api/")
        if not is_bare or is_script(request) or request.method == "HEAD":
            return response
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        response = render(request, exception.page, {"refusal": exception}, status=exception.status)
        if isinstance(exception, NotYet):
            response["Retry-After"] = str(NOT_YET_SECONDS)
        return response
