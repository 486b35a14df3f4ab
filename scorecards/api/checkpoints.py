"""Signed checkpoints in the API: each as it is to be kept outside."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics

from scorecards.api.serializers import CheckpointSerializer
from scorecards.models import Checkpoint
from scorecards.queries import publications
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.pagination import CursorPagination
from un20portal.lib.serializers import problems


class NewestFirst(CursorPagination):
    ordering = "-pk"


class CheckpointView(ApiView, generics.GenericAPIView[Checkpoint]):
    permission_classes = [PublishedForAll]
    serializer_class = CheckpointSerializer

    def get_queryset(self) -> QuerySet[Checkpoint]:
        return publications.checkpoints(self.request.user)


@extend_schema_view(
    get=extend_schema(
        tags=["scorecards"],
        summary="Signed statements of how many scorecards there are and which is the newest",
        responses={200: CheckpointSerializer(many=True), **problems()},
    )
)
class CheckpointListView(CheckpointView, generics.ListAPIView[Checkpoint]):
    pagination_class = NewestFirst


@extend_schema_view(
    get=extend_schema(
        tags=["scorecards"],
        summary="One signed statement, to be kept outside",
        responses={200: CheckpointSerializer, **problems(404)},
    )
)
class CheckpointDetailView(CheckpointView, generics.RetrieveAPIView[Checkpoint]):
    lookup_url_kwarg = "number"
