"""Shapes of answers and of what is said with a step; the meaning is judged by services and domain."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quintet.domain.answers import ANSWERED, NA, UNANSWERED
from un20portal.lib.forms import RefusableForm

OPEN, NOT_APPLICABLE = "open", "na"


class AnswerForm(forms.Form):
    """One item: a choice among levels, “not applicable” or “leave open”, with texts and a version."""

    choice = forms.CharField(
        max_length=10, error_messages={"required": _("Choose a level, or choose to leave the item open.")}
    )
    na_reason = forms.CharField(required=False, strip=False)
    comment = forms.CharField(required=False, strip=False)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    still_true = forms.BooleanField(required=False, help_text="Say again what the last cycle says.")

    def raw_answer(self) -> dict[str, Any]:
        """Return what was sent in the shape that `parse_answer` reads."""
        data = self.cleaned_data
        texts = {"na_reason": data["na_reason"], "comment": data["comment"]}
        if data["choice"] == OPEN:
            return {"state": UNANSWERED, "claimed": None, **texts}
        if data["choice"] == NOT_APPLICABLE:
            return {"state": NA, "claimed": None, **texts}
        return {"state": ANSWERED, "claimed": data["choice"], **texts}


class CommentForm(RefusableForm):
    """A step that gives a sheet back says what has to change; the service judges whether it does."""

    comment = forms.CharField(
        label=_("What has to change"),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 5000, "dir": "auto", "required": True}),
        required=False,
    )
