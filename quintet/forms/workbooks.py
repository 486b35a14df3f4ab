"""Shapes of an uploaded workbook and of what a person decides on it."""

import re

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from quintet.domain.differences import MINE, THEIRS, Choice

VERSION = re.compile(r"[0-9]{1,9}")


class WorkbookForm(forms.Form):
    """One file; what it holds is judged when it is read."""

    file = forms.FileField(
        label=_("Filled workbook (.xlsx, up to 10 MB)"),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={
            "required": _("Choose the filled workbook first."),
            "missing": _("Choose the filled workbook first."),
            "empty": _("The file is empty: save the workbook and choose it again."),
            "invalid": _("Choose the filled workbook first."),
        },
    )


def choices_from(data: QueryDict) -> dict[str, Choice]:
    """Return what was chosen for each conflict: fields `keep-<item>` and the version seen, `seen-<item>`."""
    found = {}
    for name, keep in data.items():
        item = name.removeprefix("keep-")
        seen = str(data.get(f"seen-{item}", ""))
        if item != name and keep in (MINE, THEIRS) and VERSION.fullmatch(seen):
            found[item] = Choice(keep, int(seen))
    return found
