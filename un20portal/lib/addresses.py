"""Where a person is in the portal, and can come back to."""

from urllib.parse import urlsplit, urlunsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import escape_leading_slashes


def this_page(request: HttpRequest | None) -> str:
    """Return the address at which this page can be read again, its query string included.

    What answers a POST has no such address: the page that the person came from stands for it.
    """
    if request is None:
        return reverse("home")
    return request.get_full_path() if request.method in ("GET", "HEAD") else _came_from(request)


def _came_from(request: HttpRequest) -> str:
    """Return the path of the portal's page that led here; home when there is none."""
    scheme, host, path, query, _fragment = urlsplit(request.headers.get("Referer", ""))
    is_ours = (scheme, host) == (request.scheme, request.get_host())
    return escape_leading_slashes(urlunsplit(("", "", path, query, ""))) if is_ours else reverse("home")
