"""Filters of entity lists: every parameter has a type, a wrong value is refused."""

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django_filters import rest_framework as filters

from entities import queries
from entities.models import Entity, EntityType, Region


class EntityFilter(filters.FilterSet):
    type = filters.ChoiceFilter(choices=EntityType.choices)
    ceb_member = filters.TypedChoiceFilter(
        choices=[("true", "true"), ("false", "false")], coerce=lambda value: value == "true"
    )
    region = filters.ModelChoiceFilter(queryset=Region.objects.all())
    country = filters.CharFilter(
        method="of_country",
        validators=[RegexValidator(r"\A[A-Za-z]{2,3}\Z")],
        label="ISO 3166 alpha-3 or alpha-2 code",
    )
    active_on = filters.DateFilter(
        method="existing_on", input_formats=["%Y-%m-%d"], label="Units that exist on this day"
    )
    search = filters.CharFilter(
        method="found_by", max_length=100, label="Part of a code, an acronym or a name in any language"
    )

    class Meta:
        model = Entity
        fields: list[str] = []

    def of_country(self, entities: QuerySet[Entity], name: str, country: str) -> QuerySet[Entity]:
        return queries.working_in(entities, country)

    def existing_on(self, entities: QuerySet[Entity], name: str, day: object) -> QuerySet[Entity]:
        return entities.active_on(day)  # type: ignore[attr-defined]  # the manager's own queryset

    def found_by(self, entities: QuerySet[Entity], name: str, text: str) -> QuerySet[Entity]:
        return queries.found_by(entities, text)
