"""Shapes of documents: what is said of one, a new one, and one of the sheet for another item."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from quintet.domain.evidence import LONGEST_PAGE, LONGEST_TITLE, LONGEST_URL, Details, wrong_details
from un20portal.lib.forms import RefusableForm
from un20portal.lib.wording import localised

EARLIEST = date(1945, 1, 1)
DAY = {"invalid": _("Give a day, for example 2026-05-31.")}


class Day(forms.DateInput):
    """A day as browsers ask for it, and send it: 2026-05-31."""

    input_type = "date"


class DetailsForm(RefusableForm):
    """What is said of a document: title, page for this item, days, whether it comes from outside."""

    title = forms.CharField(
        label=_("Title of the document"),
        max_length=LONGEST_TITLE,
        error_messages={"required": _("Give the title of the document.")},
    )
    page = forms.CharField(label=_("Page or section for this item"), required=False, max_length=LONGEST_PAGE)
    effective_on = forms.DateField(
        label=_("Day of the document"),
        widget=Day,
        error_messages={
            **DAY,
            "required": _("Give the day on which it was decided, published or measured."),
        },
    )
    expires_on = forms.DateField(
        label=_("Valid until, if it has an end"),
        widget=Day,
        required=False,
        error_messages=DAY,
    )
    is_outside = forms.BooleanField(
        label=_("A statement from outside the responsible unit (level 4)"), required=False
    )

    def clean(self) -> dict[str, Any]:
        """Say all that is wrong with what was said, also days that are slips of the finger: 0026 for 2026."""
        data = super().clean() or {}
        for name in ("effective_on", "expires_on"):
            day = data.get(name)
            if day is not None and not EARLIEST <= day < date(2200, 1, 1):
                self.add_error(name, _("Look at the year: there is no such document."))
        errors = wrong_details(
            title=data.get("title", ""),
            page=data.get("page", ""),
            effective_on=data.get("effective_on"),
            expires_on=data.get("expires_on"),
        )
        for error in errors:
            if error.field not in self.errors:  # one thing at a time of each field
                self.add_error(error.field, localised(error))
        return data

    def details(self) -> Details:
        """Return what was said; only for a valid form."""
        return Details(**{name: self.cleaned_data[name] for name in DetailsForm.base_fields})


class NewDocumentForm(DetailsForm):
    """A document to attach: a web address or a file, one of which is needed."""

    NEEDED_ONCE = ("url", "file")

    url = forms.CharField(
        label=_("Web address"), widget=forms.URLInput, required=False, max_length=LONGEST_URL
    )
    file = forms.FileField(
        label=_("File: PDF, Word (docx), Excel (xlsx), PNG, JPEG"),
        required=False,
        allow_empty_file=True,  # emptiness is judged with the contents
    )
    field_order = ["url", "file", *DetailsForm.base_fields]

    def __init__(self, *args: Any, is_too_large: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_too_large = is_too_large

    @property
    def most_mb(self) -> int:
        return settings.EVIDENCE_MAX_MB

    @property
    def most_bytes(self) -> int:
        return self.most_mb * 1_000_000

    def clean(self) -> dict[str, Any]:
        """Want an address or a file, not both."""
        data = super().clean()
        if self.is_too_large:
            self.add_error("file", _("The file is too large: make it smaller, or give a link to it."))
        elif self._judges_source() and bool(data.get("url")) == bool(data.get("file")):
            self.add_error("url", _("Give a web address or choose a file: one of them."))
        return data

    def source(self) -> str | UploadedFile | None:
        """Return the address or the file, whatever else is wrong; None where neither can be judged."""
        return self.cleaned_data["file"] or self.cleaned_data["url"] if self._judges_source() else None

    def _judges_source(self) -> bool:
        """Whether nothing is said of the address and the file yet."""
        return not self.errors.keys() & set(self.NEEDED_ONCE)


class UseForm(forms.Form):
    """A document of the sheet that is to support another item, and where in it."""

    document = forms.IntegerField(
        min_value=1,
        max_value=2**63 - 1,
        error_messages=dict.fromkeys(
            ["required", "invalid", "min_value", "max_value"], _("Choose a document of the list.")
        ),
    )
    page = forms.CharField(required=False, max_length=LONGEST_PAGE)
