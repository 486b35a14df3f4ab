"""Filters of the items on a page: every parameter has a type, a wrong value is refused."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict

from quintet.models import Area, Item
from scorecards.queries.exploring import ONLY, SORTS
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.lib.parameters import MESSAGE, one_of


class ItemFilter(django_filters.FilterSet):
    """Which items of a framework are wanted.

    `gap`, `only` and `sort` speak of figures, which stand in the published bytes, not in the table of
    items: here they are only read; `queries.exploring` follows them.
    """

    area = django_filters.ChoiceFilter(field_name="dimension__area", choices=Area.choices)
    dimension = django_filters.CharFilter(field_name="dimension__code")
    enabler = django_filters.CharFilter(field_name="enabler")
    search = django_filters.CharFilter(method="found_by", max_length=100)
    gap = django_filters.NumberFilter(method="as_it_is", min_value=0, max_value=100, decimal_places=1)
    only = django_filters.ChoiceFilter(method="as_it_is", choices=[(code, code) for code in ONLY])
    sort = django_filters.ChoiceFilter(method="as_it_is", choices=[(code, code) for code in SORTS])

    class Meta:
        model = Item
        fields: list[str] = []

    def found_by(self, items: QuerySet[Item], _name: str, text: str) -> QuerySet[Item]:
        """Every word stands in the question, the name or the code."""
        for word in text.split():
            in_item = Q(question__icontains=word) | Q(label__icontains=word) | Q(code__icontains=word)
            items = items.filter(in_item)
        return items

    def as_it_is(self, items: QuerySet[Item], _name: str, _value: object) -> QuerySet[Item]:
        return items


def filtered(parameters: QueryDict, items: QuerySet[Item]) -> ItemFilter:
    """Return the filter with what was asked; InvalidInput names every parameter with a wrong value."""
    found = ItemFilter(parameters, queryset=items)
    if not found.form.is_valid():
        refuse(found.form.errors)
    for name, field in (("dimension", "dimension__code"), ("enabler", "enabler")):
        if value := found.form.cleaned_data[name]:
            one_of(name, value, dict.fromkeys(items.values_list(field, flat=True).exclude(**{field: ""})))
    return found


def refuse(errors: Any) -> None:
    """Raise InvalidInput with what a form says of its fields."""
    choices = {"only": ONLY, "sort": SORTS, "area": Area.values}
    for name in choices.keys() & errors.keys():
        one_of(name, "", choices[name])
    message = _("Give a value that this parameter can have.")
    raise InvalidInput(MESSAGE, errors=[FieldError(name, "invalid", message) for name in errors])
