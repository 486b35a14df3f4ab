"""Shape of what the administration sends about people."""

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils.translation import gettext

from entities.domain.roles import mixes_administration
from entities.services.people import MIXED_ROLES


class MembershipFormSet(BaseInlineFormSet):
    """All roles of one person, looked at together."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms]
        if mixes_administration(form.instance.term for form in kept if form.instance.role):
            raise ValidationError(gettext(MIXED_ROLES))
