"""Movement between two cycles in the API: the matched panel per item, and why figures changed."""

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scorecards import access
from scorecards.api.choosing import BASIS, GROUP, PROVISIONAL, chosen_basis, cycle_of, one_of
from scorecards.api.movement_serializers import MovementSerializer
from scorecards.queries import movement, publications, reading
from scorecards.queries.reading import Figures
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.errors import FieldError, InvalidInput, NotFound
from un20portal.lib.errors import marked as _
from un20portal.lib.serializers import problems

FROM = OpenApiParameter("from", str, required=True, description="The code of the cycle to compare with.")
VERSION = OpenApiParameter(
    "version", str, enum=[PROVISIONAL], description="Sheets of now, nothing hidden: task force only."
)


class MovementView(ApiView):
    permission_classes = [PublishedForAll]
    query_parameters = ("from", "group", "basis", "version")

    @extend_schema(
        tags=["figures"],
        summary="What moved since another cycle: the units that answer in both, and why figures changed",
        description="Compares the latest published versions. Null: the series breaks, or it is suppressed.",
        parameters=[FROM, GROUP, BASIS, VERSION],
        responses={200: MovementSerializer, **problems(400, 404, 503)},
    )
    def get(self, request: Request, cycle: str) -> Response:
        after, basis = _after(request, cycle), chosen_basis(request)
        before = movement.figures_of_other(request.user, after.cycle, _from(request))
        codes = [choice.code for choice in movement.common_groups(before, after)]
        group = one_of(request, "group", reading.default_group(after), codes)
        found = movement.movement(before, after, group=group, basis=basis)
        return Response(MovementSerializer(found).data)


def _after(request: Request, code: str) -> Figures:
    cycle = cycle_of(code)
    if "version" in request.query_params:
        one_of(request, "version", PROVISIONAL, [PROVISIONAL])
        if not access.can_see_provisional(request.user):
            raise Http404
        return reading.provisional_figures(cycle)
    scorecard = publications.newest_scorecards(request.user).filter(cycle=cycle).first()
    if scorecard is None:
        raise NotFound(_("No such scorecard of this cycle is published."))
    return reading.published_figures(scorecard)


def _from(request: Request) -> str:
    code = request.query_params.get("from", "")
    if code:
        return code
    message = _("Name the cycle to compare with.")
    raise InvalidInput(
        _("The query parameters are not understood."), errors=[FieldError("from", "required", message)]
    )
