"""How people are called on pages."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from entities import queries
from entities.models import Role

register = template.Library()
register.filter(queries.called)


@register.filter
def role_name(code: str) -> str:
    """What a role is called in the reader's language."""
    return str(Role(code).label)


@register.filter
def apart(name: str) -> SafeString:
    """A name within a sentence, whose direction of writing it does not change."""
    return format_html("<bdi>{}</bdi>", name)
