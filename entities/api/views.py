"""Entities in the API: read by everybody, changed in `fixtures/` only."""

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics

from entities import queries
from entities.api.filters import EntityFilter
from entities.api.serializers import EntitySerializer
from entities.models import Entity
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.serializers import problems


@extend_schema(
    tags=["entities"],
    summary="Organisations and country teams",
    parameters=[OpenApiParameter("ceb_member", bool)],
    responses={200: EntitySerializer(many=True), **problems()},
)
class EntityListView(ApiView, generics.ListAPIView[Entity]):
    permission_classes = [PublishedForAll]
    serializer_class = EntitySerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = EntityFilter

    def get_queryset(self) -> QuerySet[Entity]:
        return queries.entities_with_countries().order_by("code")


@extend_schema(
    tags=["entities"],
    summary="One organisation or country team, by its code in any case",
    responses={200: EntitySerializer, **problems(404)},
)
class EntityDetailView(ApiView, generics.RetrieveAPIView[Entity]):
    permission_classes = [PublishedForAll]
    serializer_class = EntitySerializer
    lookup_field = "code__iexact"
    lookup_url_kwarg = "code"

    def get_queryset(self) -> QuerySet[Entity]:
        return queries.entities_with_countries()
