"""Shape of what the administration sends about people."""

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils.translation import gettext

from entities.domain.roles import Term, mixes_administration
from entities.models import Membership, User
from entities.services.people import MIXED_ROLES


class MembershipFormSet(BaseInlineFormSet):
    """All roles of one person, looked at together, with those given while the page was open."""

    def clean(self) -> None:
        super().clean()
        sound = [form for form in self.forms if form.is_valid()]
        kept = [form for form in sound if not form.cleaned_data.get(DELETION_FIELD_NAME)]
        terms = [form.instance.term for form in kept if form.instance.role]
        if mixes_administration([*terms, *self._terms_given_meanwhile()]):
            raise ValidationError(gettext(MIXED_ROLES))

    def _terms_given_meanwhile(self) -> list[Term]:
        if self.instance.pk is None:
            return []
        # two pages saved at once see one another: the administration saves in one transaction
        User.objects.select_for_update().get(pk=self.instance.pk)
        shown = [form.instance.pk for form in self.initial_forms]
        return [held.term for held in Membership.objects.filter(user=self.instance).exclude(pk__in=shown)]
