"""Movement between two cycles in the API: the matched panel per item, and why figures changed."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scorecards.api.choosing import BASIS, GROUP, LAST_VERSION, chosen_basis, cycle_of
from scorecards.api.movement_serializers import MovementSerializer
from scorecards.queries import movement, reading
from scorecards.queries.choosing import PROVISIONAL, compared_figures
from scorecards.queries.reading import Figures
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.pagination import whole_number
from un20portal.lib.parameters import one_of
from un20portal.lib.serializers import problems

FROM = OpenApiParameter("from", str, required=True, description="The code of the cycle to compare with.")
SINCE = OpenApiParameter(
    "from", str, description="The code of a cycle to compare with; group with item or dimension."
)
VERSION = OpenApiParameter(
    "version",
    str,
    description="A version of this cycle that was compared with `from_version`; without it the newest. "
    "`provisional`: sheets of now, nothing hidden, for the task force only.",
)
FROM_VERSION = OpenApiParameter(
    "from_version", int, description="A version of the cycle `from`; without it the newest."
)


class MovementView(ApiView):
    permission_classes = [PublishedForAll]
    query_parameters = ("from", "group", "basis", "version", "from_version")

    @extend_schema(
        tags=["figures"],
        summary="What moved since another cycle: the units that answer in both, and why figures changed",
        description="Compares the latest published versions, or two that were compared when they were. "
        "Null: the series breaks, or it is suppressed.",
        parameters=[FROM, GROUP, BASIS, VERSION, FROM_VERSION],
        responses={200: MovementSerializer, **problems(400, 404, 503)},
    )
    def get(self, request: Request, cycle: str) -> Response:
        before, after = asked_figures(request, cycle, request.query_params.get("from", ""))
        basis = chosen_basis(request)
        codes = [choice.code for choice in movement.common_groups(before, after)]
        group = one_of("group", request.query_params.get("group", reading.default_group(after)), codes)
        found = movement.movement(before, after, group=group, basis=basis)
        return Response(MovementSerializer(found).data)


def asked_figures(request: Request, code: str, since: str) -> tuple[Figures, Figures]:
    """The figures of two cycles, before and after, of the versions that are asked for."""
    cycle, version = cycle_of(code), request.query_params.get("version")
    if version not in (None, PROVISIONAL):
        version = str(whole_number(request, "version", default=0, lowest=1, highest=LAST_VERSION))
    return compared_figures(
        request.user, cycle, since, version=version, from_version=version_of_other(request)
    )


def version_of_other(request: Request) -> int | None:
    """The version of the cycle `from` that is asked for; None for the newest."""
    return whole_number(request, "from_version", default=0, lowest=1, highest=LAST_VERSION) or None
