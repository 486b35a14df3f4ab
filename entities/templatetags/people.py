"""How people are called on pages."""

from django import template

from entities import queries
from entities.models import Role

register = template.Library()
register.filter(queries.called)


@register.filter
def role_name(code: str) -> str:
    """What a role is called in the reader's language."""
    return str(Role(code).label)
