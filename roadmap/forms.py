"""The shape of a case; its meaning is judged by the domain."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from entities.models import Entity
from quintet.models import DIMENSION_NAMES, ENABLER_NAMES
from roadmap.domain.cases import (
    CAPABILITIES,
    ENABLERS,
    FIRST_YEAR,
    LONGEST_REASON,
    LONGEST_STORY,
    LONGEST_TITLE,
    LONGEST_URL,
    WRONG_YEAR,
    CaseText,
    wrong_in,
)
from roadmap.models import Case
from un20portal.lib.forms import NO_VERSION, RefusableForm
from un20portal.lib.readable import NO_WORDS
from un20portal.lib.wording import localised

FILL = {"required": _(NO_WORDS)}


class LimitedForm(RefusableForm):
    """A form whose texts say how long they may be; the browser helps, the domain judges."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if (longest := field.widget.attrs.get("maxlength")) and not field.help_text:
                field.help_text = gettext("At most %(longest)s characters.") % {"longest": longest}


def _words(label: Any, longest: int = LONGEST_STORY) -> forms.CharField:
    """A field for a longer text."""
    area = forms.Textarea(attrs={"rows": 4, "dir": "auto", "maxlength": longest})
    return forms.CharField(label=label, widget=area, error_messages=FILL, strip=False)


class CaseForm(LimitedForm):
    """A case of one of the entities that a person writes for; once it is written the entity stays."""

    entity = forms.ModelChoiceField(
        label=_("Entity"), queryset=Entity.objects.none(), to_field_name="code", empty_label=None
    )
    capability = forms.ChoiceField(
        label=_("Capability"), choices=[(code, DIMENSION_NAMES[code]) for code in CAPABILITIES]
    )
    enabler = forms.ChoiceField(
        label=_("Enabler"),
        choices=[("", _("none in particular")), *((code, ENABLER_NAMES[code]) for code in ENABLERS)],
        required=False,
    )
    title = forms.CharField(
        label=_("Title"),
        widget=forms.TextInput(attrs={"dir": "auto", "maxlength": LONGEST_TITLE}),
        error_messages=FILL,
    )
    problem = _words(_("What was the problem?"))
    done = _words(_("What was done?"))
    outcome = _words(_("What came of it?"))
    year = forms.IntegerField(label=_("Year"))
    url = forms.CharField(
        label=_("Where to read more"),
        help_text=_("A web address. May stay empty."),
        required=False,
        widget=forms.URLInput(attrs={"dir": "ltr", "maxlength": LONGEST_URL}),
    )
    language = forms.ChoiceField(
        label=_("Written in"),
        choices=[(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES],
    )
    version = forms.IntegerField(min_value=0, max_value=NO_VERSION, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, units: QuerySet[Entity] | None = None, case: Case | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.this_year = localdate().year
        limits = {"first": FIRST_YEAR, "last": self.this_year}
        self.fields["year"].widget.attrs.update(min=limits["first"], max=limits["last"])
        self.fields["year"].help_text = gettext("From %(first)s to %(last)s.") % limits
        wrong_year = gettext(WRONG_YEAR) % limits
        self.fields["year"].error_messages.update(required=wrong_year, invalid=wrong_year)
        if case:
            del self.fields["entity"]
            self.initial = {**vars(case.text), "version": case.version}
        else:
            del self.fields["version"]
            self.fields["entity"].queryset = units  # type: ignore[attr-defined]  # a model choice field

    def clean(self) -> None:
        """Say at once what the domain will refuse, too; a field of a wrong shape has its error already."""
        unsaid: dict[str, Any] = {**dict.fromkeys(CaseText.__dataclass_fields__, ""), "year": self.this_year}
        said = CaseText(**{name: self.cleaned_data.get(name, unsaid[name]) for name in unsaid})
        for error in wrong_in(said, this_year=self.this_year, languages=dict(settings.LANGUAGES)):
            if error.field not in self.errors:
                self.add_error(error.field, localised(error))

    def text(self) -> CaseText:
        """What was written, once the shape is right."""
        return CaseText(**{name: self.cleaned_data[name] for name in CaseText.__dataclass_fields__})


class WithdrawForm(LimitedForm):
    """Why a case is withdrawn, and the text that this is about."""

    reason = _words(_("Why is it withdrawn?"), LONGEST_REASON)
    version = forms.IntegerField(min_value=0, max_value=NO_VERSION, widget=forms.HiddenInput)
