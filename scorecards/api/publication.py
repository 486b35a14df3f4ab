"""Publishing through the API: the first person proposes (202), the second one confirms (201)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scorecards.api.choosing import cycle_of
from scorecards.api.serializers import ProposalSerializer, PublishBodySerializer, ScorecardSerializer
from scorecards.models import Scorecard
from scorecards.services import publishing
from un20portal.lib.api import SignedIn, identity
from un20portal.lib.apiviews import ApiView
from un20portal.lib.serializers import IDEMPOTENCY_KEY, problems
from un20portal.outbox.services import answer_once


class PublishView(ApiView):
    permission_classes = [SignedIn]

    @extend_schema(
        tags=["scorecards"],
        summary="Propose a scorecard, or confirm what another person proposed",
        description="If the figures changed since a proposal, or if it is asked for with another note or for "
        "other readers, it is proposed anew (202). The scorecard of a large cycle is composed by a worker: "
        "while its `state` is `composing`, it cannot be confirmed (409). With `sha256`, exactly "
        "that is confirmed, or nothing is done.",
        parameters=[IDEMPOTENCY_KEY],
        request=PublishBodySerializer,
        responses={
            201: ScorecardSerializer,
            202: ProposalSerializer,
            **problems(401, 403, 404, 409, 415, 422),
        },
    )
    def post(self, request: Request, cycle: str) -> Response:
        chosen, at = cycle_of(cycle), timezone.now()
        by: Any = request.user
        body = PublishBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)

        def act() -> tuple[int, Any]:
            done = publishing.publish(cycle=chosen, by=by, at=at, **body.validated_data)
            if isinstance(done, Scorecard):
                return 201, ScorecardSerializer(done).data
            return 202, ProposalSerializer(done).data

        status, answer = answer_once(**identity(request), at=at, act=act)
        return Response(answer, status=status)
