"""Receipts of figures in the API: how one number came about, in numbers and in words."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from quintet.models import Area
from scorecards.api.choosing import BASIS, VERSION, chosen_basis, chosen_figures
from scorecards.api.serializers import (
    AreaSerializer,
    DimensionFigureSerializer,
    ItemFigureSerializer,
    RatioField,
    UnitDimensionSerializer,
)
from scorecards.domain.receipts import NAMES, STATES, parse_subject
from scorecards.queries.receipts import Receipt, receipt_of
from un20portal.lib.api import PublishedForAll
from un20portal.lib.apiviews import ApiView
from un20portal.lib.serializers import problems
from un20portal.lib.wording import localised

OF_GROUPS = {"item": ItemFigureSerializer, "dimension": DimensionFigureSerializer}
OF_UNITS = {"dimension": UnitDimensionSerializer, "area": AreaSerializer}
SUBJECT = [
    OpenApiParameter("group", str, description="A group; with item or dimension"),
    OpenApiParameter("entity", str, description="A unit by its code; with item, dimension or area"),
    OpenApiParameter("item", str),
    OpenApiParameter("dimension", str),
    OpenApiParameter("area", str, enum=Area.values),
]


class WordsField(serializers.CharField):
    """A sentence in the reader's language."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> str:
        return localised(value)


class CodeField(serializers.CharField):
    """A code of the question; null where it was not asked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def to_representation(self, value: Any) -> Any:
        return value or None


class FrameworkNameSerializer(serializers.Serializer[Any]):
    """A framework by name."""

    slug = serializers.CharField()
    version = serializers.CharField()


class StepSerializer(serializers.Serializer[Any]):
    """One number: its formula with names and with numbers (empty where it is counted), its value, words."""

    name = serializers.CharField()
    formula = serializers.CharField()
    filled = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    words = WordsField()


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


class UnitHashesSerializer(serializers.Serializer[Any]):
    """A unit of the group whose sheet counts on the basis, by hash: its answers are its own."""

    entity = serializers.CharField()
    snapshot = serializers.CharField()
    document = serializers.CharField(allow_null=True)


class ReceiptSerializer(serializers.Serializer[Any]):
    """How one figure came about."""

    cycle = serializers.CharField(source="figures.cycle.code")
    version = serializers.IntegerField(source="figures.version", allow_null=True)
    group = CodeField(source="subject.group")
    entity = serializers.CharField(source="entity.code", default=None, allow_null=True)
    item = CodeField(source="subject.item")
    dimension = CodeField(source="subject.dimension")
    area = CodeField(source="subject.area")
    basis = serializers.CharField()
    basis_in_words = WordsField()
    method = serializers.CharField()
    framework = FrameworkNameSerializer(source="figures.cycle.framework")
    rounding = WordsField()
    threshold = serializers.IntegerField(source="figures.threshold")
    state = serializers.ChoiceField(choices=STATES)
    carried_from = serializers.IntegerField(allow_null=True)
    disclosure = WordsField()
    figure = serializers.SerializerMethodField(
        help_text="As in the lists of items, dimensions and entities; null for a single level"
    )
    steps = StepSerializer(many=True)
    missing = serializers.ListField(child=WordsField())
    items = ReceiptItemSerializer(many=True)
    dimensions = ReceiptDimensionSerializer(many=True)
    hashes = HashesSerializer()
    units = UnitHashesSerializer(many=True)

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_figure(self, receipt: Receipt) -> Any:
        subject = receipt.subject
        shapes = OF_UNITS if subject.entity else OF_GROUPS
        shape = next((shape for what, shape in shapes.items() if getattr(subject, what)), None)
        return shape(receipt.figure).data if shape else None


@method_decorator(cache_control(no_store=True), name="dispatch")  # a unit may take its consent back
class ReceiptView(ApiView):
    permission_classes = [PublishedForAll]
    query_parameters = (*NAMES, "basis", "version")

    @extend_schema(
        tags=["figures"],
        summary="How a figure of a group or of a unit came about",
        parameters=[*SUBJECT, BASIS, VERSION],
        responses={200: ReceiptSerializer, **problems(404)},
    )
    def get(self, request: Request, cycle: str) -> Response:
        subject = parse_subject(request.query_params)
        figures, basis = chosen_figures(request, cycle), chosen_basis(request)
        receipt = receipt_of(request.user, figures, subject, basis=basis)
        return Response(ReceiptSerializer(receipt).data)
