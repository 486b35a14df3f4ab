"""Cases as JSON: by codes, in the language in which they were written."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from roadmap.models import Case


class CaseSerializer(serializers.ModelSerializer[Case]):
    entity = serializers.CharField(source="entity.code", read_only=True)
    enabler = serializers.SerializerMethodField(help_text="null where it is of none in particular")
    url = serializers.SerializerMethodField(help_text="Where to read more; null where there is nothing")
    changed_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="When its text was changed last after it was shown first; null where it was not",
    )
    address = serializers.SerializerMethodField(help_text="The address of it alone in the API")
    page = serializers.SerializerMethodField(help_text="The address of its page for people")

    class Meta:
        model = Case
        fields = [
            "id", "entity", "capability", "enabler", "title", "problem", "done", "outcome", "year", "url",
            "language", "is_demo", "shown_at", "changed_at", "address", "page",
        ]  # fmt: skip
        read_only_fields: Any = fields

    def get_enabler(self, case: Case) -> str | None:
        return case.enabler or None

    def get_url(self, case: Case) -> str | None:
        return case.url or None

    def get_address(self, case: Case) -> str:
        return self._full("roadmap-api:case-detail", case)

    def get_page(self, case: Case) -> str:
        return self._full("roadmap:case-detail", case)

    def _full(self, name: str, case: Case) -> str:
        """The address with scheme and host."""
        return str(self.context["request"].build_absolute_uri(reverse(name, args=[case.pk])))
