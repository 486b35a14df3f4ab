"""Cases in the API: what entities show, read by everybody."""

from django.core.validators import validate_slug
from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django_filters import rest_framework as filters
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import generics

from entities.models import Entity
from roadmap.api.serializers import CaseSerializer
from roadmap.domain.cases import CAPABILITIES, ENABLERS
from roadmap.models import Case
from roadmap.queries import cases
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.errors import FieldError, InvalidInput
from un20portal.lib.errors import marked as _
from un20portal.lib.parameters import MESSAGE
from un20portal.lib.serializers import problems


class CaseFilter(filters.FilterSet):
    entity = filters.CharFilter(
        method="of_entity",
        label="Code in any case",
        validators=[validate_slug],
        max_length=80,
    )
    capability = filters.ChoiceFilter(choices=[(code, code) for code in CAPABILITIES])
    enabler = filters.ChoiceFilter(choices=[(code, code) for code in ENABLERS])

    class Meta:
        model = Case
        fields: list[str] = []

    def of_entity(self, shown: QuerySet[Case], name: str, code: str) -> QuerySet[Case]:
        """Those of one entity; raise InvalidInput for a code that names none."""
        entity = Entity.objects.with_code(code).first()
        if entity is None:
            raise InvalidInput(MESSAGE, errors=[FieldError(name, "unknown", _("No entity has this code."))])
        return shown.filter(entity=entity)


@method_decorator(cache_control(no_cache=True), name="dispatch")  # a case may be withdrawn
@extend_schema(
    tags=["cases"],
    summary="Cases that entities show to others, the newest first",
    responses={200: CaseSerializer(many=True), **problems()},
)
class CaseListView(ApiView, generics.ListAPIView[Case]):
    permission_classes = [PublishedForAll]
    serializer_class = CaseSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = CaseFilter

    def get_queryset(self) -> QuerySet[Case]:
        return cases.shown_cases()


@method_decorator(cache_control(no_cache=True), name="dispatch")
@extend_schema(
    tags=["cases"],
    summary="One case that its entity shows",
    responses={200: CaseSerializer, **problems(404)},
)
class CaseDetailView(ApiView, generics.RetrieveAPIView[Case]):
    permission_classes = [PublishedForAll]
    serializer_class = CaseSerializer
    lookup_url_kwarg = "case"

    def get_queryset(self) -> QuerySet[Case]:
        return cases.shown_cases()
