"""Frameworks, cycles and observations in the API: published, read by everybody."""

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import generics

from quintet.api.filters import ObservationFilter
from quintet.api.serializers import (
    CycleSerializer,
    FrameworkDetailSerializer,
    FrameworkSerializer,
    ObservationSerializer,
)
from quintet.models import Cycle, Framework, Observation
from quintet.queries import frameworks, monitoring
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.pagination import CursorPagination
from un20portal.lib.serializers import problems


@extend_schema(
    tags=["frameworks"],
    summary="Questionnaires",
    responses={200: FrameworkSerializer(many=True), **problems()},
)
class FrameworkListView(ApiView, generics.ListAPIView[Framework]):
    permission_classes = [PublishedForAll]
    serializer_class = FrameworkSerializer
    queryset = Framework.objects.order_by("slug")


@extend_schema(
    tags=["frameworks"],
    summary="A questionnaire with its scale, rules, dimensions and items",
    responses={200: FrameworkDetailSerializer, **problems(404)},
)
class FrameworkDetailView(ApiView, generics.RetrieveAPIView[Framework]):
    permission_classes = [PublishedForAll]
    serializer_class = FrameworkDetailSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Framework]:
        return frameworks.framework_with_items(self.kwargs["slug"])


@extend_schema(
    tags=["cycles"],
    summary="Rounds of assessments with their response rates",
    responses={200: CycleSerializer(many=True), **problems()},
)
class CycleListView(ApiView, generics.ListAPIView[Cycle]):
    permission_classes = [PublishedForAll]
    serializer_class = CycleSerializer

    def get_queryset(self) -> QuerySet[Cycle]:
        return monitoring.cycles_with_response().order_by("-opens_on", "-pk")


@extend_schema(
    tags=["cycles"],
    summary="One round of assessments",
    responses={200: CycleSerializer, **problems(404)},
)
class CycleDetailView(ApiView, generics.RetrieveAPIView[Cycle]):
    permission_classes = [PublishedForAll]
    serializer_class = CycleSerializer
    lookup_field = "code"

    def get_queryset(self) -> QuerySet[Cycle]:
        return monitoring.cycles_with_response()


@extend_schema(
    tags=["observations"],
    summary="Published facts and indicator series, as printed",
    responses={200: ObservationSerializer(many=True), **problems()},
)
class ObservationListView(ApiView, generics.ListAPIView[Observation]):
    permission_classes = [PublishedForAll]
    serializer_class = ObservationSerializer
    pagination_class = CursorPagination
    filter_backends = [DjangoFilterBackend]
    filterset_class = ObservationFilter
    queryset = Observation.objects.order_by("pk")
