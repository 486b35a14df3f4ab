"""The shapes of a validator's work: filtering the queue, deciding, rating a second time, validating."""

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from entities.models import EntityType
from quintet.domain.workflow import RUNNING
from quintet.models import Assessment, Cycle, NaDecision
from un20portal.lib.forms import RefusableForm

CHECKS = "checks"  # the page with the sample of a sheet, where a decision may have been taken


class CycleChoice(forms.ModelChoiceField):
    """A cycle, offered by its title."""

    def label_from_instance(self, cycle: Cycle) -> str:
        return cycle.title


class CycleFilter(django_filters.ModelChoiceFilter):
    field_class = CycleChoice


class QueueFilter(django_filters.FilterSet):
    """Narrows the queue to a cycle or to units of one type; what is not understood narrows nothing."""

    cycle = CycleFilter(
        queryset=Cycle.objects.filter(phase__in=RUNNING),
        to_field_name="code",
        label=_("Cycle"),
        empty_label=_("All cycles"),
    )
    type = django_filters.ChoiceFilter(
        field_name="entity__type",
        choices=EntityType.choices,
        label=_("Type of unit"),
        empty_label=_("All types"),
    )

    class Meta:
        model = Assessment
        fields: list[str] = []


class DecisionForm(RefusableForm):
    """A validator's decision on one item in a version: a level with a reason, or yes or no to a request."""

    approve = forms.ChoiceField(choices=[("yes", _("Approve")), ("no", _("Reject"))], required=False)
    accepted = forms.IntegerField(
        required=False, error_messages={"invalid": _("Choose a level of the scale.")}
    )
    reason = forms.CharField(required=False)
    back = forms.ChoiceField(choices=[(CHECKS, CHECKS)], required=False)
    version = forms.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        error_messages=dict.fromkeys(
            ["required", "invalid", "min_value", "max_value"],
            _("This decision does not say which version of the answer it is based on: open the item again."),
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Want a decision: a level, or yes or no."""
        data = super().clean() or {}
        if not self.errors and not data["approve"] and data["accepted"] is None:
            raise forms.ValidationError(
                _("Choose a level, or approve or reject the request."), code="missing"
            )
        return data

    def offered(self) -> dict[str, Any]:
        """Return what was sent, sound or not, by the names of an answer's fields."""
        decisions = {"yes": NaDecision.APPROVED, "no": NaDecision.REJECTED}
        return {
            "na_decision": decisions.get(self.data.get("approve", ""), ""),
            "accepted": self.cleaned_data.get("accepted"),
            "accepted_reason": self.data.get("reason", ""),
            "version": self.cleaned_data.get("version"),
        }


class SecondRatingForm(RefusableForm):
    """A second rating: a level, with a reason if there is something to say."""

    level = forms.IntegerField(
        error_messages=dict.fromkeys(["required", "invalid"], _("Choose a level of the scale."))
    )
    reason = forms.CharField(required=False)


class ValidateForm(forms.Form):
    """Validating a sheet; while checks are open, confirmed by a box that says how many."""

    confirmed = forms.BooleanField(
        error_messages={"required": _("Tick the box to validate although not everything is checked.")}
    )

    def __init__(self, *args: Any, unchecked: int, **options: Any) -> None:
        super().__init__(*args, **options)
        if not unchecked:
            del self.fields["confirmed"]
            return
        label = ngettext_lazy(
            "Validate although %(count)s item of the sample is not checked.",
            "Validate although %(count)s items of the sample are not checked.",
            "count",
        )
        self.fields["confirmed"].label = label % {"count": unchecked}
