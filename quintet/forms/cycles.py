"""Shapes of planning a cycle and of its steps."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from entities.models import Entity
from quintet.models import Cycle, Framework, Phase
from quintet.queries import monitoring
from un20portal.lib.forms import RefusableForm


class FrameworkField(forms.ModelChoiceField):
    """A framework, offered by its title and version."""

    def label_from_instance(self, framework: Framework) -> str:
        return f"{framework.title} ({framework.version})"


class CyclePlanForm(RefusableForm):
    """A new cycle: its code, title, framework and days."""

    code = forms.CharField(
        label=_("Code"), help_text=_("Short and lasting, for example 2027: it becomes part of addresses.")
    )
    title = forms.CharField(label=_("Title"), max_length=200)
    framework = FrameworkField(label=_("Framework"), queryset=Framework.objects.all())
    opens_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    closes_on = forms.DateField(
        label=_("Last day"),
        help_text=_("Membership in groups is judged on this day."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )


CONSEQUENCES = {
    Phase.PLANNED: ngettext_lazy(
        "Open the cycle: every chosen unit gets a sheet of %(count)s item to answer.",
        "Open the cycle: every chosen unit gets a sheet of %(count)s items to answer.",
        "count",
    ),
    Phase.OPEN: ngettext_lazy(
        "End the time for answers: %(count)s draft can no longer be changed or submitted.",
        "End the time for answers: %(count)s drafts can no longer be changed or submitted.",
        "count",
    ),
    Phase.VALIDATION: ngettext_lazy(
        "Close the cycle: %(count)s assessment that is not signed off will not count any more.",
        "Close the cycle: %(count)s assessments that are not signed off will not count any more.",
        "count",
    ),
}


class StepForm(forms.Form):
    """The next step of a cycle, confirmed by a box that says in numbers what the step does."""

    confirmed = forms.BooleanField(
        error_messages={"required": _("Tick the box to confirm: this step cannot be taken back.")}
    )

    def __init__(self, *args: Any, cycle: Cycle, **options: Any) -> None:
        super().__init__(*args, **options)
        if cycle.phase in CONSEQUENCES:
            count = monitoring.touched_by_next_step(cycle)
            self.fields["confirmed"].label = CONSEQUENCES[Phase(cycle.phase)] % {"count": count}


class UnitsForm(StepForm):
    """Which units a cycle is opened for: whole kinds, or chosen ones by code."""

    kinds = forms.MultipleChoiceField(
        label=_("Units"),
        choices=[("entities", _("All UN entities")), ("country_teams", _("All country teams"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    codes = forms.CharField(
        label=_("Or these units only"),
        help_text=_("Codes separated by commas or spaces, for example UNDP, UNICEF, UNCT-KEN."),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        max_length=5000,
    )

    def clean(self) -> dict[str, Any]:
        """Turn kinds and codes into units that exist; an unknown code is named."""
        data = super().clean() or {}
        wanted = data.get("codes", "").replace(",", " ").split()
        chosen = {unit.code.upper(): unit for unit in Entity.objects.all()}
        unknown = [code for code in wanted if code.upper() not in chosen]
        if unknown:
            message = _("No unit has the code %(codes)s. Check the spelling.")
            raise forms.ValidationError(message, params={"codes": ", ".join(unknown)}, code="unknown_unit")
        if wanted and data.get("kinds"):
            raise forms.ValidationError(_("Choose either kinds of units or codes, not both."), code="both")
        data["units"] = [chosen[code.upper()] for code in dict.fromkeys(wanted)]
        return data
