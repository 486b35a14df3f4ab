"""The shape of a validator's decision."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quintet.models import NaDecision


class DecisionForm(forms.Form):
    """A validator's decision on one item in a version: a level with a reason, or yes or no to a request."""

    approve = forms.ChoiceField(choices=[("yes", _("Approve")), ("no", _("Reject"))], required=False)
    accepted = forms.IntegerField(
        required=False, error_messages={"invalid": _("Choose a level of the scale.")}
    )
    reason = forms.CharField(required=False)
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
