"""Receipts of figures in the API: how one number came about, in numbers and in words."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from quintet.models import Area
from scorecards.api.choosing import BASIS, VERSION, chosen_basis, chosen_figures
from scorecards.api.movement import FROM_VERSION, SINCE, version_of_other
from scorecards.api.movement_receipts import MovementReceiptSerializer, movement_receipt
from scorecards.api.receipt_fields import CodeField, FrameworkNameSerializer, StepSerializer, WordsField
from scorecards.api.serializers import (
    AreaSerializer,
    DimensionFigureSerializer,
    ItemFigureSerializer,
    RatioField,
    UnitDimensionSerializer,
)
from scorecards.api.uncertainty import GroupIntervalSerializer, IntervalSerializer
from scorecards.domain.receipts import KINDS, NAMES, STATES, parse_subject
from scorecards.queries.any_receipt import receipt_of
from scorecards.queries.receipts import Receipt
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.serializers import problems

OF_GROUPS = {
    "item": ItemFigureSerializer,
    "dimension": DimensionFigureSerializer,
    "area": GroupIntervalSerializer,
}
OF_UNITS = {"dimension": UnitDimensionSerializer, "area": AreaSerializer}
SUBJECT = [
    OpenApiParameter("group", str, description="A group; with item, dimension or area"),
    OpenApiParameter("entity", str, description="A unit by its code; with item, dimension or area"),
    OpenApiParameter("item", str),
    OpenApiParameter("dimension", str),
    OpenApiParameter("area", str, enum=Area.values),
    OpenApiParameter("enabler", str, description="With of=checks"),
    OpenApiParameter(
        "of",
        str,
        enum=list(KINDS),
        description="With group=all: alpha of a dimension; without an item, the change of the mean index; "
        "exact_match or kappa of claimed and accepted levels, of a dimension or of all; checks of an enabler "
        "or of the culture. With any group: in_place of all answers, or of an item; response, the sheets "
        "that count; printed, how many stand clearly above or below the values of 2023; missing answers of a "
        "dimension; all answers to a lever; with from, what moved over the enablers of one or of all. "
        "With an entity: position in a dimension, that is its quarter",
    ),
]


class ReceiptItemSerializer(serializers.Serializer[Any]):
    """An item behind the figure; state and level are of a unit's receipt, and null in that of a group."""

    item = serializers.CharField()
    weight = serializers.IntegerField()
    state = serializers.CharField(
        allow_null=True, help_text="answered, na, unanswered; withheld: not this reader's to see"
    )
    level = serializers.IntegerField(allow_null=True)


class ReceiptDimensionSerializer(serializers.Serializer[Any]):
    """A dimension behind an area."""

    dimension = serializers.CharField()
    weight = serializers.IntegerField()
    index = RatioField()


class HashesSerializer(serializers.Serializer[Any]):
    """What the figure can be checked against: SHA-256 each."""

    scorecard = serializers.CharField(allow_null=True, help_text="Of the published bytes")
    inputs = serializers.CharField(allow_null=True, help_text="Of all that the scorecard was computed from")
    previous = serializers.CharField(allow_null=True, help_text="Of the scorecard published before")
    carried_from = serializers.CharField(allow_null=True, help_text="Of the version a carried figure is of")
    snapshot = serializers.CharField(allow_null=True, help_text="Of a unit's frozen sheet")
    document = serializers.CharField(allow_null=True, help_text="Of a unit's published figures")
    simulation = serializers.CharField(
        allow_null=True, help_text="Of all that was estimated, as it is stored"
    )
    before = serializers.CharField(allow_null=True, help_text="Of the published bytes of the cycle `from`")
    snapshot_before = serializers.CharField(allow_null=True, help_text="Of the unit's frozen sheet in it")
    document_before = serializers.CharField(allow_null=True, help_text="Of the unit's figures in it")


class UnitHashesSerializer(serializers.Serializer[Any]):
    """A unit of the group whose sheet counts on the basis, by hash: its answers are its own."""

    entity = serializers.CharField()
    snapshot = serializers.CharField()
    document = serializers.CharField(allow_null=True)


class IntervalReceiptSerializer(serializers.Serializer[Any]):
    """How the interval of an area was drawn; a unit's band is for the task force alone."""

    interval = IntervalSerializer(allow_null=True)
    steps = StepSerializer(many=True)
    draws = serializers.IntegerField()
    seed = serializers.CharField()
    inputs_sha256 = serializers.CharField()
    estimated_at = serializers.DateTimeField(source="at")
    band = serializers.ListField(child=serializers.CharField(), allow_null=True)


class ReceiptSerializer(serializers.Serializer[Any]):
    """How one figure came about."""

    cycle = serializers.CharField(source="figures.cycle.code")
    version = serializers.IntegerField(source="figures.version", allow_null=True)
    from_cycle = serializers.CharField(
        source="before.cycle.code", default=None, allow_null=True, help_text="Of a change of a unit"
    )
    from_version = serializers.IntegerField(source="before.version", default=None, allow_null=True)
    group = CodeField(source="subject.group")
    entity = serializers.CharField(source="entity.code", default=None, allow_null=True)
    item = CodeField(source="subject.item")
    dimension = CodeField(source="subject.dimension")
    area = CodeField(source="subject.area")
    enabler = CodeField(source="subject.enabler")
    of = CodeField(source="subject.of")
    basis = CodeField(help_text="Null where the figure is of both")
    basis_in_words = WordsField()
    method = serializers.CharField()
    framework = FrameworkNameSerializer(source="figures.cycle.framework")
    rounding = WordsField()
    threshold = serializers.IntegerField(source="figures.threshold")
    state = serializers.ChoiceField(choices=STATES)
    carried_from = serializers.IntegerField(allow_null=True)
    disclosure = WordsField()
    alike = WordsField(allow_null=True, help_text="Said where all units that answer say the same")
    figure = serializers.SerializerMethodField(
        help_text="As in the lists of items, dimensions and entities; with `of`, and of a change, the number "
        "with what it is counted from; null for a single level"
    )
    steps = StepSerializer(many=True)
    missing = serializers.ListField(child=WordsField())
    items = ReceiptItemSerializer(many=True)
    dimensions = ReceiptDimensionSerializer(many=True)
    hashes = HashesSerializer()
    units = UnitHashesSerializer(many=True)
    uncertainty = IntervalReceiptSerializer(allow_null=True)

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_figure(self, receipt: Receipt) -> Any:
        subject = receipt.subject
        if subject.of or subject.since:
            return receipt.figure
        shapes = OF_UNITS if subject.entity else OF_GROUPS
        shape = next((shape for what, shape in shapes.items() if getattr(subject, what)), None)
        return shape(receipt.figure).data if shape else None


RECEIPTS = PolymorphicProxySerializer(
    component_name="AnyReceipt",
    serializers=[ReceiptSerializer, MovementReceiptSerializer],
    resource_type_field_name=None,
)


@method_decorator(cache_control(no_store=True), name="dispatch")  # a unit may take its consent back
class ReceiptView(ApiView):
    permission_classes = [PublishedForAll]
    query_parameters = (*NAMES, "from", "basis", "version", "from_version")

    @extend_schema(
        tags=["figures"],
        summary="How a figure of a group or of a unit, or a change of it, came about",
        description="With `from`: what moved from that cycle to this one, of a group as in movement.",
        parameters=[*SUBJECT, SINCE, FROM_VERSION, BASIS, VERSION],
        responses={200: RECEIPTS, **problems(400, 404, 409, 503)},
    )
    def get(self, request: Request, cycle: str) -> Response:
        subject = parse_subject(request.query_params)
        if subject.since and subject.group:
            receipt = movement_receipt(request, cycle, subject)
            return Response(MovementReceiptSerializer(receipt).data)
        figures, basis = chosen_figures(request, cycle), chosen_basis(request)
        since = version_of_other(request)
        found = receipt_of(request.user, figures, subject, basis=basis, from_version=since)
        return Response(ReceiptSerializer(found).data)
