"""Shapes of handing items over, of choosing among handed items, and of accepting an invitation."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from entities.models import User
from entities.queries import called
from quintet.models import Item
from quintet.queries.delegations import Choice
from un20portal.lib.errors import InvalidInput, marked
from un20portal.lib.forms import RefusableForm

CHOSEN = re.compile(r"(\d{1,18})-(\d{1,9})", re.ASCII)


class ColleagueField(forms.ModelChoiceField):
    """A contributor of the entity, offered by name and never by address."""

    def label_from_instance(self, person: User) -> str:
        return called(person)


class HandingForm(RefusableForm):
    """Which items, to whom – a contributor, or somebody by e-mail –, until when, and with which words."""

    dimensions = forms.MultipleChoiceField(required=False)
    items = forms.MultipleChoiceField(required=False)
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), required=False)
    language = forms.ChoiceField(
        label=_("Language of the letter"), choices=settings.LANGUAGES, required=False
    )
    to = ColleagueField(
        label=_("Colleague"), queryset=User.objects.none(), required=False, empty_label=_("Choose …")
    )
    due_on = forms.DateField(
        label=_("To be answered by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(
        label=_("Your words to the colleague"),
        help_text=_("They stand in the letter as a quotation."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(
        self, *args: Any, choices: Iterable[Choice], contributors: Any, last_day: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.choices = list(choices)
        dimensions, items = self.fields["dimensions"], self.fields["items"]
        codes = [choice.dimension.code for choice in self.choices]
        dimensions.choices = [(code, code) for code in codes]  # type: ignore[attr-defined]  # a choice field
        every = [each.item.code for choice in self.choices for each in choice.items]
        items.choices = [(code, code) for code in every]  # type: ignore[attr-defined]  # a choice field
        self.fields["to"].queryset = contributors  # type: ignore[attr-defined]  # a model choice field
        self.fields["language"].initial = get_language()
        self.fields["due_on"].widget.attrs["max"] = last_day

    def chosen_items(self) -> list[Item]:
        """The items of the ticked dimensions and the single ones, each once, in framework order."""
        dimensions, items = self.cleaned_data["dimensions"], self.cleaned_data["items"]
        return [
            each.item
            for choice in self.choices
            for each in choice.items
            if choice.dimension.code in dimensions or each.item.code in items
        ]

    def ticked(self) -> set[str]:
        """The codes of dimensions and items that were ticked, for showing the form again."""
        data = self.data
        return {*data.getlist("dimensions"), *data.getlist("items")} if isinstance(data, QueryDict) else set()


class AcceptForm(RefusableForm):
    """Name and password of somebody who accepts an invitation and has no account yet."""

    name = forms.CharField(label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password1 = forms.CharField(
        label=_("Password"),
        help_text=_("At least 15 characters; several words make a good one."),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("The same password again"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and data["password1"] != data["password2"]:
            self.add_error("password2", _("The two passwords differ: type the same one twice."))
        return data


def chosen_in(data: QueryDict) -> dict[int, int]:
    """Read the ticked boxes: delegation → version of the answer that the page showed."""
    found = [CHOSEN.fullmatch(raw) for raw in data.getlist("chosen")]
    if None in found:
        raise InvalidInput(marked("The boxes that were ticked are not understood: open the page again."))
    return {int(match[1]): int(match[2]) for match in found if match}


def key_in(data: QueryDict, name: str) -> int:
    """The number of a row as a page sends it; 0, which no row has, for anything else."""
    raw = data.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else 0
