"""Words of the committee paper in the reader's language: sentences of the rules, names, lists, numbers."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from babel.lists import format_list
from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, to_locale

from scorecards.domain.statements import Listing, Name, Points, Printed, Share, Statement
from scorecards.models import Basis
from scorecards.queries.behind import FigureBehind
from scorecards.queries.movement_receipts import MovementReceipt
from scorecards.templatetags.estimates import estimate_named
from scorecards.templatetags.figures import dimension_name, enabler_name, signed
from scorecards.templatetags.movement_receipts import movement_receipt_title
from scorecards.templatetags.receipts import receipt_title
from un20portal.lib.languages import (
    direction_of,
    in_per_cent,
    isolated,
    joined,
    left_to_right,
    own_name,
    whole_number,
    with_minus,
)
from un20portal.lib.ratios import one_decimal, whole_per_cent

register = template.Library()

BASES = {Basis.ACCEPTED: gettext_lazy("accepted basis"), Basis.CLAIMED: gettext_lazy("claimed basis")}


@register.filter
def said(statement: Statement) -> SafeString:
    """Say a statement in the active language, in the form that its count asks for.

    What sets papers does not know where a text turns its direction: a question in another language than that
    of the paper is marked.
    """
    text = gettext(statement.message)
    if statement.many is not None:
        text = ngettext(statement.message, statement.many, statement.count)
    written = {name: conditional_escape(_written(value)) for name, value in statement.params.items()}
    return mark_safe(conditional_escape(text) % written)  # noqa: S308  all of it is escaped, or marked up by ourselves


@register.filter
def all_said(statements: Iterable[Statement]) -> SafeString:
    """Say statements one behind the other, as the reader's language joins sentences."""
    return mark_safe(joined(map(said, statements)))  # noqa: S308  each is


@register.filter
def decimal(value: Any) -> str:
    """Write an exact figure, or the rounded text of one, with one decimal; a dash where there is none."""
    if value is None:
        return "–"
    return with_minus(number_format(value if isinstance(value, str) else one_decimal(value) or "–"))


@register.filter
def behind_in_words(behind: FigureBehind) -> str:
    """Name the figure behind a point with its value, and say of which version and basis it is."""
    details = [gettext("version %(version)s") % {"version": behind.version}]
    if isinstance(behind.receipt, MovementReceipt):
        before = behind.receipt.movement.before
        named = {"cycle": isolated(before.cycle.title), "version": before.version}
        details.append(gettext("compared with %(cycle)s, version %(version)s") % named)
    if behind.is_of_one_basis:
        details.append(str(BASES[Basis(behind.basis)]))
    return f"{_figure_behind(behind)} ({' · '.join(details)})"


def _figure_behind(behind: FigureBehind) -> str:
    if isinstance(behind.receipt, MovementReceipt):
        return movement_receipt_title(behind.receipt)
    if behind.receipt:
        return receipt_title(behind.receipt)
    if behind.is_estimated:
        return estimate_named(behind, gettext("not part of the published bytes"))
    return gettext("a figure that is not part of the published bytes")


@register.filter
def language_of_paper(code: str) -> str:
    """What the language of a paper is called in itself."""
    return own_name(code)


@register.filter
def direction(text: str) -> str:
    """The direction in which a text runs: what sets papers does not find it by itself."""
    return direction_of(text)


@register.filter
def paper_address(file: Any, cycle: str) -> str:
    """Where a file is read, without its language and version."""
    return reverse(f"scorecards:paper-{file.form}", args=[cycle])


@register.filter
def chart(row: Any) -> list[dict[str, str]]:
    """The bar of a row on a scale of 100: its rectangles, only where per cents may be shown."""
    if not row.shows_percentages:
        return []
    shares = {"has": row.share_has, "operates": row.share_operates}
    return [{"kind": kind, "width": str(one_decimal(share))} for kind, share in shares.items() if share]


def _written(value: Any) -> str:
    if isinstance(value, Statement):
        return said(value)
    if isinstance(value, Name):
        return _name(value)
    if isinstance(value, Share):
        return in_per_cent(whole_per_cent(value.value))
    if isinstance(value, Printed):
        return left_to_right(f"{value.sign}{in_per_cent(Decimal(value.value))}")
    if isinstance(value, Points):
        return signed(value.value) if value.signed else decimal(value.value)
    if isinstance(value, Listing):
        locale = to_locale(get_language() or "en")
        listed = format_list([conditional_escape(_written(one)) for one in value.values], locale=locale)
        return mark_safe(listed)  # noqa: S308  all of it is escaped
    return whole_number(value) if isinstance(value, int) else str(value)


def _name(name: Name) -> str:
    """The name of an item, escaped where it holds markup."""
    item = enabler_name(name.enabler, name.label)
    if not item:
        marked = '<span lang="{}" dir="{}">{}</span>'
        question = format_html(marked, name.language, direction_of(name.question), name.question)
        item = mark_safe(conditional_escape(gettext("“%(question)s”")) % {"question": question})  # noqa: S308  both are
    if not name.with_dimension:
        return item
    dimension = conditional_escape(dimension_name(name.dimension))
    both = conditional_escape(gettext("%(dimension)s · %(item)s")) % {
        "dimension": dimension,
        "item": conditional_escape(item),
    }
    return mark_safe(both)  # noqa: S308  all of it is escaped
