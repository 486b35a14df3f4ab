"""Shapes of publishing: proposing a scorecard, releasing one to everybody."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scorecards.domain.corrections import LONGEST_NOTE
from scorecards.domain.visibility import Audience


class ProposalForm(forms.Form):
    """Who reads the scorecard first, and for a later version what it corrects."""

    audience = forms.ChoiceField(
        label=_("Who reads it once it is confirmed"),
        choices=[
            (Audience.PUBLIC, _("Everybody")),
            (
                Audience.COMMITTEE,
                _("The committees first: for all others it does not exist until it is released"),
            ),
        ],
        error_messages={"required": _("Choose who reads it first: a public version cannot be taken back.")},
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("What this version corrects"),
        help_text=_(
            "One or two sentences that everybody reads beside the version. They become part of it. Without "
            "them the version says how many units have other sheets or groups."
        ),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(self, *args: Any, is_correction: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not is_correction:
            del self.fields["note"]


class ReleaseForm(forms.Form):
    """Opening to everybody what the committees read first, confirmed by a box."""

    confirmed = forms.BooleanField(
        label=_("Open this version to everybody. This cannot be taken back."),
        error_messages={"required": _("Tick the box to confirm: this step cannot be taken back.")},
    )
