"""Template tags used on many pages: texts that fall back visibly, exact ratios as per cents, moments."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from django import template
from django.forms import BaseForm
from django.http import HttpRequest
from django.template import Context
from django.urls import translate_url
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext

from un20portal.lib.addresses import this_page
from un20portal.lib.languages import Text, clock, in_per_cent, isolated, left_to_right, reference_code
from un20portal.lib.ratios import whole_per_cent
from un20portal.lib.wording import localised
from un20portal.lib.written import written

register = template.Library()
register.filter(localised)
register.filter(clock)
register.filter(isolated)
register.filter(left_to_right)


@register.filter
def spoken(text: Text) -> SafeString | str:
    """Show a text of reference data; one in another language than the page's says so."""
    if not text.is_fallback or text.language == reference_code(get_language()):
        return text.text
    return format_html(
        '<span lang="{}" dir="{}">{}</span> <abbr class="fallback" title="{}">{}</abbr>',
        text.language,
        text.direction,
        text.text,
        gettext("This text exists only in English so far."),
        text.language.upper(),
    )


@register.filter
def per_cent(share: Fraction | None) -> str:
    """Show a share in per cent as a whole number, rounded half to even; a dash when there is none."""
    return "–" if share is None else in_per_cent(whole_per_cent(share))


@register.filter
def moment(at: datetime) -> SafeString:
    """Show a moment with its day, its time and the zone, for machines too."""
    day = date_format(localtime(at), "DATE_FORMAT")
    return format_html('<time datetime="{}">{} {}</time>', at.isoformat(), day, clock(at))


@register.filter
def lookup(mapping: Mapping[Any, Any], key: object) -> object:
    """Return `mapping[key]`, or nothing when the key is missing."""
    return mapping.get(key)


@register.filter
def spaced(code: str) -> str:
    """Read a code of the reference data as words: `same_concept` → same concept."""
    return code.replace("_", " ")


@register.simple_tag
def same_page(request: HttpRequest | None, language: str) -> str:
    """Return the address of this page in another language, its query string included."""
    return translate_url(this_page(request), language)


@register.simple_tag
def full_address(request: HttpRequest, language: str) -> str:
    """Return the address of this page in another language with scheme and host, as other programs need it."""
    return request.build_absolute_uri(same_page(request, language))


register.simple_tag(this_page)
register.simple_tag(written)


@register.simple_tag(takes_context=True)
def refused_forms(context: Context) -> list[BaseForm]:
    """The forms on this page that were sent and hold something wrong."""
    # isinstance would ask what is lazy for its class, and so give a CSRF cookie to every reader
    named: list[Any] = [value for value in context.flatten().values() if issubclass(type(value), BaseForm)]
    forms = {id(form): form for form in named}  # one may have two names
    return [form for form in forms.values() if form.is_bound and form.errors]


@register.simple_tag(takes_context=True)
def tells_of_refusal(context: Context, wrong: list[BaseForm]) -> bool:
    """Whether this page says that what was sent was not done: its title begins so, leaving it loses words.

    So it is where forms on it were sent and are `wrong`, by whatever method; and where a view
    gives the `refusal` of a POST. The `refusal` of a GET only says why there is nothing to read.
    """
    if wrong:
        return True
    return bool(context.get("refusal")) and context["request"].method == "POST"


SECTIONS = {
    "home": "home",
    "scorecards": "scorecards",
    "framework": "framework",
    "case": "portfolio",
    "capability": "portfolio",
    "my": "my",
    "own": "my",
    "assessment": "my",
    "delegation": "my",
    "workbook": "my",
    "evidence": "my",
    "cycle": "cycles",
    "validation": "validation",
    "check": "validation",
    "second": "validation",
}


@register.filter
def section(request: HttpRequest | None) -> str:
    """Name the part of the navigation the page belongs to, by its URL name; "" for none."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return ""
    noun = (match.url_name or "").split("-")[0]
    return SECTIONS.get("scorecards" if "scorecards" in match.namespaces else noun, "")
