"""Sheets and their answers in the API: reading what the caller may see, writing one answer at a time."""

import re
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from quintet import access
from quintet.api.filters import AssessmentFilter
from quintet.api.serializers import (
    AnswerBodySerializer,
    AnswerSerializer,
    AssessmentSerializer,
    HistoryEntrySerializer,
)
from quintet.models import Answer, Assessment, Item
from quintet.queries import history, sheets
from quintet.queries.evidence import evidence_by_item
from quintet.services import answering
from un20portal.lib.api import SignedIn
from un20portal.lib.apiviews import ApiView
from un20portal.lib.errors import VersionRequired
from un20portal.lib.errors import marked as _
from un20portal.lib.pagination import CursorPagination, LogPagination
from un20portal.lib.serializers import problems

NO_VERSION = 2**31 - 1  # a tag that is not one of ours names no version that was ever written
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description='The ETag of the answer, e.g. "3"'
)


class SheetView(ApiView):
    """A view below one sheet, which must be visible to the caller: to others it does not exist."""

    permission_classes = [SignedIn]

    def sheet(self) -> Assessment:
        return get_object_or_404(sheets.sheets_for(self.request.user), pk=self.kwargs["pk"])

    def sheet_and_item(self) -> tuple[Assessment, Item]:
        found = sheets.item_of_sheet(self.request.user, pk=self.kwargs["pk"], code=self.kwargs["item"])
        if found is None:
            raise Http404
        return found


@extend_schema(
    tags=["assessments"],
    summary="The sheets that the caller may see",
    responses={200: AssessmentSerializer(many=True), **problems(401, 404)},
)
class AssessmentListView(ApiView, generics.ListAPIView[Assessment]):
    permission_classes = [SignedIn]
    serializer_class = AssessmentSerializer
    pagination_class = CursorPagination
    filter_backends = [DjangoFilterBackend]
    filterset_class = AssessmentFilter
    queryset = Assessment.objects.none()

    def get_queryset(self) -> QuerySet[Assessment]:
        if not access.works_with_sheets(self.request.user):
            raise Http404
        return sheets.sheets_for(self.request.user)


@extend_schema(
    tags=["assessments"], summary="One sheet", responses={200: AssessmentSerializer, **problems(401, 404)}
)
class AssessmentDetailView(SheetView):
    def get(self, request: Request, pk: int) -> Response:
        return Response(AssessmentSerializer(self.sheet()).data)


class PlacePagination(CursorPagination):
    ordering = "place"
    page_size = 100


class AnswerListView(SheetView, generics.GenericAPIView[Any]):
    pagination_class = PlacePagination
    serializer_class = AnswerSerializer
    filter_backends: list[Any] = []

    @extend_schema(
        tags=["answers"],
        operation_id="assessments_answers_list",
        summary="The answers on all items that the caller may read, in framework order",
        responses={200: AnswerSerializer(many=True), **problems(401, 404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        sheet = self.sheet()
        readable = access.readable_items(request.user, sheet)
        items = self.paginate_queryset(sheets.items_by_place(sheet, readable)) or []
        answers = sheets.answers_on(sheet, items)
        return self.get_paginated_response(AnswerSerializer(answers, many=True, context=_beside(sheet)).data)


class AnswerDetailView(SheetView):
    @extend_schema(
        tags=["answers"],
        summary='One answer; its ETag is its version, "0" while nothing was written',
        responses={200: AnswerSerializer, **problems(401, 404)},
    )
    def get(self, request: Request, pk: int, item: str) -> Response:
        sheet, asked = self.sheet_and_item()
        return _answer(sheet, sheets.answers_on(sheet, [asked])[0])

    @extend_schema(
        tags=["answers"],
        summary="Write one answer, based on the version named in If-Match",
        description="A stale version is refused (412) with both texts: `current` and `offered`. What is "
        "stored already is not written again, whatever the version: the answer comes back with its ETag, so "
        "that a request whose reply was lost can be sent once more.",
        parameters=[IF_MATCH],
        request=AnswerBodySerializer,
        responses={200: AnswerSerializer, **problems(401, 403, 404, 409, 412, 413, 415, 428)},
    )
    def put(self, request: Request, pk: int, item: str) -> Response:
        sheet, asked = self.sheet_and_item()
        by: Any = request.user
        answering.require_may_answer(assessment=sheet, item=asked, by=by)
        version = _expected_version(request)
        body = AnswerBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        answer = answering.record_answer(
            assessment=sheet,
            item=asked,
            raw=body.validated_data,
            version=version,
            by=by,
            at=timezone.now(),
            channel="api",
        )
        return _answer(sheet, answer)


class HistoryView(SheetView, generics.GenericAPIView[Any]):
    pagination_class = LogPagination
    serializer_class = HistoryEntrySerializer
    filter_backends: list[Any] = []

    @extend_schema(
        tags=["assessments"],
        operation_id="assessments_history_list",
        summary="What happened to a sheet, oldest first",
        description="Steps of the workflow; for those who edit the sheet also every write of an answer, "
        "every decision on one and every change of evidence, for the task force the decisions.",
        responses={200: HistoryEntrySerializer(many=True), **problems(401, 404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        sheet = self.sheet()
        drafted = access.drafted_items(request.user, sheet)
        found = history.history(sheet, drafted, is_reviewer=access.can_review(request.user))
        keys = self.paginate_queryset(found) or []
        entries = history.history_entries(keys, is_insider=drafted is None)
        return self.get_paginated_response(HistoryEntrySerializer(entries, many=True).data)


def _answer(sheet: Assessment, answer: Answer) -> Response:
    body = AnswerSerializer(answer, context=_beside(sheet)).data
    return Response(body, headers={"ETag": f'"{answer.version}"'})


def _beside(sheet: Assessment) -> dict[str, Any]:
    """What the serializer needs besides answers; whose answer may be read, its evidence may be, too."""
    return {"evidence": evidence_by_item(sheet, readable=None)}


def _expected_version(request: Request) -> int:
    """Return the version named in `If-Match`; raise VersionRequired (428) when there is none."""
    tag = request.headers.get("If-Match", "").strip()
    if not tag:
        raise VersionRequired(_("Send the ETag of the answer you have read as If-Match."))
    match = re.fullmatch(r'"([0-9]{1,9})"', tag)
    return int(match[1]) if match else NO_VERSION
