"""Forms that show what a service refused."""

from django import forms

from un20portal.lib.errors import InvalidInput
from un20portal.lib.wording import localised


class RefusableForm(forms.Form):
    """A form that shows what the service refused at the fields that it names."""

    def add_refusal(self, refusal: InvalidInput) -> None:
        for error in refusal.errors:
            self.add_error(error.field if error.field in self.fields else None, localised(error))
