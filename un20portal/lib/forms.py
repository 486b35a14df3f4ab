"""Forms that show what a service refused, and the one that names the version of a step."""

from typing import Any

from django import forms

from un20portal.lib.errors import InvalidInput
from un20portal.lib.wording import localised

NO_VERSION = 2**31 - 1  # names no version that was ever written
QUESTION_MARKS = ("?", "？", "؟")


class RefusableForm(forms.Form):
    """A form that shows what the service refused at the fields that it names.

    No colon stands behind a label that is a question, in whatever script: Django knows one question mark.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if str(field.label or "").endswith(QUESTION_MARKS):
                field.label_suffix = ""

    def add_refusal(self, refusal: InvalidInput) -> None:
        for error in refusal.errors:
            self.add_error(error.field if error.field in self.fields else None, localised(error))


class VersionForm(forms.Form):
    """The version that a step is based on."""

    version = forms.IntegerField(min_value=0, max_value=NO_VERSION)

    def chosen(self) -> int:
        """Return it; what is no version is a stale one."""
        self.full_clean()
        return int(self.cleaned_data.get("version", NO_VERSION))
