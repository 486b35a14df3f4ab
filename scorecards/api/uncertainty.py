"""How certain figures are, in the API: the same intervals and diagnostics as on the page."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scorecards import access
from scorecards.api.choosing import VERSION, chosen_scorecard, cycle_of
from scorecards.queries.choosing import wants_provisional
from scorecards.queries.reading import published_figures
from scorecards.queries.uncertainty import Estimate, provisional_estimate, published_estimate
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.errors import NotFound
from un20portal.lib.errors import marked as _
from un20portal.lib.serializers import problems


class IntervalSerializer(serializers.Serializer[Any]):
    """The 5th, 50th and 95th percentile over the draws in which the figure exists."""

    p5 = serializers.CharField()
    p50 = serializers.CharField()
    p95 = serializers.CharField()
    n_rated_draws = serializers.IntegerField()


class CountedSerializer(serializers.Serializer[Any]):
    """How many units of a group have a sheet that counts; the means are of those of them that are rated."""

    accepted = serializers.IntegerField()
    claimed = serializers.IntegerField()


class GroupIntervalSerializer(serializers.Serializer[Any]):
    """The mean of a group's units: simulated, and without simulation on each basis; null where hidden."""

    group = serializers.CharField()
    n_group = serializers.IntegerField()
    n_counted = CountedSerializer(allow_null=True)
    suppressed = serializers.BooleanField(source="is_suppressed")
    interval = IntervalSerializer(allow_null=True)
    accepted = serializers.CharField(allow_null=True)
    claimed = serializers.CharField(allow_null=True)


class UnitIntervalSerializer(serializers.Serializer[Any]):
    """The figure of one unit; null while it is never rated."""

    entity = serializers.CharField()
    interval = IntervalSerializer(allow_null=True)


class AreaIntervalsSerializer(serializers.Serializer[Any]):
    """One area: all groups, the units that the caller may see, and bands of units for the task force."""

    area = serializers.CharField()
    groups = GroupIntervalSerializer(many=True)
    units = UnitIntervalSerializer(many=True)
    bands = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class AgreementSerializer(serializers.Serializer[Any]):
    """How claimed and accepted levels agree: per cent the same, and quadratic-weighted kappa."""

    n_pairs = serializers.IntegerField()
    exact_match = serializers.CharField(allow_null=True)
    kappa = serializers.CharField(allow_null=True)


class ToldSerializer(AgreementSerializer):
    """What to know of one dimension; `without` is the change of its mean index without an enabler."""

    n_complete = serializers.IntegerField(allow_null=True)
    alpha = serializers.CharField(allow_null=True)
    without = serializers.DictField(child=serializers.CharField(allow_null=True))


class DimensionDiagnosticsSerializer(serializers.Serializer[Any]):
    """One dimension with its diagnostics over all units; null where they are hidden."""

    dimension = serializers.CharField()
    told = ToldSerializer(allow_null=True)


class EstimateSerializer(serializers.Serializer[Any]):
    """A simulation beside the figures that it is about; it can be had again from the same inputs."""

    cycle = serializers.CharField(source="cycle.code")
    version = serializers.IntegerField(allow_null=True)
    method = serializers.CharField(source="document.method")
    inputs_sha256 = serializers.CharField(source="document.inputs_sha256")
    seed = serializers.CharField(source="document.seed")
    draws = serializers.IntegerField(source="document.draws")
    estimated_at = serializers.DateTimeField(source="simulated.at")
    areas = AreaIntervalsSerializer(many=True)
    diagnostics = DimensionDiagnosticsSerializer(many=True)
    agreement = AgreementSerializer(allow_null=True)


@method_decorator(cache_control(no_store=True), name="dispatch")  # a unit may take its consent back
class UncertaintyView(ApiView):
    permission_classes = [PublishedForAll]
    query_parameters = ("version",)

    @extend_schema(
        tags=["figures"],
        summary="How far area figures depend on weights, on the mean, and on what was accepted",
        parameters=[VERSION],
        responses={200: EstimateSerializer, **problems(404, 503)},
    )
    def get(self, request: Request, cycle: str) -> Response:
        return Response(EstimateSerializer(_estimate(request, cycle)).data)


def _estimate(request: Request, code: str) -> Estimate:
    cycle = cycle_of(code)
    if not wants_provisional(request.user, request.query_params.get("version")):
        entities = access.entities_with_figures_for(request.user, cycle)
        return published_estimate(published_figures(chosen_scorecard(request, cycle)), entities=entities)
    if (estimate := provisional_estimate(cycle)) is None:
        raise NotFound(_("The uncertainty of this cycle has not been estimated yet."))
    return estimate
