"""The steps of a sheet through the workflow, each one a POST that answers with the sheet."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from quintet.api.answering import SheetView
from quintet.api.serializers import AssessmentSerializer, CommentBodySerializer
from quintet.models import Transition
from quintet.services import reviewing, signing
from un20portal.lib.api import identity
from un20portal.lib.serializers import IDEMPOTENCY_KEY, NoBodySerializer, problems
from un20portal.outbox.services import answer_once

STEP: Any = {
    "tags": ["assessments"],
    "parameters": [IDEMPOTENCY_KEY],
    "responses": {200: AssessmentSerializer, **problems(401, 403, 404, 409, 415, 422)},
}


class StepView(SheetView):
    """Take one step with the sheet; asked twice with one key, it is taken once.

    The earlier answer comes before everything else: a step may take the sheet out of the person's sight.
    """

    body_class: ClassVar[type[NoBodySerializer | CommentBodySerializer]] = NoBodySerializer

    def take(self, step: Callable[..., Transition]) -> Response:
        at = timezone.now()

        def act() -> tuple[int, Any]:
            sheet, body = self.sheet(), self.body_class(data=self.request.data)
            body.is_valid(raise_exception=True)
            done = step(assessment=sheet, by=self.request.user, at=at, **body.validated_data)
            return 200, AssessmentSerializer(done.assessment).data

        status, answer = answer_once(**identity(self.request), at=at, act=act)
        return Response(answer, status=status)


class SubmitView(StepView):
    @extend_schema(summary="Hand the sheet to the approver", request=None, **STEP)
    def post(self, request: Request, pk: int) -> Response:
        return self.take(signing.submit)


class SignOffView(StepView):
    @extend_schema(summary="Confirm the sheet for the entity", request=None, **STEP)
    def post(self, request: Request, pk: int) -> Response:
        return self.take(signing.sign_off)


class SendBackView(StepView):
    body_class = CommentBodySerializer

    @extend_schema(summary="Give the sheet back to the focal point", request=CommentBodySerializer, **STEP)
    def post(self, request: Request, pk: int) -> Response:
        return self.take(signing.send_back)


class ReturnView(StepView):
    body_class = CommentBodySerializer

    @extend_schema(summary="Return a submitted sheet to its entity", request=CommentBodySerializer, **STEP)
    def post(self, request: Request, pk: int) -> Response:
        return self.take(reviewing.return_to_entity)


class ValidateView(StepView):
    @extend_schema(summary="Accept the sheet", request=None, **STEP)
    def post(self, request: Request, pk: int) -> Response:
        return self.take(reviewing.validate)
