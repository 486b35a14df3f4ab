"""Shapes of the monitor: which units to show in which order, more time for one, words of a reminder."""

from datetime import date
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from entities.models import EntityType, Region
from quintet.models import Assessment, Status
from quintet.models.cycles import DUE_ON, late_by
from un20portal.lib.forms import RefusableForm
from un20portal.lib.languages import reference_code


class RegionField(filters.fields.ModelChoiceField):
    """A region, offered by its name in the reader's language."""

    def label_from_instance(self, region: Region) -> str:
        return region.name.text


class RegionFilter(filters.ModelChoiceFilter):
    field_class = RegionField


class MonitorFilter(filters.FilterSet):
    """Which sheets of a cycle: by kind of unit, region, status, lateness on `day`, part of the name."""

    search = filters.CharFilter(label=_("Unit"), method="by_name", max_length=80)
    type = filters.ChoiceFilter(
        label=_("Kind of unit"), field_name="entity__type", choices=EntityType.choices, empty_label=_("all")
    )
    region = RegionFilter(
        label=_("Region"), field_name="entity__region", queryset=Region.objects.all(), empty_label=_("all")
    )
    status = filters.ChoiceFilter(label=_("Status"), choices=Status.choices, empty_label=_("all"))
    late = filters.ChoiceFilter(
        label=_("Late"),
        method="by_lateness",
        choices=[("yes", _("late")), ("no", _("not late"))],
        empty_label=_("all"),
    )

    order = filters.ChoiceFilter(
        label=_("Order"),
        method="unchanged",
        choices=[
            ("progress", _("least answered first")),
            ("activity", _("longest without activity first")),
            ("status", _("by status")),
        ],
        empty_label=_("by unit"),
    )

    class Meta:
        model = Assessment
        fields: list[str] = []

    def __init__(self, data: Any, *, queryset: QuerySet[Assessment], day: date) -> None:
        super().__init__(data, queryset=queryset)
        self.day = day

    def by_name(self, sheets: QuerySet[Assessment], _field: str, part: str) -> QuerySet[Assessment]:
        """Units whose code, acronym or name (in the reader's language or English) holds `part`."""
        names = {"names__en", f"names__{reference_code(get_language())}"}
        wanted = Q()
        for field in ("code", "acronym", *names):
            wanted |= Q(**{f"entity__{field}__icontains": part.strip()})
        return sheets.filter(wanted)

    def by_lateness(self, sheets: QuerySet[Assessment], _field: str, wanted: str) -> QuerySet[Assessment]:
        late = late_by(self.day)
        return sheets.annotate(due=DUE_ON).filter(late if wanted == "yes" else ~late)

    def unchanged(self, sheets: QuerySet[Assessment], _field: str, _order: str) -> QuerySet[Assessment]:
        """The order is made with the keys (`queries.completion.in_order`)."""
        return sheets

    def chosen(self) -> QuerySet[Assessment]:
        """The sheets that were asked for; none when the question makes no sense."""
        found: QuerySet[Assessment] = self.qs if self.form.is_valid() else self.queryset.none()
        return found


class ExtensionForm(RefusableForm):
    """More time for one entity."""

    until = forms.DateField(label=_("New last day"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stays with the assessment; the task force reads it."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto", "maxlength": 5000}),
    )


class ReminderForm(RefusableForm):
    """Words that the task force adds to a reminder."""

    words = forms.CharField(
        label=_("Words of your own"),
        help_text=_("They stand in every letter as you write them, whatever its language."),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto", "maxlength": 5000}),
        required=False,
    )
