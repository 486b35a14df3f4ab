"""The cells of the monitor's heat map."""

from collections.abc import Sequence
from functools import cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from quintet.models import Dimension

register = template.Library()
STEPS = 4  # shades between nothing and everything


@register.simple_tag
def heat(settled_in: Sequence[int], dimensions: Sequence[Dimension]) -> SafeString:
    """The cells of one unit: settled and all items of each dimension, in numbers and in shades."""
    pairs = zip(settled_in, dimensions, strict=True)
    cells = (_cell(settled, dimension.total) for settled, dimension in pairs)  # type: ignore[attr-defined]
    return mark_safe("".join(cells))  # noqa: S308  joined from safe pieces


@cache  # there are few different cells, and thousands of them on a page
def _cell(settled: int, total: int) -> SafeString:
    step = settled * STEPS // total if total else 0
    return format_html('<td class="heat heat-{}">{}/{}</td>', step, settled, total)
