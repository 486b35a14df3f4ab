"""Shapes of entities in the API."""

from typing import Any

from rest_framework import serializers

from entities.models import Entity


class EntitySerializer(serializers.ModelSerializer[Entity]):
    """One unit that assesses itself: an organisation, or the team of a country-team office.

    `name` is in the reader's language; `name_language` says in which language it really is.
    """

    name = serializers.CharField(source="name.text", read_only=True)
    name_language = serializers.CharField(source="name.language", read_only=True)
    names = serializers.DictField(child=serializers.CharField(allow_null=True), read_only=True)
    region = serializers.CharField(source="region_id", allow_null=True, read_only=True)
    countries = serializers.SerializerMethodField(help_text="ISO 3166 alpha-3 codes")
    other_acronyms = serializers.ListField(child=serializers.CharField(), read_only=True)
    successor = serializers.CharField(source="successor.code", default=None, allow_null=True, read_only=True)
    source = serializers.DictField(read_only=True)  # type: ignore[assignment]  # the name is the contract
    doubts = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Entity
        fields = [
            "code",
            "acronym",
            "name",
            "name_language",
            "names",
            "type",
            "ceb_member",
            "region",
            "countries",
            "other_acronyms",
            "hq_city",
            "hq_country",
            "founded",
            "domain",
            "note",
            "valid_from",
            "valid_to",
            "successor",
            "source",
            "doubts",
        ]
        read_only_fields: Any = fields

    def get_countries(self, entity: Entity) -> list[str]:
        return [country.code for country in entity.countries.all()]
