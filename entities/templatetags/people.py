"""How people are called on pages."""

from django import template

from entities import queries

register = template.Library()
register.filter(queries.called)
