"""One address, two readers: a page for the person, JSON for the page's script.

What is chosen here varies with `Accept`: its callers say so with `vary_on_headers("Accept")`.
"""

from django.http import HttpRequest


def is_script(request: HttpRequest) -> bool:
    """Whether a page's script asks, not the person: it says so by what it accepts."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
