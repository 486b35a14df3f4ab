"""Shapes of publishing (proposing, releasing, points for decision) and of custom groups."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve
from django.utils.translation import get_language, get_language_from_path, gettext, override
from django.utils.translation import gettext_lazy as _

from entities.models import Entity, EntityType
from scorecards.domain.corrections import LONGEST_NOTE
from scorecards.domain.decisions import BEGINNINGS, BODIES, NOT_HERE, VERBS
from scorecards.domain.groups import LONGEST_CODE, LONGEST_NAME
from scorecards.domain.visibility import Audience
from scorecards.models import CustomGroup, DecisionPoint
from un20portal.lib.forms import NO_VERSION, RefusableForm
from un20portal.lib.languages import REFERENCE_LANGUAGES, own_name, reference_code


class ProposalForm(RefusableForm):
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


class DecisionForm(RefusableForm):
    """One point for decision, of one that is changed the version; `examples` show how sentences begin."""

    body = forms.ChoiceField(label=_("Who decides"), choices=[])
    verb = forms.ChoiceField(label=_("What it does"), choices=[])
    language = forms.ChoiceField(
        label=_("Language of the text"),
        help_text=_("The text stays as it is written: in pages and papers of other languages, too."),
        choices=[(code, own_name(code)) for code in REFERENCE_LANGUAGES],
    )
    text = forms.CharField(
        label=_("What the point is about"),
        help_text=_(
            "One or two sentences that everybody reads with the published version. They go on after who "
            "decides and what it does: begin as in the examples, after “takes note” with “of”."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    action = forms.CharField(
        label=_("Proposed action"),
        help_text=_("Who does what, by when. May stay empty."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    figure = forms.CharField(
        label=_("The figure behind it"),
        help_text=_("The address of a receipt, copied from a page of this scorecard. May stay empty."),
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocapitalize": "none", "spellcheck": "false"}),
    )
    version = forms.IntegerField(min_value=0, max_value=NO_VERSION, widget=forms.HiddenInput)

    def __init__(self, *args: Any, point: DecisionPoint | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if point:
            self.initial = {**vars(point.decision), "version": point.version}
        else:
            del self.fields["version"]
        self.fields["language"].initial = reference_code(get_language())
        for name, known in (("body", BODIES), ("verb", VERBS)):
            choices = [(code, gettext(word)) for code, word in known.items()]
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        """Turn the address of a receipt into its query, `figure`, and the code of its cycle, `figure_of`."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if address := cleaned.get("figure", ""):
            receipt = receipt_at(address)
            if receipt is None:
                self.add_error("figure", gettext(NOT_HERE))
            else:
                cleaned["figure"], cleaned["figure_of"] = receipt
        return cleaned

    def examples(self) -> list[str]:
        """How a point reads with each verb, in the order of the list."""
        body = gettext(BODIES["hlcm"])
        return [gettext(BEGINNINGS[verb]) % {"body": body} for verb in VERBS]


def receipt_at(address: str) -> tuple[str, str] | None:
    """The query of the receipt at an address of this portal, and the code of its cycle; None for others.

    A query alone names no cycle: "".
    """
    place, mark, query = address.partition("#")[0].partition("?")
    if not (mark and place):
        return query or place, ""
    try:
        scheme, host, path, *_rest = urlsplit(place)
    except ValueError:  # brackets that hold no address
        return None
    is_ours = scheme in ("http", "https") and validate_host(
        split_domain_port(host)[0], settings.ALLOWED_HOSTS
    )
    if (scheme or host) and not is_ours:
        return None
    with override(get_language_from_path(path) or settings.LANGUAGE_CODE):
        try:
            page = resolve(path)
        except Resolver404:
            return None
    return (query, page.kwargs["cycle"]) if page.view_name == "scorecards:scorecard-receipt" else None


class CustomGroupForm(RefusableForm):
    """The name and the units of a custom group; of a new one its code, too."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    code = forms.CharField(
        label=_("Code"),
        help_text=_(
            "Short and lasting, for example small-islands: in addresses and in the API the group is "
            "custom:small-islands."
        ),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "dir": "ltr"}),
    )
    units = forms.ModelMultipleChoiceField(
        queryset=Entity.objects.none(),
        to_field_name="code",
        error_messages={"required": _("Choose at least one unit.")},
    )

    def __init__(
        self, *args: Any, group: CustomGroup | None, units: QuerySet[Entity], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.offered = units
        self.fields["units"].queryset = units  # type: ignore[attr-defined]  # a model choice field
        if group:
            del self.fields["code"]
            codes = group.units.values_list("code", flat=True)
            self.initial = {"name": group.name, "units": list(codes)}

    def ticked(self) -> set[str]:
        """The codes of the units that are chosen, also where the form is shown again."""
        return set(self["units"].value() or [])

    def by_type(self) -> Iterator[tuple[str, list[Entity], int]]:
        """The units by type in the order of types: what it is called, who is in it, how many are chosen."""
        ticked, offered = self.ticked(), list(self.offered)
        for code, label in EntityType.choices:
            units = [unit for unit in offered if unit.type == code]
            if units:
                yield str(label), units, sum(unit.code in ticked for unit in units)
