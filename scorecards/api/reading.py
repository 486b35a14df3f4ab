"""Published scorecards and their figures in the API: the canonical bytes, cells, dimensions, units."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from entities.models import Entity
from quintet.models import Area
from scorecards import access
from scorecards.api.choosing import (
    BASIS,
    GROUP,
    VERSION,
    chosen_basis,
    chosen_figures,
    chosen_group,
    cycle_of,
)
from scorecards.api.serializers import (
    DimensionFigureSerializer,
    ItemFigureSerializer,
    OwnUnitSerializer,
    ScorecardSerializer,
    UnitSerializer,
)
from scorecards.models import Scorecard
from scorecards.queries import publications, reading, units
from scorecards.queries.tailored import own_unit_entry
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.pagination import CursorPagination
from un20portal.lib.serializers import problems

CONTENTS = (
    "Among others `groups` with all figures, `units` by hash, `decisions`, and `quality`: by enabler, for "
    "the whole system, what checks of levels found and how many levels lack evidence. Versions from before "
    "it was counted have no `quality`; `carried_from` in it names the version whose counts are shown again."
)


@extend_schema(
    tags=["scorecards"],
    summary="All published versions, the newest first",
    responses={200: ScorecardSerializer(many=True), **problems()},
)
class ScorecardListView(ApiView, generics.ListAPIView[Scorecard]):
    permission_classes = [PublishedForAll]
    serializer_class = ScorecardSerializer

    def get_queryset(self) -> QuerySet[Scorecard]:
        return publications.published_scorecards(self.request.user)


class ScorecardView(ApiView):
    """The published bytes themselves, whose hash is their identity."""

    permission_classes = [PublishedForAll]

    def published(self, sha256: str | None) -> HttpResponse:
        if sha256 is None:
            raise Http404
        return self.bytes_of(publications.published_bytes(sha256), sha256)

    def bytes_of(self, content: bytes, sha256: str) -> HttpResponse:
        response = HttpResponse(content, content_type="application/json")
        response["ETag"] = f'"{sha256}"'
        return response


class LatestScorecardView(ScorecardView):
    @extend_schema(
        tags=["scorecards"],
        summary="The latest published version of a cycle: the canonical bytes",
        description=CONTENTS,
        responses={200: OpenApiTypes.OBJECT, **problems(404)},
    )
    def get(self, request: Request, cycle: str) -> HttpResponse:
        return self.published(publications.published_sha256(request.user, cycle))


class ScorecardVersionView(ScorecardView):
    @extend_schema(
        tags=["scorecards"],
        operation_id="scorecards_version_retrieve",
        summary="A certain published version of a cycle: the canonical bytes",
        description=CONTENTS,
        responses={200: OpenApiTypes.OBJECT, **problems(404)},
    )
    def get(self, request: Request, cycle: str, version: int) -> HttpResponse:
        return self.published(publications.published_sha256(request.user, cycle, version))


@method_decorator(cache_control(no_store=True), name="dispatch")
class DraftView(ScorecardView):
    """What is proposed, byte for byte, for those who confirm it; for all others there is none."""

    @extend_schema(
        tags=["scorecards"],
        summary="What a second person is asked to confirm: the canonical bytes that would be published",
        description="For the task force only. 503 while they are being composed.",
        responses={200: OpenApiTypes.OBJECT, **problems(404, 409, 503)},
    )
    def get(self, request: Request, cycle: str) -> HttpResponse:
        if not access.can_publish(request.user):
            raise Http404
        proposal = publications.ready_proposal(cycle_of(cycle))
        return self.bytes_of(publications.intact_draft(proposal).payload.encode(), proposal.sha256)


FIGURES: Any = {
    "tags": ["figures"],
    "parameters": [GROUP, BASIS, VERSION],
    "responses": {200: ItemFigureSerializer(many=True), **problems(404, 409, 503)},
}


class ItemFiguresView(ApiView):
    permission_classes = [PublishedForAll]
    query_parameters = ("group", "basis", "version")
    area: str | None = None

    @extend_schema(summary="How a group answers every item", **FIGURES)
    def get(self, request: Request, cycle: str) -> Response:
        figures, basis = chosen_figures(request, cycle), chosen_basis(request)
        group = chosen_group(request, figures)
        rows = reading.item_figures(figures, group=group, basis=basis, area=self.area)
        return Response(ItemFigureSerializer(rows, many=True).data)


class StateOfPlayView(ItemFiguresView):
    area = Area.CAPABILITY

    @extend_schema(summary="State of play: the 5 × 7 cells of the quintet", **FIGURES)
    def get(self, request: Request, cycle: str) -> Response:
        return super().get(request, cycle)


class DimensionFiguresView(ApiView):
    permission_classes = [PublishedForAll]
    query_parameters = ("group", "basis", "version")

    @extend_schema(
        tags=["figures"],
        summary="How a group stands in every dimension",
        parameters=[GROUP, BASIS, VERSION],
        responses={200: DimensionFigureSerializer(many=True), **problems(404, 409, 503)},
    )
    def get(self, request: Request, cycle: str) -> Response:
        figures, basis = chosen_figures(request, cycle), chosen_basis(request)
        rows = reading.dimension_entries(figures, group=chosen_group(request, figures), basis=basis)
        return Response(DimensionFigureSerializer(rows, many=True).data)


class CodePagination(CursorPagination):
    ordering = "code"


@method_decorator(cache_control(no_store=True), name="dispatch")  # a unit may take its consent back
class UnitFiguresView(ApiView):
    """Figures of units: their members', the task force's, and whose the unit consents to."""

    permission_classes = [PublishedForAll]
    query_parameters = ("basis", "version")

    def units(self, figures: reading.Figures) -> QuerySet[Entity]:
        return units.units_with_figures(figures, self.request.user)


class UnitFiguresListView(UnitFiguresView, generics.GenericAPIView[Any]):
    serializer_class = UnitSerializer
    pagination_class = CodePagination
    filter_backends: list[Any] = []

    @extend_schema(
        tags=["figures"],
        operation_id="scorecards_entities_list",
        summary="Figures per unit, dimension and area, of the units that the caller may see",
        parameters=[BASIS, VERSION],
        responses={200: UnitSerializer(many=True), **problems(404, 409, 503)},
    )
    def get(self, request: Request, cycle: str) -> Response:
        figures, basis = chosen_figures(request, cycle), chosen_basis(request)
        page = self.paginate_queryset(self.units(figures)) or []
        entries = units.unit_entries(figures, page, basis=basis)
        return self.get_paginated_response(UnitSerializer(entries, many=True).data)


class UnitFiguresDetailView(UnitFiguresView):
    @extend_schema(
        tags=["figures"],
        summary="The figures of one unit per dimension and area",
        parameters=[BASIS, VERSION],
        responses={200: OwnUnitSerializer, **problems(404, 409, 503)},
    )
    def get(self, request: Request, cycle: str, code: str) -> Response:
        figures, basis = chosen_figures(request, cycle), chosen_basis(request)
        unit = get_object_or_404(self.units(figures), code__iexact=code)
        entry = units.unit_entries(figures, [unit], basis=basis)[0]
        own = own_unit_entry(request.user, figures, entry, basis=basis)
        return Response((OwnUnitSerializer(own) if own else UnitSerializer(entry)).data)
