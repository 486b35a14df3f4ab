"""Filters of the quintet floor's lists: every parameter has a type, a wrong value is refused."""

from django.core.validators import validate_slug
from django_filters import rest_framework as filters

from quintet.models import Assessment, Observation, Status


class CodeFilter(filters.CharFilter):
    """Filters by a code of letters, digits, hyphens and underscores."""

    def __init__(self, *args: str, **options: object) -> None:
        super().__init__(*args, validators=[validate_slug], max_length=80, **options)


class AssessmentFilter(filters.FilterSet):
    cycle = CodeFilter(field_name="cycle__code", lookup_expr="exact")
    entity = CodeFilter(field_name="entity__code", lookup_expr="iexact", label="Code in any case")
    status = filters.ChoiceFilter(choices=Status.choices)

    class Meta:
        model = Assessment
        fields: list[str] = []


class ObservationFilter(filters.FilterSet):
    indicator = CodeFilter(lookup_expr="iexact")
    scope = CodeFilter(lookup_expr="exact")
    period = CodeFilter(lookup_expr="exact")

    class Meta:
        model = Observation
        fields: list[str] = []
