"""What every page's template may use, whoever asks for it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_info

from entities import access


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the reader's language facts and what the navigation may offer this person."""
    language = get_language() or settings.LANGUAGE_CODE
    return {
        "LANGUAGE_FACTS": get_language_info(language),
        "SITE_LANGUAGES": [get_language_info(code) for code, _name in settings.LANGUAGES],
        "may": access.navigation(request.user),
    }
