"""Template tags used on many pages: texts that fall back visibly, and exact ratios as per cents."""

from fractions import Fraction

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from un20portal.lib.languages import Text, reference_code
from un20portal.lib.ratios import whole_per_cent

register = template.Library()


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
    return "–" if share is None else f"{whole_per_cent(share)}%"


@register.filter
def lookup(mapping: dict, key: object) -> object:
    """Return `mapping[key]`, or nothing when the key is missing."""
    return mapping.get(key)
